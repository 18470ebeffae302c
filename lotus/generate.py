"""Scene -> clip: look in the cache, make what is missing, check it, keep it, write down what it cost."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from lotus.composition.assemble import clip_frames
from lotus.db import Database, records
from lotus.db import tables as t
from lotus.errors import ClipFailed, LotusError, WorkError
from lotus.ffmpeg import FFmpeg, Stop
from lotus.join import count_frames
from lotus.keys import differing_fields, file_digest
from lotus.ledger import Ledger
from lotus.parallel import side_by_side
from lotus.providers import provider
from lotus.providers.base import ClipRequest, Provider, Tools
from lotus.store import Store, object_key
from lotus.storyboard import Storyboard

__all__ = ["ClipPlan", "Explained", "Generator", "clip_object", "explain", "plan_clips"]


def clip_object(key: str) -> str:
    """Where a clip is kept in the store."""
    return object_key("clips", key, ".mp4")


@dataclass(frozen=True)
class ClipPlan:
    """One scene's clip: what it is made from, whether it is there, what it costs to make."""

    index: int
    request: ClipRequest
    cached: bool
    amount_usd: Decimal  # 0 when cached

    @property
    def key(self) -> str:
        """The clip's address."""
        return self.request.key


def plan_clips(storyboard: Storyboard, provider_name: str, store: Store) -> tuple[ClipPlan, ...]:
    """What each scene needs; estimate and execution both start from this."""
    used: dict[str, Provider] = {}
    digests: dict[Path, str] = {}

    def digest(path: Path) -> str:
        if path not in digests:
            digests[path] = file_digest(path)
        return digests[path]

    plans = []
    for index, (scene, frames) in enumerate(zip(storyboard.scenes, clip_frames(storyboard), strict=True)):
        name = "footage" if scene.source is not None else provider_name
        maker = used.setdefault(name, provider(name))
        request = maker.request(scene, storyboard, frames, digest)
        cached = store.exists(clip_object(request.key))
        plans.append(ClipPlan(index, request, cached, Decimal(0) if cached else maker.price(request)))
    return tuple(plans)


@dataclass(frozen=True)
class Explained:
    """Why a scene's clip is, or is not, in the cache."""

    index: int
    clip_key: str
    hit: bool
    reason: str
    changed: tuple[str, ...]


def explain(plans: Sequence[ClipPlan], db: Database) -> tuple[Explained, ...]:
    """Compare each scene with the nearest earlier clip of the same scene."""
    with db.begin() as connection:
        return tuple(_explained(plan, records.recent_requests(connection, plan.index)) for plan in plans)


def _explained(plan: ClipPlan, earlier: Sequence[records.Row]) -> Explained:
    if plan.cached:
        return Explained(plan.index, plan.key, True, "the clip is in the cache", ())
    differing = [differing_fields(plan.request.facts, row["request"]) for row in earlier]
    nearest = min(differing, key=len, default=None)
    if nearest is None:
        return Explained(plan.index, plan.key, False, "no clip was made for this scene before", ())
    if not nearest:
        return Explained(plan.index, plan.key, False, "the clip was made before, but is gone", ())
    names = tuple(name.removeprefix("inputs.") for name in nearest)
    return Explained(plan.index, plan.key, False, f"{', '.join(names)} changed", names)


class Generator:
    """Makes the clips of one job."""

    def __init__(
        self,
        store: Store,
        db: Database,
        ffmpeg: FFmpeg,
        *,
        folder: Path,
        stop: Stop,
        max_concurrent: int,
    ) -> None:
        self.store, self.db, self.ffmpeg = store, db, ffmpeg
        self.folder, self.stop, self.max_concurrent = folder, Stop(stop), max_concurrent
        self._lock = threading.Lock()

    def run(
        self,
        job_id: str,
        plans: Sequence[ClipPlan],
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Make every clip that is missing, each once; `on_progress` hears (scene, frames done).

        The first failure stops the rest; clips that were finished are kept. Raises ClipFailed or Cancelled.
        """
        self._account(job_id, plans)
        first: dict[str, ClipPlan] = {}
        for plan in plans:
            if not plan.cached:
                first.setdefault(plan.key, plan)
        if not first:
            return
        tasks = [partial(self._make, job_id, plan, on_progress) for plan in first.values()]
        side_by_side(tasks, self._workers(plans), self.stop, "clip")

    def _account(self, job_id: str, plans: Sequence[ClipPlan]) -> None:
        """Before anything is made: what it will cost, and what the cache saves."""
        with self.db.begin() as connection:
            ledger = Ledger(connection, job_id)
            for plan in plans:
                if not plan.cached:
                    ledger.add("estimated", plan.index, plan.request, plan.amount_usd)
                    continue
                row = records.clip_exists(connection, plan.key)
                ledger.add("saved", plan.index, plan.request, row["cost_usd"] if row else Decimal(0))
            records.touch(connection, t.clips, {plan.key for plan in plans if plan.cached})

    def _workers(self, plans: Sequence[ClipPlan]) -> int:
        """Clips drawn on this machine share its cores; clips made elsewhere only wait."""
        local = all(provider(name).at_once == 0 for name in {plan.request.provider for plan in plans})
        return len(os.sched_getaffinity(0)) if local else self.max_concurrent

    def _make(self, job_id: str, plan: ClipPlan, on_progress: Callable[[int, int], None]) -> None:
        self.stop.check()
        request, began = plan.request, time.monotonic()
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="clip-") as folder:
            output = Path(folder) / "clip.mp4"
            tools = Tools(
                self.ffmpeg, Path(folder), self.stop, lambda frames: on_progress(plan.index, frames)
            )
            try:
                provider(request.provider).make(request, output, tools)
                _verify(output, request)
                size = output.stat().st_size
                self.store.put(output, clip_object(plan.key))
            except LotusError as exc:
                raise _failed(plan, exc) from exc
        with self._lock, self.db.begin() as connection:
            Ledger(connection, job_id).add("settled", plan.index, request, plan.amount_usd)
            records.record_clip(
                connection,
                {
                    "key": plan.key,
                    "provider": request.provider,
                    "model": request.model,
                    "request": request.facts,
                    "frames": request.frames,
                    "size_bytes": size,
                    "cost_usd": plan.amount_usd,
                    "seconds": time.monotonic() - began,
                },
            )
            records.add_event(connection, job_id, "clip_made", {"scene": plan.index, "key": plan.key})
        on_progress(plan.index, request.frames)


def _verify(path: Path, request: ClipRequest) -> None:
    """A clip is kept only if it holds exactly the frames that were asked for."""
    found = count_frames(path)
    if found != request.frames:
        raise ClipFailed(
            scene="-",
            provider=request.provider,
            reason=f"the clip has {found} frames instead of {request.frames}",
            remedy="render again",
        )


def _failed(plan: ClipPlan, error: LotusError) -> LotusError:
    """The error with the scene that it happened to."""
    if not isinstance(error, WorkError) or error.code == "cancelled":
        return error
    facts = {name: error.facts[name] for name in ("stderr", "returncode", "file") if name in error.facts}
    reason = error.facts.get("reason", error.message) if isinstance(error, ClipFailed) else error.message
    return ClipFailed(
        scene=plan.index + 1, provider=plan.request.provider, reason=reason, remedy=error.remedy, **facts
    )
