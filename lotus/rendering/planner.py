"""Timeline -> plan: the segments, their addresses, and which of them are missing. Nothing is
rendered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lotus.composition.audio import BED, SOUNDS, Mix, mix_facts, mix_key, plan_mix
from lotus.composition.captions.captions import VERSION as CAPTIONS_VERSION
from lotus.composition.graphs import GraphCanvas, matches
from lotus.composition.layout import Layout, check_clips, lay_out
from lotus.composition.picture.copying import choose, copies, may_copy, plain
from lotus.composition.segments import (
    PlacedOverlay,
    Segment,
    SourceRange,
    segment_facts,
    segment_key,
    segments,
)
from lotus.composition.text.fonts import FontBook, default_fonts
from lotus.documents.timeline import AudioTrack, Encoding, Timeline
from lotus.errors import InvalidInput, MediaError, UnknownName
from lotus.media.encodings import CODECS, as_encoded, encoder_for
from lotus.media.facts import CutPoints, Media
from lotus.media.ffmpeg import FFmpeg
from lotus.media.tracks import best_in_seconds
from lotus.music import BED_NAMES
from lotus.rendering.sources import STORE_PREFIX, Sources
from lotus.rendering.stills import Stills
from lotus.store import Store, object_key
from lotus.system.files import write_whole
from lotus.system.keys import key_of
from lotus.system.parallel import cores

__all__ = ["JOIN_VERSION", "Planner", "RenderPlan", "segment_object"]

JOIN_VERSION = 1  # raise when the same segments would be joined to other bytes


@dataclass(frozen=True)
class RenderPlan:
    """What a composition is made of, and what of it is there already."""

    timeline: Timeline
    canvas: GraphCanvas
    layout: Layout
    segments: tuple[Segment, ...]
    facts: tuple[Mapping[str, Any], ...]  # all that makes each segment, and so its key
    keys: tuple[str, ...]
    missing: tuple[int, ...]  # indices of the segments to render
    sound_facts: Mapping[str, Any]
    sound_key: str
    suffix: str  # of the composition's file
    key: str  # of the composition
    tags: Mapping[str, str] = field(default_factory=dict)  # that its file carries

    def object(self, key: str) -> str:
        """Where a segment is kept in the store."""
        return segment_object(self.timeline, key)

    @property
    def sound_object(self) -> str:
        """Where the sound is kept in the store."""
        return sound_object(self.timeline, self.sound_key)


def segment_object(timeline: Timeline, key: str) -> str:
    """Where a timeline's segment is kept in the store: in the container of its codec."""
    return object_key("segments", key, CODECS[timeline.encoding.codec].containers[0])


def sound_object(timeline: Timeline, key: str) -> str:
    """Where a timeline's sound is kept in the store."""
    return object_key("segments", key, SOUNDS[CODECS[timeline.encoding.codec].sound])


