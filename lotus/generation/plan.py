"""Which clips a storyboard needs: what each is made from, whether it is there, and what it costs to
make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from lotus.composition.assemble import clip_frames
from lotus.db import Database, records
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, LotusError
from lotus.generation.predictions.leases import kept_object
from lotus.money.ledger import money
from lotus.providers import Providers
from lotus.providers.base import ClipRequest, Provider, provider_fault
from lotus.providers.prediction import Chaining, PredictionProvider, missing_members
from lotus.store import Store, object_key
from lotus.system.keys import differing_fields, file_digest

__all__ = [
    "ClipPlan",
    "PlanExplanation",
    "clip_object",
    "explain",
    "frame_object",
    "in_turn",
    "plan_clips",
    "with_final",
]

NOTHING = Decimal(0)


def clip_object(key: str) -> str:
    """Where a clip is kept in the store."""
    return object_key("clips", key, ".mp4")


def frame_object(key: str) -> str:
    """Where the last frame of a clip is kept, if another begins on it."""
    return object_key("clips", key, ".jpg")


@dataclass(frozen=True)
class ClipPlan:
    """One scene's clip."""

    index: int
    request: ClipRequest
    maker: Provider = field(compare=False)
    cached: bool
    amount_usd: Decimal  # to be paid; 0 when it is cached, or when what a model made of it is
    saved_usd: Decimal = NOTHING  # of what a model made of it before
    # what the scene's direction says and its maker cannot take, a line each
    untaken: tuple[str, ...] = field(default=(), compare=False)
    priced: bool = True  # False: nobody knows the price, and `amount_usd` is 0 for want of one

    @property
    def key(self) -> str:
        """The clip's address."""
        return self.request.key

    @property
    def used_seconds(self) -> Fraction:
        """Seconds of the clip that the scene takes, transitions included."""
        return Fraction(self.request.frames) / self.request.fps

    @property
    def bought_seconds(self) -> Fraction:
        """Seconds that a hosted model makes for it and is paid for; none for what is there."""
        if (
            self.cached
            or not isinstance(self.maker, PredictionProvider)
            or not (self.amount_usd or not self.priced)
        ):
            return Fraction(0)
        long_enough = (length for length in self.maker.lengths if length >= self.used_seconds)
        return next(long_enough, self.used_seconds)

    @property
    def prediction_keys(self) -> set[str]:
        """Of the predictions that a hosted model may be asked for; each but the first has a new
        seed.
        """
        tries = self.maker.tries(self.request) if isinstance(self.maker, PredictionProvider) else ()
        return {one.prediction_key for one in tries}


def plan_clips(
    storyboard: Storyboard,
    store: Store,
    providers: Providers,
    provider: str = "animatic",
    model: str | None = None,
) -> tuple[ClipPlan, ...]:
    """What each scene needs; estimate and execution both start from this.

    A scene's own model goes before `model`, if the provider is hosted. Raises UnknownName for a
    provider or a model, InvalidInput for a scene that it would refuse.
    """
    digests: dict[Path, str] = {}
    keys: set[str] = set()  # what earlier scenes have made already

    def digest(path: Path) -> str:
        if path not in digests:
            digests[path] = file_digest(path)
        return digests[path]

    plans: list[ClipPlan] = []
    for index, (scene, frames) in enumerate(
        zip(storyboard.scenes, clip_frames(storyboard), strict=True)
    ):
        maker = _maker(scene, providers, provider, model)
        with _name_scene(index, maker):
            request = maker.request(scene, storyboard, frames, digest)
        if storyboard.look.chained and plans and isinstance(maker, Chaining):
            request = maker.after(request, plans[-1].key)
        plan = _plan_clip(index, request, maker, store, keys)
        says = getattr(maker, "untaken", None)
        plans.append(replace(plan, untaken=says(scene, storyboard)) if says else plan)
    return tuple(plans)


def with_final(
    storyboard: Storyboard, providers: Providers, provider: str, final: str | None
) -> Storyboard:
    """The storyboard with its approved scenes to be made by the model `final`, if one is named.

    Raises UnknownName or InvalidInput if that is no model of the provider, or no scene is approved.
    """
    if final is None:
        return storyboard
    providers.get(provider, final)
    return storyboard.finished_by(final)


