"""The matrix of an experiment: a small moving picture for each cell, all in step, without scripts.

Each clip becomes a strip of frames in one picture, which style alone moves, so that a notebook that
is opened elsewhere still plays. Strips are made once and kept in the cache.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from lotus.display.kit import Html, join, usd
from lotus.errors import LotusError, UnknownName
from lotus.experiments.cells import CellState, video_path
from lotus.experiments.stills import frames_apart
from lotus.system.files import write_whole
from lotus.system.parallel import cores, side_by_side
from lotus.workspace import Workspace

__all__ = ["matrix_html", "save_strip", "strips_of"]

FRAMES = 8  # of a strip
HEIGHT = 90
QUALITY = 55
MOST = 600  # cells of one matrix


def save_strip(workspace: Workspace, state: CellState) -> Path | None:
    """The strip of a cell's video in the cache, made if it is missing; None without a video."""
    if state.subject is None or state.status != "completed":
        return None
    path = workspace.cache / "strips" / f"{state.subject}.webp"
    if not path.exists():
        video = video_path(workspace, state)
        if video is None:
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda aside: aside.write_bytes(_strip(video)))
    return path


def _strip(video: Path) -> bytes:
    """Frames at equal distances side by side, as one WebP."""
    import io

    from PIL import Image

    frames = frames_apart(video, FRAMES, HEIGHT)
    width = frames[0].width
    sheet = Image.new("RGB", (width * FRAMES, HEIGHT))
    for place, frame in enumerate(frames):
        sheet.paste(frame, (place * width, 0))
    data = io.BytesIO()
    sheet.save(data, "WEBP", quality=QUALITY, method=2)
    return data.getvalue()


def strips_of(workspace: Workspace, states: Sequence[CellState]) -> dict[str, bytes]:
    """The strips of cells by key; those that are missing are made side by side."""
    strips: dict[str, bytes] = {}

    def read(state: CellState) -> None:
        try:
            path = save_strip(workspace, state)
            if path is not None:
                strips[state.key] = path.read_bytes()
        except (LotusError, OSError):
            return  # the cell then shows words

    tasks = [partial(read, state) for state in states[:MOST]]
    side_by_side(tasks, cores(), workspace.stop, "strip")
    return strips


def matrix_html(
    states: Sequence[CellState],
    strips: Mapping[str, bytes],
    rows: Sequence[str],
    columns: Sequence[str],
    seconds: float,
) -> Html:
    """A table of cells: `rows` and `columns` are factors; cells of one place stand side by side.

    Raises UnknownName for a factor that is not there.
    """
    factors = list(states[0].factors) if states else []
    for name in (*rows, *columns):
        if name not in factors:
            raise UnknownName("factor", name, factors)
    places: dict[tuple[str, ...], dict[tuple[str, ...], list[CellState]]] = {}
    across: dict[tuple[str, ...], None] = {}
    for state in states[:MOST]:
        row = tuple(str(state.factors[name]) for name in rows)
        column = tuple(str(state.factors[name]) for name in columns)
        across.setdefault(column)
        places.setdefault(row, {}).setdefault(column, []).append(state)
    head = join(Html("<th scope='col'>{}</th>").format(" · ".join(c)) for c in across)
    lines = join(
        Html("<tr><th scope='row'>{}</th>{}</tr>").format(
            " · ".join(row), join(_place(cells.get(column, []), strips) for column in across)
        )
        for row, cells in places.items()
    )
    more = len(states) - MOST
    rest = Html("<p>and {} more cells</p>").format(more) if more > 0 else Html()
    style = Html(STYLE.replace("SECONDS", f"{max(seconds, 0.5):g}"))
    table = Html("<div class='lotus-matrix'><table><thead><tr><td></td>{}</tr></thead>{}</table>")
    return join([style, table.format(head, lines), rest, Html("</div>")])


def _place(cells: Sequence[CellState], strips: Mapping[str, bytes]) -> Html:
    return Html("<td>{}</td>").format(join(_picture(cell, strips.get(cell.key)) for cell in cells))


def _picture(cell: CellState, strip: bytes | None) -> Html:
    if strip is None:
        words = Html("<div class='lotus-none' title='{}'>{}</div>")
        return words.format(cell.reason or cell.status, cell.status)
    data = base64.b64encode(strip).decode()
    picture = (
        "<div class='lotus-strip' role='img' title='{0}' aria-label='{0}' style=\"{1}\"></div>"
    )
    title = f"{cell.label}: {usd(cell.cost_usd)}"
    shape = f"background-image:url(data:image/webp;base64,{data});width:{_width(strip)}px"
    return Html(picture).format(title, shape)


def _width(strip: bytes) -> int:
    """Pixels of one frame, from the header of the file (RFC 9649)."""
    if strip[12:16] == b"VP8 ":
        return (int.from_bytes(strip[26:28], "little") & 0x3FFF) // FRAMES
    return HEIGHT * 16 // 9


STYLE = """<style>
.lotus-matrix{overflow-x:auto}
.lotus-matrix table{border-collapse:collapse}
.lotus-matrix th{font-weight:600;padding:4px 8px;text-align:left;vertical-align:top}
.lotus-matrix th{max-width:16em;white-space:normal}
.lotus-matrix td{padding:2px;white-space:nowrap;text-align:left}
.lotus-strip,.lotus-none{display:inline-block;height:90px;margin:1px;border-radius:4px}
.lotus-strip,.lotus-none{vertical-align:top}
.lotus-strip{background-size:800% 100%;animation:lotus-play SECONDSs steps(8) infinite}
.lotus-matrix:hover .lotus-strip{animation-play-state:paused}
.lotus-none{width:120px;line-height:90px;text-align:center}
.lotus-none{border:1px dashed currentColor;opacity:.6}
@keyframes lotus-play{from{background-position:0% 0}to{background-position:114.2857% 0}}
</style>"""
