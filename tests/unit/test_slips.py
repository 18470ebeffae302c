"""Typical slips, and the one line that answers each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import lotus
from lotus.documents.timeline import Caption

P = "A small coffee roaster opens at dawn"
TABLE = Path(__file__).parents[1] / "data" / "slips.txt"  # code, and below it the line that answers
LINES = TABLE.read_text(encoding="utf-8").splitlines()
SLIPS = [(code, line.strip()) for code, line in zip(LINES[::2], LINES[1::2], strict=True)]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The names of a notebook that is well under way."""
    brief = lotus.Brief(prompt=P)

    def assign() -> None:
        brief.prompt = "x"  # type: ignore[misc]

    return {
        "lotus": lotus,
        "pd": pd,
        "P": P,
        "AD": {"prompt": P},
        "Caption": Caption,
        "brief": brief,
        "board": lotus.plan(brief),
        "tl": lotus.Timeline(fps=24, clips=[{"source": "a.mp4", "duration_seconds": 2}]),
        "assign": assign,
    }


@pytest.mark.parametrize(("code", "line"), SLIPS, ids=[code for code, _ in SLIPS])
def test_a_slip_is_answered_in_one_line(code: str, line: str, names: dict[str, Any]) -> None:
    Path("bad.yaml").write_text("prompt: [1\n")
    Path("list.yaml").write_text("- 1\n")
    with pytest.raises(Exception) as failure:
        eval(code, dict(names))
    [answer] = failure.value._render_traceback_()
    answer = answer.replace(str(Path.cwd()), "HERE")
    start, some, end = line.partition("…")  # for names that the catalogue has more of each month
    assert answer.startswith(start)
    assert answer.endswith(end)
    assert some or answer == line


def test_the_table_is_as_long_as_people_are_inventive() -> None:
    assert len(SLIPS) >= 145


@pytest.mark.parametrize("blank", [None, float("nan"), pd.NA, pd.NaT, pd.Series([None, 1.0])[0]])
def test_what_a_row_leaves_empty_is_left_out(blank: Any) -> None:
    row = {"prompt": P, "duration_seconds": blank, "style": blank, "seed": blank, "brand": blank}
    assert lotus.Brief(**row) == lotus.Brief(prompt=P)
    assert lotus.plan(row) == lotus.plan(lotus.Brief(prompt=P))


def test_a_row_of_a_frame_is_a_request() -> None:
    frame = pd.DataFrame([{"prompt": P, "seed": 3}, {"prompt": P, "seed": None, "fps": 25}])
    boards = [lotus.plan(row) for _, row in frame.iterrows()]
    assert [board.brief.seed for board in boards] == [3, 0]
    assert [board.brief.fps for board in boards] == [24, 25]


def test_a_dictionary_of_a_storyboard_is_one() -> None:
    board = lotus.plan(lotus.Brief(prompt=P))
    assert lotus.estimate(board.model_dump()).total_usd == 0


def test_sources_stay_the_same_after_another_folder_is_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64)).save("photo.png")
    scenes = [{"description": "A photo", "source": "photo.png"}]
    board = lotus.plan(lotus.Brief(prompt=P, scenes=scenes))
    monkeypatch.chdir(tmp_path)
    assert lotus.estimate(board).scenes[0].provider == "footage"


def test_an_error_inside_a_call_is_not_taken_for_a_wrong_call() -> None:
    def warn(message: str) -> None:
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        lotus.plan(lotus.Brief(prompt=P, style="cinemtic"), warn=warn)
