"""Pieces of HTML that all views share. Text of people goes through `Markup.format`, which escapes
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from lotus.errors import LotusError

__all__ = [
    "badge",
    "duration",
    "empty",
    "join",
    "section",
    "size",
    "table",
    "tiles",
    "trouble",
    "usd",
    "when",
]

UNITS = ("B", "kB", "MB", "GB", "TB")
SMALL = Decimal("0.10")  # below this, cents alone say too little


def join(parts: Iterable[Any]) -> Markup:
    """Pieces one after the other."""
    return Markup("").join(parts)


def usd(amount: str | None) -> str:
    """An amount as people read it: $1,234.50, $0.0125, or a dash where there is none."""
    if amount is None:
        return "–"
    exact = Decimal(amount)
    if exact and abs(exact) < SMALL:
        cents, _, rest = f"{exact:.4f}".partition(".")
        return f"${cents}.{rest.rstrip('0').ljust(2, '0')}"
    return f"${exact:,.2f}"


def duration(seconds: float | None) -> str:
    """A length of time: 15 s, 2 min 5 s, 3 h 20 min."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(size_bytes: float | None) -> str:
    """Bytes as 12.3 MB (decimal units)."""
    if size_bytes is None:
        return "–"
    power = min(len(UNITS) - 1, int(math.log(max(abs(size_bytes), 1), 1000)))
    return f"{size_bytes / 1000**power:.{1 if power else 0}f} {UNITS[power]}"


def when(moment: str | None) -> Markup | str:
    """A moment in UTC, which the page turns into the viewer's zone."""
    if moment is None:
        return "–"
    shown = datetime.fromisoformat(moment).strftime("%d %b %Y, %H:%M UTC")
    return Markup('<time datetime="{}">{}</time>').format(moment, shown)


def badge(status: str) -> Markup:
    """A status as a word with a colour."""
    return Markup('<span class="badge {0}">{0}</span>').format(status)


def tiles(facts: Iterable[tuple[str, str, str]]) -> Markup:
    """Numbers to see first: label, value, note."""
    one = Markup('<div class="tile"><dt>{}</dt><dd>{}</dd><dd class="small">{}</dd></div>')
    return Markup('<dl class="tiles">{}</dl>').format(join(one.format(*fact) for fact in facts))


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Sequence[str] = (),
) -> Markup:
    """A table that scrolls sideways where it is wider than the screen; columns in `right` are
    numbers.
    """
    sides = ["num" if column in right else "" for column in columns]
    head = join(
        Markup('<th scope="col" class="{}">{}</th>').format(*pair)
        for pair in zip(sides, columns, strict=True)
    )
    cell = Markup('<td class="{}">{}</td>')
    body = join(
        Markup("<tr>{}</tr>").format(
            join(cell.format(*pair) for pair in zip(sides, row, strict=True))
        )
        for row in rows
    )
    whole = (
        '<div class="scroll" tabindex="0" role="region" '
        'aria-label="{0}"><table><caption>{0}</caption>'
    )
    return Markup(whole + "<thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>").format(
        caption, head, body
    )


def empty(title: str, hint: str) -> Markup:
    """There is nothing, and this is what to do."""
    return Markup('<div class="empty"><strong>{}</strong><p>{}</p></div>').format(title, hint)


def trouble(error: BaseException) -> Markup:
    """What is wrong with this part of the page, and what to do; the other parts go on."""
    known = isinstance(error, LotusError)
    message = error.message if isinstance(error, LotusError) else f"{type(error).__name__}"
    remedy = error.remedy if isinstance(error, LotusError) else ""
    shown = '<div class="trouble" role="alert"><strong>{}</strong><p>{}</p></div>'
    return Markup(shown).format(
        message if known else "This part of the page failed.",
        remedy or (f"{message}: reload the page, and tell whoever runs lotus if it stays."),
    )


def section(title: str, body: Any, *, note: str = "") -> Markup:
    """A part of a page under a heading."""
    small = Markup("<small>{}</small>").format(note) if note else ""
    return Markup("<section><h2>{} {}</h2>{}</section>").format(title, small, body)
