"""Operations: the queue, failures by cause, campaigns, cache and database, the doctor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboards.views.filters import hours_filter
from dashboards.views.links import PageLinks
from lotus.display.kit import (
    Html,
    badge,
    duration,
    empty,
    join,
    section,
    size,
    table,
    tiles,
    usd,
    when,
)

if TYPE_CHECKING:
    from dashboards.dashboard import Dashboard
from lotus.system.quantities import quantity

__all__ = [
    "cache_tiles",
    "caches",
    "campaign_table",
    "campaigns",
    "doctor",
    "failure_list",
    "failures",
    "findings",
    "queue",
    "queue_view",
]

Row = Mapping[str, Any]
SILENT_SECONDS = 600  # a job that wrote nothing for so long is pointed out
LIVE = '<div data-live id="{}">{}</div>'  # the page asks for it again and again


def queue(page: Dashboard) -> Html:
    """What waits and runs."""
    view = queue_view(page.ask("queue"), page.links)
    return Html(LIVE).format("queue", section("Queue", view))


def failures(page: Dashboard) -> Html:
    """What failed in the hours that the viewer chooses, by cause."""
    hours = hours_filter(page.query)
    causes = failure_list(page.ask("failures", hours=hours.value), page.links, hours.value)
    form = page.filters([hours])
    return section("Failures by cause", join([form, Html(LIVE).format("failures", causes)]))


def campaigns(page: Dashboard) -> Html:
    """The newest campaigns."""
    rows = page.ask("campaigns")
    total = page.ask("campaign_count")
    note = f"the newest {len(rows):,} of {total:,}" if total > len(rows) else ""
    view = section("Campaigns", campaign_table(rows, page.links), note=note)
    return Html(LIVE).format("campaigns", view)


def caches(page: Dashboard) -> Html:
    """Cache and database."""
    return section("Cache and database", cache_tiles(page.ask("kept")))


def doctor(page: Dashboard) -> Html:
    """Findings of the doctor."""
    return findings(page.ask("doctor"))


def queue_view(queue: Row, links: PageLinks) -> Html:
    """How many jobs of each status, and those that are under way."""
    counts = queue["counts"]
    running = sum(counts[name] for name in ("planning", "generating", "composing"))
    counters = tiles(
        [
            ("Waiting", f"{counts['queued']:,}", ""),
            ("Running", f"{running:,}", ", ".join(queue["workers"]) or "no worker"),
            ("Completed", f"{counts['completed']:,}", "last 24 hours"),
            ("Failed", f"{counts['failed']:,}", "last 24 hours"),
            ("Cancelled", f"{counts['cancelled']:,}", "last 24 hours"),
        ]
    )
    if not queue["jobs"]:
        return join(
            [
                counters,
                empty(
                    "Nothing is under way.",
                    "Jobs appear here while lotus render or a campaign runs.",
                ),
            ]
        )
    rows = [_under_way(job, links) for job in queue["jobs"]]
    columns = ["video", "status", "progress", "model", "for", "worker"]
    return join([counters, table("Jobs under way", columns, rows, right=("for",))])


def _under_way(job: Row, links: PageLinks) -> list[Any]:
    title = Html('<a href="{}">{}</a>').format(links.job(job["job_id"]), job["prompt"][:90])
    bar = Html('<progress max="100" value="{0}" aria-label="{0} %"></progress> {0} %{1}')
    silent = job["silent_seconds"] > SILENT_SECONDS
    begun = job["status"] != "queued"
    still = f", silent for {duration(job['silent_seconds'])}" if silent and begun else ""
    note = f", {job['note']}" if job["note"] else ""
    return [
        title,
        badge(job["status"]),
        bar.format(round(job["percent"]), f"{note}{still}"),
        job["model"],
        duration(job["seconds"]),
        job["worker"].rsplit(":", 1)[0],
    ]


def campaign_table(campaigns: Sequence[Row], links: PageLinks) -> Html:
    """Campaigns with rows, rate, what is left of time and money."""
    if not campaigns:
        return empty("No campaigns yet.", "Start one: lotus batch run lotus/examples/campaign.yaml")
    columns = [
        "campaign",
        "status",
        "rows",
        "failed",
        "a minute",
        "ready in",
        "spent",
        "budget",
        "begun",
    ]
    right = ("failed", "a minute", "ready in", "spent", "budget")
    return table("Campaigns", columns, [_campaign(row, links) for row in campaigns], right=right)


def _campaign(row: Row, links: PageLinks) -> list[Any]:
    link = links.page("campaign", id=row["campaign_id"])
    videos = links.page("results", campaign=row["campaign_id"])
    link_markup = Html('<a href="{}">{}</a> <small><a href="{}">videos</a></small>')
    name = link_markup.format(link, row["name"], videos) if link else row["name"]
    bar = Html(
        '<progress max="{0}" value="{1}" aria-label="{1} of {0} rows"></progress> {1:,} of {0:,}'
    )
    rate = f"{row['rows_per_minute']:g}" if row["rows_per_minute"] else "–"
    return [
        name,
        Html("{} {}").format(badge(row["status"]), row["stopping"] or ""),
        bar.format(row["total"], row["over"]),
        row["runs"]["failed"],
        rate,
        duration(row["eta_seconds"]),
        usd(row["actual_usd"]),
        usd(row["budget_usd"]),
        when(row["created_at"]),
    ]


def failure_list(failures: Sequence[Row], links: PageLinks, hours: int) -> Html:
    """Failures by cause, each with its remedy and a way to the videos."""
    if not failures:
        return empty(
            "Nothing failed.",
            "Failures of this time would be grouped here by cause, with what to do.",
        )
    items = join(_failure(row, links, hours) for row in failures)
    return Html('<ul class="causes">{}</ul>').format(items)


def _failure(row: Row, links: PageLinks, hours: int) -> Html:
    all_of_them = links.page("results", status="failed", sort="cost", hours=hours)
    newest = links.job(row["newest"])
    way = Html(
        '<p><a href="{}">the newest</a> · <a href="{}">all failed videos, most expensive '
        "first</a></p>"
    )
    html = "<li><h3>{} <small>{}, {} spent</small></h3><p>{}</p><p><b>What to do:</b> {}</p>{}</li>"
    return Html(html).format(
        *(
            row["cause"],
            quantity(row["jobs"], "job"),
            usd(row["actual_usd"]),
            row["message"],
            row["remedy"] or "look at the job",
        ),
        way.format(newest, all_of_them) if newest else "",
    )


def cache_tiles(cache: Row) -> Html:
    """The cache and the database by their own counts."""
    objects = cache["objects"]
    database = cache["database"]
    rate = f"{cache['hit_rate']:.0%}" if cache["hit_rate"] is not None else "–"
    in_use = {name: count for name, count in database["connections"].items() if name != "max"}
    most = database["connections"].get("max")
    connections = f"{sum(in_use.values())} of {most}" if most else "–"
    total = sum(row["size_bytes"] for row in objects.values())
    return tiles(
        [
            ("Cache hit rate", rate, f"{cache['hits']:,} hits, {cache['misses']:,} made"),
            (
                "Kept",
                size(total),
                ", ".join(quantity(objects[f"{n}s"]["count"], n) for n in ("clip", "video")),
            ),
            ("Database", size(database["size_bytes"]), database["dialect"]),
            (
                "Connections",
                connections,
                ", ".join(f"{count} {name}" for name, count in in_use.items()),
            ),
        ]
    )


def findings(results: Sequence[Row]) -> Html:
    """The doctor's findings; what is wrong comes first and open."""
    order = {"fail": 0, "warn": 1, "ok": 2, "skip": 3}
    rows = [
        [badge(result["status"]), result["name"], result["detail"], result["remedy"]]
        for result in sorted(results, key=lambda result: order.get(result["status"], 9))
    ]
    wrong = sum(result["status"] == "fail" for result in results)
    note = (
        f"{wrong} of {len(results)} checks fail" if wrong else f"{len(results)} checks, none fails"
    )
    body = table("Findings", ["", "check", "found", "what to do"], rows)
    return section(
        "Doctor",
        Html("<details{}><summary>{}</summary>{}</details>").format(
            Html(" open") if wrong else "", note, body
        ),
    )
