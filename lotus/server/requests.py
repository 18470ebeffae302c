"""What the API takes: frozen models, from which its OpenAPI document is made too."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotus.documents.brief import Brief
from lotus.documents.document import Text
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.pipeline.options import RenderOptions
from lotus.server.merging import NAME, merge_fields
from lotus.server.sniffing import UPLOAD_LIMITS

__all__ = [
    "AssetAddress",
    "CompositionRequest",
    "Edit",
    "GenerationRequest",
    "RequestModel",
    "SceneChange",
    "UploadRequest",
]


MOST_BYTES = max(UPLOAD_LIMITS.values())
ExternalId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
LabelName = Annotated[str, Field(min_length=1, max_length=40)]
LabelText = Annotated[Text, Field(max_length=500)]
Metadata = Annotated[dict[LabelName, LabelText], Field(max_length=20)]
MergeName = Annotated[str, Field(pattern=f"^{NAME}$")]
MergeTexts = Annotated[dict[MergeName, LabelText], Field(max_length=50)]


class RequestModel(BaseModel):
    """What lotus is asked: a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GenerationRequest(RequestModel):
    """A video to be made, of a brief or of a storyboard. Files in it are assets: `asset:` and their
    id.
    """

    brief: Brief | None = None
    storyboard: Storyboard | None = None
    provider: Text = Field(default="animatic", max_length=64)
    model: Text | None = Field(
        default=None, max_length=128, description="of GET /models, if it is hosted"
    )
    final: Text | None = Field(
        default=None, max_length=128, description="the model of approved scenes"
    )
    budget_usd: Decimal | None = Field(
        default=None, ge=0, le=1_000_000, description="spend no more than this"
    )
    external_id: ExternalId | None = Field(
        default=None, description="your own name of it, to find it by"
    )
    metadata: Metadata = Field(default={}, description="names and values of your own")
    merge: MergeTexts = Field(
        default={}, description="texts that take the place of {{name}} in the brief or storyboard"
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Merge before anything is checked: what is made of a template is what has to be right."""
        texts = values.get("merge") if isinstance(values, Mapping) else None
        if not isinstance(texts, Mapping) or not texts:
            return values
        if not all(isinstance(text, str) for text in texts.values()):
            return values  # the field itself says so
        documents = {name: values[name] for name in ("brief", "storyboard") if name in values}
        return {**values, **merge_fields(documents, texts)}

    @model_validator(mode="after")
    def _is_one_thing(self) -> GenerationRequest:
        if (self.brief is None) == (self.storyboard is None):
            raise ValueError("brief: say either a brief or a storyboard")
        return self

    @property
    def options(self) -> RenderOptions:
        """The options of the rendering."""
        return RenderOptions(self.provider, self.model, self.final, budget_usd=self.budget_usd)


class CompositionRequest(RequestModel):
    """A timeline to be rendered; its sources are assets, and `bed:NAME` for music."""

    timeline: Timeline
    external_id: ExternalId | None = None
    metadata: Metadata = {}


class AssetAddress(RequestModel):
    """A picture, a sound or a video at a public address, to be kept as an asset."""

    url: Text = Field(min_length=8, max_length=2000, examples=["https://example.com/logo.png"])
    name: str = Field(
        default="upload", min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$"
    )


class UploadRequest(RequestModel):
    """A file that is to be put to an address, not through the API."""

    name: str = Field(
        default="upload", min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$"
    )
    size_bytes: int = Field(
        ge=1, le=MOST_BYTES, description="size of the file in bytes; another size is refused"
    )


class SceneChange(RequestModel):
    """Fields of one scene that are to be others; what is not named stays."""

    index: int = Field(ge=0, lt=40)
    description: Text | None = Field(default=None, min_length=1, max_length=500)
    caption: Text | None = Field(
        default=None, max_length=200, description="an empty one removes it"
    )
    duration_seconds: float | None = Field(default=None, gt=0, le=3600, allow_inf_nan=False)
    camera: Text | None = Field(default=None, max_length=40)
    source: str | None = Field(default=None, max_length=200, description="an asset")
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    approved: bool | None = None


class Edit(RequestModel):
    """Another version of a video: changed scenes, another order, or a storyboard. The rest is
    reused.
    """

    scenes: tuple[SceneChange, ...] = Field(default=(), max_length=40)
    order: tuple[int, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=40,
        description="scenes to keep, by index, after the changes",
    )
    storyboard: Storyboard | None = None
    budget_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _changes_something(self) -> Edit:
        if self.storyboard is None and not self.scenes and self.order is None:
            raise ValueError("scenes: say what is to change: scenes, order or a storyboard")
        if self.storyboard is not None and (self.scenes or self.order is not None):
            raise ValueError("storyboard: replaces scenes and order; remove those")
        return self
