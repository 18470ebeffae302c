"""Music beds: what a listener, a mixer and a cache may rely on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lotus.errors import UnknownName
from lotus.music import BEDS, SAMPLE_RATE, beat_times, bed
from lotus.music.recipes import MODES
from lotus.music.score import STEPS, bar_notes, compose, energy
from lotus.music.voices import VOICES, Sound, hertz

NAMES = sorted(BEDS)
TWENTY_SECONDS = 20 * SAMPLE_RATE
PITCHED = ("chord", "line", "bass")


def render(name: str, samples: int, seed: int = 1) -> Sound:
    return np.concatenate(list(bed(name, samples, seed)))


@pytest.fixture(scope="module")
def rendered() -> dict[str, Sound]:
    return {name: render(name, TWENTY_SECONDS) for name in NAMES}


def test_the_same_arguments_give_the_same_bytes(rendered: dict[str, Sound]) -> None:
    samples = 5 * SAMPLE_RATE
    assert all(render(n, samples).tobytes() == rendered[n][:samples].tobytes() for n in NAMES)


@pytest.mark.parametrize("samples", [1, 4_799, 333_333])
@pytest.mark.parametrize("name", NAMES)
def test_a_shorter_bed_is_a_prefix_of_a_longer_one(
    name: str, samples: int, rendered: dict[str, Sound]
) -> None:
    assert np.array_equal(render(name, samples), rendered[name][:samples])


@pytest.mark.parametrize("samples", [0, -5])
def test_no_samples_are_no_blocks(samples: int) -> None:
    assert list(bed("calm", samples, 0)) == []


def test_three_minutes_come_in_small_blocks_and_exact_number() -> None:
    samples = 180 * SAMPLE_RATE + 1
    lengths = []
    for block in bed("calm", samples, 3):
        assert block.dtype == np.float32
        assert block.shape[1:] == (2,)
        assert np.abs(block).max() <= 0.9
        lengths.append(len(block))
    assert sum(lengths) == samples
    assert max(lengths) <= 4 * SAMPLE_RATE


def test_seeds_and_names_sound_different(rendered: dict[str, Sound]) -> None:
    second = SAMPLE_RATE
    openings = [rendered[n][:second] for n in NAMES] + [render(n, second, seed=2) for n in NAMES]
    assert len({x.tobytes() for x in openings}) == len(openings)


@pytest.mark.parametrize("name", NAMES)
def test_level_leaves_headroom_and_has_no_direct_current(
    name: str, rendered: dict[str, Sound]
) -> None:
    sound = rendered[name]
    rms_db = 20 * np.log10(np.sqrt(np.mean(sound**2)))
    assert -24 < rms_db < -16
    assert 0.3 < np.abs(sound).max() <= 0.85
    assert np.abs(sound.mean(axis=0)).max() < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_left_and_right_are_related_but_not_the_same(name: str, rendered: dict[str, Sound]) -> None:
    assert 0.3 < np.corrcoef(rendered[name].T)[0, 1] < 0.95


@pytest.mark.parametrize("name", NAMES)
def test_nothing_clicks_least_of_all_between_bars(name: str, rendered: dict[str, Sound]) -> None:
    bend = np.abs(np.diff(rendered[name], n=3, axis=0)).max(axis=1)
    around = np.sqrt(np.convolve(bend**2, np.ones(2001) / 2001, "same")) + 1e-6
    sharpness = bend / around
    bar = compose(name, 1).bar_samples
    borders = [sharpness[b - 4 : b + 3].max() for b in range(bar, len(sharpness), bar)]
    assert sharpness[2000:].max() < 10
    assert max(borders) < 5


@pytest.mark.parametrize("name", NAMES)
def test_every_pitch_belongs_to_the_key(name: str) -> None:
    recipe = BEDS[name]
    pitched = {p.voice for p in recipe.parts if p.role in PITCHED}
    scales = [{(key + d) % 12 for d in MODES[m]} for m in recipe.modes for key in range(12)]
    for seed in range(12):
        piece = compose(name, seed)
        heard = {
            n.midi % 12
            for bar in range(0, 32, 3)
            for n in bar_notes(piece, bar)
            if n.voice in pitched
        }
        assert any(heard <= scale for scale in scales)


@pytest.mark.parametrize("name", NAMES)
def test_voices_move_little_from_chord_to_chord(name: str) -> None:
    for seed in range(25):
        for chords in (compose(name, seed).verse, compose(name, seed).chorus):
            moves = [np.abs(np.subtract(a.tones, b.tones)).mean() for a, b in pairwise(chords)]
            assert max(moves) <= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_bed_opens_thin_and_fills(name: str) -> None:
    piece = compose(name, 1)
    assert energy(piece, 0) < energy(piece, 4) <= 1.0
    assert len({n.voice for n in bar_notes(piece, 0)}) < len({n.voice for n in bar_notes(piece, 8)})


def test_beats_are_evenly_spaced_at_the_tempo() -> None:
    beats = beat_times("driving", 7, 60 * SAMPLE_RATE)
    assert beats[0] == 0
    assert beats[-1] < 60 * SAMPLE_RATE
    assert len(set(np.diff(beats))) == 1
    assert any(abs(len(beats) - bpm) <= 1 for bpm in BEDS["driving"].tempos_bpm)
    assert beat_times("driving", 7, 0) == ()


def test_the_kick_is_heard_on_the_beat(rendered: dict[str, Sound]) -> None:
    start = 8 * compose("driving", 1).bar_samples
    low = np.abs(np.convolve(rendered["driving"][start:].mean(axis=1), np.ones(240) / 240, "same"))
    beats = [
        b - start for b in beat_times("driving", 1, TWENTY_SECONDS - SAMPLE_RATE) if b >= start
    ]
    on, before = (
        np.mean([low[b + o : b + o + 2400].mean() for b in beats[1:]]) for o in (960, -4800)
    )
    assert on > 1.5 * before


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_an_instrument_starts_and_ends_in_silence(voice: str) -> None:
    sound = VOICES[voice](60, 24_000, np.random.default_rng(0))
    assert sound.dtype == np.float32
    assert np.abs(sound[..., 0]).max() < 1e-3
    assert np.abs(sound[..., -1]).max() < 1e-3
    assert 0.2 < np.abs(sound).max() < 2.5


def test_a_high_note_does_not_fold_back() -> None:
    spectrum = np.abs(np.fft.rfft(VOICES["pluck"](96, SAMPLE_RATE, np.random.default_rng(0))))
    assert spectrum[14_000:].max() < 1e-3 * spectrum.max()
    assert abs(int(spectrum.argmax()) - hertz(96)) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_well_formed(name: str) -> None:
    for part in BEDS[name].parts:
        assert part.voice in VOICES
        assert all(len(p) == STEPS and set(p) <= set(".0123456789") for p in part.patterns)
        assert part.role != "bass" or all(set(p) <= set(".012") for p in part.patterns)
        assert part.role != "line" or all(set(p) <= set(".01234567") for p in part.patterns)


@pytest.mark.parametrize("ask", [lambda n: bed(n, 1, 0), lambda n: beat_times(n, 0, 1)])
def test_an_unknown_bed_names_the_choices_before_anything_is_heard(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownName, match=r"'clam'; did you mean 'calm'.*bright, calm, driving"):
        ask("clam")
