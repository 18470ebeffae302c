"""Dashboards without widgets: one page of HTML each, charts as SVG, posters inside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from dashboards import accounts, charts, gallery, machine
from dashboards.links import Standalone
from dashboards.markup import join, section, when
from dashboards.source import Direct

__all__ = ["costs", "operations", "results"]

MOST = 60  # posters in one page


def costs(source: Direct, *, days: int = 30, by: str = "model") -> Any:
    """What was spent in the last `days` days."""
    spent = source.ask("spending", days=days, by=by)
    drawings = [charts.drawn(chart) for chart in charts.of_costs(spent).values()]
    figures = join(Markup('<div class="chart">{}</div>').format(Markup(svg)) for svg in drawings)
    return _page(
        "Costs",
        f"US dollars of the last {days} days of UTC, by {by}",
        accounts.cost_tiles(spent, source.ask("unit_costs", days=days)),
        Markup('<div class="charts">{}</div>').format(figures),
        accounts.days_that_stand_out(spent),
        section(f"By {by}", accounts.names_table(spent)),
        accounts.budgets(spent),
        section("Storage now", accounts.store_table(source.ask("storage"))),
    )


def results(source: Direct, *, days: int = 7, status: str = "") -> Any:
    """The videos of the last `days` days."""
    found = source.ask("videos", hours=days * 24, status=status, limit=MOST)
    count = f"{found['total']:,} videos of the last {days} days"
    if found["total"] > MOST:
        count += f", the newest {MOST} of them"
    cards = gallery.gallery(found, Standalone(source.workspace.store), filtered=True)
    return _page("Results", count, cards, section("As a table", gallery.result_rows(found)))


def operations(source: Direct, *, hours: int = 24) -> Any:
    """How things stand, and what failed in the last `hours` hours."""
    links = Standalone(source.workspace.store)
    return _page(
        "Operations",
        f"Failures of the last {hours} hours",
        section("Queue", machine.queue_view(source.ask("queue"), links)),
        section(
            "Failures by cause",
            machine.failure_list(source.ask("failures", hours=hours), links, hours),
        ),
        section("Campaigns", machine.campaign_table(source.ask("campaigns"), links)),
        section("Cache and database", machine.keeping(source.ask("kept"))),
        machine.findings(source.ask("doctor")),
    )


def _page(title: str, about: str, *parts: Any) -> Any:
    from IPython.display import HTML

    head = Markup('<header class="title"><h1>{}</h1><p>{} · {}</p></header>').format(
        title, about, when(datetime.now(UTC).isoformat())
    )
    return HTML(str(join([head, *parts])))
