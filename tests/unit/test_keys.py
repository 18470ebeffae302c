"""Keys: equal facts give equal keys, in every process, whatever the order."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotus.system.keys import canonical_json, differing_fields, file_digest, key_of

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8"), max_size=8)
values = plain | words | st.lists(plain, max_size=3) | st.dictionaries(words, plain, max_size=3)
facts = st.dictionaries(words, values, max_size=4)


@given(facts)
def test_the_order_of_facts_does_not_matter(value: dict[str, Any]) -> None:
    assert key_of("clip", value) == key_of("clip", dict(reversed(value.items())))


@given(facts)
def test_a_new_fact_makes_a_new_key(value: dict[str, Any]) -> None:
    assert key_of("clip", value) != key_of("clip", {**value, "one more word": 1})


def test_kinds_are_kept_apart() -> None:
    assert key_of("clip", {"a": 1}) != key_of("segment", {"a": 1})


def test_a_key_is_the_same_in_another_process() -> None:
    code = (
        "from lotus.system.keys import key_of; print(key_of('clip', {'b': {1, 2} == {2, 1}, "
        "'a': 'é'}))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert found == [key_of("clip", {"a": "é", "b": True})] * 2


def test_a_key_has_not_changed_since_it_was_first_used() -> None:
    """If this fails, either undo what changed the form, or raise KEY_VERSION and write the new key
    here.
    """
    expected = "89bb0b57"
    assert key_of("clip", {"scene": 1, "rate": Fraction(24000, 1001)})[:8] == expected


def test_fractions_and_text_have_one_spelling() -> None:
    assert canonical_json({"r": Fraction(24000, 1001), "é": "ü"}) == '{"r":"24000/1001","é":"ü"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_equals_nothing_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": value})


@pytest.mark.parametrize("value", [object(), {1, 2}, Path("a"), b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        key_of("clip", {"x": value})


def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 300_000)
    assert file_digest(path) == hashlib.sha256(b"x" * 300_000).hexdigest()


def test_differing_fields_are_named_with_dots() -> None:
    new = {"seed": 1, "look": {"style": "noir", "seed": 2}, "added": 1}
    old = {"seed": 1, "look": {"style": "cinematic", "seed": 2}, "gone": 1}
    assert differing_fields(new, old) == ["added", "gone", "look.style"]


@given(facts)
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    assert differing_fields(value, value) == []
