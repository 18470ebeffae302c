"""lotus experiment: designs, their runs, measurements and ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli import experiment_ratings
from lotus.cli.common import JSON, Commands, out, print_json, reporting, table
from lotus.cli.experiment_ratings import Design, open_experiment
from lotus.system.quantities import quantity

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Compare models, prompts and settings. A cell is one combination of them and becomes one "
    "video; a factor is what you vary, a level one of its values, an arm all cells of a level. "
    "Begin with `lotus experiment run DESIGN.yaml`.",
)
Workers = Annotated[
    int | None, typer.Option(min=1, help="Number of parallel workers; default: one per processor.")
]
Budget = Annotated[
    str | None,
    typer.Option(help="Maximum cost in dollars of the whole experiment, all runs together."),
]
Accept = Annotated[
    str, typer.Option(help="Limits of metrics for each video, such as 'frozen<0.02, black<0.01'.")
]
Retakes = Annotated[int, typer.Option(help="Number of retries for a video that breaks a limit.")]


@app.command()
def estimate(
    design: Design,
    pilot: Annotated[float, typer.Option(help="Share of the cells that a pilot runs.")] = 0.1,
    width: Annotated[
        float, typer.Option(min=10, help="Wanted width of the intervals, in points of rating.")
    ] = 100.0,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Estimate the cost of each arm, of the whole and of a pilot, and the judgements needed."""
    with reporting(json):
        result = open_experiment(design).estimate(pilot=pilot, width=width)
        if json:
            print_json(result.model_dump(mode="json"))
            return
        _print_estimate(result)


def _print_estimate(result: Any) -> None:
    from lotus.money.ledger import money

    rows = [
        [
            arm.factor,
            arm.level,
            arm.cells,
            arm.cached,
            f"${money(arm.amount_usd)}" + ("" if arm.price_known else " or more"),
        ]
        for arm in result.arms
    ]
    table(["factor", "level", "cells", "cached", "cost"], rows, right=("cells", "cached", "cost"))
    more = "" if result.price_known else ", and clips of unknown price"
    cells = quantity(result.cells, "cell")
    out(f"{cells}, {result.cached} cached: ${money(result.total_usd)}{more}")
    out(f"pilot of {quantity(result.pilot_cells, 'cell')}: ${money(result.pilot_usd)}")
    for factor, count in result.judgements.items():
        out(f"about {quantity(count, 'judgement')} to rate {factor} within {result.width:g} points")


