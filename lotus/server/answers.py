"""What the API takes and gives: frozen models, from which its OpenAPI document is made too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotus.brief import Brief, Text
from lotus.storyboard import Scene, Storyboard
from lotus.timeline import Timeline

__all__ = [
    "Asset",
    "Campaign",
    "Composition",
    "CompositionRequest",
    "Cost",
    "CostRow",
    "Costs",
    "Edit",
    "Envelope",
    "Estimate",
    "Generation",
    "GenerationRequest",
    "Health",
    "HealthCheck",
    "Kept",
    "Links",
    "ModelEntry",
    "Page",
    "Problem",
    "SceneChange",
    "SceneEstimate",
    "SceneState",
    "Status",
]

Status = Literal["queued", "planning", "generating", "composing", "completed", "failed", "cancelled"]
AssetKind = Literal["image", "audio", "video"]
Name = Field(default=None, max_length=128)
Item = TypeVar("Item")


class Said(BaseModel):
    """What lotus answers: clients may meet fields that they do not know."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """What lotus is asked: a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GenerationRequest(Asked):
    """A video to be made, of a brief or of a storyboard. Files in it are assets: `asset:` and their id."""

    brief: Brief | None = None
    storyboard: Storyboard | None = None
    provider: Text = Field(default="animatic", max_length=64)
    model: Text | None = Field(default=None, max_length=128, description="of GET /models, if it is hosted")
    final: Text | None = Field(default=None, max_length=128, description="the model of approved scenes")
    budget_usd: Decimal | None = Field(
        default=None, ge=0, le=1_000_000, description="spend no more than this"
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> GenerationRequest:
        if (self.brief is None) == (self.storyboard is None):
            raise ValueError("brief: say either a brief or a storyboard")
        return self


class CompositionRequest(Asked):
    """A timeline to be rendered; its sources are assets, and `bed:NAME` for music."""

    timeline: Timeline


class SceneChange(Asked):
    """Fields of one scene that are to be others; what is not named stays."""

    index: int = Field(ge=0, lt=40)
    description: Text | None = Field(default=None, min_length=1, max_length=500)
    caption: Text | None = Field(default=None, max_length=200, description="an empty one removes it")
    duration_seconds: float | None = Field(default=None, gt=0, le=3600, allow_inf_nan=False)
    camera: Text | None = Field(default=None, max_length=40)
    source: str | None = Field(default=None, max_length=200, description="an asset")
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    approved: bool | None = None


class Edit(Asked):
    """Another version of a video: changed scenes, another order, or a storyboard. The rest is reused."""

    scenes: tuple[SceneChange, ...] = Field(default=(), max_length=40)
    order: tuple[int, ...] | None = Field(
        default=None, min_length=1, max_length=40, description="scenes to keep, by index, after the changes"
    )
    storyboard: Storyboard | None = None
    budget_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _changes_something(self) -> Edit:
        if self.storyboard is None and not self.scenes and self.order is None:
            raise ValueError("scenes: say what is to change: scenes, order or a storyboard")
        if self.storyboard is not None and (self.scenes or self.order is not None):
            raise ValueError("storyboard: is all of it; leave scenes and order away")
        return self


class Links(Said):
    """Where the rest is."""

    self: str
    events: str
    socket: str
    download: str | None = None


class Cost(Said):
    """Dollars as text."""

    estimated_usd: str
    actual_usd: str
    saved_usd: str


class SceneState(Said):
    """One scene of a generation."""

    index: int
    description: str
    caption: str | None
    clip_key: str
    provider: str
    model: str
    cached: bool
    cost_usd: str


class Problem(Said):
    """What went wrong, for programs and for people."""

    code: str
    message: str
    remedy: str = ""
    details: dict[str, Any] = {}


class Generation(Said):
    """A job: one brief on its way to a composition."""

    id: str
    status: Status
    kind: str
    prompt: str
    provider: str
    model: str | None
    parent: str | None = Field(description="the generation that this is an edit of")
    percent: float = Field(ge=0, le=100)
    cost: Cost
    error: Problem | None
    created_at: datetime
    finished_at: datetime | None
    links: Links
    scenes: tuple[SceneState, ...] | None = Field(default=None, description="of a single generation")
    storyboard: Storyboard | None = Field(default=None, description="of a single generation")


class Page(Said, Generic[Item]):
    """Some of many, the newest first; `next` is the cursor of those that follow."""

    items: tuple[Item, ...]
    next: str | None = None


class SceneEstimate(Said):
    """What one scene's clip will cost; nothing if it is cached."""

    index: int
    provider: str
    model: str
    cached: bool
    amount_usd: str


class Estimate(Said):
    """What a generation will cost, from the plan that it will use."""

    total_usd: str
    budget_usd: str | None
    scenes: tuple[SceneEstimate, ...]


class Kept(Said):
    """One file of a composition."""

    name: str
    href: str


class Composition(Said):
    """The rendered video of a generation; its id is the generation's."""

    id: str
    width: int
    height: int
    fps: str
    frames: int
    duration_seconds: float
    size_bytes: int
    segments: dict[str, int]
    created_at: datetime
    files: tuple[Kept, ...]


class Asset(Said):
    """A file that was uploaded; a brief names it as `asset:` and its id."""

    id: str
    name: str
    kind: AssetKind
    size_bytes: int
    seconds: float
    width: int
    height: int
    created_at: datetime
    href: str


class CostRow(Said):
    """Sums of one group of the ledger."""

    model_config = ConfigDict(frozen=True, extra="allow")
    estimated_usd: str
    actual_usd: str
    saved_usd: str


class Costs(Said):
    """The ledger, grouped."""

    by: str
    currency: str
    rows: tuple[CostRow, ...]
    total_usd: str


class ModelEntry(Said):
    """One hosted model of the catalogue."""

    name: str
    tasks: tuple[str, ...]
    prices: tuple[str, ...]
    seconds: str
    shapes: str
    about: str


class Campaign(Said):
    """A manifest of many briefs, and how its runs stand."""

    id: str
    name: str
    notebook: str
    status: str
    runs: dict[str, int]
    cost: Cost
    created_at: datetime
    finished_at: datetime | None


class HealthCheck(Said):
    """What one check found last."""

    name: str
    status: Literal["ok", "warn", "fail", "skip", "starting"]
    detail: str
    remedy: str = ""
    seconds: float = Field(description="that the check took")
    age_seconds: float | None = Field(description="since it was made")


class Health(Said):
    """Whether the service can work, from checks that are made in the background."""

    status: Literal["ok", "starting", "draining", "failing"]
    checks: tuple[HealthCheck, ...] = ()


class Failure(Problem):
    """A problem, and by which request it was met: the log has the same id."""

    timestamp: datetime
    request_id: str


class Envelope(Said):
    """Every answer that is no success."""

    error: Failure


Scene.model_rebuild()
