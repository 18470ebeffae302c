"""Judgements of pairs: strengths come back within their intervals, doubtful raters are named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import lotus
from lotus.errors import InvalidInput
from lotus.experiments.cells import CellState
from lotus.experiments.fitting import all_strengths, prior_wins, strengths
from lotus.experiments.ratings import Rating, read_ratings
from lotus.experiments.scales import level_scores, score_agreement
from lotus.experiments.spread import quantile
from tests.benchmarks.ratings import (
    WORLDS_OF,
    World,
    covered,
    doubted,
    false_alarms,
    share_held,
    told_apart,
    worlds,
    wrong_order,
)
from tests.driving import inside


def _world(seed: int, *, blocks: int = 40, each: int = 8) -> tuple[np.ndarray, list[Rating]]:
    """Strengths of six contestants (mean 1000), and what three honest raters said."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 150, 6)
    strengths += 1000 - strengths.mean()
    ratings = []
    for block in range(blocks):
        for _ in range(each):
            left, right = rng.choice(6, 2, replace=False)
            chance = 1 / (1 + 10 ** ((strengths[right] - strengths[left]) / 400))
            choice = "left" if rng.random() < chance else "right"
            rater = f"rater {rng.integers(3)}"
            ratings.append(_rating(rater, f"m{left}", f"m{right}", choice, f"p{block}"))
    return strengths, ratings


def _rating(rater: str, left: str, right: str, choice: str, block: str = "") -> Rating:
    return Rating.model_validate(
        {"rater": rater, "left": left, "right": right, "choice": choice, "block": block}
    )


def _held(worlds: int, **size: int) -> float:
    """The share of intervals that hold the true strength."""
    held = []
    for seed in range(worlds):
        strengths, ratings = _world(seed, **size)
        for place in lotus.leaderboard(ratings, draws=100).places:
            held.append(place.low <= strengths[int(place.name[1:])] <= place.high)
    return float(np.mean(held))


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    assert 0.92 <= _held(40) <= 0.985


@pytest.mark.parametrize(
    "kind",
    [
        "two far apart, 20",
        "half of them ties",
        "one rater repeats himself",
        "repeats, no blocks",
        "12 raters differ",
        "pairs in a chain",
    ],
)
def test_intervals_hold_the_truth_where_judgements_are_odd(kind: str) -> None:
    """Separated, tied, repeated, of raters who differ: see `tests/benchmarks/ratings.py`."""
    held = [truth for world in worlds(WORLDS_OF[kind], 15, draws=50) for truth in covered(*world)]
    assert np.mean(held) > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("kind", [name for name in WORLDS_OF if name != "3 raters differ"])
def test_intervals_hold_the_truth_in_95_of_100_worlds(kind: str) -> None:
    """A few per cent are left to how intervals are made; never fewer than 93 in 100."""
    held, wrong = [], []
    for world in worlds(WORLDS_OF[kind], 500):
        held += covered(*world)
        wrong.append(wrong_order(*world))
    assert np.mean(held) >= 0.93
    assert np.mean(wrong) <= 0.07


def test_intervals_of_a_few_prompts_are_wide_enough() -> None:
    """A bootstrap of three blocks alone would hold the truth in 7 of 10 worlds."""
    assert _held(15, blocks=3) > 0.94
    assert _held(15, blocks=6, each=20) > 0.94


@pytest.mark.parametrize(
    ("degrees", "value"), [(1, 12.706), (2, 4.303), (5, 2.571), (30, 2.042), (500, 1.965)]
)
def test_students_quantile_is_that_of_the_tables(degrees: int, value: float) -> None:
    assert quantile(0.95, degrees) == pytest.approx(value, abs=0.001)


def test_worlds_that_are_fitted_at_once_are_as_evalica_fits_them() -> None:
    rng = np.random.default_rng(1)
    worlds = rng.integers(0, 6, (8, 6, 6)) * (1.0 - np.eye(6))
    worlds[3] = 0
    worlds[3, np.arange(5), np.arange(1, 6)] = 2  # a chain
    worlds[4] = 0
    worlds[4, 0, 1:] = 3  # one wins all
    alone = np.array([strengths(world) for world in worlds])
    wins = np.array([world + prior_wins(world) for world in worlds])
    assert all_strengths(wins) == pytest.approx(alone, abs=0.01)


