"""Scene -> clip: make what is missing, check it, keep it, write down what it cost."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from lotus.db import predictions, records
from lotus.db import tables as t
from lotus.errors import ClipFailed, LotusError, ProviderError, WorkError
from lotus.generation.plan import ClipPlan, clip_object, frame_object, in_turn
from lotus.generation.predictions.decide import Durations
from lotus.generation.predictions.leases import (
    OnStep,
    PredictionContext,
    PredictionLeases,
    PredictionRequest,
    kept_object,
)
from lotus.generation.predictions.life import follow, obtain
from lotus.media.probe import count_frames, save_last_frame
from lotus.money.ledger import Ledger, money
from lotus.providers.base import FRAME_MARK, ClipRequest, Tools, provider_fault
from lotus.providers.prediction import PredictionProvider
from lotus.system.parallel import Turns, cores, side_by_side
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["Generator"]

NOTHING = Decimal(0)
MOST_THREADS = 64

OnWarning = Callable[[int, str], None]


def _unheard(scene: int, message: str) -> None:
    return None


class Generator:
    """Makes the clips of one job.

    `on_step` hears the steps of predictions (see `predictions.leases`), `on_warning` what people
    should know of a scene although its clip is made.
    """

    def __init__(
        self,
        workspace: Workspace,
        job_id: str,
        *,
        campaign: str | None = None,
        folder: Path,
        on_step: OnStep | None = None,
        on_warning: OnWarning | None = None,
    ) -> None:
        self.w = workspace
        self.job_id = job_id
        self.campaign = campaign
        self.folder = folder
        self.stop = Stop(workspace.stop)
        self._on_step = on_step
        self._on_warning = on_warning or _unheard
        self._lock = threading.Lock()
        # clips made there only wait
        self._hosted_turns = Turns(workspace.settings.max_concurrent_clips)
        self._local_turns = Turns(cores())
        self._durations: dict[str, Durations] = defaultdict(Durations)  # by model

    def run(
        self,
        plans: Sequence[ClipPlan],
        on_progress: Callable[[int, int], None],
        on_expired: Callable[[ClipPlan], None] = lambda plan: None,
    ) -> None:
        """Make every clip that is missing, each once; `on_progress` hears (scene, frames done).

        `on_expired` hears of each clip that was made before, and that the store has forgotten
        since.

        After a failure no clip is begun; those being drawn are finished and kept, and so is what is
        paid for. Raises ClipFailed, BudgetExceeded or Cancelled.
        """
        for missing_keys in self._account(plans):
            on_expired(missing_keys)
        first: dict[str, ClipPlan] = {}
        for plan in plans:
            if not plan.cached:
                first.setdefault(plan.key, plan)
        if not first:
            return
        hosted_plans = [
            plan for plan in first.values() if isinstance(plan.maker, PredictionProvider)
        ]
        claims = PredictionLeases(self.w.db) if hosted_plans else None
        tasks: list[Callable[[], None]] = [
            partial(self._make_in_turn, group, on_progress, claims)
            for group in in_turn(list(first.values()))
        ]
        with claims.kept_alive() if claims is not None else nullcontext():
            tasks += self._left_behind(hosted_plans, claims)
            # most of them wait for a turn
            workers = min(len(tasks), MOST_THREADS) if hosted_plans else cores()
            try:
                side_by_side(tasks, workers, self.stop, "clip")
            except (ClipFailed, ProviderError) as error:
                with_total = self._with_job_total(error)
                if with_total is error:  # an error that is its own cause cannot be pickled
                    raise
                raise with_total from error

    def _with_job_total(self, error: WorkError) -> WorkError:
        """The error, with what the whole job has spent if that is more than its own scene."""
        own = Decimal(error.facts.get("spent_usd", 0))
        total = self.w.db.ask(records.costs_of, self.job_id)["settled"]
        if total <= own:
            return error
        return error.adding(f"${money(total)} by the job so far", job_spent_usd=money(total))

    def _account(self, plans: Sequence[ClipPlan]) -> list[ClipPlan]:
        """Before anything is made: what it will cost, and what the cache saves; which clips have
        expired.
        """
        return self.w.db.run(_account_for, plans, self.job_id, self.campaign)

    def _work(
        self,
        maker: PredictionProvider,
        claims: PredictionLeases,
        free: Callable[[], None],
        model: str,
    ) -> PredictionContext:
        """`free` gives the turn back: what has been made is fetched while the next one is being
        made.
        """

        def on_step(step: str, row: records.Row) -> None:
            if step == "ended" and row["status"] == "succeeded":
                free()
            if step == "dearer" and row["scene"] is not None:
                self._on_warning(row["scene"], _dearer(row))
            if self._on_step is not None:
                self._on_step(step, row)

        lately = self._durations[model]
        return PredictionContext(
            claims, self.w.store, maker, self.folder, self.stop, on_step, lately
        )

    def _left_behind(
        self, plans_of_models: Sequence[ClipPlan], claims: PredictionLeases | None
    ) -> list[Callable[[], None]]:
        """What is paid for, of any job whose process died: collected along the way."""
        if claims is None:
            return []
        ours = {key for plan in plans_of_models for key in plan.prediction_keys}
        names = {plan.request.provider for plan in plans_of_models}
        return [
            partial(self._collect, row, claims)
            for name in names
            for row in claims.orphans(name, but=ours)
        ]

    def _collect(self, row: records.Row, claims: PredictionLeases) -> None:
        """Its failure is written into its row, and is none of this job's."""
        try:
            with suppress(LotusError):
                maker = self.w.providers.get(row["provider"], row["model"])
                if isinstance(maker, PredictionProvider):
                    with self._hosted_turns.slot(self.stop) as free:
                        follow(self._work(maker, claims, free, row["model"]), row)
        finally:
            claims.release(row)  # its model may have left the catalogue

    def _make_in_turn(
        self,
        group: Sequence[ClipPlan],
        on_progress: Callable[[int, int], None],
        claims: PredictionLeases | None,
    ) -> None:
        for plan in group:
            self._make(plan, on_progress, claims)

    def _make(
        self,
        plan: ClipPlan,
        on_progress: Callable[[int, int], None],
        claims: PredictionLeases | None,
    ) -> None:
        self.stop.check()
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="clip-") as folder:
            output = Path(folder) / "clip.mp4"
            on_frame = partial(on_progress, plan.index)
            warn = partial(self._on_warning, plan.index)
            # another's failure ends none
            tools = Tools(self.w.ffmpeg, Path(folder), self.w.stop, on_frame, warn)
            try:
                request, purchase = self._paid_for(plan, claims)
                self._fit(plan, purchase, request, output, tools)
                size = output.stat().st_size
                self.w.store.put(output, clip_object(plan.key))
            except WorkError as exc:
                if exc.code in ("cancelled", "budget"):
                    raise
                raise _scene_error(plan, exc) from exc
        self._keep(plan, purchase, size, time.monotonic() - began)
        on_progress(plan.index, request.frames)

    def _fit(
        self,
        plan: ClipPlan,
        purchase: ClipRequest,
        request: ClipRequest,
        output: Path,
        tools: Tools,
    ) -> None:
        """Make the clip, or fit what a hosted model made; a failure says what that cost."""
        try:
            with self._local_turns.slot(self.stop):
                _call_maker(plan, request, output, tools)
            _verify(output, request)
        except WorkError as error:
            if not isinstance(plan.maker, PredictionProvider) or error.code == "cancelled":
                raise
            cost = self.w.db.ask(predictions.paid_for, purchase.prediction_key)
            raise error.adding(f"${money(cost)} was spent", spent_usd=money(cost)) from error

    def _paid_for(
        self, plan: ClipPlan, claims: PredictionLeases | None
    ) -> tuple[ClipRequest, ClipRequest]:
        """The request, with what a hosted model made as its source; and what that model was asked
        for.
        """
        if not isinstance(plan.maker, PredictionProvider) or claims is None:
            return plan.request, plan.request
        price = plan.amount_usd or plan.saved_usd
        request = self._with_frame(plan.request)
        tries = plan.maker.tries(request)
        orders = [
            PredictionRequest(
                self.job_id, self.campaign, plan.index, one, price, priced=plan.priced
            )
            for one in tries
        ]
        with self._hosted_turns.slot(self.stop) as free:
            purchase = obtain(self._work(plan.maker, claims, free, request.model), *orders)
        return replace(
            request, source=self.w.store.path(kept_object(purchase, plan.maker))
        ), purchase

    def _with_frame(self, request: ClipRequest) -> ClipRequest:
        """The request with the frame that it begins on, kept beside its clip so that it outlives
        the job.
        """
        key = request.begins_on
        if key is None:
            return request
        store = self.w.store
        name = frame_object(key)
        if not store.exists(name):
            target = self.folder / f"{key}.jpg"
            save_last_frame(store.path(clip_object(key)), target)
            store.put(target, name)
        return replace(
            request, pictures={**request.pictures, FRAME_MARK + key: str(store.path(name))}
        )

    def _keep(self, plan: ClipPlan, purchase: ClipRequest, size_bytes: int, seconds: float) -> None:
        """The clip's row, and its cost: what is hosted, `made`, was settled when it was paid."""
        request = plan.request
        row = {
            "key": plan.key,
            "provider": request.provider,
            "model": request.model,
            "request": request.facts,
            "frames": request.frames,
            "size_bytes": size_bytes,
            "seconds": seconds,
        }
        with self._lock:
            self.w.db.run(_record_clip, plan, purchase, row, self.job_id, self.campaign)


