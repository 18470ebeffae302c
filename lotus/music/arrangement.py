"""A scored bed: recipe, seed and arc -> notes, a bar at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from lotus.errors import UnknownName
from lotus.music.arc import Arc, ArcShape, Stem, shape_of, usual_arc
from lotus.music.moods import scored_beds
from lotus.music.recipes import Instrument
from lotus.music.score import (
    STEPS,
    Chord,
    Note,
    Phrase,
    degrees,
    phrase_of,
    struck,
    tones_of,
    voiced,
)

__all__ = ["Score", "arrange", "score_notes", "stem_of"]

RHYTHM = frozenset({"drum", "bass", "hit"})
FILL_STEPS = 8  # of drums before a climax
FILLS = ("4.4.5678", "..4.5.67", "4.565.78")
FILLED = frozenset({"snare", "snap", "tom"})
FINAL_ROLL_SECONDS = 0.03  # between the tones of a plucked last chord
MELODY_RANGE = range(69, 87)
MELODY_CENTER = 76
MOTIFS = "ABAC"  # of four bars
STRIDES = (-2, -1, -1, 1, 1, 2, 3)


@dataclass(frozen=True)
class Score:
    """A piece of a certain length, and where its parts begin."""

    phrase: Phrase
    shape: ArcShape
    samples: int
    cadence: tuple[Chord, ...]  # the chord that leads home, and home

    @property
    def final_sample(self) -> int:
        """Where the last chord is struck."""
        return self.shape.final * self.phrase.step_samples

    def energy(self, step: int) -> float:
        """How full the piece is at a step, 0 to 1; the last chord is struck with all of it."""
        return 1.0 if step >= self.shape.final else self.shape.at(step).energy(step)


def arrange(name: str, seed: int, samples: int, arc: Arc = ()) -> Score:
    """The piece for so many samples; without an arc it takes the usual one. Raises UnknownName."""
    beds = scored_beds()
    if name not in beds:
        raise UnknownName("music bed", name, beds)
    phrase = phrase_of(name, seed, beds[name])
    leading = 4 if phrase.mode[6] == 11 else 6  # without a leading note the seventh leads home
    tones = [degrees(phrase.key, phrase.mode, phrase.color, d) for d in (leading, 0)]
    shape = shape_of(arc or usual_arc(samples), samples, phrase.step_samples)
    return Score(phrase, shape, samples, voiced(tones))


def stem_of(part: Instrument) -> Stem:
    """Drums and bass are the rhythm; all else is the tune, which steps back under a voice."""
    return "rhythm" if part.role in RHYTHM else "tune"


def score_notes(score: Score, bar: int, stem: Stem | None = None) -> tuple[Note, ...]:
    """Every note that begins in this bar, echoes included; of one stem, or of both."""
    notes: list[Note] = []
    for index, part in enumerate(score.phrase.bed.parts):
        if stem in (None, stem_of(part)):
            notes += _part_notes(score, index, bar * STEPS)
    return tuple(notes)


def _part_notes(score: Score, index: int, first: int) -> Iterator[Note]:
    part = score.phrase.bed.parts[index]
    rng = Random(f"{score.phrase.name}/{score.phrase.seed}/{index}/{first}")
    final = score.shape.final
    if first <= final < first + STEPS:
        yield from _final_notes(score, part, final - first, rng)
    if part.role in ("hit", "lift"):
        yield from _marks(score, part, first, rng)
        return
    pattern = _pattern(score, index, first, rng)
    melody = _melody(score, pattern, first) if part.role == "melody" else {}
    for step, digit in enumerate(pattern):
        energy = score.energy(first + step)
        sounds = digit != "." and part.enters_at <= energy < part.until
        if not sounds or first + step >= final:
            continue
        chord = _chord(score, first // STEPS)
        tones = [(melody[step], 0.0)] if melody else tones_of(part, chord, step, int(digit), rng)
        warmth = 0.72 + 0.28 * energy
        most = (min(final - first, _next(pattern, step) if melody else STEPS * 4) - step) or 1
        for note in struck(score.phrase, part, tones, step, int(digit), warmth, rng):
            yield _shortened(note, most * score.phrase.step_samples)


def _shortened(note: Note, samples: int) -> Note:
    return note if note.length <= samples else replace(note, length=samples)


def _next(pattern: str, step: int) -> int:
    """The step of the pattern's next note, or its end."""
    return next((s for s in range(step + 1, STEPS) if pattern[s] != "."), STEPS)


