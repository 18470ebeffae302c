"""lotus store: how much is kept and what it costs, removing what has expired, and a bucket's own
rules.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer

from lotus.cli.common import (
    JSON,
    Commands,
    open_workspace,
    out,
    print_json,
    print_removal,
    reporting,
    table,
)

__all__ = ["app"]

app = typer.Typer(
    cls=Commands, help="The store: usage, clean-up, a bucket's rules.", no_args_is_help=True
)
rules = typer.Typer(
    cls=Commands,
    help="Rules by which a bucket removes expired objects: show, apply, check.",
    no_args_is_help=True,
)
app.add_typer(rules, name="lifecycle")
Json = Annotated[bool, JSON]


@app.command()
def du(
    by: Annotated[str, typer.Option(help="Group by prefix or campaign.")] = "prefix",
    json: Json = False,
) -> None:
    """Show the size of each prefix, its days of retention, and its price per month in a bucket."""
    with reporting(json):
        from lotus.money.aws_prices import prices
        from lotus.reports.storage import store_usage

        workspace = open_workspace()
        rows = store_usage(workspace, by)
        rate = prices()["store"]
        what = f"S3 Standard, {prices()['region']}, first 50 TB, as of {prices()['read']}"
        if json:
            price = {
                "usd_per_gb_month": rate["gb_month_usd"],
                "what": what,
                "source": rate["source"],
            }
            size = sum(row["size_bytes"] for row in rows)
            groups = "prefixes" if by == "prefix" else "campaigns"
            print_json(
                {
                    groups: rows,
                    "size_bytes": size,
                    "price": price if workspace.store.billed else None,
                }
            )
            return
        cells = [
            [r[by], r["objects"], f"{r['size_bytes'] / 1e6:.1f}", r["monthly_usd"], _days(r)]
            for r in rows
        ]
        columns = [by, "objects", "MB", "$ a month", "days kept"]
        table(columns, cells, right=("objects", "MB", "$ a month", "days kept"))
        if workspace.store.billed:
            out(f"prices: {what} ({rate['source']})")


def _days(row: dict[str, Any]) -> str:
    return str(row["kept_days"] or "for ever") if "kept_days" in row else ""


@app.command()
def clean(
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it, only list them.")
    ] = False,
    orphans: Annotated[
        bool,
        typer.Option("--orphans", help="Also remove videos whose job is not in this database."),
    ] = False,
    json: Json = False,
) -> None:
    """Remove objects past their prefix's retention; without --yes, list them only."""
    with reporting(json):
        from lotus.reports.storage import clean_store

        removal = clean_store(open_workspace(), dry_run=not yes, orphans=orphans)
        print_removal(removal, json)


@rules.command()
def show(json: Json = False) -> None:
    """Show the lifecycle rules that the bucket should have, and whether it has them."""
    with reporting(json):
        _show(json)


@rules.command()
def apply(json: Json = False) -> None:
    """Write the lifecycle rules to the bucket; rules of other programs stay."""
    with reporting(json):
        from lotus.store.lifecycle import apply_rules

        bucket, translation = _bucket()
        with translation:
            apply_rules(bucket)
        _show(json)


@rules.command()
def check(json: Json = False) -> None:
    """Check the bucket's lifecycle rules; exit code 1 if one is missing."""
    with reporting(json):
        if _show(json):
            raise typer.Exit(1)


def _show(json: bool) -> int:
    """Print the rules; how many the bucket lacks."""
    from lotus.store.lifecycle import differing, present_rules, wanted_rules

    bucket, translation = _bucket()
    with translation:
        rules = wanted_rules(bucket.prefix)
        lacking = differing(rules, present_rules(bucket))
    if json:
        listing = [{**rule.__dict__, "there": rule not in lacking} for rule in rules]
        print_json({"bucket": bucket.name, "ok": not lacking, "rules": listing})
        return len(lacking)
    rows = [
        [
            r.prefix or "/",
            r.days,
            "parts of uploads" if r.parts_only else "objects",
            _there(r in lacking),
        ]
        for r in rules
    ]
    table(["prefix", "days", "removes", "in the bucket"], rows, right=("days",))
    if lacking:
        out("apply them with `lotus store lifecycle apply`")
    return len(lacking)


def _there(lacking: bool) -> str:
    return "no" if lacking else "yes"


def _bucket() -> tuple[Any, AbstractContextManager[None]]:
    from lotus.errors import SettingsError
    from lotus.store.bucket import Bucket
    from lotus.store.faults import translate_errors

    store = open_workspace().store
    if not isinstance(store.objects, Bucket):
        reason = f"{store.url} is not a bucket: only buckets have lifecycle rules"
        raise SettingsError(
            name="LOTUS_STORE", reason=reason, remedy="run `lotus store clean` now and then"
        )
    return store.objects, translate_errors(store.url)
