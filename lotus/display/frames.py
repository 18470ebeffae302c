"""DataFrames of lotus in notebooks: dollar signs stay text, and jobs and clips have a picture."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lotus.display.kit import Html
from lotus.errors import LotusError
from lotus.system.frames import OWN, own

if TYPE_CHECKING:
    import pandas as pd

    from lotus.settings import Settings
    from lotus.workspace import Workspace

__all__ = ["frame_html", "with_pictures"]

SIDE = 96  # pixels of a picture in a row
PICTURE = "picture"
_SETTINGS: list[Settings] = []  # of the workspaces whose frames have pictures; a mark is an index


def with_pictures(frame: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """The frame as one of lotus' own, whose jobs and clips are in `workspace`."""
    if workspace.settings not in _SETTINGS:
        _SETTINGS.append(workspace.settings)
    return own(frame, str(_SETTINGS.index(workspace.settings)))


def frame_html(frame: pd.DataFrame) -> str | None:
    """HTML of a DataFrame: pandas' own, and for frames of lotus with pictures and without maths."""
    import pandas as pd

    if OWN not in frame.attrs:
        html: str | None = frame._repr_html_()
        return html
    nonce = secrets.token_hex(8)  # no text of a cell can stand for a picture
    column = _picture_column(frame)
    table = frame
    if column is not None:
        table = frame.copy(deep=False)
        table.insert(0, PICTURE, [f"{nonce}-{row}-" for row in range(len(frame))])
    with pd.option_context("display.html.use_mathjax", False):
        html = table._repr_html_()
    if html is None:  # the user wants plain text
        return None
    if column is not None:
        html = _with_pictures(html, nonce, column, list(frame[column]), frame.attrs[OWN])
    return str(Html("{}").format(Html(html))._repr_html_())


def _picture_column(frame: pd.DataFrame) -> str | None:
    """The column that names jobs or clips, if the frame has one and lotus knows where they are."""
    mark = frame.attrs[OWN]
    if (
        not mark.isdecimal()
        or int(mark) >= len(_SETTINGS)
        or PICTURE in frame.columns
        or not frame.columns.is_unique
    ):
        return None
    return next((name for name in PICTURES if name in frame.columns), None)


def _with_pictures(html: str, nonce: str, column: str, ids: list[Any], mark: str) -> str:
    import re

    from lotus.workspace import Workspace

    workspace = Workspace(_SETTINGS[int(mark)])

    def image(match: re.Match[str]) -> str:
        return _image(workspace, column, str(ids[int(match[1])]))

    return re.sub(rf"{nonce}-(\d+)-", image, html)


def _image(workspace: Workspace, column: str, name: str) -> str:
    from lotus.display.thumbnails import picture_data

    try:
        source = picture_data(PICTURES[column](workspace, name), SIDE)
    except (OSError, LotusError):  # it has expired, or is not made yet
        return ""
    return str(Html("<img alt='a frame of it' style='max-width:6em' src='{}'>").format(source))


def _poster(workspace: Workspace, job_id: str) -> bytes:
    return workspace.store.read(f"compositions/{job_id}/poster.jpg")


def _clip_frame(workspace: Workspace, key: str) -> bytes:
    import io

    from lotus.generation.plan import clip_object
    from lotus.pipeline.clips import Clip

    path = workspace.store.path(clip_object(key))
    picture = io.BytesIO()
    Clip(path, str(path)).pil(0).save(picture, "PNG")
    return picture.getvalue()


PICTURES: dict[str, Callable[[Workspace, str], bytes]] = {  # by the columns that name them
    "job_id": _poster,
    "job": _poster,
    "key": _clip_frame,
}
