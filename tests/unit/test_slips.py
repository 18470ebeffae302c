"""Typical slips, and the one line that answers each."""

from __future__ import annotations

import inspect
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
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

    def settings_home() -> None:
        lotus.Settings.read().home = Path("x")  # type: ignore[misc]

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
        "settings": lotus.Settings.read(),
        "settings_home": settings_home,
        "estimate": lotus.estimate(lotus.plan(brief)),
        "clip": lotus.Clip(path=Path("a.mp4"), source="a.mp4"),
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


JUNK: dict[str, Any] = {
    **{repr(value): value for value in (None, 5, "x", b"x", [], {"a": 1}, float("nan"))},
    "10**400": 10**400,
    "print": print,
    "frame": pd.DataFrame({"a": [1]}),
}
GOOD = {  # calls that are right but for one argument; what is not here needs none
    "Brand": {"name": "A"},
    "Client": {"url": "http://127.0.0.1:9"},
    "make": {"task": "speech"},
    "Clip": {"path": "a.mp4", "source": "a.mp4"},
    "Experiment": {"name": "e"},
    "Workspace": {"settings": None},
    "comfyui": {"name": "c", "workflow": "a.json"},
    "compose": {"timeline": None, "out": "x.mp4"},
    "job": {"job_id": "x"},
    "leaderboard": {"ratings": []},
    "metric": {"name": "m"},
    "provider": {"name": "p"},
    "record": {"name": "a", "value": 1},
    "video_endpoint": {"name": "v"},
}
TAKEN = ("LotusError", "render", "arender", "submit", "transcribe")  # raised, or do something


def _unexplained(call: Any) -> str:
    """The error that is no line of lotus; empty where there is none."""
    try:
        call()
    except Exception as error:
        if not hasattr(error, "_render_traceback_"):
            return f"{type(error).__name__}: {error}"[:120]
    return ""


@pytest.mark.parametrize("name", [name for name in lotus.__all__ if name not in TAKEN])
def test_whatever_is_passed_is_answered_in_a_line(name: str, names: dict[str, Any]) -> None:
    thing = getattr(lotus, name)
    documents = {"request": names["board"], "storyboard": names["board"], "brief": names["brief"]}
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    given = inspect.signature(thing).parameters.values()
    parameters = [p.name for p in given if p.kind not in kinds and p.name[0] != "_"]
    good = {**{n: documents[n] for n in parameters if n in documents}, **GOOD.get(name, {})}
    wrong = {}
    for parameter in parameters:
        for junk, value in JUNK.items():
            arguments = {**good, parameter: value}
            wrong[f"{parameter}={junk}"] = _unexplained(lambda: thing(**arguments))
    wrong["unknown="] = _unexplained(lambda: thing(**good, unknown=1))
    wrong["too many"] = _unexplained(lambda: thing(*range(9)))
    assert {words: error for words, error in wrong.items() if error} == {}


@pytest.mark.parametrize("name", ["Brief", "Storyboard", "Timeline", "Clip", "Job", "Workspace"])
def test_a_misspelt_attribute_of_a_class_is_answered_in_a_line(name: str) -> None:
    with pytest.raises(AttributeError, match=f"class '{name}' has no attribute 'zzz'"):
        getattr(lotus, name).zzz
    assert not hasattr(getattr(lotus, name), "_repr_zzz_")


@pytest.mark.parametrize("blank", [None, float("nan"), pd.NA, pd.NaT, pd.Series([None, 1.0])[0]])
def test_what_a_row_leaves_empty_is_left_out(blank: Any) -> None:
    row = {"prompt": P, "duration_seconds": blank, "style": blank, "seed": blank, "brand": blank}
    assert lotus.Brief(**row) == lotus.Brief(prompt=P)
    assert lotus.plan(row) == lotus.plan(lotus.Brief(prompt=P))


class Shape(Enum):
    WIDE = "16:9"


def test_values_of_numpy_and_the_standard_library_count_as_plain_ones() -> None:
    fields = {"seed": np.int64(7), "fps": np.int16(24), "duration_seconds": np.float32(6.5)}
    brief = lotus.Brief(
        prompt=np.str_(P),
        aspect_ratio=Shape.WIDE,
        brand={"name": "A", "logo": Path("a.png"), "colors": np.array(["#112233"])},
        **fields,
    )
    assert (brief.seed, brief.fps, brief.duration_seconds) == (7, 24, 6.5)
    assert (brief.aspect_ratio, brief.brand.logo) == ("16:9", "a.png")
    board = lotus.plan(brief.replace(brand=None))
    assert board.split(np.int64(1), np.float32(0.5)).scenes[0].duration_seconds == 0.5
    assert lotus.jobs(limit=np.int64(1)).empty


@pytest.mark.parametrize("scenes", ["frame", "records", "rows"])
def test_scenes_of_a_frame_leave_out_what_it_leaves_empty(scenes: str) -> None:
    frame = pd.DataFrame(
        {
            "description": ["A beach", "A hill"],
            "caption": ["x", None],
            "duration_seconds": [np.nan, 3],
        }
    )
    given: Any = {
        "frame": frame,
        "records": frame.to_dict("records"),
        "rows": [row for _, row in frame.iterrows()],
    }[scenes]
    first, second = lotus.Brief(prompt=P, scenes=given).scenes
    assert (first.caption, first.duration_seconds) == ("x", None)
    assert (second.caption, second.duration_seconds) == (None, 3)


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
