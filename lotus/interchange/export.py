"""Timeline -> a cut for an editor with its media beside it, all of it or nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp

from pydantic import BaseModel

from lotus.composition.audio import BED, plan_mix
from lotus.composition.captions.subtitles import srt
from lotus.composition.layout import PlacedClip
from lotus.composition.segments import place_captions
from lotus.documents.timeline import Overlay, Timeline
from lotus.errors import InvalidInput, StoreError
from lotus.interchange.cut import Cut, CutMedia
from lotus.interchange.from_timeline import cut_of
from lotus.interchange.losses import losses
from lotus.interchange.media import cut_media, media_folder
from lotus.interchange.write_edl import edl
from lotus.interchange.write_fcpxml import fcpxml
from lotus.interchange.write_otio import otio
from lotus.interchange.write_xml import fcp_xml
from lotus.rendering.planner import RenderPlan
from lotus.rendering.renderer import Renderer
from lotus.rendering.sources import STORE_PREFIX
from lotus.system.files import check_writable, write_aside
from lotus.system.keys import file_digest

__all__ = ["FORMATS", "CutExport", "check_format", "export_cut"]

FORMATS: Mapping[str, Callable[[Cut], str]] = {
    ".otio": otio,
    ".edl": edl,
    ".fcpxml": fcpxml,
    ".xml": fcp_xml,
}
SOUND_SUFFIXES = (
    ".wav",
    ".mp3",
    ".m4a",
    ".aif",
    ".aiff",
    ".mp4",
    ".mov",
)  # that every editor reads
SAME_SHAPE = Fraction(1, 100)


class CutExport(BaseModel, frozen=True):
    """A cut as it was written, and what its format does not hold."""

    output: Path
    media: Path
    files: int
    frames: int
    fps: Fraction
    not_held: tuple[str, ...]


def check_format(out: Path) -> Path:
    """The path, absolute, if a cut may be written there; raises InvalidInput."""
    if out.suffix.lower() not in FORMATS:
        raise InvalidInput(
            file=str(out),
            field="out",
            reason=f"'{out.suffix}' is not a cut format that lotus writes",
            remedy=f"name it {', '.join(FORMATS)}",
        )
    target = check_writable(out)
    folder = media_folder(target)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(
            file=str(folder), field="out", reason="is not a folder", remedy="name another file"
        )
    return target


def export_cut(
    timeline: Timeline, out: Path, renderer: Renderer, folder: Path, titles: Sequence[str] = ()
) -> CutExport:
    """Write a timeline as the format that the suffix of `out` names, with its files in a folder
    beside it. `titles` name the clips; `folder` is for what is made on the way. Raises InputError
    before anything is written.
    """
    target = check_format(out)
    suffix = target.suffix.lower()
    plan = renderer.plan(timeline)
    gathering = _MediaGathering(target, renderer, plan, folder, titles)
    try:
        gathering.gather()
        cut = cut_of(
            target.stem,
            timeline,
            gathering.layout,
            gathering.pictures,
            gathering.overlays,
            gathering.sounds,
        )
        if timeline.captions:
            captions = srt(place_captions(timeline), timeline.fps)
            (gathering.aside / "captions.srt").write_text(captions, encoding="utf-8")
        files = gathering.put()
        write_aside(FORMATS[suffix](cut), target)
    finally:
        shutil.rmtree(gathering.aside, ignore_errors=True)
    return CutExport(
        output=target,
        media=media_folder(target),
        files=files,
        frames=cut.frames,
        fps=cut.rate,
        not_held=(*gathering.lines, *losses(timeline, cut, suffix)),
    )


class _MediaGathering:
    """The files of one cut, in a folder of their own until all are there."""

    def __init__(
        self,
        target: Path,
        renderer: Renderer,
        plan: RenderPlan,
        folder: Path,
        titles: Sequence[str],
    ) -> None:
        self._target = media_folder(target)
        self._renderer = renderer
        self._plan = plan
        self._folder = folder
        self._titles = titles
        self._known: dict[str, CutMedia] = {}
        self.aside = Path(mkdtemp(prefix=f".{target.stem}.", dir=target.parent))
        self.layout = plan.layout
        self.pictures: list[CutMedia] = []
        self.overlays: list[CutMedia | None] = []
        self.sounds: list[CutMedia | None] = []
        self.lines: list[str] = []

    def gather(self) -> None:
        """Copy or make every file."""
        clips = [self._editor_clip(i, clip) for i, clip in enumerate(self._plan.layout.clips)]
        self.layout = replace(self.layout, clips=tuple(clips))
        for i, clip in enumerate(clips):
            title = self._titles[i] if i < len(self._titles) else self._stem(i)
            name = f"{i + 1:02}-{_slug(title)}"
            self.pictures.append(self._file(clip.source, name))
        timeline = self._plan.timeline
        self.overlays = [self._overlay(i, one) for i, one in enumerate(timeline.overlays)]
        self.sounds = [self._sound(i) for i in range(len(timeline.audio))]

    def put(self) -> int:
        """Move the files to where the cut names them; those that are there already stay."""
        try:
            self._target.mkdir(exist_ok=True)
            files = sorted(self.aside.iterdir())
            for file in files:
                os.replace(file, self._target / file.name)
        except OSError as exc:
            remedy = "free space there, or name another file"
            reason = exc.strerror or str(exc)
            raise StoreError(url=str(self._target), reason=reason, remedy=remedy) from exc
        return len(files)

    def _stem(self, index: int) -> str:
        source = self._plan.timeline.clips[index].source
        return "scene" if source.startswith(STORE_PREFIX) else Path(source).stem

    def _editor_clip(self, index: int, clip: PlacedClip) -> PlacedClip:
        """The clip, or a file of its own where an editor would show it otherwise."""
        before = self._plan.timeline.clips[index]
        if before.source != clip.source:
            self.lines.append(f"clip {index + 1}: the photo is written as a video of its move")
            return clip
        media = self._renderer.media(clip.source)
        shape = Fraction(media.width, media.height) * media.sample_aspect
        own = Fraction(self.layout.width, self.layout.height)
        reasons = []
        if clip.speed != 1:
            reasons.append(f"speed {float(clip.speed):g}")
        if clip.camera != "static":
            reasons.append(f"camera {clip.camera}")
        if abs(shape / own - 1) > SAME_SHAPE:
            reasons.append(f"fit {clip.fit}")
        if not reasons:
            return self._on_grid(index, clip)
        self.lines.append(f"clip {index + 1}: {', '.join(reasons)} is rendered into its file")
        return self._renderer.as_shown(clip, self._plan)

    def _on_grid(self, index: int, clip: PlacedClip) -> PlacedClip:
        start = clip.start * self.layout.rate
        if abs(start - round(start)) > Fraction(1, 1000):
            self.lines.append(f"clip {index + 1}: begins at the nearest frame, {round(start)}")
        return clip

    def _file(self, source: str, name: str) -> CutMedia:
        if source not in self._known:
            file = self._renderer.file(source, self._folder)
            self._known[source] = self._add(file, name)
        return self._known[source]

    def _add(self, file: Path, name: str, *, move: bool = False) -> CutMedia:
        """Copy a file under a name that no other content has."""
        rate = self.layout.rate
        own_name = f"{name}-{file_digest(file)[:6]}{file.suffix.lower()}"
        media = cut_media(file, Path(own_name).stem, rate)
        (shutil.move if move else shutil.copyfile)(file, self.aside / own_name)
        return replace(media, path=self._target / own_name)

    def _overlay(self, index: int, overlay: Overlay) -> CutMedia | None:
        from lotus.interchange.stickers import write_sticker

        if self._renderer.media(overlay.source).kind != "image":
            self.lines.append(f"overlay {index + 1} moves, and is left out")
            return None
        path = self._folder / f"overlay-{index + 1}.png"
        write_sticker(Path(overlay.source), overlay, self.layout.width, self.layout.height, path)
        return self._add(path, f"overlay-{index + 1}", move=True)

    def _sound(self, index: int) -> CutMedia | None:
        track = self._plan.timeline.audio[index]
        name = f"sound-{index + 1}-{_slug(Path(track.source.removeprefix(BED)).stem)}"
        read = Path(track.source).suffix.lower() in SOUND_SUFFIXES
        if read and not track.loop and not track.source.startswith(BED):
            return self._add(self._renderer.file(track.source, self._folder), name)
        mix = plan_mix(self._plan.timeline, self._plan.layout)
        tracks = [one for one in self._plan.timeline.audio[:index] if one.volume > 0]
        cues = [cue for cue in mix.cues if cue.role != "clip"]
        if track.volume == 0 or len(tracks) >= len(cues):
            return None
        cue = replace(cues[len(tracks)], volume=1.0, fade_in=0, fade_out=0)
        output = self._folder / f"sound-{index + 1}.wav"
        self._renderer.sound_file(cue, output)
        return self._add(output, name, move=True)


def _slug(text: str) -> str:
    """A name for a file that every system and editor takes."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:40].strip("-") or "clip"
