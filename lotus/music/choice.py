"""The bed of an ad: its name by what the brief asks or its mood, its seed, and its beats. Pure."""

from __future__ import annotations

from zlib import crc32

from lotus.music.grid import BeatGrid
from lotus.music.moods import scored_beds
from lotus.music.recipes import SAMPLE_RATE
from lotus.music.score import phrase_of

__all__ = ["bed_beats", "bed_name", "bed_seed"]

USUAL = "calm"
BY_MOOD = {
    "energetic": "driving",
    "playful": "bright",
    "elegant": "elegant",
    "tender": "tender",
    "tense": "tense",
}
BEATS_IN_A_BAR = 4


def bed_name(music: str | None, mood: str) -> str:
    """The bed that plays: the one asked for, else that of the mood."""
    return music or BY_MOOD.get(mood, USUAL)


def bed_seed(seed: int, prompt: str) -> int:
    """What varies a bed: two briefs of one mood and seed do not sound the same."""
    return crc32(f"{seed}/{prompt}".encode()) & 0x7FFFFFFF


def bed_beats(name: str, seed: int, seconds: float) -> BeatGrid | None:
    """The exact beats of a scored bed, None if there is no such bed."""
    beds = scored_beds()
    if name not in beds:
        return None
    beat = 4 * phrase_of(name, seed, beds[name]).step_samples / SAMPLE_RATE
    count = int(seconds / beat) + 1
    beats = tuple(i * beat for i in range(count) if i * beat < seconds)
    bars = tuple(range(0, len(beats), BEATS_IN_A_BAR))
    return BeatGrid(seconds, beats, bars, (0.5,) * len(beats), ())
