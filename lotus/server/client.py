"""A client of the service: `lotus.Client("http://localhost:8000")`, for notebooks and programs
elsewhere.

It takes the library's own briefs and storyboards and gives the API's answers as the frozen models
that the service itself answers with.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from lotus.api.estimates import Estimate
from lotus.documents.base import AnsweringObject
from lotus.documents.brief import Brief
from lotus.documents.calls import explained_call
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.pipeline.options import RenderOptions
from lotus.server.answers import (
    Asset,
    CampaignAnswer,
    CompositionAnswer,
    Costs,
    Generation,
    Health,
    ModelEntry,
    Page,
)
from lotus.server.connection import ServiceConnection, answer_of, refusal_of
from lotus.server.requests import CompositionRequest, Edit, GenerationRequest
from lotus.system.files import check_writable, write_whole

__all__ = ["Client"]

API = "/api/v1"
TERMINAL = ("completed", "failed", "cancelled")
AGAIN_SECONDS = 1.0  # between tries to listen again


class Client(AnsweringObject):
    """A client of a running service (`lotus serve`).

    An error of the service is a Refusal with its message and remedy; a service that does not answer
    is a ProviderError.

    Parameters
    ----------
    url
        Address of the service, such as http://localhost:8000.
    token
        A token of `lotus tokens create`, if the service requires one.
    transport
        A transport of httpx, for tests and proxies.
    """

    @explained_call
    def __init__(
        self, url: str, token: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._service = ServiceConnection(url, token, transport)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._service.http.close()

    def __repr__(self) -> str:
        return f"Client({str(self._service.http.base_url)!r})"

    def submit(
        self,
        request: Brief | Storyboard | str,
        *,
        provider: str = "animatic",
        model: str | None = None,
        final: str | None = None,
        budget_usd: Decimal | float | str | None = None,
        idempotency_key: str | None = None,
        external_id: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Generation:
        """Queue a video.

        Parameters
        ----------
        request
            A Brief, a Storyboard, or a prompt.
        provider
            Provider of the clips: `animatic`, or `replicate` with `model`.
        model
            A hosted model of the catalogue.
        final
            The hosted model that makes approved scenes again, in full quality.
        budget_usd
            Maximum cost in US dollars; default: no limit of its own.
        idempotency_key
            A text of your own; the same key with the same request queues one video.
        external_id
            Your own id of the video; `generations` filters by it.
        metadata
            Names and values of your own.

        Returns
        -------
        Generation
            The queued video.
        """
        body = _request(request, RenderOptions.of(provider, model, final, budget_usd=budget_usd))
        own = {"external_id": external_id, "metadata": metadata or {}}
        body = body.model_copy(update={n: value for n, value in own.items() if value})
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._service.post(f"{API}/generations", Generation, body, headers=headers)

    def estimate(
        self,
        request: Brief | Storyboard | str,
        *,
        provider: str = "animatic",
        model: str | None = None,
        final: str | None = None,
        budget_usd: Decimal | float | str | None = None,
    ) -> Estimate:
        """Estimate the cost of a video, without making anything.

        Parameters
        ----------
        request
            A Brief, a Storyboard, or a prompt.
        provider
            Provider of the clips: `animatic`, or `replicate` with `model`.
        model
            A hosted model of the catalogue.
        final
            The hosted model that makes approved scenes again, in full quality.
        budget_usd
            A budget in US dollars, to compare the total with.

        Returns
        -------
        Estimate
            The total, and the cost of each scene, in US dollars.
        """
        options = RenderOptions.of(provider, model, final, budget_usd=budget_usd)
        return self._service.post(f"{API}/estimates", Estimate, _request(request, options))

    def compose(self, timeline: Timeline) -> Generation:
        """Queue the rendering of a timeline.

        Parameters
        ----------
        timeline
            The timeline; its sources are uploads, named `asset:ID`.

        Returns
        -------
        Generation
            The queued video.
        """
        return self._service.post(
            f"{API}/compositions", Generation, CompositionRequest(timeline=timeline)
        )

    def edit(self, generation: Generation | str, change: Edit) -> Generation:
        """Queue an edited version, which reuses everything that did not change.

        Parameters
        ----------
        generation
            The generation, or its id.
        change
            The operations of the edit.

        Returns
        -------
        Generation
            The queued version.
        """
        return self._service.post(f"{API}/generations/{_id(generation)}/edits", Generation, change)

    def versions(self, generation: Generation | str) -> tuple[Generation, ...]:
        """List all versions of a video, the oldest first.

        Parameters
        ----------
        generation
            The generation, or its id.

        Returns
        -------
        tuple of Generation
            The versions, this one among them.
        """
        return self._service.get(
            f"{API}/generations/{_id(generation)}/versions", Page[Generation]
        ).items

    def generation(self, generation: Generation | str) -> Generation:
        """Read one video's state, with its scenes and its storyboard.

        Parameters
        ----------
        generation
            The generation, or its id.

        Returns
        -------
        Generation
            The video as it is now.
        """
        return self._service.get(f"{API}/generations/{_id(generation)}", Generation)

    def generations(self, **filters: Any) -> Iterator[Generation]:
        """List videos, the newest first; pages are loaded as needed.

        Parameters
        ----------
        **filters
            `status`, `kind`, `parent`, `campaign`, `external_id`, `text`, `since` or `until`.

        Yields
        ------
        Generation
            A video.
        """
        return self._service.pages(f"{API}/generations", Generation, filters)

    def delete(self, generation: Generation | str) -> None:
        """Delete a video whose work has ended, with its files.

        Parameters
        ----------
        generation
            The generation, or its id.
        """
        with self._service.answering():
            answer = self._service.http.delete(f"{API}/generations/{_id(generation)}")
        if answer.is_error:
            raise refusal_of(answer)

    def cancel(self, generation: Generation | str) -> Generation:
        """Cancel a video; finished clips are kept.

        Parameters
        ----------
        generation
            The generation, or its id.

        Returns
        -------
        Generation
            The video, being cancelled.
        """
        return self._service.post(f"{API}/generations/{_id(generation)}/cancel", Generation)

    def retry(self, generation: Generation | str) -> Generation:
        """Queue a failed or cancelled video again; finished clips are reused.

        Parameters
        ----------
        generation
            The generation, or its id.

        Returns
        -------
        Generation
            The queued video.
        """
        return self._service.post(f"{API}/generations/{_id(generation)}/retry", Generation)

    def events(self, generation: Generation | str, after: int = 0) -> Iterator[dict[str, Any]]:
        """Follow a video's events to the last; a broken connection is resumed.

        Parameters
        ----------
        generation
            The generation, or its id.
        after
            Only events after this id.

        Yields
        ------
        dict
            An event with `id`, `kind` and `data`.
        """
        path = f"{API}/generations/{_id(generation)}/events"
        while True:
            try:
                with self._service.http.stream(
                    "GET", path, headers={"Last-Event-ID": str(after)}
                ) as stream:
                    if stream.status_code == 204:
                        return
                    if stream.is_error:
                        stream.read()
                        raise refusal_of(stream)
                    for line in stream.iter_lines():
                        if line.startswith("data: "):
                            event = json.loads(line.removeprefix("data: "))
                            after = event["id"]
                            yield event
                            if event["kind"] in TERMINAL:
                                return
            except httpx.TransportError:
                time.sleep(AGAIN_SECONDS)

    def wait(
        self, generation: Generation | str, listener: Callable[[dict[str, Any]], None] | None = None
    ) -> Generation:
        """Wait until a video has ended.

        Parameters
        ----------
        generation
            The generation, or its id.
        listener
            Called with each event.

        Returns
        -------
        Generation
            The video in its last state.
        """
        for event in self.events(generation):
            if listener is not None:
                listener(event)
        return self.generation(generation)

    def composition(self, generation: Generation | str) -> CompositionAnswer:
        """Read the facts of a rendered video, and its files.

        Parameters
        ----------
        generation
            The generation, or its id.

        Returns
        -------
        CompositionAnswer
            Size, frame rate, length in seconds, and files.
        """
        return self._service.get(f"{API}/compositions/{_id(generation)}", CompositionAnswer)

    def save(
        self, generation: Generation | str, path: str | Path, *, file: str = "final.mp4"
    ) -> Path:
        """Download a file of a video. The file appears whole, or not at all.

        Parameters
        ----------
        generation
            The generation, or its id.
        path
            The new file.
        file
            Which file: `final.mp4`, `poster.jpg` or `captions.srt`.

        Returns
        -------
        pathlib.Path
            The file that was written.
        """
        target = check_writable(Path(path))

        def write(aside: Path) -> None:
            address = f"{API}/compositions/{_id(generation)}/{file}"
            with (
                self._service.answering(),
                self._service.http.stream("GET", address, follow_redirects=True) as stream,
            ):
                if stream.is_error:
                    stream.read()
                    raise refusal_of(stream)
                with aside.open("wb") as out:
                    for chunk in stream.iter_bytes():
                        out.write(chunk)

        write_whole(target, write)
        return target

    def upload(self, path: str | Path) -> Asset:
        """Upload a picture, a sound or a video, in pieces.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Asset
            The upload; a brief names it as `asset:` and its id.
        """
        file = Path(path)
        with self._service.answering(), file.open("rb") as content:
            headers = {"Content-Length": str(file.stat().st_size)}
            answer = self._service.http.post(
                f"{API}/assets", params={"name": file.name}, content=content, headers=headers
            )
        return answer_of(answer, Asset)

    def assets(self, **filters: Any) -> Iterator[Asset]:
        """List uploads; pages are loaded as needed.

        Parameters
        ----------
        **filters
            `kind`: image, audio or video.

        Yields
        ------
        Asset
            An upload.
        """
        return self._service.pages(f"{API}/assets", Asset, filters)

    def costs(
        self, by: str = "model", *, since: date | None = None, until: date | None = None
    ) -> Costs:
        """Sum up the ledger.

        Parameters
        ----------
        by
            Group by `model`, `provider`, `day`, `campaign`, `job` or `scene`.
        since
            The first day (UTC).
        until
            The last day (UTC).

        Returns
        -------
        Costs
            The groups with their US dollars.
        """
        days = {"since": since, "until": until}
        values = {name: day.isoformat() for name, day in days.items() if day is not None}
        return self._service.get(f"{API}/costs", Costs, by=by, **values)

    def models(self, task: str | None = None) -> tuple[ModelEntry, ...]:
        """List the catalogue of hosted models.

        Parameters
        ----------
        task
            Only models of this task, such as `text-to-video`.

        Returns
        -------
        tuple of ModelEntry
            The models.
        """
        return self._service.get(
            f"{API}/models", Page[ModelEntry], **({"task": task} if task else {})
        ).items

    def campaigns(self) -> Iterator[CampaignAnswer]:
        """List campaigns, the newest first; pages are loaded as needed.

        Yields
        ------
        CampaignAnswer
            A campaign.
        """
        return self._service.pages(f"{API}/campaigns", CampaignAnswer, {})

    def health(self) -> Health:
        """Read the health of the service, also while it is unhealthy.

        Returns
        -------
        Health
            The state of its parts.
        """
        with self._service.answering():
            return Health.model_validate_json(self._service.http.get("/health/ready").content)


def _request(request: Brief | Storyboard | str, options: RenderOptions) -> GenerationRequest:
    names = ("provider", "model", "final", "budget_usd")
    values: dict[str, Any] = {name: getattr(options, name) for name in names}
    if isinstance(request, Storyboard):
        return GenerationRequest(storyboard=request, **values)
    brief = Brief(prompt=request) if isinstance(request, str) else request
    return GenerationRequest(brief=brief, **values)


def _id(generation: Generation | str) -> str:
    return generation if isinstance(generation, str) else generation.id
