"""Where a video comes from, and the same video again: `lotus.provenance`, `lotus.reproduce`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lotus.documents.calls import explained_call
from lotus.documents.reading import check_video_name
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.generation.plan import clip_object, plan_clips
from lotus.pipeline.bundle import VIDEO, unpack_bundle
from lotus.pipeline.narration import timeline_of
from lotus.pipeline.provenance import (
    LOCAL_PROVIDERS,
    ClipOrigin,
    Provenance,
    av_version,
    read_provenance,
    tags_of,
)
from lotus.providers.animatic.provider import Animatic
from lotus.providers.base import Tools
from lotus.rendering.renderer import Renderer
from lotus.speech.storage import speech_object
from lotus.system.files import check_writable, copy_aside
from lotus.system.keys import file_digest
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["Reproduction", "provenance", "reproduce"]


@dataclass(frozen=True)
class Reproduction:
    """A video that was made again. `identical`: the same bytes; `same_media`: the same pictures and
    sound, packet by packet; `differences`: versions or files that changed and may be the reason.
    """

    output: Path
    identical: bool
    same_media: bool
    differences: tuple[str, ...]

    def __str__(self) -> str:
        if self.identical:
            return f"{self.output.name}: the same bytes"
        how = "the same pictures and sound in another file" if self.same_media else "another video"
        return ": ".join([self.output.name, "; ".join([how, *self.differences])])


@explained_call
def provenance(path: str | Path) -> Provenance:
    """Read what made a video: programs, prompts, seeds and models with their versions.

    Parameters
    ----------
    path
        A video that lotus made, or a bundle (.zip).

    Returns
    -------
    Provenance
        What the file says about its making.

    Raises
    ------
    InvalidInput
        If the file does not say what made it.
    """
    if str(path).lower().endswith(".zip"):
        with Workspace.open().folder() as folder:
            return read_provenance(unpack_bundle(_file(path), folder)[VIDEO])
    return read_provenance(path)


@explained_call
def reproduce(
    path: str | Path, *, out: str | Path | None = None, workspace: Workspace | None = None
) -> Reproduction:
    """Make a video again from what its file says, or from a bundle, and compare the two.

    It sends no request to hosted models and pays nothing: their clips, and your own files, have to
    be in the bundle (`job.bundle("ad.zip")`).

    Parameters
    ----------
    path
        A video that lotus made, or a bundle (.zip).
    out
        The new file; default: `...-again.mp4` in the current folder.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    Reproduction
        The new file; whether bytes and media are identical; differences that may explain why not.

    Raises
    ------
    InvalidInput
        If the file does not hold all that is needed.
    """
    file = _file(path)
    target = check_writable(check_video_name(Path(out or f"{file.stem}-again.mp4")))
    workspace = workspace or Workspace.open()
    with workspace.folder() as folder:
        packed = file.suffix.lower() == ".zip"
        members = unpack_bundle(file, folder) if packed else {VIDEO: file}
        origin = read_provenance(members[VIDEO])
        # a home of its own: what is in a bundle of somebody else must not serve other jobs
        apart = {"home": folder / "home", "store": "", "database_url": ""}
        own = Workspace(workspace.settings.model_copy(update=apart), workspace.stop)
        video, differences = _reproduction(own, origin, members, folder)
        copy_aside(video, target)
        identical = file_digest(video) == file_digest(members[VIDEO])
        same = identical or _packets(video) == _packets(members[VIDEO])
    return Reproduction(target, identical, same, differences)


def _file(path: str | Path) -> Path:
    if not isinstance(path, str | Path):
        reason = f"is of type {type(path).__name__}"
        remedy = "write the path of a video, or of a bundle: job.bundle('ad.zip')"
        raise InvalidInput(file="", field="path", reason=reason, remedy=remedy)
    file = Path(path).expanduser()
    if not file.is_file():
        remedy = "name a video that lotus made, or its bundle"
        raise InvalidInput(file=str(file), field="", reason="is not a file", remedy=remedy)
    return file


def _reproduction(
    workspace: Workspace, origin: Provenance, members: Mapping[str, Path], folder: Path
) -> tuple[Path, tuple[str, ...]]:
    """The video, and what is not as it was."""
    from lotus import __version__

    _check_there(origin, members)
    document = origin.document(lambda name: str(members[f"files/{name}"]))
    here = {"lotus": __version__, "ffmpeg": workspace.ffmpeg.build, "av": av_version()}
    before = origin.model_dump()
    differences = [
        f"{name} is {version!r} instead of {before[name]!r}"
        for name, version in here.items()
        if version != before[name]
    ]
    clips = origin.clips
    if isinstance(document, Storyboard):
        clips = tuple(_clips(workspace, origin, document, members, folder))
        differences += [
            f"scene {new.scene}: {new.provider} makes another clip of it in this version"
            for new, old in zip(clips, origin.clips, strict=True)
            if new.clip_key != old.clip_key
        ]
    for name, path in members.items():
        if name.startswith("speech/"):
            workspace.store.put(path, speech_object(path.stem, path.suffix))
    timeline = _timeline(document, clips, workspace)
    renderer = Renderer.of(workspace)
    plan = renderer.plan(timeline)
    tags = tags_of(origin.model_copy(update={**here, "clips": clips}))
    return renderer.render(replace(plan, tags=tags), folder).path, tuple(differences)


def _timeline(
    document: Storyboard | Timeline, clips: tuple[ClipOrigin, ...], workspace: Workspace
) -> Timeline:
    if isinstance(document, Timeline):
        return document
    filmed = [i for i, clip in enumerate(clips) if clip.provider != Animatic.name]
    return timeline_of(document, [clip.clip_key for clip in clips], workspace, filmed=filmed)


def _check_there(origin: Provenance, members: Mapping[str, Path]) -> None:
    """Raise InvalidInput for what neither the file nor this machine has."""
    for clip in origin.clips:
        if clip.provider not in LOCAL_PROVIDERS and f"clips/{clip.clip_key}.mp4" not in members:
            maker = f"{clip.provider} {clip.model} {clip.version[:12]}".strip()
            reason = f"its clip is by {maker}, which makes another one each time"
            remedy = "reproduce a bundle, which holds the clip: job.bundle('ad.zip')"
            field = f"scene {clip.scene}"
            raise InvalidInput(file="", field=field, reason=reason, remedy=remedy)
    for name in origin.files:
        if f"files/{name}" not in members:
            reason = f"the file sha256 {name[:12]}… is a part of the video and not in it"
            remedy = "reproduce a bundle, which holds it: job.bundle('ad.zip')"
            raise InvalidInput(file="", field="files", reason=reason, remedy=remedy)


def _clips(
    workspace: Workspace,
    origin: Provenance,
    board: Storyboard,
    members: Mapping[str, Path],
    folder: Path,
) -> list[ClipOrigin]:
    """The clips in the store: those of the bundle, and those that this machine draws."""
    if len(origin.clips) != len(board.scenes):
        scenes = quantity(len(board.scenes), "scene")
        reason = f"names {quantity(len(origin.clips), 'clip')} for {scenes}"
        raise InvalidInput(file="", field="clips", reason=reason, remedy="render the video again")
    clips = []
    for plan, clip in zip(
        plan_clips(board, workspace.store, workspace.providers), origin.clips, strict=True
    ):
        key = clip.clip_key
        if clip.provider in LOCAL_PROVIDERS:
            key = plan.key
            source = folder / f"scene-{clip.scene}.mp4"
            if not workspace.store.exists(clip_object(key)):
                tools = Tools(workspace.ffmpeg, folder, workspace.stop, lambda frames: None)
                plan.maker.make(plan.request, source, tools)
        else:
            source = members[f"clips/{key}.mp4"]
        if not workspace.store.exists(clip_object(key)):
            workspace.store.put(source, clip_object(key))
        clips.append(clip.model_copy(update={"clip_key": key}))
    return clips


def _packets(video: Path) -> str:
    """A hash of the packets of all streams with their times: the file without its tags."""
    import av

    digest = hashlib.sha256()
    with av.open(str(video)) as container:
        for packet in container.demux():
            digest.update(f"{packet.stream_index} {packet.pts} {packet.dts}".encode())
            digest.update(bytes(packet))
    return digest.hexdigest()