def test_names_of_models_without_blocks_say_nothing_of_agreement() -> None:
    """The same two names twenty times are twenty pairs of videos, not one that was repeated."""
    rng = np.random.default_rng(2)
    ratings = [
        _rating(name, "kling", "wan", "left" if rng.random() < 0.6 else "right")
        for name in ("ana", "ben")
        for _ in range(20)
    ]
    board = lotus.leaderboard(ratings)
    assert board.alpha is None
    assert all(rater.consistency is None for rater in board.raters)
    assert all(rater.agreement is None for rater in board.raters)
    assert [rater.judgements for rater in board.raters] == [20, 20]


def test_the_judgements_that_it_asks_for_mostly_decide() -> None:
    open_worlds, share = told_apart(World(2, gap=120, blocks=20, judgements=2), 12)
    assert open_worlds >= 3
    assert share >= 0.6


def test_shares_of_clusters_and_comparisons_of_equals_are_wrong_as_seldom_as_they_say() -> None:
    assert share_held(60, 20, 4, 0.3) >= 0.88
    assert share_held(60, 20, 1, 0.0) >= 0.88
    assert false_alarms(25, 4, 10) <= 0.12


def test_what_such_judgements_cannot_say_is_said() -> None:
    rows = [_rating(f"r{i % 2}", "a", "b", "left") for i in range(30)]
    caveats = " ".join(lotus.leaderboard(rows).caveats)
    for words in ("these 2 raters", "no blocks are named", "a, b stood almost always"):
        assert words in caveats
    fair = [
        _rating(f"r{i % 6}", *(("a", "b") if i % 2 else ("b", "a")), "left", f"p{i}")
        for i in range(30)
    ]
    assert lotus.leaderboard(fair).caveats == ()


def test_ties_alone_leave_everything_open() -> None:
    ratings = [_rating("ana", "a", "b", "tie", f"p{i}") for i in range(30)]
    board = lotus.leaderboard(ratings)
    assert [place.rating for place in board.places] == [1000, 1000]
    assert board.notes == ("not enough judgements to rank a above b: they may be equal",)
    assert "tie" in board.raters[0].doubts[0]


def test_one_rater_who_always_says_left_ranks_nothing() -> None:
    """The page swaps sides by chance, so that such a rater cancels out, and is named."""
    rng = np.random.default_rng(4)
    sides = [("a", "b") if rng.random() < 0.5 else ("b", "a") for _ in range(40)]
    board = lotus.leaderboard([_rating("l", *s, "left", f"p{i}") for i, s in enumerate(sides)])
    assert not board.decided
    assert "chose the left side 40 times of 40" in board.raters[0].doubts


def test_a_hundred_thousand_ratings_are_ranked_at_once() -> None:
    """Every judgement may be of a block of its own."""
    rng = np.random.default_rng(0)
    left = rng.integers(0, 51, 100_000)
    right = (left + rng.integers(1, 51, 100_000)) % 51
    better = np.where(rng.random(100_000) < 0.5 + (right - left) / 150, "left", "right")
    ratings = [
        Rating.model_construct(
            rater=f"r{i % 300}",
            left=f"m{a:02}",
            right=f"m{b:02}",
            choice=choice,
            question="q",
            block=str(i),
            seconds=None,
        )
        for i, (a, b, choice) in enumerate(zip(left, right, better, strict=True))
    ]
    board = lotus.leaderboard(ratings)
    assert board.places[0].name < "m10"


def test_a_clear_order_is_decided_and_the_same_each_time() -> None:
    ratings = [
        _rating(f"r{i % 3}", *pair, f"p{i}")
        for i in range(120)
        for pair in (("good", "bad", "left"), ("worst", "bad", "right" if i % 8 else "left"))
    ]
    board = lotus.leaderboard(ratings)
    assert [place.name for place in board.places] == ["good", "bad", "worst"]
    assert board.decided
    assert board.notes == ()
    assert board.wins["good"]["bad"] == 120
    assert board == lotus.leaderboard(ratings)


def test_too_few_judgements_are_said_with_how_many_more() -> None:
    _, ratings = _world(3, blocks=5, each=6)
    board = lotus.leaderboard(ratings)
    assert not board.decided
    assert any("more judgements are needed" in note for note in board.notes)


@pytest.mark.parametrize(("judgements", "decided"), [(1, False), (5, False), (6, True), (12, True)])
def test_a_few_judgements_that_all_agree_are_not_certain(judgements: int, decided: bool) -> None:
    """As the exact binomial test says: 5 of 5 have a chance of 0.06, 6 of 6 of 0.03."""
    ratings = [_rating("ana", "a", "b", "left", f"p{i}") for i in range(judgements)]
    board = lotus.leaderboard(ratings)
    assert board.decided == decided
    assert all(place.high - place.low > 100 for place in board.places)