def _call_maker(plan: ClipPlan, request: ClipRequest, output: Path, tools: Tools) -> None:
    """Make the clip; a bug of a provider becomes ClipFailed with the line that raised."""
    try:
        plan.maker.make(request, output, tools)
    except LotusError:
        raise
    except Exception as exc:
        raise provider_fault(exc, "-", request.provider) from exc


def _dearer(row: records.Row) -> str:
    """One line about a bill that is above its estimate."""
    estimate = row["estimated_usd"]
    expectation = (
        f"more than the ${money(estimate)} of its estimate" if estimate else "not estimated"
    )
    return f"{row['model']} charged ${money(row['reserved_usd'])}, {expectation}"


def _account_for(
    connection: sa.Connection, plans: Sequence[ClipPlan], job_id: str, campaign: str | None
) -> list[ClipPlan]:
    """What a plan will cost and saves, in the ledger; which of its clips are used, and which are
    gone.
    """
    costs = any(plan.amount_usd or plan.saved_usd for plan in plans)
    keys = records.estimated_clips(connection, job_id) if costs else set()
    cached_keys = {plan.key for plan in plans if plan.cached}
    entries = _entries(plans, records.clip_costs(connection, cached_keys), keys)
    Ledger(connection, job_id, campaign).add_all(entries)
    if costs:
        missing_keys = {plan.key for plan in plans if not plan.cached}
        records.withdraw_estimates(connection, missing_keys, job_id)
    records.touch(connection, t.clips, cached_keys)
    missing = [plan for plan in plans if not plan.cached]
    expired_plans = [plan for plan in missing if records.expire_clip(connection, plan.key)]
    for plan in expired_plans:
        facts = {"scene": plan.index, "amount_usd": money(plan.amount_usd)}
        records.add_event(connection, job_id, "clip_expired", facts)
    return expired_plans


