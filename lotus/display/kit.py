"""The HTML kit: pieces that notebooks, reports and dashboards are made of.

Text is escaped by construction: it passes through Jinja or `Html.format`. Numbers, amounts and
times read the same everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from lotus.errors import LotusError
from lotus.system.quantities import quantity

if TYPE_CHECKING:
    import jinja2

__all__ = [
    "Html",
    "badge",
    "duration",
    "empty",
    "join",
    "render",
    "section",
    "size",
    "style",
    "table",
    "templates",
    "tiles",
    "trouble",
    "usd",
    "when",
]

HERE = Path(__file__).parent
UNITS = ("B", "kB", "MB", "GB", "TB")
SMALL = Decimal("0.10")  # dollars; below this, cents alone say too little
NUMBER = re.compile(r"[-−–$]?[\d,.]+( (s|min|h|%|[kMGT]?B)\b.*)?")


class Html(Markup):
    """Escaped HTML, which a notebook shows where it is the last line of a cell."""

    def _repr_html_(self) -> str:
        """HTML whose dollar signs no notebook takes for formulas."""
        return str(_piece("notebook", self))


@cache
def templates(*folders: Path) -> jinja2.Environment:
    """Jinja with autoescape, the kit's own folder last, and the formats of this module
    as filters.
    """
    import jinja2

    places = jinja2.FileSystemLoader([*folders, HERE])
    environment = jinja2.Environment(loader=places, autoescape=True, trim_blocks=True)
    formats = {"usd": usd, "duration": duration, "size": size, "when": when}
    formats |= {"number": "{:,}".format, "badge": badge, "quantity": quantity}
    environment.filters |= formats
    environment.tests["number_with_unit"] = _is_number
    return environment


def render(folder: Path, name: str, **facts: Any) -> Html:
    """A template of `folder`, filled."""
    return Html(templates(folder).get_template(name).render(facts))


@cache
def style() -> str:
    """The one style sheet of pages and reports."""
    return (HERE / "lotus.css").read_text(encoding="utf-8")


@cache
def _pieces() -> Any:
    return templates().get_template("kit.html.j2").module


def _piece(name: str, *facts: Any) -> Html:
    return Html(getattr(_pieces(), name)(*facts))


def _is_number(value: Any) -> bool:
    """Whether a value is one number with its unit, which must not be broken into two lines."""
    return NUMBER.fullmatch(str(value)) is not None


def join(parts: Iterable[Any]) -> Html:
    """Pieces one after the other."""
    return Html("").join(parts)


def usd(amount: str | Decimal | None) -> str:
    """An amount as people read it: $1,234.50, $0.0125, or a dash where there is none."""
    if amount is None:
        return "–"
    exact = Decimal(amount)
    sign = "−" if exact < 0 else ""
    exact = abs(exact)
    if exact and exact < SMALL:
        places = 4 if exact >= Decimal("0.00005") else 6
        cents, _, rest = f"{exact:.{places}f}".partition(".")
        return f"{sign}${cents}.{rest.rstrip('0').ljust(2, '0')}"
    return f"{sign}${exact:,.2f}"


def duration(seconds: float | None) -> str:
    """A length of time: 15 s, 2 min 5 s, 3 h 20 min."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def size(size_bytes: float | None) -> str:
    """Bytes as 12.3 MB (decimal units)."""
    if size_bytes is None:
        return "–"
    power = min(len(UNITS) - 1, int(math.log(max(abs(size_bytes), 1), 1000)))
    return f"{size_bytes / 1000**power:,.{1 if power else 0}f} {UNITS[power]}"


def when(moment: str | None) -> Html | str:
    """A moment in UTC, which a page turns into the viewer's zone."""
    if moment is None:
        return "–"
    text = datetime.fromisoformat(moment).strftime("%d %b %Y, %H:%M UTC")
    return _piece("time", moment, text)


def badge(status: str) -> Html:
    """A status as a word with a colour."""
    return _piece("badge", status)


def tiles(facts: Iterable[tuple[str, str, str]]) -> Html:
    """Numbers to see first: label, value, note."""
    return _piece("tiles", list(facts))


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Sequence[str] = (),
    total: Sequence[Any] = (),
    most: int | None = None,
) -> Html:
    """A table that scrolls sideways where it is wider than the screen.

    Parameters
    ----------
    caption
        The table's name for those who do not see it; empty for none.
    right
        Columns of numbers.
    total
        One more row, of sums.
    most
        Rows to show of more; the rest is counted.
    """
    sides = ["right" if column in right else "left" for column in columns]
    lines = list(rows)
    if any(len(line) != len(columns) for line in lines):
        raise ValueError(f"a row of {caption!r} has not {len(columns)} cells")
    more = len(lines) - most if most is not None and len(lines) > most else 0
    return _piece("table", caption, columns, sides, lines[:most], total, more)


def empty(title: str, hint: str) -> Html:
    """A sentence where there is nothing, and what to do."""
    return _piece("empty", title, hint)


def trouble(error: BaseException) -> Html:
    """An error of one part of a page with its remedy; of unforeseen ones only the kind."""
    if isinstance(error, LotusError):
        return _piece("trouble", error.message, error.remedy)
    remedy = (
        f"{type(error).__name__}: reload the page; if the error persists, tell the "
        "operator of lotus."
    )
    return _piece("trouble", "This part of the page failed.", remedy)


def section(title: str, body: Any, *, note: str = "") -> Html:
    """A part of a page under a heading."""
    return _piece("section", title, body, note)