def _pattern(score: Score, index: int, first: int, rng: Random) -> str:
    """The part's bar: its pattern, each fourth bar of a section an answer, a fill before a
    climax.
    """
    part = score.phrase.bed.parts[index]
    section = score.shape.at(first)
    number = first // STEPS - -(-section.start // STEPS)
    main, answer = score.phrase.patterns[index]
    pattern = answer if number % 4 == 3 else main
    if part.voice not in FILLED:
        return pattern
    fill = rng.choice(FILLS)
    digits = list(pattern)
    for start in _climaxes(score):
        for step in range(max(first, start - FILL_STEPS), min(first + STEPS, start)):
            digits[step - first] = fill[step - start + FILL_STEPS]
    return "".join(digits)


def _climaxes(score: Score) -> list[int]:
    return [s.start for s in score.shape.sections if s.part == "climax" and s.start > 0]


def _chord(score: Score, bar: int) -> Chord:
    """The chord of a bar: a progression from the first bar of each part, and the way home."""
    if bar * STEPS < score.shape.final <= (bar + 1) * STEPS:
        return score.cadence[0]
    section = score.shape.at(bar * STEPS)
    chords = score.phrase.chorus if section.part == "climax" else score.phrase.verse
    return chords[(bar - -(-section.start // STEPS)) % len(chords)]


def _melody(score: Score, pattern: str, first: int) -> Mapping[int, int]:
    """The pitch of each note of the tune in this bar: a motif that comes back, on the chord at
    every half bar and by small steps of the scale between.
    """
    phrase = score.phrase
    section = score.shape.at(first)
    number = first // STEPS - -(-section.start // STEPS)
    rng = Random(f"{phrase.name}/{phrase.seed}/tune/{MOTIFS[number % 4]}")
    classes = {(phrase.key + tone) % 12 for tone in phrase.mode}
    scale = [midi for midi in MELODY_RANGE if midi % 12 in classes]
    chord = _chord(score, first // STEPS)
    tones = {tone % 12 for tone in chord.tones}
    at = min(range(len(scale)), key=lambda i: abs(scale[i] - MELODY_CENTER - rng.randrange(-3, 4)))
    pitches: dict[int, int] = {}
    for step, digit in enumerate(pattern):
        if digit == ".":
            continue
        if step % 8 == 0 or not pitches:
            middle = at
            at = min(
                (i for i in range(len(scale)) if scale[i] % 12 in tones),
                key=lambda i: abs(i - middle),
            )
        else:
            pull = (
                1 if scale[at] < MELODY_CENTER - 5 else -1 if scale[at] > MELODY_CENTER + 6 else 0
            )
            at = min(max(at + rng.choice(STRIDES) + pull, 0), len(scale) - 1)
        pitches[step] = scale[at]
    return pitches


def _marks(score: Score, part: Instrument, first: int, rng: Random) -> Iterator[Note]:
    """What opens a climax (`hit`), or leads into it (`lift`)."""
    ahead = round(part.length_steps) if part.role == "lift" else 0
    level = int(part.patterns[0][0])
    for start in _climaxes(score):
        step = start - ahead - first
        if 0 <= step < STEPS:
            yield from struck(score.phrase, part, [(0, 0.0)], step, level, 1.0, rng)


def _final_notes(score: Score, part: Instrument, step: int, rng: Random) -> Iterator[Note]:
    """The last chord: everything that can ring is struck once more, on the keynote."""
    home = score.cadence[1]
    ring = score.samples - score.final_sample
    if part.role in ("chord", "line"):
        tones = [
            (tone + 12 * part.octave, (-1.0, 0.5, -0.5, 1.0)[i])
            for i, tone in enumerate(home.tones)
        ]
        roll = part.roll_seconds if part.role == "chord" else FINAL_ROLL_SECONDS
        part = replace(part, roll_seconds=roll, echo=0.0)
    elif part.role == "bass":
        tones = [(home.bass + 12 * part.octave, 0.0)]
    elif part.role == "melody":
        keynote = next(m for m in range(MELODY_CENTER - 4, 128) if m % 12 == score.phrase.key % 12)
        tones = [(keynote + 12 * part.octave, 0.0)]
    elif part.voice in ("kick", "crash", "boom", "tom"):
        tones = [(0, 0.0)]
    else:
        return
    for note in struck(score.phrase, replace(part, echo=0.0), tones, step, 8, 1.0, rng):
        seconds = note.length if part.role in ("drum", "hit") else ring
        yield replace(note, length=max(1, min(seconds, ring)))
