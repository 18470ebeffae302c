"""The pictures of the vocabulary show what the registries hold, and are small enough for a
repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

import lotus
from lotus.composition.captions.styles import STYLES
from lotus.composition.picture.camera import MOVES
from lotus.composition.picture.transitions import CUT, TRANSITIONS
from lotus.documents.brief import Fit
from tests import board_sheet

FOLDER = Path(lotus.__file__).with_name("docs") / "images"
SHEETS = {
    "transitions.jpg": [kind for kind in TRANSITIONS if kind != CUT],
    "captions.jpg": list(STYLES),
    "framing.jpg": [*get_args(Fit), *MOVES],
    "boards.jpg": list(board_sheet.shows()),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_shows_every_entry_of_its_registry(name: str) -> None:
    """Draw them again with `python -m tests.contact_sheets`, or `tests.board_sheet`, after a
    change of a registry.
    """
    with Image.open(FOLDER / name) as picture:
        assert picture.info["comment"].decode().split() == SHEETS[name]
    assert (FOLDER / name).stat().st_size < 200_000


def test_the_first_picture_of_the_readme_is_lotus_own_and_small() -> None:
    """Draw it again with `python -m tests.preview` after the look has changed."""
    with Image.open(FOLDER / "preview.jpg") as picture:
        assert picture.info["comment"] == b"lotus"
        assert picture.width > 1200
    assert (FOLDER / "preview.jpg").stat().st_size < 250_000
