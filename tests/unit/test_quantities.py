"""Numbers of things in words."""

from __future__ import annotations

import pytest

from lotus.system.quantities import quantity


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "clip", "0 clips"),
        (1, "clip", "1 clip"),
        (1200, "clip", "1,200 clips"),
        (2, "category", "2 categories"),
        (2, "day", "2 days"),
        (3, "fps", "3 fps"),
    ],
)
def test_a_number_of_things_has_their_plural(number: int, noun: str, words: str) -> None:
    assert quantity(number, noun) == words