def _record_clip(
    connection: sa.Connection,
    plan: ClipPlan,
    purchase: ClipRequest,
    row: records.Row,
    job_id: str,
    campaign: str | None,
) -> None:
    """A clip is made: its row, its cost unless that was settled when it was paid, and an event."""
    if isinstance(plan.maker, PredictionProvider):
        cost = predictions.paid_for(connection, purchase.prediction_key)
    else:
        cost = plan.amount_usd
        Ledger(connection, job_id, campaign).add("settled", plan.index, plan.request, cost)
    records.record_clip(connection, {**row, "cost_usd": cost})
    records.add_event(connection, job_id, "clip_made", {"scene": plan.index, "key": plan.key})


def _entries(
    plans: Sequence[ClipPlan], costs: Mapping[str, Decimal], keys: Collection[str]
) -> Iterator[tuple[str, int, ClipRequest, Decimal]]:
    """Lines of the ledger for a plan; `known` are clips that the job, which is resumed, has
    estimated.
    """
    for plan in plans:
        if plan.cached:
            yield "saved", plan.index, plan.request, costs.get(plan.key, NOTHING)
        elif plan.key not in keys:
            yield "estimated", plan.index, plan.request, plan.amount_usd
            if plan.saved_usd:
                yield "saved", plan.index, plan.request, plan.saved_usd


def _verify(path: Path, request: ClipRequest) -> None:
    """A clip is kept only if it holds exactly the frames that were asked for."""
    frames = count_frames(path)
    if frames != request.frames:
        raise ClipFailed(
            scene="-",
            provider=request.provider,
            reason=f"the clip has {frames} frames instead of {request.frames}",
            remedy="render again",
        )


def _scene_error(plan: ClipPlan, error: WorkError) -> ClipFailed:
    """The error with the scene that it happened to."""
    names = ("stderr", "returncode", "file", "spent_usd")
    facts = {name: error.facts[name] for name in names if name in error.facts}
    # it names the provider, which is named anyway
    own = isinstance(error, ClipFailed | ProviderError)
    reason = error.facts.get("reason", error.message) if own else error.message
    return ClipFailed(
        scene=plan.index + 1,
        provider=plan.request.provider,
        reason=reason,
        remedy=error.remedy,
        **facts,
    )