def test_what_was_never_compared_has_no_place() -> None:
    ratings = [_rating("r", "a", "b", "left", str(i)) for i in range(20)]
    ratings += [_rating("r", "x", "y", "left")]
    board = lotus.leaderboard(ratings)
    assert {place.name for place in board.places} == {"a", "b"}
    assert "without a place: x, y" in board.notes[0]
    assert all(np.isfinite(place.rating) for place in board.places)


def test_random_one_sided_and_fickle_raters_are_named() -> None:
    rng = np.random.default_rng(5)
    _, honest = _world(5)
    ratings = []
    for i, rating in enumerate(honest[:150]):
        better = rating.choice
        pair = (rating.left, rating.right)
        for name in ("ana", "ben", "eva"):
            wrong = "right" if better == "left" else "left"
            choice = better if rng.random() < 0.9 else wrong
            ratings.append(_rating(name, *pair, choice, f"p{i}"))
        ratings.append(_rating("lefty", *pair, "left", f"p{i}"))
        coin = "left" if rng.random() < 0.5 else "right"
        ratings.append(_rating("coin", *pair, coin, f"p{i}"))
    board = lotus.leaderboard(ratings)
    doubts = {rater.name: rater.doubts for rater in board.raters}
    assert doubts["ana"] == doubts["ben"] == doubts["eva"] == ()
    assert any("left side" in doubt for doubt in doubts["lefty"])
    assert any("by chance" in doubt for doubt in doubts["coin"])
    assert board.alpha is not None
    assert 0 < board.alpha < 1


def test_honest_raters_are_not_doubted_where_nobody_agrees() -> None:
    """Pairs of equals are hard for all; nine of ten repeats alike are no reason for doubt."""
    assert doubted(World(spread=0), 5)[0] <= 0.07
    ratings = [_rating("ana", "a", "b", "left", f"p{i}") for i in range(10)]
    ratings += [_rating("ana", "b", "a", "right" if i else "left", f"p{i}") for i in range(10)]
    (ana,) = lotus.leaderboard(ratings).raters
    assert (ana.consistency, ana.doubts) == (0.9, ())


def test_krippendorffs_alpha_is_that_of_his_examples() -> None:
    """K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A and C/D: 0.095
    for two observers, 0.815 (ordinal) for four with missing data.
    """
    meg, owen = "0100000010", "1110010000"
    words = {"0": "left", "1": "right"}
    pairs = [
        _rating(name, "a", "b", words[answer], f"p{i}")
        for name, answers in (("meg", meg), ("owen", owen))
        for i, answer in enumerate(answers)
    ]
    board = lotus.leaderboard(pairs)
    assert board.alpha == pytest.approx(0.095, abs=0.0005)
    assert board.alpha_low is not None
    assert board.alpha_high is not None
    assert board.alpha_low < 0 < board.alpha_high
    observers = ("123321412   ", "1233224125 3", " 3332342251 ", "12332441251 ")
    scores = [
        {"rater": name, "question": "q", "cell_key": str(unit), "score": int(value)}
        for name, values in zip("abcd", observers, strict=True)
        for unit, value in enumerate(values)
        if value != " "
    ]
    assert score_agreement(scores, "q") == pytest.approx(0.815, abs=0.0005)


def test_agreement_of_raters_that_always_agree_is_one() -> None:
    ratings = [
        _rating(name, "a", "b", "left" if i % 2 else "right", f"p{i}")
        for i in range(20)
        for name in ("ana", "ben")
    ]
    assert lotus.leaderboard(ratings).alpha == 1.0


def test_the_same_pair_shown_again_with_its_sides_changed_measures_consistency() -> None:
    ratings = [_rating("ana", "a", "b", "left", f"p{i}") for i in range(10)]
    ratings += [_rating("ana", "b", "a", "right", f"p{i}") for i in range(8)]
    ratings += [_rating("ana", "b", "a", "left", f"p{i}") for i in range(8, 10)]
    (ana,) = lotus.leaderboard(ratings).raters
    assert ana.consistency == 0.8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rater,left,right\nr,a,b\n", "choice"),
        ("rater,left,right,choice\nr,a,b,maybe\n", "row 1, choice: 'maybe' is not a choice"),
        ("rater,left,right,choice\nr,a,b,left\nr,a,a,left\n", "row 2: compares 'a' with itself"),
        ("rater,left,right,choice\n,a,b,left\n", "row 1, rater"),
        ("rater,left,right,choice\n", "ratings: are empty"),
        ("rater,left,right,choice\nr,a,b,\n", "row 1, choice: is empty"),
        (
            "rater,left,right,choice\nr,b,a,a\n",
            "row 1, choice: names one side and is the name of the other",
        ),
        ("rater,left,right,choice,question\nr,a,b,1,x\nr,a,b,2,y\n", "the ratings have 2"),
    ],
)
def test_wrong_ratings_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=re.escape(message)):
        lotus.leaderboard(path)
    assert inside("experiment", "leaderboard", path).code == 2


