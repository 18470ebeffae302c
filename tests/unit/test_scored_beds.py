"""Scored beds: moods, an arc along the scenes, an ending on the last frame, stems that duck.

The limits are those of two openly licensed tracks that the wheel `arcade` 3.3.3 carries ("1918" and
"funkyrobot" by Anttis), measured by the same functions over their first minute: loudness range 2.4
and 5.0 LU, 4 to 8 kHz at -23.3 and -19.3 dB of the whole, 2.8 and 4.8 onsets a second, consonance
0.86 and 0.71, sharpest bends 10.4 and 12.2.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

import lotus
from lotus.composition.assemble import assemble
from lotus.composition.audio import Mix, plan_mix
from lotus.composition.layout import lay_out, to_frames
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import AudioTrack, Timeline
from lotus.errors import InvalidInput, UnknownName
from lotus.music import BED_NAMES, BEDS, SAMPLE_RATE, scored_bed
from lotus.music.arc import Arc
from lotus.music.arrangement import Score, arrange, score_notes
from lotus.music.choice import bed_beats, bed_name, bed_seed
from lotus.music.instruments import INSTRUMENTS
from lotus.music.moods import scored_beds
from lotus.music.recipes import MODES
from lotus.music.score import STEPS
from lotus.planning.narration import back_on_beats, fit_narration
from lotus.planning.planners import plan
from lotus.rendering.mixer import blocks
from tests.listening import clicks, consonance, loudness_range, onsets_per_second, share_db

SECONDS = 15
SAMPLES = SECONDS * SAMPLE_RATE
ARC: Arc = ((0, "intro"), (3 * SAMPLE_RATE, "build"), (8 * SAMPLE_RATE, "climax"))
ARC += ((12 * SAMPLE_RATE, "ending"),)


def render(name: str, seed: int = 1, samples: int = SAMPLES, **how: Any) -> Any:
    return np.concatenate(list(scored_bed(name, samples, seed, **how)))


@pytest.fixture(scope="module")
def rendered() -> dict[str, Any]:
    return {name: render(name, arc=ARC) for name in BED_NAMES}


def _db(sound: Any) -> float:
    return float(10 * np.log10(np.mean(np.square(sound)) + 1e-12))


def test_there_are_twelve_moods_and_their_names_cost_no_file() -> None:
    assert tuple(scored_beds()) == BED_NAMES
    assert len(BED_NAMES) == 12
    assert BEDS.keys() < set(BED_NAMES)


@pytest.mark.parametrize("name", BED_NAMES)
def test_a_bed_measures_like_music_that_people_publish(name: str, rendered: dict[str, Any]) -> None:
    sound = rendered[name]
    assert sound.shape == (SAMPLES, 2)
    assert np.isfinite(sound).all()
    assert 0.25 < np.abs(sound).max() < 1.0
    assert loudness_range(sound[: 13 * SAMPLE_RATE]) > 4.5
    assert -31 < share_db(sound, 4000, 8000) < -17
    assert 1 < onsets_per_second(sound) < 6
    assert consonance(sound) > 0.75
    assert clicks(sound) < 10.4
    assert np.abs(sound.mean(axis=0)).max() < 2e-3
    assert 0.2 < np.corrcoef(sound.T)[0, 1] < 0.99


@pytest.mark.parametrize("name", BED_NAMES)
def test_a_bed_grows_to_its_climax_and_ends_on_the_last_frame(
    name: str, rendered: dict[str, Any]
) -> None:
    sound = rendered[name]
    score = arrange(name, 1, SAMPLES, ARC)
    intro, climax = sound[: 2 * SAMPLE_RATE], sound[9 * SAMPLE_RATE : 11 * SAMPLE_RATE]
    assert _db(climax) > _db(intro) + 5
    chord = score.final_sample
    assert 1.8 <= (SAMPLES - chord) / SAMPLE_RATE <= 5.5
    assert chord % (4 * score.phrase.step_samples) == 0
    assert _db(sound[chord : chord + SAMPLE_RATE // 2]) > _db(climax) - 12
    assert _db(sound[-SAMPLE_RATE // 20 :]) < _db(climax) - 40
    assert np.abs(sound[-1]).max() < 1e-4
    after = [n for bar in range(64) for n in score_notes(score, bar) if _at(score, bar, n) > chord]
    assert all(_at(score, 0, n) - chord < 0.2 * SAMPLE_RATE for n in after if n.voice == "kick")


def _at(score: Score, bar: int, note: Any) -> int:
    return bar * STEPS * score.phrase.step_samples + note.start


@pytest.mark.parametrize("name", BED_NAMES)
def test_every_pitch_of_a_scored_bed_belongs_to_its_key(name: str) -> None:
    roles = {p.voice: p.role for p in scored_beds()[name].parts}
    for seed in range(6):
        score = arrange(name, seed, 30 * SAMPLE_RATE)
        key = {(score.phrase.key + tone) % 12 for tone in score.phrase.mode}
        fifths = {(tone + 7) % 12 for tone in key}  # basses play them
        notes = [n for bar in range(14) for n in score_notes(score, bar)]
        pitched = [n for n in notes if roles[n.voice] in ("chord", "line", "melody")]
        assert {n.midi % 12 for n in pitched} <= key | (fifths if name == "playful" else set())
        assert all(24 <= n.midi <= 110 for n in pitched)


def test_stems_add_up_and_the_same_arguments_give_the_same_bytes(rendered: dict[str, Any]) -> None:
    stems = [render("warm", arc=ARC, stem=stem) for stem in ("rhythm", "tune")]
    assert np.abs(sum(stems) - rendered["warm"]).max() < 1e-5
    assert render("warm", arc=ARC).tobytes() == rendered["warm"].tobytes()
    assert not np.array_equal(render("warm", seed=2, arc=ARC), rendered["warm"])


@pytest.mark.parametrize("seconds", [0.5, 2.0, 4.5, 90.0])
def test_beds_of_every_length_have_an_ending(seconds: float) -> None:
    samples = round(seconds * SAMPLE_RATE)
    whole = sum(len(block) for block in scored_bed("hopeful", samples, 3))
    assert whole == samples
    assert arrange("hopeful", 3, samples).final_sample < samples


def _marks(arc: Arc) -> tuple[dict[str, Any], ...]:
    return tuple({"start_seconds": at / SAMPLE_RATE, "part": part} for at, part in arc)


def _mix(tracks: tuple[AudioTrack, ...]) -> Mix:
    clip = {"source": "a.png", "duration_seconds": SECONDS, "volume": 0}
    timeline = Timeline(fps=24, clips=[clip], audio=tracks)
    return plan_mix(timeline, lay_out(timeline, {}))


def test_a_voice_pushes_the_tune_down_further_than_the_rhythm() -> None:
    bed = AudioTrack(source="bed:warm", seed=1, duck=True, arc=_marks(ARC))
    voice = AudioTrack(source="bed:calm", role="voice")  # speaks without a pause
    mixes = [_mix(tracks) for tracks in ((bed, voice), (voice,))]
    both, alone = (np.concatenate(list(blocks(mix, lambda s: pytest.fail(s)))) for mix in mixes)
    ducked = (both - alone)[4 * SAMPLE_RATE : 11 * SAMPLE_RATE]
    rhythm, tune = (
        render("warm", arc=ARC, stem=stem)[4 * SAMPLE_RATE : 11 * SAMPLE_RATE]
        for stem in ("rhythm", "tune")
    )
    expected = rhythm * 10 ** (-7 / 20) + tune * 10 ** (-15 / 20)
    assert np.abs(ducked - expected).max() < 0.02
    assert _db(ducked) < _db(rhythm + tune) - 8


PROMPTS = (
    "A small coffee roaster opens at dawn. Warm light, hands, steam over a cup, first guests.",
    "A gym at full speed. Sweat, weights, a sprint, jumping ropes.",
    "A perfume in silk and gold. A hand, a glass bottle, a mirror.",
    "Children laugh, balloons and a puppy in a colourful garden.",
)


def _off_beat(board: Storyboard, fps: float) -> list[float]:
    """How many frames each cut lies from a beat of the bed."""
    name = bed_name(board.brief.music, board.look.mood)
    seed = bed_seed(board.brief.planning_seed, board.brief.prompt)
    grid = bed_beats(name, seed, board.duration_seconds)
    assert grid is not None
    cuts = list(accumulate(scene.duration_seconds for scene in board.scenes))[:-1]
    return [min(abs(cut - beat) for beat in grid.beats) * fps for cut in cuts]


@pytest.mark.parametrize("seconds", [6, 15, 30, 60])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_cut_of_an_ad_is_on_a_beat_of_its_bed(prompt: str, seconds: float) -> None:
    for music in (None, "night", "tender"):
        board = lotus.plan(Brief(prompt=prompt, duration_seconds=seconds, music=music, cta="Come"))
        assert max(_off_beat(board, 24)) <= 0.51
        assert sum(round(s.duration_seconds * 24) for s in board.scenes) == seconds * 24
        assert board.scoring == 2


def test_cuts_on_beats_cost_no_more() -> None:
    prices = {Fraction(5): Decimal("0.25"), Fraction(10): Decimal("0.50")}
    brief = Brief(prompt=PROMPTS[0], duration_seconds=30, seed=4)
    quiet = plan(brief.replace(music="none"), prices=prices)
    board = plan(brief, prices=prices)
    spent = [sum(1 if s.duration_seconds <= 5 else 2 for s in b.scenes) for b in (quiet, board)]
    assert spent[0] == spent[1]


def test_few_frames_a_second_leave_the_lengths_and_given_lengths_stay() -> None:
    slow = plan(Brief(prompt=PROMPTS[0], fps=5))
    plain = plan(Brief(prompt=PROMPTS[0], fps=5, music="none"))
    assert [s.duration_seconds for s in slow.scenes] == [s.duration_seconds for s in plain.scenes]
    scenes = [{"description": f"Scene {i}", "duration_seconds": 3.3} for i in range(3)]
    own = plan(Brief(prompt=PROMPTS[0], scenes=scenes, duration_seconds=9.9))
    assert [round(s.duration_seconds * 24) for s in own.scenes] == [79, 79, 80]


def test_scenes_that_grow_for_their_words_are_cut_on_beats_again() -> None:
    board = plan(Brief(prompt=PROMPTS[0], music="hopeful"))
    seconds = {0: 4.6, 2: 3.9}
    longer = fit_narration(board, seconds)
    assert max(_off_beat(longer, 24)) > 1
    again = back_on_beats(longer, seconds)
    assert max(_off_beat(again, 24)) <= 0.51
    assert abs(again.duration_seconds - longer.duration_seconds) < 1e-6
    assert all(again.scenes[i].duration_seconds >= said + 0.5 for i, said in seconds.items())


def test_a_bed_follows_the_scenes_and_a_board_of_yesterday_keeps_its_music() -> None:
    board = plan(Brief(prompt=PROMPTS[0], duration_seconds=15))
    [track] = assemble(board, [f"{i}.mp4" for i in range(len(board.scenes))]).audio
    assert [mark.part for mark in track.arc] == ["intro", "build", "climax", "ending"]
    cuts = [0.0, *accumulate(s.duration_seconds for s in board.scenes)]
    starts = [to_frames(mark.start_seconds, Fraction(24)) for mark in track.arc]
    assert starts[-2:] == [to_frames(cut, Fraction(24)) for cut in cuts[-3:-1]]
    old = board.model_copy(update={"scoring": 1})
    [before] = assemble(old, ["a.mp4"] * len(board.scenes)).audio
    assert (before.arc, before.source, before.seed) == ((), "bed:calm", 0)
    assert "scoring" not in old.model_dump(mode="json")
    assert "arc" not in before.model_dump(mode="json")


def test_moods_have_beds_and_briefs_vary_them() -> None:
    boards = [plan(Brief(prompt=prompt)) for prompt in PROMPTS]
    names = [bed_name(board.brief.music, board.look.mood) for board in boards]
    assert names == ["calm", "driving", "elegant", "bright"]
    assert len({bed_seed(0, prompt) for prompt in PROMPTS}) == 4


@pytest.mark.parametrize("name", BED_NAMES)
def test_a_scored_recipe_is_well_formed(name: str) -> None:
    recipe = scored_beds()[name]
    assert set(recipe.modes) <= set(MODES)
    assert any(part.enters_at == 0 and part.role not in ("hit", "lift") for part in recipe.parts)
    for part in recipe.parts:
        assert part.voice in INSTRUMENTS
        short = part.role in ("hit", "lift")
        assert all(len(p) == (1 if short else STEPS) for p in part.patterns)
        assert all(set(p) <= set(".0123456789") for p in part.patterns)
        assert part.role != "bass" or all(set(p) <= set(".012") for p in part.patterns)
        assert part.role != "line" or all(set(p) <= set(".01234567") for p in part.patterns)


@pytest.mark.parametrize("voice", sorted(INSTRUMENTS))
def test_every_instrument_starts_and_ends_in_silence(voice: str) -> None:
    sound = INSTRUMENTS[voice](60, 24_000, np.random.default_rng(0))
    assert sound.dtype == np.float32
    assert np.abs(sound[..., 0]).max() < 1e-3
    assert np.abs(sound[..., -1]).max() < 1e-3
    assert 0.1 < np.abs(sound).max() < 2.5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"source": "bed:calm", "in_seconds": 3},
            "a synthesised bed always starts at its beginning",
        ),
        ({"source": "a.wav", "in_seconds": 3, "window": "best"}, "keep one"),
        ({"source": "a.wav", "arc": [{"part": "intro"}]}, "only a synthesised bed"),
        (
            {
                "source": "bed:calm",
                "arc": [{"part": "build", "start_seconds": 2}, {"part": "intro"}],
            },
            "begins before",
        ),
    ],
)
def test_tracks_that_contradict_themselves_are_refused(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        AudioTrack(**fields)


def test_an_unknown_bed_names_the_choices() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'hopeful'"):
        scored_bed("hopefull", 1, 0)
