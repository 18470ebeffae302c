// The little that pages do by themselves: filters without a reload, progress, times in the viewer's
// zone, videos in step, labels of charts, and a note when what is shown is old.
(() => {
  const REFRESH_MS = 5000;
  const RETURN_MS = 60000; // a page that nobody looked at for so long is asked for again
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const main = document.getElementById("content");
  const served = new Map(); // the HTML of an element as it came, to see whether it is another now
  let shown = location.pathname + location.search;
  let asked = 0;
  let loadedAt = Date.now();

  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      time.title = time.textContent;
      time.textContent = format.format(new Date(time.dateTime));
    }
  };

  // --- videos
  const step = (group) => {
    if (group.dataset.steps) return;
    group.dataset.steps = "yes";
    const others = (video) => [...group.querySelectorAll("video")].filter((other) => other !== video);
    const follow = (event) => {
      for (const other of others(event.target)) {
        if (Math.abs(other.currentTime - event.target.currentTime) > 0.08) other.currentTime = event.target.currentTime;
        if (event.type === "play" && other.paused) other.play().catch(() => {});
        if (event.type === "pause" && !other.paused && !event.target.ended) other.pause();
      }
    };
    for (const name of ["play", "pause", "seeked"]) group.addEventListener(name, follow, true);
    for (const video of group.querySelectorAll("video")) {
      video.preload = "auto";
      video.muted = video !== group.querySelector("video");
    }
  };
  document.addEventListener("play", (event) => { // a grid of videos plays one at a time
    if (event.target.closest("[data-instep]")) return;
    for (const other of document.querySelectorAll("video")) if (other !== event.target) other.pause();
  }, true);
  const plays = (element) => [...element.querySelectorAll("video")].some((video) => !video.paused && !video.ended);

  // --- notes
  const note = (text) => {
    if (document.getElementById("stale")) return;
    const paragraph = document.createElement("p");
    paragraph.id = "stale";
    paragraph.className = "note";
    paragraph.setAttribute("role", "alert");
    paragraph.innerHTML = `${text} <a href="">Load it again</a>.`;
    main.prepend(paragraph);
  };
  const stale = () => note(`The server does not answer. This page is from ${format.format(new Date(loadedAt))}.`);
  const fresh = () => { document.getElementById("stale")?.remove(); loadedAt = Date.now(); };

  // --- a page that was served again: elements of the same id take the place of those that changed
  const remember = (root) => {
    for (const element of root.querySelectorAll(".part[id], [data-live][id]")) served.set(element.id, element.innerHTML);
  };
  const ready = (root) => {
    localise(root);
    root.querySelectorAll("[data-instep]").forEach(step);
  };
  const replace = (old, next) => {
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const name = focus && (focus.getAttribute("href") ? `a[href="${CSS.escape(focus.getAttribute("href"))}"]` : focus.name && `[name="${CSS.escape(focus.name)}"]`);
    const ticked = [...old.querySelectorAll(".tick input:checked")].map((box) => box.value);
    const open = [...old.querySelectorAll("details")].map((details) => details.open);
    old.replaceWith(next);
    for (const box of next.querySelectorAll(".tick input")) box.checked = ticked.includes(box.value);
    next.querySelectorAll("details").forEach((details, n) => { if (open[n] !== undefined) details.open = open[n]; });
    ready(next);
    if (name) next.querySelector(name)?.focus({ preventScroll: true });
  };
  const swap = (page, choose, but = null) => {
    for (const old of [...document.querySelectorAll(choose)]) {
      const next = page.getElementById(old.id);
      if (!next || old === but || served.get(old.id) === next.innerHTML || plays(old)) continue;
      served.set(old.id, next.innerHTML);
      remember(next);
      replace(old, document.importNode(next, true));
    }
  };
  const load = async (address) => {
    const turn = ++asked;
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (turn !== asked) return null;
    if (answer.redirected && !answer.url.includes(new URL(address, location).pathname)) return location.reload();
    if (answer.status >= 500 && !answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById("content")?.dataset.version !== main.dataset.version) return location.reload();
    fresh();
    return page;
  };

  // --- filters and pages of results: what is chosen is the address
  const open = async (address, { push = true, top = false, form = null } = {}) => {
    if (!document.querySelector(".part")) return location.assign(address);
    main.setAttribute("aria-busy", "true");
    try {
      const page = await load(address);
      if (!page) return;
      if (push) history.pushState(null, "", address);
      shown = location.pathname + location.search;
      document.title = page.title;
      swap(page, ".part", form?.closest(".part")); // whoever chooses goes on choosing
      if (form) swap(page, "[data-live]");
      if (top) scrollTo({ top: 0 });
      later();
    } catch { stale(); } finally { main.removeAttribute("aria-busy"); }
  };
  const addressOf = (form) => {
    const values = [...new FormData(form)].filter(([, value]) => value && value !== "0");
    const query = new URLSearchParams(values).toString();
    return location.pathname + (query ? `?${query}` : "");
  };
  document.addEventListener("change", (event) => {
    if (event.target.type !== "search") event.target.closest("form.filters")?.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.filters") || !main.dataset.version) return;
    event.preventDefault();
    open(addressOf(form), { form });
  });
  document.addEventListener("formdata", ({ target, formData }) => {
    if (!target.matches("form.filters")) return;
    for (const [name, value] of [...formData]) if (!value || value === "0") formData.delete(name);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-page]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link.href, { top: true });
  });
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) open(location.href, { push: false });
  });
  // Who was quicker than this script has chosen already.
  for (const select of document.querySelectorAll("form.filters select")) {
    if (!select.selectedOptions[0]?.defaultSelected && select.querySelector("[selected]")) select.form.requestSubmit();
  }

  // --- what takes longer is asked for when the rest is there; what changes, again and again
  const whole = () => {
    const address = new URL(location);
    address.searchParams.set("all", "1");
    return address;
  };
  const later = async () => {
    if (!document.querySelector("[data-later]")) return;
    const page = await load(whole()).catch(stale);
    if (page) swap(page, ".part:has([data-later])");
  };
  const follow = async () => {
    if (document.hidden || !document.querySelector("[data-live]")) return;
    const page = await load(location.href).catch(stale);
    if (page) swap(page, "[data-live]");
  };
  if (main?.dataset.version) {
    setInterval(follow, REFRESH_MS);
    document.addEventListener("visibilitychange", async () => {
      if (document.hidden || Date.now() - loadedAt < RETURN_MS) return;
      const page = await load(location.href).catch(stale);
      if (page) swap(page, document.querySelector(".part") ? ".part:not(:has([data-later], form.filters :focus))" : "[data-live]");
      later();
    });
  }

  // --- labels of what is drawn in a chart, beside the pointer
  const label = document.createElement("div");
  label.id = "label";
  label.hidden = true;
  document.addEventListener("pointermove", (event) => {
    const mark = event.target.closest?.(".chart svg [aria-roledescription][aria-label]:is(path, g.mark-symbol path)");
    label.hidden = !mark;
    if (!mark) return;
    if (!label.isConnected) document.body.append(label);
    label.textContent = mark.getAttribute("aria-label").split("; ").join("\n");
    label.style.left = `${Math.min(event.clientX + 12, innerWidth - label.offsetWidth - 8)}px`;
    label.style.top = `${event.clientY + 14}px`;
  });

  // --- notebooks with a kernel: Voilà moves their cells into a frame at the end of the body
  const settle = () => {
    const frame = document.querySelector("body > div#main");
    if (frame) main.append(frame);
    if (document.querySelector("[data-complete]")) document.getElementById("running")?.remove();
    const lost = document.querySelector("#content .jupyter-widgets")?.textContent.includes("model not found");
    if (lost) note("The machine is busy, so a part of this page is missing.");
    ready(document);
  };
  const config = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "null");
  localise(document);
  if (main?.dataset.version) {
    remember(document);
    ready(document);
    later();
  } else if (document.body.dataset.voila) {
    new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
    settle();
    addEventListener("pagehide", () => { // who leaves says so, as Voilà's own page does
      const { baseUrl, kernelId } = config() ?? {};
      if (!kernelId) return;
      const mark = new FormData();
      mark.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
      navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, mark);
    });
    const alive = async () => {
      const { baseUrl, kernelId } = config() ?? {};
      if (!kernelId || document.hidden) return;
      const answer = await fetch(`${baseUrl}api/kernels/${kernelId}`).catch(() => null);
      if (!answer) stale();
      else if (answer.status === 404) note("This page's kernel has ended (it was idle for too long, or it died), so its controls do not answer.");
    };
    document.addEventListener("visibilitychange", alive);
    setInterval(alive, 4 * REFRESH_MS);
  }
})();
