"""A campaign as a page: how it stands, what went wrong, and a card a row with its video."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from batch.state import State
from lotus.ledger import money

__all__ = ["SHOWN", "card", "page", "state_html"]

SHOWN = 1000  # rows on the page; the table has all
CAUSES = 20
POSTER_PIXELS = 360
TOLD = ("aspect_ratio", "style", "duration_seconds", "cta")  # of a brief, on its card


def state_html(state: State) -> str:
    """A campaign as a notebook shows it."""
    cells = "".join(
        f"<td style='padding:0 1em 0 0'><b>{count}</b> {html.escape(name)}</td>"
        for name, count in state.counts.items()
    )
    cost = f"spent ${money(state.costs['settled'])}, saved ${money(state.costs['saved'])}"
    if state.budget_usd is not None:
        cost += f" of ${money(state.budget_usd)}"
    why = f" ({html.escape(state.stopping)})" if state.stopping else ""
    return (
        f"<p><b>{html.escape(state.name)}</b> by {html.escape(state.notebook)}: {state.status}{why}; {cost}; "
        f"{state.elapsed_seconds:.0f} s</p><table><tr>{cells}</tr></table>"
    )


def page(state: State, cards: Sequence[str], causes: Mapping[str, int], count: int) -> str:
    """The whole page, in one file: it can be mailed."""
    more = f"<p>{count - len(cards)} more rows are in report.csv.</p>" if count > len(cards) else ""
    listed = sorted(causes.items(), key=lambda item: -item[1])[:CAUSES]
    why = "".join(f"<li>{number} &times; {html.escape(cause)}</li>" for cause, number in listed)
    return PAGE.format(
        title=html.escape(state.name),
        head=state_html(state),
        why=f"<ul>{why}</ul>" if why else "",
        cards="".join(cards),
        more=more,
    )


def card(row: Mapping[str, Any], folder: Path) -> str:
    """One row; what lies on this machine is linked relatively to `folder`, so that both can be moved."""
    links = " ".join(
        f"<a href='{html.escape(_link(row[name], folder), quote=True)}'>{name}</a>"
        for name in ("video", "notebook", "draft")
        if row[name]
    )
    took = f" &middot; {row['seconds']:.0f} s" if row["seconds"] is not None else ""
    reason = f"<p class='why'>{html.escape(row['reason'])}</p>" if row["reason"] else ""
    kind = "waits" if row["status"].startswith("waits") else row["status"]
    return (
        f"<article class='{kind}'>{_video(row, folder)}<h2>{html.escape(row['row'])}</h2>"
        f"{_about(row['parameters'])}"
        f"<p><b>{row['status']}</b> &middot; ${row['cost_usd']}{took}</p>{reason}<p>{links}</p></article>"
    )


def _about(parameters: Mapping[str, Any]) -> str:
    """What tells this row from others."""
    brief = parameters.get("brief")
    told = brief if isinstance(brief, Mapping) else parameters
    names = TOLD if isinstance(brief, Mapping) else tuple(told)[:4]
    parts = [str(told[name])[:60] for name in names if told.get(name) not in (None, "", [], {})]
    return f"<p class='about'>{html.escape(' · '.join(parts))}</p>" if parts else ""


def _link(place: str, folder: Path) -> str:
    return place if "://" in place else os.path.relpath(place, folder)


def _video(row: Mapping[str, Any], folder: Path) -> str:
    """The video behind its poster, which is inside the page: small enough for a thousand of them."""
    poster, place = _poster(row["poster"]), row["video"]
    if poster is None:
        return "<div class='none'>no video</div>"
    if place is None or "://" in place:  # a bucket's address is none that a browser can open
        return f"<img alt='' src='{poster}'>"
    source = html.escape(_link(place, folder), quote=True)
    return f"<video controls preload='none' playsinline poster='{poster}' src='{source}'></video>"


def _poster(place: str | None) -> str | None:
    from PIL import Image

    try:
        if place is None or "://" in place:
            return None
        with Image.open(place) as picture:
            picture.thumbnail((POSTER_PIXELS, POSTER_PIXELS))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=70)
    except OSError:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(small.getvalue()).decode()}"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 76rem; padding: 0 1rem }}
main {{ display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }}
article {{ border: 1px solid #8884; border-radius: .6rem; overflow: hidden; padding-bottom: .4rem }}
article video, article img, .none {{ width: 100%; height: 12rem; object-fit: contain; background: #0002 }}
.none {{ display: grid; place-items: center; color: #888 }}
article h2 {{ font-size: 1rem; margin: .6rem .8rem 0; overflow-wrap: anywhere }}
article p {{ margin: .1rem .8rem }}
.about {{ color: #888; font-size: .85rem }}
.failed b {{ color: #c33 }}
.cancelled b, .waits b {{ color: #a70 }}
.completed b {{ color: #287 }}
.why {{ font-size: .85rem; overflow-wrap: anywhere; max-height: 6rem; overflow-y: auto }}
</style>
<h1>{title}</h1>{head}{why}<main>{cards}</main>{more}
</html>
"""
