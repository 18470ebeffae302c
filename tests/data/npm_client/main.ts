// What an integrator writes with a client that was generated from /api/openapi.json.
import { createClient } from "./client/client";
import * as api from "./client/sdk.gen";

const client = createClient({
  baseUrl: process.env.BASE!,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});
const brief = { prompt: "A small coffee roaster opens at dawn in a harbour town.", duration_seconds: 5 };
const queued = await api.postGenerations({ client, body: { brief, external_id: "npm/1" } });
if (!queued.data) throw new Error(JSON.stringify(queued.error));
const list = await api.getGenerations({ client, query: { external_id: "npm/1" } });
if (list.data?.items[0]?.id !== queued.data.id) throw new Error("not found again");
const refused = await api.getGenerationsId({ client, path: { id: "00000000-0000-7000-8000-000000000000" } });
if (refused.error?.error.code !== "not_found") throw new Error(JSON.stringify(refused));
console.log(queued.data.status);
