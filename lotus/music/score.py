"""Recipe and seed -> notes, a bar at a time. Pure: bar 90 can be asked for without the 89 before
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random

from lotus.errors import UnknownName
from lotus.music.recipes import BEDS, MODES, SAMPLE_RATE, Bed, Instrument

__all__ = [
    "STEPS",
    "Chord",
    "Note",
    "Phrase",
    "bar_notes",
    "compose",
    "degrees",
    "energy",
    "phrase_of",
    "struck",
    "tones_of",
    "voiced",
]

STEPS = 16
SECTION_BARS = 8
CENTER_MIDI = 62
BASS_FLOOR_MIDI = 31
ECHO_STEPS = 3
HUMAN_SECONDS = 0.009
VARIANTS = 4
LEAST_LIFT = 0.12


@dataclass(frozen=True)
class Chord:
    """`bass` and the four voiced `tones`, as MIDI numbers."""

    bass: int
    tones: tuple[int, ...]


@dataclass(frozen=True)
class Note:
    """One sound: `start` in samples from its bar, `length` in samples. Drums use `midi` as a
    variant.
    """

    voice: str
    midi: int
    start: int
    length: int
    gain: float
    pan: float


@dataclass(frozen=True)
class Phrase:
    """What the seed chose: everything that the bars share."""

    name: str
    seed: int
    bed: Bed
    step_samples: int
    verse: tuple[Chord, ...]
    chorus: tuple[Chord, ...]
    patterns: tuple[tuple[str, str], ...]
    key: int = 0  # of the keynote, in semitones above C
    mode: tuple[int, ...] = MODES["major"]
    color: tuple[int, ...] = ()

    @property
    def bar_samples(self) -> int:
        """Samples in one bar of four beats."""
        return STEPS * self.step_samples


def compose(name: str, seed: int) -> Phrase:
    """Let the seed choose tempo, key, chords and patterns. Raises UnknownName."""
    if name not in BEDS:
        raise UnknownName("music bed", name, BEDS)
    return phrase_of(name, seed, BEDS[name])


def phrase_of(name: str, seed: int, recipe: Bed) -> Phrase:
    """Let the seed choose from a recipe: tempo, key, mode, chords and patterns, in this order."""
    rng = Random(f"{name}/{seed}")
    step_samples = round(SAMPLE_RATE * 60 / rng.choice(recipe.tempos_bpm) / 4)
    key = rng.choice(recipe.keys)
    scale = MODES[rng.choice(recipe.modes)]
    color = rng.choice(recipe.colors)
    verse, chorus = (
        voiced([degrees(key, scale, color, d) for d in p])
        for p in rng.sample(recipe.progressions, 2)
    )
    patterns = tuple((rng.choice(p.patterns), rng.choice(p.patterns)) for p in recipe.parts)
    return Phrase(name, seed, recipe, step_samples, verse, chorus, patterns, key, scale, color)


def energy(piece: Phrase, bar: int) -> float:
    """How full a bar is, 0 to 1: the recipe's arc, then its sections; a low one is
    built up again.
    """
    arc = piece.bed.arc
    sections = piece.bed.sections
    if bar < len(arc):
        return arc[bar]
    section, inside = divmod(bar - len(arc), SECTION_BARS)
    level = sections[section % len(sections)]
    low = level < max(sections) * 0.7
    return min(1.0, level + 0.25) if low and inside >= SECTION_BARS // 2 else level


def bar_notes(piece: Phrase, bar: int) -> tuple[Note, ...]:
    """Every note that starts in this bar, echoes included (these may start in the next)."""
    return tuple(
        note for index in range(len(piece.bed.parts)) for note in _part_notes(piece, index, bar)
    )


def _part_notes(piece: Phrase, index: int, bar: int) -> Iterator[Note]:
    part = piece.bed.parts[index]
    now = energy(piece, bar)
    lifts = energy(piece, bar + 1) > now + LEAST_LIFT
    if now < part.enters_at or (part.role == "lift" and not lifts):
        return
    rng = Random(f"{piece.name}/{piece.seed}/{index}/{bar}")
    chord = _chord(piece, bar)
    warmth = 0.85 + 0.15 * now
    for step, digit in enumerate(_pattern(piece, index, bar, rng)):
        if digit != ".":
            tones = tones_of(part, chord, step, int(digit), rng)
            yield from struck(piece, part, tones, step, int(digit), warmth, rng)


def _pattern(piece: Phrase, index: int, bar: int, rng: Random) -> str:
    """The part's bar: its pattern, each fourth bar an answer, a fill before a new section."""
    part = piece.bed.parts[index]
    (main, answer) = piece.patterns[index]
    pattern = answer if bar % 4 == 3 else main
    if part.role == "line" and rng.random() < 0.25:
        rest = rng.randrange(4, STEPS)
        pattern = pattern[:rest] + "." + pattern[rest + 1 :]
    if part.voice in ("snap", "hat") and bar % SECTION_BARS == SECTION_BARS - 1:
        pattern = pattern[:12] + rng.choice(("4.45", "5.35", "4345"))
    return pattern


