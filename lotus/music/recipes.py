"""The beds by name: frozen recipes of tempo, key, harmony and instruments. Data, not code.

A pattern is one bar of sixteen steps, `.` is a rest. For `line` and `bass` parts a digit picks a
tone of the chord (0-3, and 4-7 the same an octave higher; in the bass 0 root, 1 fifth, 2 octave);
for `chord`, `drum` and `lift` parts it is the loudness from 1 to 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = [
    "BEDS",
    "MODES",
    "NINTH",
    "SAMPLE_RATE",
    "SCORED_VERSION",
    "SEVENTH",
    "Bed",
    "Instrument",
]

SAMPLE_RATE = 48_000
SCORED_VERSION = 1  # raise when the same scored bed would sound different

MODES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "major": (0, 2, 4, 5, 7, 9, 11),
        "minor": (0, 2, 3, 5, 7, 8, 10),
        "dorian": (0, 2, 3, 5, 7, 9, 10),
        "lydian": (0, 2, 4, 6, 7, 9, 11),
        "phrygian": (0, 1, 3, 5, 7, 8, 10),
    }
)

SEVENTH = (0, 2, 4, 6)
NINTH = (0, 2, 4, 8)


@dataclass(frozen=True)
class Instrument:
    """One instrument of a bed. `level` is linear, `pan` and `spread` run from -1 to 1."""

    voice: str
    role: Literal["chord", "line", "bass", "drum", "lift", "melody", "hit"]
    patterns: tuple[str, ...]
    enters_at: float
    level: float
    length_steps: float
    octave: int = 0
    pan: float = 0.0
    spread: float = 0.0
    echo: float = 0.0
    roll_seconds: float = 0.0
    until: float = 2.0  # of a scored bed: it rests where the energy is higher


@dataclass(frozen=True)
class Bed:
    """What a seed chooses from. Progressions are scale degrees from 0; `arc` is the first bars'
    energy.
    """

    tempos_bpm: tuple[int, ...]
    keys: tuple[int, ...]
    modes: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    colors: tuple[tuple[int, ...], ...]
    parts: tuple[Instrument, ...]
    gain: float
    reverb: float
    reverb_seconds: float
    arc: tuple[float, ...] = ()
    sections: tuple[float, ...] = ()
    swing: float = 0.0
    duck: float = 0.0


CALM = Bed(
    tempos_bpm=(70, 73, 76),
    keys=(0, 2, 3, 5, 7, 10),
    modes=("major",),
    progressions=(
        (0, 5, 3, 4),
        (0, 4, 5, 3),
        (3, 0, 1, 4),
        (0, 2, 3, 4),
        (5, 3, 0, 4),
        (0, 3, 1, 4),
    ),
    colors=(SEVENTH,),
    arc=(0.4, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8),
    sections=(0.8, 1.0, 0.6, 1.0),
    parts=(
        Instrument("pad", "chord", ("7...............",), 0.0, 0.085, 17, spread=0.3),
        Instrument(
            "keys",
            "chord",
            ("6...............", "6.........3.....", "6.......4......."),
            0.2,
            0.13,
            14,
            spread=0.35,
            roll_seconds=0.022,
        ),
        Instrument(
            "keys",
            "line",
            ("..0.2.3.4.3.2.1.", "....1.2.3...5.4.", "..2.3.4...3.2..."),
            0.35,
            0.1,
            10,
            octave=1,
            spread=0.5,
            echo=0.3,
        ),
        Instrument(
            "bass",
            "bass",
            ("0...............", "0.........1.....", "0...........2..."),
            0.5,
            0.24,
            12,
        ),
        Instrument(
            "bell",
            "line",
            ("4.......6.......", "....5.......4...", "6.....5.....4..."),
            0.75,
            0.06,
            12,
            octave=1,
            spread=0.7,
            echo=0.45,
        ),
        Instrument(
            "shaker", "drum", ("..2...3...2...3.", "2.1.3.1.2.1.3.1."), 0.75, 0.24, 2, pan=0.3
        ),
    ),
    gain=0.62,
    reverb=0.3,
    reverb_seconds=2.0,
)

BRIGHT = Bed(
    tempos_bpm=(100, 104, 108, 112),
    keys=(0, 2, 4, 5, 7, 9),
    modes=("major",),
    progressions=(
        (0, 4, 5, 3),
        (0, 3, 5, 4),
        (0, 5, 3, 4),
        (3, 0, 4, 5),
        (0, 3, 0, 4),
        (0, 1, 3, 4),
    ),
    colors=(NINTH,),
    arc=(0.3, 0.3, 0.5, 0.5, 0.7, 0.7, 0.8, 0.8),
    sections=(1.0, 0.8, 0.5, 1.0),
    parts=(
        Instrument(
            "pluck",
            "line",
            ("0.2.3.2.4.3.2.3.", "0.3.2.4.3.5.4.2.", "0.2.4.2.3..25.3."),
            0.0,
            0.2,
            7,
            spread=0.4,
            echo=0.2,
        ),
        Instrument(
            "keys",
            "chord",
            ("6.....5.........", "..6...5.....6...", "6.....4...5....."),
            0.2,
            0.11,
            7,
            spread=0.35,
            roll_seconds=0.008,
        ),
        Instrument("pad", "chord", ("6...............",), 0.45, 0.05, 17, spread=0.3),
        Instrument(
            "bass",
            "bass",
            ("0.....0.1.....0.", "0.....1.0...2...", "0..0....1..0...."),
            0.4,
            0.24,
            4,
        ),
        Instrument(
            "kick",
            "drum",
            ("8.........7.....", "8.......7.......", "8.....6.8......."),
            0.45,
            0.34,
            5,
        ),
        Instrument(
            "snap", "drum", ("....7.......7...", "....7.......7..3"), 0.6, 0.2, 4, pan=-0.08
        ),
        Instrument(
            "shaker",
            "drum",
            ("3.5.3.6.3.5.3.6.", "324.325.324.325.", "2.4.2.5.2.4.2.5."),
            0.6,
            0.46,
            2,
            pan=0.35,
        ),
        Instrument(
            "bell",
            "line",
            ("4...5.....6.....", "6..5..4.........", "....4..5..7....."),
            0.75,
            0.085,
            8,
            octave=1,
            spread=0.6,
            echo=0.35,
        ),
        Instrument("swell", "lift", ("5...............",), 0.0, 0.1, 16),
    ),
    gain=0.55,
    reverb=0.15,
    reverb_seconds=1.3,
    swing=0.14,
)

DRIVING = Bed(
    tempos_bpm=(116, 120, 124),
    keys=(9, 11, 0, 2, 4, 5),
    modes=("minor",),
    progressions=((0, 5, 2, 6), (0, 2, 6, 3), (0, 6, 5, 6), (5, 6, 0, 2), (0, 3, 5, 6)),
    colors=(NINTH, (0, 2, 4, 7)),
    arc=(0.3, 0.3, 0.5, 0.5, 0.7, 0.7, 0.8, 0.8),
    sections=(1.0, 1.0, 0.5, 0.8),
    parts=(
        Instrument(
            "pluck",
            "line",
            ("0.23.24.0.23.45.", "0213021302130243", "0.3.2.3.4.3.2.1.", "02.302.402.305.4"),
            0.0,
            0.17,
            5,
            spread=0.5,
            echo=0.35,
        ),
        Instrument("pad", "chord", ("7...............",), 0.0, 0.075, 17, spread=0.3),
        Instrument(
            "bass",
            "bass",
            ("0.0.0.0.0.0.0.2.", "..0.0.0...0.0.00", "0.00.0.00.00.0.2"),
            0.45,
            0.2,
            1.8,
        ),
        Instrument("kick", "drum", ("9...8...9...8...", "9...8...9...8..3"), 0.45, 0.4, 5),
        Instrument(
            "hat",
            "drum",
            ("..6...6...6...6.", "2.6.2.6.2.6.2.62", ".262.262.262.262"),
            0.6,
            0.38,
            2,
            pan=0.25,
        ),
        Instrument(
            "snap", "drum", ("....8.......8...", "....8.......8.3."), 0.65, 0.22, 4, pan=-0.05
        ),
        Instrument(
            "shaker", "drum", ("4242424242424242", "3.413.413.413.41"), 0.75, 0.3, 2, pan=-0.35
        ),
        Instrument(
            "keys",
            "chord",
            ("6..5..5.........", "..5..5....5.....", "6.....5...5....."),
            0.78,
            0.08,
            5,
            octave=1,
            spread=0.5,
            roll_seconds=0.006,
        ),
        Instrument(
            "bell",
            "line",
            ("4.....5.....6...", "6.....4.5.......", "7..6..4........."),
            0.9,
            0.08,
            8,
            octave=1,
            spread=0.6,
            echo=0.45,
        ),
        Instrument("swell", "lift", ("6...............",), 0.0, 0.11, 16),
    ),
    gain=0.63,
    reverb=0.18,
    reverb_seconds=1.5,
    duck=0.45,
)

BEDS: Mapping[str, Bed] = MappingProxyType({"calm": CALM, "bright": BRIGHT, "driving": DRIVING})
