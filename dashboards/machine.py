"""Operations as people read them: the queue, campaigns, failures by cause, cache and database, the
doctor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dashboards.links import Links
from dashboards.markup import badge, duration, empty, join, section, size, table, tiles, usd, when

__all__ = ["campaign_table", "failure_list", "findings", "keeping", "queue_view"]

Row = Mapping[str, Any]
SILENT_SECONDS = 600  # a job that wrote nothing for so long is pointed out


def queue_view(queue: Row, links: Links) -> Markup:
    """How many jobs of each status, and those that are under way."""
    counts = queue["counts"]
    running = sum(counts[name] for name in ("planning", "generating", "composing"))
    shown = tiles(
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
                shown,
                empty(
                    "Nothing is under way.",
                    "Jobs appear here while lotus render or a campaign runs.",
                ),
            ]
        )
    rows = [_under_way(job, links) for job in queue["jobs"]]
    columns = ["video", "status", "progress", "model", "for", "worker"]
    return join([shown, table("Jobs under way", columns, rows, right=("for",))])


def _under_way(job: Row, links: Links) -> list[Any]:
    title = Markup('<a href="{}">{}</a>').format(links.job(job["job_id"]), job["prompt"][:90])
    bar = Markup('<progress max="100" value="{0}" aria-label="{0} %"></progress> {0} %{1}')
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


def campaign_table(campaigns: Sequence[Row], links: Links) -> Markup:
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


def _campaign(row: Row, links: Links) -> list[Any]:
    link = links.page("results", campaign=row["campaign_id"])
    name = Markup('<a href="{}">{}</a>').format(link, row["name"]) if link else row["name"]
    bar = Markup(
        '<progress max="{0}" value="{1}" aria-label="{1} of {0} rows"></progress> {1} of {0}'
    )
    rate = f"{row['rows_per_minute']:g}" if row["rows_per_minute"] else "–"
    return [
        name,
        Markup("{} {}").format(badge(row["status"]), row["stopping"] or ""),
        bar.format(row["total"] or 1, row["over"]),
        row["runs"]["failed"],
        rate,
        duration(row["eta_seconds"]),
        usd(row["actual_usd"]),
        usd(row["budget_usd"]),
        when(row["created_at"]),
    ]


def failure_list(failures: Sequence[Row], links: Links, hours: int) -> Markup:
    """Failures by cause, each with its remedy and a way to the videos."""
    if not failures:
        return empty(
            "Nothing failed.",
            "Failures of this time would be grouped here by cause, with what to do.",
        )
    items = join(_failure(row, links, hours) for row in failures)
    return Markup('<ul class="causes">{}</ul>').format(items)


def _failure(row: Row, links: Links, hours: int) -> Markup:
    all_of_them = links.page("results", status="failed", sort="cost", hours=hours)
    newest = links.job(row["newest"])
    way = Markup(
        '<p><a href="{}">the newest</a> · <a href="{}">all failed videos, dearest first</a></p>'
    )
    shown = (
        "<li><h3>{} <small>{}, {} spent</small></h3><p>{}</p><p><b>What to do:</b> {}</p>{}</li>"
    )
    jobs = f"{row['jobs']:,} job{'s' if row['jobs'] != 1 else ''}"
    return Markup(shown).format(
        *(
            row["cause"],
            jobs,
            usd(row["actual_usd"]),
            row["message"],
            row["remedy"] or "look at the job",
        ),
        way.format(newest, all_of_them) if newest else "",
    )


def keeping(kept: Row) -> Markup:
    """The cache and the database."""
    objects = kept["objects"]
    database = kept["database"]
    rate = f"{kept['hit_rate']:.0%}" if kept["hit_rate"] is not None else "–"
    used = {name: count for name, count in database["connections"].items() if name != "max"}
    most = database["connections"].get("max")
    connections = f"{sum(used.values())} of {most}" if most else "–"
    total = sum(row["size_bytes"] for row in objects.values())
    return tiles(
        [
            ("Cache hit rate", rate, f"{kept['hits']:,} hits, {kept['misses']:,} made"),
            (
                "Kept",
                size(total),
                f"{objects['clips']['count']:,} clips, {objects['videos']['count']:,} videos",
            ),
            ("Database", size(database["size_bytes"]), database["dialect"]),
            (
                "Connections",
                connections,
                ", ".join(f"{count} {name}" for name, count in used.items()),
            ),
        ]
    )


def findings(results: Sequence[Row]) -> Markup:
    """What the doctor found; what is wrong comes first and open."""
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
        Markup("<details{}><summary>{}</summary>{}</details>").format(
            Markup(" open") if wrong else "", note, body
        ),
    )
