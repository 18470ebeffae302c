"""What the API gives: frozen models, from which its OpenAPI document is made too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lotus.documents.storyboard import Storyboard
from lotus.money.ledger import Cost
from lotus.pipeline.job import SceneResult

__all__ = [
    "SCHEMA_NAMES",
    "Asset",
    "CampaignAnswer",
    "CompositionAnswer",
    "CostRow",
    "Costs",
    "Envelope",
    "Generation",
    "GenerationLinks",
    "Health",
    "HealthCheck",
    "ModelEntry",
    "Page",
    "Problem",
    "Status",
    "StoredFile",
    "UploadAddress",
]

Status = Literal[
    "queued", "planning", "generating", "composing", "completed", "failed", "cancelled"
]
AssetKind = Literal["image", "audio", "video"]
Item = TypeVar("Item")


SCHEMA_NAMES = {  # of classes whose schema has another name in the OpenAPI document
    "CampaignAnswer": "Campaign",
    "CompositionAnswer": "Composition",
    "GenerationLinks": "Links",
    "StoredFile": "Kept",
}


def schema_name(model: type[Any]) -> str:
    """The name of a model's schema."""
    return SCHEMA_NAMES.get(model.__name__, model.__name__)


class ApiModel(BaseModel):
    """What lotus answers: clients may meet fields that they do not know."""

    model_config = ConfigDict(frozen=True, model_title_generator=schema_name)


class GenerationLinks(ApiModel):
    """Where the rest is."""

    self: str
    events: str
    socket: str
    versions: str
    download: str | None = None


class Problem(ApiModel):
    """What went wrong, for programs and for people."""

    code: str
    message: str
    remedy: str = ""
    details: dict[str, Any] = {}


class Generation(ApiModel):
    """A job: one brief on its way to a composition."""

    id: str
    status: Status
    kind: str
    prompt: str
    provider: str
    model: str | None
    parent: str | None = Field(description="the generation that this one edits")
    percent: float = Field(ge=0, le=100)
    cost: Cost
    error: Problem | None
    external_id: str | None = Field(default=None, description="the name given in its request")
    metadata: dict[str, str] = {}
    campaign: str | None = None
    created_at: datetime
    finished_at: datetime | None
    links: GenerationLinks
    scenes: tuple[SceneResult, ...] | None = Field(
        default=None, description="of a single generation"
    )
    storyboard: Storyboard | None = Field(default=None, description="of a single generation")


class Page(ApiModel, Generic[Item]):
    """Some of many, the newest first; `next` is the cursor of those that follow."""

    items: tuple[Item, ...]
    next: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`GenerationPage`, as documents and people call it."""
        return f"{schema_name(params[0])}Page"


class StoredFile(ApiModel):
    """One file of a composition."""

    name: str
    href: str


class CompositionAnswer(ApiModel):
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
    files: tuple[StoredFile, ...]


class Asset(ApiModel):
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


class UploadAddress(ApiModel):
    """Where a file is to be put: PUT its bytes to `url`, then POST to `complete`."""

    id: str
    url: str
    method: Literal["PUT"] = "PUT"
    size_bytes: int
    expires_at: datetime
    complete: str


class CostRow(ApiModel):
    """Sums of one group of the ledger."""

    model_config = ConfigDict(frozen=True, extra="allow")
    estimated_usd: str
    actual_usd: str
    saved_usd: str


class Costs(ApiModel):
    """The ledger, grouped."""

    by: str
    currency: str
    rows: tuple[CostRow, ...]
    total_usd: str


class ModelEntry(ApiModel):
    """One hosted model of the catalogue."""

    name: str
    tasks: tuple[str, ...]
    prices: tuple[str, ...]
    seconds: str
    shapes: str
    about: str


class CampaignAnswer(ApiModel):
    """A manifest of many briefs, and how its runs stand."""

    id: str
    name: str
    notebook: str
    status: str
    runs: dict[str, int]
    cost: Cost
    created_at: datetime
    finished_at: datetime | None


class HealthCheck(ApiModel):
    """What one check found last."""

    name: str
    status: Literal["ok", "warn", "fail", "skip", "starting"]
    detail: str
    remedy: str = ""
    seconds: float = Field(description="duration of the check")
    age_seconds: float | None = Field(description="since it was created")


class Health(ApiModel):
    """Whether the service can work, from checks that are made in the background."""

    status: Literal["ok", "starting", "draining", "failing"]
    checks: tuple[HealthCheck, ...] = ()


class Failure(Problem):
    """A problem, and by which request it was met: the log has the same id."""

    timestamp: datetime
    request_id: str


class Envelope(ApiModel):
    """Every answer that is no success."""

    error: Failure
