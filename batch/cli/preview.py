"""`lotus batch run --dry-run`: every row checked, with its price; nothing is started."""

from __future__ import annotations

from itertools import islice
from typing import Any

from batch.cli.show import print_left_out
from lotus.cli.common import open_workspace, out, print_json, table

__all__ = ["preview"]


def preview(plan: Any, options: Any, limit: int | None, budget: str | None, json: bool) -> None:
    """Print rows with their prices; raises InvalidInput as `run` does."""
    from batch.report.chains import with_chains
    from batch.rows.kernels import check_kernel
    from batch.rows.plan import price

    place = open_workspace()
    plan = with_chains(plan, place)
    good, problems = plan.check(options)
    check_kernel(plan.kernel.name)
    print_left_out(plan, problems)
    rows = islice((row for row in plan.rows() if isinstance(row, dict)), limit)
    prices = [(row, price(row, place)) for row in rows]
    if json:
        _print_document(plan, prices, good, budget)
    else:
        _print_table(plan, prices, good)


def _total(prices: list[tuple[Any, Any]]) -> str | None:
    from lotus.money.ledger import money

    amounts = [amount for _, amount in prices if amount is not None]
    return money(sum(amounts, start=type(amounts[0])(0))) if amounts else None


def _lines(prices: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    from lotus.money.ledger import money

    return [
        {
            "row": row["name"],
            "line": row["position"],
            "price_usd": money(amount) if amount is not None else None,
        }
        for row, amount in prices
    ]


def _print_document(
    plan: Any, prices: list[tuple[Any, Any]], good: int, budget: str | None
) -> None:
    print_json(
        {
            "campaign_id": plan.id,
            "rows": _lines(prices),
            "runs": {"total": good},
            "total_usd": _total(prices),
            "budget_usd": budget,
        }
    )


def _print_table(plan: Any, prices: list[tuple[Any, Any]], good: int) -> None:
    lines = _lines(prices)
    cells = [[line["row"], line["line"], line["price_usd"] or "-"] for line in lines]
    table(["row", "line", "price"], cells, ("price",))
    out(
        f"\n{len(lines)} of {good} rows by {plan.notebook.name}, ${_total(prices) or '0.00'} in "
        "all; nothing started"
    )
