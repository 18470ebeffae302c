"""What made a video, as tags of its file: documents without the paths and secrets of a machine.

The same storyboard, clips and programs give the same tags, so videos stay the same to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lotus.documents.parsing import read_model
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.generation.plan import ClipPlan
from lotus.providers.prediction import PredictionProvider
from lotus.store.uploads import replace_names, sources_in
from lotus.system.keys import canonical_json
from lotus.workspace import Workspace

__all__ = [
    "DIGEST",
    "LOCAL_PROVIDERS",
    "ClipOrigin",
    "Provenance",
    "provenance_of",
    "read_provenance",
    "tags_of",
]

FORMAT = 1
DIGEST = "sha256:"  # how a document names a file: by its content, and its suffix
COMMENT = "comment"  # the tag that holds the document
LOCAL_PROVIDERS = ("animatic", "footage")  # who make the same clip again, anywhere, for nothing


class ClipOrigin(BaseModel):
    """Who made the clip of a scene, and from what."""

    model_config = ConfigDict(frozen=True)

    scene: int = Field(description="counted from 1")
    provider: str
    model: str
    version: str
    seed: int
    clip_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    hosted: bool = False
    licence: str = Field(default="", description="the address of the model's terms, if known")


class Provenance(BaseModel):
    """What made a video: programs, prompts, seeds, models and files by their digests."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    lotus: str
    ffmpeg: str
    av: str
    provider: str = ""
    model: str | None = None
    storyboard: dict[str, Any] | None = None
    timeline: dict[str, Any] | None = None
    clips: tuple[ClipOrigin, ...] = ()

    @property
    def prompt(self) -> str:
        """The prompt of the brief; empty for a video of a timeline."""
        return str((self.storyboard or {}).get("brief", {}).get("prompt", ""))

    @property
    def files(self) -> tuple[str, ...]:
        """Files of the user that are a part of it: digest and suffix."""
        names = (value for _, value in sources_in(self.storyboard or self.timeline))
        return tuple(sorted({n.removeprefix(DIGEST) for n in names if n.startswith(DIGEST)}))

    def document(self, place: Callable[[str], str]) -> Storyboard | Timeline:
        """The storyboard (or timeline) with its files at `place(digest and suffix)`.

        Raises InvalidInput for a document that names a file otherwise than by its digest.
        """
        content = self.storyboard if self.storyboard is not None else self.timeline
        for field, value in sources_in(content):
            if "/" in value or "\\" in value:
                reason = f"names a file of another machine ({value[:60]!r})"
                remedy = "reproduce the video's bundle"
                raise InvalidInput(file="", field=field, reason=reason, remedy=remedy)

        def here(value: str) -> str:
            named = value.startswith(DIGEST)
            return place(value.removeprefix(DIGEST)) if named else value

        document = replace_names(content, here)
        if self.storyboard is not None:
            return read_model(Storyboard, document, "the video's tags")
        return read_model(Timeline, document, "the video's tags")


def provenance_of(
    workspace: Workspace,
    source: Storyboard | Timeline,
    plans: Sequence[ClipPlan],
    digest: Callable[[str], str],
    provider: str = "",
    model: str | None = None,
) -> Provenance:
    """What makes a job's video. `digest` hashes a file of the user."""
    from lotus import __version__

    document = by_digest(source.model_dump(mode="json"), digest)
    planned = isinstance(source, Storyboard)
    return Provenance(
        lotus=__version__,
        ffmpeg=workspace.ffmpeg.build,
        av=av_version(),
        provider=provider,
        model=model,
        storyboard=document if planned else None,
        timeline=None if planned else document,
        clips=tuple(_origin(workspace, plan) for plan in plans),
    )


def av_version() -> str:
    """The library that writes the file."""
    from importlib.metadata import version

    return version("av")


def by_digest(document: Any, digest: Callable[[str], str]) -> Any:
    """Plain data with the files of this machine named by their content."""

    def content_name(value: str) -> str:
        path = Path(value)
        if not path.is_absolute() or not path.is_file():
            return value
        return f"{DIGEST}{digest(value)}{path.suffix.lower()}"

    return replace_names(document, content_name)


def _origin(workspace: Workspace, plan: ClipPlan) -> ClipOrigin:
    request = plan.request
    hosted = isinstance(plan.maker, PredictionProvider)
    return ClipOrigin(
        scene=plan.index + 1,
        provider=request.provider,
        model=request.model,
        version=request.version,
        seed=request.seed,
        clip_key=plan.key,
        hosted=hosted,
        licence=_licence(workspace, request.model) if hosted else "",
    )


def _licence(workspace: Workspace, model: str) -> str:
    from lotus.models.catalog import read_catalog

    models = read_catalog(workspace.settings.models).models.values()
    return next((one.licence for one in models if model in (one.name, one.replicate)), "")


def tags_of(provenance: Provenance) -> dict[str, str]:
    """The tags of a file of MP4 or QuickTime: the document, and a line for people."""
    makers = dict.fromkeys(f"{clip.provider} {clip.model}" for clip in provenance.clips)
    clips = f"; clips by {', '.join(makers)}" if makers else ""
    document = provenance.model_dump(mode="json", exclude_defaults=True) | {"format": FORMAT}
    return {
        "description": f"Made with lotus {provenance.lotus}{clips}",
        COMMENT: canonical_json(document),
    }


def read_provenance(path: str | Path) -> Provenance:
    """What made the video of a file; raises InvalidInput if its tags do not say it."""
    import av

    file = _video(path)
    try:
        with av.open(str(file)) as container:
            text = container.metadata.get(COMMENT, "")
    except (OSError, ValueError) as exc:
        raise _refusal(file, "is not a readable video", "name a video that lotus made") from exc
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, Mapping) or "lotus" not in document:
        remedy = "only videos that `lotus render` made carry it; editors and platforms remove it"
        raise _refusal(file, "does not say what made it", remedy)
    if document.get("format") != FORMAT:
        reason = "was tagged by a newer lotus"
        raise _refusal(file, reason, "upgrade lotus to read it")
    return read_model(Provenance, document, str(file))


def _video(path: str | Path) -> Path:
    if not isinstance(path, str | Path):
        reason = f"is of type {type(path).__name__}"
        raise InvalidInput(file="", field="path", reason=reason, remedy="write a video's path")
    file = Path(path).expanduser()
    if not file.is_file():
        raise _refusal(file, "is not a file", "name a video that lotus made")
    return file


def _refusal(file: Path, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file=str(file), field="", reason=reason, remedy=remedy)
