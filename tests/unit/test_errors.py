"""Errors: one line, an exit code, a remedy, and nothing that breaks on odd facts."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotus import errors
from lotus.errors import ClipFailed, InputError, InvalidInput, LotusError, UnknownName, WorkError


def _family(cls: type[LotusError]) -> list[type[LotusError]]:
    return [cls, *(member for sub in cls.__subclasses__() for member in _family(sub))]


FAMILY = [cls for cls in _family(LotusError) if cls is not UnknownName]


@pytest.mark.parametrize("cls", FAMILY, ids=lambda cls: cls.__name__)
@given(
    facts=st.dictionaries(
        st.sampled_from(["reason", "file", "field", "name", "url", "what"]), st.text()
    )
)
def test_any_facts_make_one_line(cls: type[LotusError], facts: dict[str, str]) -> None:
    assert len(cls(remedy="try again", **facts).message.splitlines()) <= 1


def test_braces_in_a_fact_are_text() -> None:
    assert (
        ClipFailed(scene=1, provider="p", reason="{0} {x!r} {").message
        == "scene 1 (p): {0} {x!r} {"
    )


def test_input_errors_end_with_two_and_work_errors_with_one() -> None:
    assert {cls.exit_code for cls in _family(InputError)} == {2}
    assert {cls.exit_code for cls in _family(WorkError)} == {1}


def test_every_error_has_a_code_of_its_own_or_its_parents() -> None:
    codes = [cls.code for cls in FAMILY if "code" in vars(cls)]
    assert len(codes) == len(set(codes))


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for cls in _family(LotusError):
        if cls.__module__ != errors.__name__:
            continue  # packages beside lotus have errors of their own
        assert cls.__name__ in errors.__doc__
        assert cls.__name__ in errors.__all__


def test_an_empty_part_leaves_no_stray_colon() -> None:
    assert InvalidInput(file="", field="key", reason="is wrong").message == "key: is wrong"
    assert str(InvalidInput(file="a.yaml", field="", reason="is wrong")) == "a.yaml: is wrong"


def test_a_failed_look_up_names_the_nearest_and_all_choices() -> None:
    error = UnknownName("transition", "disolve", ["wipe", "dissolve", "cut"])
    assert str(error) == "no transition 'disolve'; did you mean 'dissolve'? (cut, dissolve, wipe)"


def test_a_failed_look_up_far_from_everything_guesses_nothing() -> None:
    assert str(UnknownName("style", "zzz", ["a", "b"])) == "no style 'zzz'; choose from a, b"


def test_a_failed_look_up_names_where_the_name_stands_and_other_faults() -> None:
    error = UnknownName("music", "x", ["y"], field="music")
    other = InvalidInput(file="/a.png", field="reference", reason="is empty")
    assert error.with_others([other, error]).in_file("b.yaml").lines == [
        "b.yaml: music: no music 'x'; choose from y",
        "/a.png: reference: is empty",
        "b.yaml: music: no music 'x'; choose from y",
    ]
    named = InvalidInput(file="b.yaml", field="fps", reason="is 0").with_others(
        [error.in_file("b.yaml")]
    )
    assert named.in_file("b.yaml").lines[1] == "b.yaml: music: no music 'x'; choose from y"
    copied = copy.deepcopy(error.with_others([other]))
    assert str(copied) == "music: no music 'x'; choose from y; also /a.png: reference: is empty"


def test_facts_are_json() -> None:
    error = UnknownName("style", "x", ["y"])
    assert json.loads(json.dumps(error.facts))["kind"] == "style"


def test_an_error_can_be_copied() -> None:
    error = ClipFailed(scene=3, provider="p", reason="r", remedy="wait")
    assert str(copy.deepcopy(error)) == str(error)