def struck(
    piece: Phrase,
    part: Instrument,
    tones: Iterable[tuple[int, float]],
    step: int,
    digit: int,
    warmth: float,
    rng: Random,
) -> Iterator[Note]:
    """The notes that one digit of a pattern stands for."""
    swung = step + (piece.bed.swing if step % 2 else 0.0)
    start = swung * piece.step_samples
    length = round(part.length_steps * piece.step_samples)
    for order, (midi, place) in enumerate(tones):
        late = (rng.random() * HUMAN_SECONDS + order * part.roll_seconds) * SAMPLE_RATE
        gain = part.level * warmth * _accent(part, step, digit) * (0.9 + 0.2 * rng.random())
        pan = max(-1.0, min(1.0, part.pan + part.spread * place))
        yield Note(part.voice, midi, round(start + late), length, gain, pan)
        if part.echo:
            later = round(start + late + ECHO_STEPS * piece.step_samples)
            yield Note(part.voice, midi, later, length, gain * part.echo, -pan)


def tones_of(
    part: Instrument, chord: Chord, step: int, digit: int, rng: Random
) -> list[tuple[int, float]]:
    """(MIDI number, place from -1 to 1) of each sound."""
    up = 12 * part.octave
    if part.role == "chord":
        return [(tone + up, (-1.0, 0.5, -0.5, 1.0)[i]) for i, tone in enumerate(chord.tones)]
    if part.role == "line":
        octave, tone = divmod(digit, 4)
        return [(chord.tones[tone] + 12 * octave + up, (-1.0, 0.4, 1.0, -0.4)[step // 2 % 4])]
    if part.role == "bass":
        return [(chord.bass + (0, 7, 12)[digit] + up, 0.0)]
    return [(rng.randrange(VARIANTS), 0.0)]


def _accent(part: Instrument, step: int, digit: int) -> float:
    if part.role in ("chord", "drum", "lift", "hit", "melody"):
        return digit / 9
    return 1.0 if step % 4 == 0 else 0.86 if step % 2 == 0 else 0.74


def _chord(piece: Phrase, bar: int) -> Chord:
    """Sections run verse, verse, chorus, verse; the chorus brings the second progression."""
    chords = piece.chorus if bar // SECTION_BARS % 4 == 2 else piece.verse
    return chords[bar % len(chords)]


def degrees(
    key: int, scale: tuple[int, ...], color: tuple[int, ...], degree: int
) -> tuple[int, ...]:
    """A chord stacked on a scale degree, root first, in semitones above C."""
    return tuple(key + scale[(degree + c) % 7] + 12 * ((degree + c) // 7) for c in color)


def voiced(chords: list[tuple[int, ...]]) -> tuple[Chord, ...]:
    """Voice a progression so that each voice moves as little as it can from one chord
    to the next.
    """
    first = min(_inversions(chords[0]), key=_strain)
    tones = accumulate(chords[1:], _nearest, initial=first)
    return tuple(
        Chord(_above(c[0], BASS_FLOOR_MIDI), t) for c, t in zip(chords, tones, strict=True)
    )


def _nearest(previous: tuple[int, ...], chord: tuple[int, ...]) -> tuple[int, ...]:
    """The inversion nearest to the previous voicing, held to the middle of the keyboard."""

    def cost(voicing: tuple[int, ...]) -> float:
        return sum(abs(a - b) for a, b in zip(previous, voicing, strict=True)) + _strain(voicing)

    return min(_inversions(chord), key=cost)


def _strain(voicing: tuple[int, ...]) -> float:
    """What speaks against a voicing: it is far from the center, or two tones rub a
    semitone apart.
    """
    rubs = sum(high - low == 1 for low, high in pairwise(voicing))
    return 0.5 * abs(sum(voicing) / len(voicing) - CENTER_MIDI) + 4 * rubs


def _inversions(chord: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every close voicing of the chord's pitch classes within an octave or so of the center."""
    floors = range(CENTER_MIDI - 12, CENTER_MIDI + 3)
    voicings = {tuple(sorted(_spread(chord, floor))) for floor in floors}
    return sorted(voicings)


def _spread(chord: tuple[int, ...], floor: int) -> list[int]:
    tones = [_above(tone, floor) for tone in chord]
    return [t + 12 * (t in tones[:i]) for i, t in enumerate(tones)]


def _above(tone: int, floor: int) -> int:
    """The lowest note of the same name at or above `floor`."""
    return floor + (tone - floor) % 12
