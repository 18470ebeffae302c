"""Wrong commands and options: one line, as all other errors."""

from __future__ import annotations

import pytest

from lotus.cli.usage import usage_line
from tests.driving import inside


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("rendr",), "no such command 'rendr'; did you mean 'render'?"),
        (("probe",), "missing argument 'FILE'; see `lotus probe --help`"),
        (("probe", "a", "b"), "got unexpected extra argument(s) (b); see `lotus probe --help`"),
    ],
)
def test_wrong_usage_is_one_line(args: tuple[str, ...], error: str) -> None:
    said = inside(*args)
    assert (said.code, said.error) == (2, error)


def test_near_options_are_a_question() -> None:
    click = "No such option: --byy (Possible options: --by, --bye)"
    assert usage_line(click, "lotus costs") == (
        "error: no such option: --byy; did you mean --by, --bye?"
    )