def test_a_file_of_other_people_is_read(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "ratings.csv"
    path.write_bytes(
        "\ufeffrater,left,right,choice,note\nJosé,a,b,1,x\nana,b,a,2,\nana,a,b,0,\n".encode()
    )
    choices = [rating.choice for rating in read_ratings(path)]
    assert choices == ["left", "right", "tie"]
    assert [rating.choice for rating in read_ratings(pd.read_csv(path))] == choices


def test_the_command_prints_the_ranking(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    lines = [f"r{i % 2},a,b,left,p{i}" for i in range(30)]
    path.write_text("\n".join(["rater,left,right,choice,block", *lines]))
    done = inside("experiment", "leaderboard", path, "--json")
    assert [place["name"] for place in done.json["places"]] == ["a", "b"]
    assert "95% interval" in inside("experiment", "leaderboard", path).out


def test_ties_are_written_in_many_ways() -> None:
    words = ["tie", "0", 0, 0.0, "Draw", "same ", "=", "Tie (bothbad)", "no difference", "EQUAL"]
    rows = [{"rater": "r", "left": "a", "right": "b", "choice": word} for word in words]
    assert [rating.choice for rating in read_ratings(rows)] == ["tie"] * len(words)


def _scored(seed: int, blocks: int) -> tuple[float, list[CellState], list[dict[str, object]]]:
    """A level whose scores are about 3 (a block shifts them), by two raters."""
    rng = np.random.default_rng(seed)
    cells, answers = [], []
    for block in range(blocks):
        key = f"{seed}-{block}"
        state = {"key": key, "factors": {"style": "a", "seed": block}, "status": "completed"}
        cells.append(CellState.model_validate(state))
        shift = rng.normal(0, 0.6)
        for rater in ("ana", "ben"):
            score = int(np.clip(round(3 + shift + rng.normal(0, 0.5)), 1, 5))
            answers.append({"rater": rater, "question": "q", "cell_key": key, "score": score})
    return 3.0, cells, answers


def test_intervals_of_scores_hold_the_truth() -> None:
    held = []
    for seed in range(100):
        truth, cells, answers = _scored(seed, 6)
        (level,) = level_scores(cells, answers, "style")
        assert level.low is not None
        assert level.high is not None
        held.append(level.low <= truth <= level.high)
    assert np.mean(held) >= 0.92


def test_scores_of_one_block_have_no_interval_and_what_is_skipped_does_not_count() -> None:
    _, cells, answers = _scored(1, 1)
    skipped = {"rater": "eva", "question": "q", "cell_key": "1-0", "score": None}
    (level,) = level_scores(cells, [*answers, skipped], "style")
    assert (level.low, level.scores, level.raters) == (None, 2, 2)
    assert level_scores(cells, [skipped], "style") == ()
    agreeing = [{**row, "score": 1 + n // 2 % 5} for n, row in enumerate(_scored(1, 6)[2])]
    assert score_agreement(agreeing, "q") == 1
    assert score_agreement([skipped], "q") is None


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffRater;Left;Right;Choice;Seconds\nana;a;b;left;1.5\n",
        "rater\tleft\tright\tchoice\nana\ta\tb\t1\n",
        " rater , LEFT,right,choice \r\nana,a,b,A\r\n",
        "question_id,model_a,model_b,winner,judge,turn\n7,a,b,model_a,ana,1\n",
        "left;right;winner;annotator\na;b;a;ana\n",
    ],
    ids=["semicolons of Excel", "tabs", "spaces and capitals", "of an arena", "by name"],
)
def test_files_of_spreadsheets_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding="utf-8", newline="")
    (rating,) = read_ratings(path)
    assert (rating.rater, rating.left, rating.right, rating.choice) == ("ana", "a", "b", "left")
