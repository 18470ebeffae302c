"""Timeline -> sound: what plays when, in samples. Pure.

The mix has exactly `samples_of(frames)` samples, so sound and picture end together whatever the
rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from lotus.composition.layout import Layout, PlacedClip
from lotus.documents.timeline import AudioTrack, Timeline
from lotus.media.encodings import CODECS
from lotus.media.facts import Media
from lotus.media.sound import SAMPLE_RATE
from lotus.music.recipes import BEDS, SCORED_VERSION
from lotus.system.keys import key_of

__all__ = [
    "BED",
    "SAMPLE_RATE",
    "SOUNDS",
    "Cue",
    "Mix",
    "audio_options",
    "is_scored",
    "mix_facts",
    "mix_key",
    "plan_mix",
    "samples_of",
]

BED = "bed:"  # a synthesised bed's name follows
PEAK_DBTP = -1.5  # half a decibel below the -1 dBTP asked for: AAC overshoots a little
CLICK_SECONDS = 0.005  # the shortest fade at a cut that leaves no click
SOUNDS = {"aac": ".m4a", "pcm_s24le": ".wav"}  # ffmpeg's encoder -> suffix of a file of sound alone
VERSION = 3  # raise when the same plan would sound different


@dataclass(frozen=True)
class Cue:
    """One sound. `at`, `samples`, fades: in samples of the mix; `start`: in seconds of
    the source.
    """

    source: str
    role: str
    at: int
    samples: int
    start: Fraction
    speed: Fraction
    volume: float
    fade_in: int
    fade_out: int
    loop: bool
    duck: bool
    seed: int
    arc: tuple[tuple[int, str], ...] = ()  # of a bed: in samples of the cue


@dataclass(frozen=True)
class Mix:
    """All cues and how loud the whole is to be."""

    samples: int
    loudness_lufs: float
    cues: tuple[Cue, ...]
    codec: str = "aac"


def samples_of(frames: int, rate: Fraction) -> int:
    """Samples that sound while so many frames show."""
    return round(frames * SAMPLE_RATE / rate)


def plan_mix(timeline: Timeline, layout: Layout) -> Mix:
    """What plays when. A transition cross-fades the sound of its clips over its own length."""
    total = samples_of(layout.frames, layout.rate)
    clips = [_run_cue(run, layout.rate) for run in _runs(layout)]
    tracks = []
    for track in timeline.audio:
        at = round(Fraction(track.start_seconds) * SAMPLE_RATE)
        if at < total and track.volume > 0:
            tracks.append(
                Cue(
                    source=track.source,
                    role=track.role,
                    at=at,
                    samples=_samples(track, total - at),
                    start=Fraction(track.in_seconds).limit_denominator(1_000_000),
                    speed=Fraction(1),
                    volume=track.volume,
                    fade_in=_fade(track.fade_in_seconds, cut=track.in_seconds > 0),
                    fade_out=_fade(track.fade_out_seconds, cut=track.duration_seconds is not None),
                    loop=track.loop,
                    duck=track.duck,
                    seed=track.seed,
                    arc=tuple((_at(m.start_seconds), m.part) for m in track.arc),
                )
            )
    codec = CODECS[timeline.encoding.codec].sound
    return Mix(total, timeline.encoding.loudness_lufs, (*clips, *tracks), codec)


def _samples(track: AudioTrack, most: int) -> int:
    """How long a track sounds, within what is left of the video."""
    if track.duration_seconds is None:
        return most
    return min(most, max(1, round(Fraction(track.duration_seconds) * SAMPLE_RATE)))


def _fade(seconds: float, *, cut: bool) -> int:
    """A fade in samples; where sound is cut, long enough to leave no click."""
    return round(max(seconds, CLICK_SECONDS if cut else 0.0) * SAMPLE_RATE)


def _at(seconds: float) -> int:
    return round(Fraction(seconds) * SAMPLE_RATE)


def _runs(layout: Layout) -> list[list[PlacedClip]]:
    """The clips that sound, those together that go on with the source where the last left it."""
    runs: list[list[PlacedClip]] = []
    before: PlacedClip | None = None
    for clip in layout.clips:
        if clip.volume > 0:
            if before is not None and runs and _goes_on(runs[-1], clip, layout.rate):
                runs[-1].append(clip)
            else:
                runs.append([clip])
        before = clip if clip.volume > 0 else None
    return runs


def _goes_on(run: list[PlacedClip], clip: PlacedClip, rate: Fraction) -> bool:
    """Whether the run's sound, played on, is the clip's to within half a frame."""
    first = run[0]
    last = run[-1]
    same = all(
        getattr(last, name) == getattr(clip, name) for name in ("source", "speed", "volume", "duck")
    )
    touching = not last.overlap_after and last.at_frame + last.frames == clip.at_frame
    begins = first.start + (clip.at_frame - first.at_frame) * first.speed / rate
    return same and touching and abs(begins - clip.start) <= first.speed / rate / 2 + _ROUNDING


_ROUNDING = Fraction(1, 100_000)  # of times that are given in decimals


def _run_cue(run: list[PlacedClip], rate: Fraction) -> Cue:
    first = run[0]
    last = run[-1]
    at = samples_of(first.at_frame, rate)
    end = samples_of(last.at_frame + last.frames, rate)
    click = round(CLICK_SECONDS * SAMPLE_RATE)
    return Cue(
        source=first.source,
        role="clip",
        at=at,
        samples=end - at,
        start=first.start,
        speed=first.speed,
        volume=first.volume,
        fade_in=max(click, samples_of(first.overlap_before, rate)),
        fade_out=max(click, samples_of(last.overlap_after, rate)),
        loop=False,
        duck=first.duck,
        seed=0,
    )


def mix_facts(
    mix: Mix,
    digest: Callable[[str], str],
    build: str,
    media: Callable[[str], Media | None] = lambda source: None,
) -> dict[str, Any]:
    """All that makes the finished sound."""
    cues = []
    for cue in mix.cues:
        facts = {**asdict(cue), "source": _identity(cue.source, digest)}
        if not cue.arc:
            del facts["arc"]  # as earlier versions wrote it
        if is_scored(cue):
            facts["scored"] = SCORED_VERSION
        corrections = _corrections(cue, None if cue.source.startswith(BED) else media(cue.source))
        cues.append({**facts, "read": corrections} if corrections else facts)
    return {
        "samples": mix.samples,
        "loudness_lufs": mix.loudness_lufs,
        "cues": cues,
        "codec": audio_options(mix.codec),
        "version": VERSION,
        "build": build,
    }


def is_scored(cue: Cue) -> bool:
    """Whether a cue is a bed with an ending; the first three beds without an arc have none."""
    bed = cue.source.startswith(BED)
    return bed and (bool(cue.arc) or cue.source.removeprefix(BED) not in BEDS)


LATE_SECONDS = Fraction(1, 1000)
_FLOATS = ("pcm_f16", "pcm_f24", "pcm_f32", "pcm_f64")


def _corrections(cue: Cue, media: Media | None) -> dict[str, int]:
    """What of a source is heard otherwise than by earlier versions of lotus."""
    if media is None or media.sound is None:
        return {}
    sound = media.sound
    ends = cue.role != "clip" and cue.fade_out and not cue.loop
    length = round((sound.end - cue.start) * SAMPLE_RATE)
    facts = {
        "late": sound.start > LATE_SECONDS,
        "stream": sound.index,
        "ends": ends and length < cue.samples,
        "seamless": cue.loop and sound.trimmed,
        "loud": sound.codec.startswith(_FLOATS),
    }
    return {name: int(value) for name, value in facts.items() if value}


def mix_key(facts: Mapping[str, Any]) -> str:
    """The address of the sound that these facts make."""
    return key_of("audio", facts)


def _identity(source: str, digest: Callable[[str], str]) -> str:
    return source if source.startswith(BED) else digest(source)


def audio_options(codec: str) -> dict[str, str]:
    """Options of the sound's encoder."""
    return {
        "c:a": codec,
        **({"b:a": "192k"} if codec == "aac" else {}),
        "ar": str(SAMPLE_RATE),
        "ac": "2",
        "fflags": "+bitexact",
        "flags:a": "+bitexact",
        "map_metadata": "-1",
    }
