"""A campaign as it goes, on a terminal: a table that lives; elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from typing import Any

from batch.report.state import CampaignState, duration

__all__ = ["Live"]

LINE_SECONDS = 30.0


class Live:
    """Hears states and shows them on standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._line_at = 0.0
        self._link = ""
        self._live: Any = None

    def __enter__(self) -> Live:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live as RichLive

            self._live = RichLive(console=Console(stderr=True), refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def dashboard(self, link: str) -> None:
        """Where Dask shows its own view."""
        self._link = link
        if not self._quiet and self._live is None:
            print(f"dask: {link}", file=sys.stderr, flush=True)

    def note(self, message: str) -> None:
        """Say what keeps rows from beginning."""
        if not self._quiet:
            print(message, file=sys.stderr, flush=True)  # above the table, which is drawn again

    def __call__(self, state: CampaignState) -> None:
        """Show one look."""
        if self._quiet:
            return
        if self._live is not None:
            self._live.update(_table(state, self._link))
        elif time.monotonic() - self._line_at > LINE_SECONDS:
            self._line_at = time.monotonic()
            print(_line(state), file=sys.stderr, flush=True)


def _line(state: CampaignState) -> str:
    eta = f", {duration(state.eta_seconds)} to go" if state.eta_seconds else ""
    under_way = ", ".join(
        f"{count} {name}" for name, count in state.counts_by_status.items() if name != "completed"
    )
    completion = f"{state.counts['completed']} of {state.counts['total']} rows completed"
    rest = f" ({under_way})" if under_way else ""
    return f"{duration(state.elapsed_seconds)}: {completion}{eta}{rest}"


def _table(state: CampaignState, link: str) -> Any:
    from rich.table import Table

    c = state.counts
    waiting = ""
    if c["waiting"]:
        waiting = f" ({c['waiting']} waiting for approval)"
    stages = ", ".join(f"{count} {stage}" for stage, count in state.stages.items())
    rate = state.over / state.elapsed_seconds * 60 if state.elapsed_seconds else 0.0
    eta = duration(state.eta_seconds) if state.eta_seconds is not None else "-"
    grid = Table(
        title=f"{state.name} by {state.notebook}", box=None, show_header=False, title_justify="left"
    )
    grid.add_column(style="bold")
    grid.add_column()
    rows = {
        "rows": f"{c['completed']} completed ({c['reused']} before), {c['running']} running, "
        f"{c['queued']} queued{waiting}, {c['failed']} failed, {c['cancelled']} cancelled of "
        f"{c['total']}",
        "stages": stages or "-",
        "at": ", ".join(state.running) or "-",
        "rate": f"{rate:.1f} rows a minute, {eta} to go",
        "money": state.spent,
        "dask": link,
        **{f"  {name}": reason for name, reason in state.failures[:5]},
    }
    for name, value in rows.items():
        grid.add_row(name, value)
    return grid