class Planner:
    """Plans timelines with one store and one ffmpeg; looks at sources, and at each only once."""

    def __init__(self, store: Store, ffmpeg: FFmpeg, cache: Path) -> None:
        self._store = store
        self._ffmpeg = ffmpeg
        self._cache = cache
        self.sources = Sources(store, cache / "sources")
        self.stills = Stills(self.sources, store, ffmpeg)
        self._encoders: dict[Encoding, str] = {}

    def plan(self, timeline: Timeline, suffix: str) -> RenderPlan:
        """Raises InputError for what cannot be rendered: of clips, those whose segments are missing
        count.
        """
        timeline = as_encoded(timeline)
        canvas = self._canvas(timeline)
        self._look_at_sources(timeline)
        layout = self._layout(timeline)
        timeline = self._choose_windows(timeline, float(layout.frames / layout.rate))
        pieces = segments(timeline, layout, self._copyable(timeline, layout, canvas))
        common: dict[str, Any] = {"digest": self.sources.digest, "canvas": canvas.facts()}
        common["read"] = partial(self._corrections, timeline.fps)
        common["text"] = self._text_facts(timeline) if timeline.captions else {}
        facts = tuple(segment_facts(piece, **common) for piece in pieces)
        keys = tuple(map(segment_key, facts))
        missing = self._missing(timeline, keys)
        self._check(timeline, layout, [pieces[i] for i in missing])
        mix = plan_mix(timeline, layout)
        sounds = mix_facts(mix, self.sources.digest, self._ffmpeg.build, self._own)
        sound = mix_key(sounds)
        self._check_sound(timeline, mix, sound)
        whole = {
            "segments": list(keys),
            "sound": sound,
            "container": suffix,
            "version": JOIN_VERSION,
        }
        return RenderPlan(
            timeline=timeline,
            canvas=canvas,
            layout=layout,
            segments=pieces,
            facts=facts,
            keys=keys,
            missing=missing,
            sound_facts=sounds,
            sound_key=sound,
            suffix=suffix,
            key=key_of("composition", whole),
        )

    def _choose_windows(self, timeline: Timeline, seconds: float) -> Timeline:
        """The timeline with the in-point of each track that asks for its best stretch."""
        if not any(track.window for track in timeline.audio):
            return timeline
        tracks = (
            self._from_best_start(track, seconds, i) for i, track in enumerate(timeline.audio)
        )
        return timeline.model_copy(update={"audio": tuple(tracks)})

    def _from_best_start(self, track: AudioTrack, seconds: float, number: int) -> AudioTrack:
        if track.window is None:
            return track
        length = track.duration_seconds or max(seconds - track.start_seconds, 0.1)
        start = self._best_start(track.source, length, f"audio[{number}].source")
        return track.model_copy(update={"window": None, "in_seconds": start})

    def _best_start(self, source: str, seconds: float, field: str) -> float:
        """Where a source's best stretch begins; looked for once, and kept by what it is of."""
        facts = {"digest": self.sources.digest(source), "seconds": round(seconds, 3), "version": 1}
        note = self._cache / "windows" / key_of("window", facts)
        try:
            return float(note.read_text())
        except (OSError, ValueError):
            pass
        try:
            start = best_in_seconds(self.sources.path(source), seconds)
        except MediaError as exc:
            raise InvalidInput(
                file=source, field=field, reason=exc.facts["reason"], remedy=exc.remedy
            ) from exc
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, lambda aside: aside.write_text(str(start)))
        return start

    def _look_at_sources(self, timeline: Timeline) -> None:
        """Look at the user's own clips side by side; the errors are raised by who asks in order."""
        clips = dict.fromkeys(clip.source for clip in timeline.clips)
        own = [source for source in clips if not source.startswith(STORE_PREFIX)]
        if len(own) > 1:
            with ThreadPoolExecutor(cores(), "source") as pool:
                for task in [pool.submit(self.sources.media, source) for source in own]:
                    task.exception()

    def _own(self, source: str) -> Media | None:
        """What a file of the user's holds; what lotus keeps is read as it was written."""
        return None if source.startswith(STORE_PREFIX) else self.sources.media(source)

    def _corrections(self, rate: Fraction, item: SourceRange | PlacedOverlay) -> Mapping[str, Any]:
        """What of a source is read otherwise than by earlier versions: part of a segment's key."""
        media = self._own(item.source)
        if media is None:
            return {}
        if isinstance(item, PlacedOverlay):
            return media.overlay_corrections
        if media.kind != "video" or media.reader != "ffmpeg":
            return media.corrections
        begins = item.start + item.first * item.speed / rate
        corrections = media.corrections | media.between_ticks(begins, item.speed)
        return corrections | self.sources.frame_times(item.source).corrections(begins)

    def _check_sound(self, timeline: Timeline, mix: Mix, key: str) -> None:
        """Raise InvalidInput for sound that cannot be decoded, before anything is rendered."""
        if self._store.exists(sound_object(timeline, key)):
            return
        for cue in mix.cues:
            bed = cue.source.removeprefix(BED) if cue.source.startswith(BED) else None
            if bed is not None and bed not in BED_NAMES:
                raise UnknownName("music bed", bed, BED_NAMES)
            media = None if bed is not None else self._own(cue.source)
            if media is None:
                continue
            tracks = [i for i, track in enumerate(timeline.audio) if track.source == cue.source]
            if cue.role != "clip" and media.sound is None:
                reason = "has no sound"
                remedy = "use a file with sound"
            elif media.sound is not None and not media.sound.decodes:
                name = Path(cue.source)
                reason = f"its sound ({media.sound.codec}) cannot be decoded"
                remedy = f"convert it: ffmpeg -i '{name.name}' '{name.stem}.wav'; or volume 0"
            elif media.sound is not None and cue.role != "clip" and cue.start >= media.sound.end:
                reason = f"has no sound after {float(media.sound.end):.1f} s, where it would begin"
                remedy = "write an earlier in_seconds"
            else:
                continue
            field = f"audio[{tracks[0]}]" if tracks else "clips"
            raise InvalidInput(
                file="", field=f"{field}.source", reason=f"'{cue.source}' {reason}", remedy=remedy
            )

    def fonts(self, timeline: Timeline) -> FontBook:
        """The fonts of the timeline's captions."""
        font = timeline.theme.font
        return default_fonts(self._cache / "fonts", Path(font) if font else None)

    def _layout(self, timeline: Timeline) -> Layout:
        open_ended = {
            c.source for c in timeline.clips if c.end_seconds is None and c.duration_seconds is None
        }
        seconds: dict[str, Fraction] = {
            source: self.sources.media(source).seconds for source in open_ended
        }
        return self.stills.place_photos(lay_out(timeline, seconds), timeline.background)

    def _missing(self, timeline: Timeline, keys: Sequence[str]) -> tuple[int, ...]:
        """Indices of the segments that are not in the store; of equal ones the first."""
        objects = {key: segment_object(timeline, key) for key in keys}
        there = self._store.present(objects.values())
        first = {key: i for i, key in reversed([*enumerate(keys)]) if objects[key] not in there}
        return tuple(sorted(first.values()))

    def _check(self, timeline: Timeline, layout: Layout, missing: Sequence[Segment]) -> None:
        sources = {shot.source for piece in missing for shot in piece.shots}
        own = [source for source in sources if not source.startswith(STORE_PREFIX)]
        check_clips(timeline, layout, {source: self.sources.media(source) for source in own})

    def _copyable(
        self, timeline: Timeline, layout: Layout, canvas: GraphCanvas
    ) -> dict[str, CutPoints]:
        """The user's own files whose packets may be taken as they are. Clips that lotus made are
        kept better than the composition is to be, so they are always encoded.
        """
        if not copies(timeline.encoding):
            return {}
        clips = dict.fromkeys(clip.source for clip in layout.clips if plain(clip))
        sources = [source for source in clips if not source.startswith(STORE_PREFIX)]

        def points(source: str) -> CutPoints | None:
            media = self.sources.media(source)
            fits = matches(media, canvas) and may_copy(media)
            return self.sources.cut_points(source, layout.rate) if fits else None

        with ThreadPoolExecutor(cores(), "source") as pool:
            pairs = zip(sources, pool.map(points, sources), strict=True)
            return choose(layout, {source: cuts for source, cuts in pairs if cuts is not None})

    def _canvas(self, timeline: Timeline) -> GraphCanvas:
        encoding = timeline.encoding
        if encoding not in self._encoders:
            self._encoders[encoding] = encoder_for(encoding, self._ffmpeg)
        return GraphCanvas(
            width=timeline.width,
            height=timeline.height,
            rate=timeline.fps,
            background=timeline.background,
            encoding=encoding,
            build=self._ffmpeg.build,
            encoder=self._encoders[encoding],
        )

    def _text_facts(self, timeline: Timeline) -> dict[str, Any]:
        return {
            "fonts": self.fonts(timeline).fingerprint(),
            "theme": timeline.theme.model_dump(mode="json", exclude={"font"}),
            "version": CAPTIONS_VERSION,
        }