@app.command()
def run(
    design: Design,
    budget: Budget = None,
    workers: Workers = None,
    pilot: Annotated[
        float | None, typer.Option(help="Run only this share of the cells, in whole blocks.")
    ] = None,
    accept: Accept = "",
    retakes: Retakes = 0,
    cluster: Annotated[
        str | None, typer.Option(help="Dask: local, ecs, or a scheduler's address.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Measure the videos and compare with this earlier experiment."),
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Make the missing videos; exit code 1 if a cell has no video, or a metric got worse."""
    with reporting(json):
        experiment = open_experiment(design)

        def on_cell(cell: Any, outcome: str) -> None:
            if not json:
                out(f"{', '.join(map(str, cell.factors.values()))}: {outcome}")

        options = {"budget_usd": budget, "workers": workers, "pilot": pilot}
        experiment.run(**options, accept=accept, retakes=retakes, cluster=cluster, on_cell=on_cell)
        states = experiment.cells()
        changes = None
        if against is not None:
            experiment.measure(workers=workers)
            frame = experiment.compare(against)
            changes = frame.astype(object).where(frame.notna(), None).to_dict("records")
        _print_states(experiment, states, json, changes)
        worse = any(row["verdict"] == "worse" for row in changes or ())
        if worse or any(s.status in ("failed", "over budget", "expired") for s in states):
            raise typer.Exit(1)


@app.command()
def status(design: Design, json: Annotated[bool, JSON] = False) -> None:
    """Show how many cells have a video, what they cost, and why others have none."""
    with reporting(json):
        experiment = open_experiment(design)
        _print_states(experiment, experiment.cells(), json)


def _print_states(
    experiment: Any, states: list[Any], as_json: bool, changes: list[dict[str, Any]] | None = None
) -> None:
    from collections import Counter

    from lotus.money.ledger import money

    if as_json:
        cells = [state.model_dump(mode="json") for state in states]
        document = {"experiment": experiment.name, "id": experiment.id, "cells": cells}
        print_json(document if changes is None else {**document, "changes": changes})
        return
    counts = Counter(state.status for state in states)
    cost = money(experiment.spent_usd)
    out(f"{', '.join(f'{n} {status}' for status, n in counts.items())}; ${cost} spent")
    without = [state for state in states if state.reason]
    if without:
        rows = [[state.label, state.status, state.reason] for state in without]
        table(["description", "status", "why"], rows)
    if changes is not None:
        _print_changes(changes)


@app.command()
def manifest(
    design: Design,
    out_file: Annotated[
        Path, typer.Option("--out", "-o", help="The manifest (CSV) to write.")
    ] = Path("cells.csv"),
    budget: Budget = None,
    accept: Accept = "",
    retakes: Retakes = 0,
) -> None:
    """Write the cells without a video as a campaign's manifest."""
    with reporting():
        options = {"accept": accept, "retakes": retakes, "budget_usd": budget}
        path = open_experiment(design).to_manifest(out_file, **options)
        out(f"wrote {path}; run it: lotus batch run {path} --notebook experiment_cell")


@app.command()
def measure(
    design: Design,
    metric: Annotated[
        list[str] | None, typer.Option(help="Measure only this metric; repeat for more.")
    ] = None,
    workers: Workers = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write all cells to this CSV file.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Measure the videos, each once, and print the means of each arm."""
    with reporting(json):
        experiment = open_experiment(design)
        frame = experiment.measure(metric, workers=workers)
        if out_file is not None:
            frame.to_csv(out_file, index=False)
        if json:
            print_json(
                {"cells": frame.astype(object).where(frame.notna(), None).to_dict("records")}
            )
            return
        names = [n for n in frame.columns if frame[n].dtype == float and frame[n].notna().any()]
        for factor in experiment.design.treatments:
            means = frame.groupby(factor, sort=False)[names].mean()
            rows = [[n, *(f"{v:.4g}" for v in means[n])] for n in names]
            table([factor, *map(str, means.index)], rows, right=tuple(map(str, means.index)))


@app.command()
def report(
    design: Design,
    out_file: Annotated[Path, typer.Option("--out", "-o", help="The HTML file.")] = Path(
        "experiment.html"
    ),
) -> None:
    """Write clips, leaderboards, costs, metrics and caveats as one HTML file."""
    with reporting():
        out(f"wrote {open_experiment(design).report(out_file)}")


@app.command()
def export(
    design: Design,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A new folder, or s3://bucket/prefix.")
    ],
) -> None:
    """Write cells and ratings as Parquet, the clips, and cards for Croissant and FiftyOne."""
    with reporting():
        out(f"wrote {open_experiment(design).export(target)}")


@app.command()
def log(
    design: Design,
    to: Annotated[list[str], typer.Option(help="A logger: mlflow or wandb; repeat it for more.")],
) -> None:
    """Write costs, cells, metrics, leaderboards and the report to MLflow or Weights & Biases."""
    with reporting():
        open_experiment(design).log(to)
        out(f"logged to {', '.join(to)}")


@app.command()
def adopt(
    design: Design,
    factor: Annotated[str, typer.Argument(help="The factor whose winner is written.")],
    document: Annotated[
        Path, typer.Argument(metavar="FILE", help="A brief or manifest in YAML, or .env.")
    ],
    unsure: Annotated[
        bool,
        typer.Option(
            "--unsure", help="Adopt the winner even if it is not surely ahead of the others."
        ),
    ] = False,
) -> None:
    """Write the winner of a factor as the default of a YAML file, or of .env."""
    with reporting():
        out(f"{factor}: {open_experiment(design).adopt(factor, document, sure=not unsure)}")


def _print_changes(rows: list[dict[str, Any]]) -> None:
    cells = [
        [r["metric"], _number(r["before"]), _number(r["now"]), r["pairs"], r["verdict"]]
        for r in rows
    ]
    columns = ["metric", "before", "now", "pairs", "verdict"]
    table(columns, cells, right=("before", "now", "pairs"))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


experiment_ratings.register(app)
