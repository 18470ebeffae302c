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
from lotus.documents.timeline import Timeline
from lotus.media.encodings import CODECS
from lotus.system.keys import key_of

__all__ = [
    "BED",
    "SAMPLE_RATE",
    "SOUNDS",
    "Cue",
    "Mix",
    "audio_options",
    "mix_facts",
    "mix_key",
    "plan_mix",
    "samples_of",
]

SAMPLE_RATE = 48_000
BED = "bed:"  # a synthesised bed's name follows
PEAK_DBTP = -1.5  # half a decibel below the -1 dBTP asked for: AAC overshoots a little
CLICK_SECONDS = 0.005  # the shortest fade at a cut that leaves no click
SOUNDS = {"aac": ".m4a", "pcm_s24le": ".wav"}  # ffmpeg's encoder -> suffix of a file of sound alone
VERSION = 3  # raise when the same plan would sound different


@dataclass(frozen=True)
class Cue:
    """One sound. `at`, `samples`, fades: in samples of the mix; `start`: in seconds of the
    source.
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
    clips = [_clip_cue(clip, layout.rate) for clip in layout.clips if clip.volume > 0]
    tracks = []
    for track in timeline.audio:
        at = round(Fraction(track.start_seconds) * SAMPLE_RATE)
        if at < total and track.volume > 0:
            tracks.append(
                Cue(
                    source=track.source,
                    role=track.role,
                    at=at,
                    samples=total - at,
                    start=Fraction(0),
                    speed=Fraction(1),
                    volume=track.volume,
                    fade_in=round(track.fade_in_seconds * SAMPLE_RATE),
                    fade_out=round(track.fade_out_seconds * SAMPLE_RATE),
                    loop=track.loop,
                    duck=track.duck,
                    seed=track.seed,
                )
            )
    codec = CODECS[timeline.encoding.codec].sound
    return Mix(total, timeline.encoding.loudness_lufs, (*clips, *tracks), codec)


def _clip_cue(clip: PlacedClip, rate: Fraction) -> Cue:
    at = samples_of(clip.at_frame, rate)
    end = samples_of(clip.at_frame + clip.frames, rate)
    click = round(CLICK_SECONDS * SAMPLE_RATE)
    return Cue(
        source=clip.source,
        role="clip",
        at=at,
        samples=end - at,
        start=clip.start,
        speed=clip.speed,
        volume=clip.volume,
        fade_in=max(click, samples_of(clip.overlap_before, rate)),
        fade_out=max(click, samples_of(clip.overlap_after, rate)),
        loop=False,
        duck=False,
        seed=0,
    )


def mix_facts(mix: Mix, digest: Callable[[str], str], build: str) -> dict[str, Any]:
    """All that makes the finished sound."""
    cues = [{**asdict(cue), "source": _identity(cue.source, digest)} for cue in mix.cues]
    return {
        "samples": mix.samples,
        "loudness_lufs": mix.loudness_lufs,
        "cues": cues,
        "codec": audio_options(mix.codec),
        "version": VERSION,
        "build": build,
    }


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