@contextmanager
def _name_scene(index: int, maker: Provider) -> Iterator[None]:
    """Name the scene that a model refuses, or whose provider has a fault of its own."""
    try:
        yield
    except InvalidInput as error:
        if error.facts.get("field") not in ("duration_seconds", "prompt", "first_frame"):
            raise
        field = f"scenes[{index}].{error.facts['field']}"
        raise InvalidInput(remedy=error.remedy, **{**error.facts, "field": field}) from error
    except (LotusError, OSError):  # OSError: a source that went away
        raise
    except Exception as exc:
        raise provider_fault(exc, index + 1, maker.name) from exc


def _maker(scene: Scene, providers: Providers, provider: str, model: str | None) -> Provider:
    if scene.source is not None:
        return providers.get("footage")
    maker = providers.get(provider, model)
    own = scene.model is not None and isinstance(maker, PredictionProvider)
    return providers.get(provider, scene.model) if own else maker


def _plan_clip(
    index: int, request: ClipRequest, maker: Provider, store: Store, keys: set[str]
) -> ClipPlan:
    if store.exists(clip_object(request.key)):
        return ClipPlan(index, request, maker, True, NOTHING)
    estimate = maker.price(request)
    price = estimate or NOTHING
    if not isinstance(maker, PredictionProvider):
        _check_free(request.provider, maker, estimate)
        return ClipPlan(index, request, maker, False, price)
    paid = request.prediction_key in keys
    keys.add(request.prediction_key)
    if paid or any(store.exists(kept_object(one, maker)) for one in maker.tries(request)):
        return ClipPlan(index, request, maker, False, NOTHING, saved_usd=price)
    return ClipPlan(index, request, maker, False, price, priced=estimate is not None)


def _check_free(name: str, maker: Provider, price: Decimal | None) -> None:
    """Raise InvalidInput for a provider that is paid and cannot be followed after a crash."""
    if price == 0:
        return
    missing = ", ".join(missing_members(maker))
    asks = "does not say what a clip costs" if price is None else f"asks ${money(price)} for a clip"
    raise InvalidInput(
        file="",
        field="provider",
        reason=f"{name} {asks}, but a paid clip could be lost: it lacks {missing}",
        remedy="give it the methods of `lotus.providers.prediction.PredictionProvider` (see the "
        "how-to 'Write a provider of your own'), or a price of 0",
    )


def in_turn(plans: Sequence[ClipPlan]) -> list[list[ClipPlan]]:
    """Plans in groups: within one each clip begins on the last frame of the one before; groups are
    free.
    """
    groups: list[list[ClipPlan]] = []
    ends: dict[str, list[ClipPlan]] = {}
    for plan in plans:
        group = ends.get(plan.request.begins_on or "")
        if group is None:
            group = []
            groups.append(group)
        group.append(plan)
        ends[plan.key] = group
    return groups


@dataclass(frozen=True)
class PlanExplanation:
    """Why a scene's clip is, or is not, in the cache."""

    index: int
    clip_key: str
    hit: bool
    reason: str
    changed: tuple[str, ...]


def explain(plans: Sequence[ClipPlan], db: Database) -> tuple[PlanExplanation, ...]:
    """Compare each scene with the nearest earlier clip of the same scene."""
    with db.read() as connection:
        return tuple(
            _explain(plan, records.recent_requests(connection, plan.index)) for plan in plans
        )


def _explain(plan: ClipPlan, earlier: Sequence[records.Row]) -> PlanExplanation:
    if plan.cached:
        return PlanExplanation(plan.index, plan.key, True, "the clip is in the cache", ())
    differing = [differing_fields(plan.request.facts, row["request"]) for row in earlier]
    nearest = min(differing, key=len, default=None)
    if nearest is None:
        return PlanExplanation(
            plan.index, plan.key, False, "no clip was made for this scene before", ()
        )
    if not nearest:
        return PlanExplanation(
            plan.index,
            plan.key,
            False,
            "the clip was made before, but is no longer in the store",
            (),
        )
    names = tuple(name.removeprefix("inputs.") for name in nearest)
    return PlanExplanation(plan.index, plan.key, False, f"{', '.join(names)} changed", names)
