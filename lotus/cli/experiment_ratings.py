"""lotus experiment rate, judge, ratings, leaderboard: who says what is better, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table
from lotus.system.quantities import quantity

__all__ = ["Design", "open_experiment", "register"]

Design = Annotated[
    Path, typer.Argument(metavar="EXPERIMENT.yaml", help="Design file with base: and grid:.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `lotus experiment`."""
    for command in (rate, judge, ratings, leaderboard, scores):
        app.command()(command)


def open_experiment(path: Path) -> Any:
    """The experiment that a file describes; raises InvalidInput."""
    from lotus.api.experiments import Experiment

    return Experiment.read(path)


def rate(
    design: Design,
    rater: Annotated[list[str], typer.Option(help="Name of a rater; repeat for more.")],
    question: Annotated[
        list[str] | None, typer.Option(help="Question for each pair; default: which is better.")
    ] = None,
    factor: Annotated[
        list[str] | None, typer.Option(help="Compare only the levels of this factor.")
    ] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Score one clip at a time from 1 to 5 instead of pairs.")
    ] = False,
    address: Annotated[
        str, typer.Option(help="Address of `lotus dashboards --reviews`, for the links.")
    ] = "http://127.0.0.1:8866",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Print a link for each rater to blind pairs of videos; it replaces an earlier link."""
    with reporting(json):
        options = {"questions": question or (), "factors": factor or (), "scale": scale}
        links = open_experiment(design).rate(*rater, **options, address=address)
        if json:
            print_json({"links": links})
            return
        for name, link in links.items():
            out(f"{name}: {link}")
        out("the links work while `lotus dashboards --reviews` runs")


def judge(
    design: Design,
    question: Annotated[
        str | None, typer.Option(help="Question for each pair; default: which is better.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A language model of the catalogue that takes pictures.")
    ] = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of pairs; default: all.")
    ] = None,
    samples: Annotated[int, typer.Option(help="Number of answers for each order of a pair.")] = 1,
    budget: Annotated[
        str | None,
        typer.Option(help="Maximum cost in dollars of the whole experiment, all runs together."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the cost without asking the model.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Ask a vision-language model which clip of each pair is better, in both orders."""
    with reporting(json):
        experiment = open_experiment(design)
        options = {"model": model, "pairs": pairs, "samples": samples}
        if dry_run:
            _print_plan(experiment.estimate_judge(question, **options), json)
            return
        report = experiment.judge(question, **options, budget_usd=budget)
        if json:
            print_json(report.model_dump(mode="json"))
            return
        _print_judge(report)


def _print_plan(plan: dict[str, Any], as_json: bool) -> None:
    amount = str(plan["amount_usd"])
    if as_json:
        print_json({**plan, "amount_usd": amount})
        return
    out(f"{plan['questions']} answers of {plan['model']}: ${amount} at most")


def _print_judge(report: Any) -> None:
    out(f"{report.model}: {report.answers} answers about {report.pairs} pairs; not people")
    shares = {
        "same answer in both orders": "consistency",
        "video shown first": "first_share",
        "longer video": "longer_share",
        "as people decided": "agreement",
    }
    for words, name in shares.items():
        share, span = getattr(report, name), report.intervals.get(name)
        between = f" (95% interval {span[0]:.0%} to {span[1]:.0%})" if span else ""
        out(f"{words}: {'-' if share is None else f'{share:.0%}'}{between}")
    for note in report.notes:
        out(note)


def ratings(
    design: Design,
    add: Annotated[
        Path | None,
        typer.Option(help="Add judgements from a CSV file; left and right are cell keys."),
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Count the judgements of each factor, or add judgements from a file."""
    with reporting(json):
        experiment = open_experiment(design)
        additions = experiment.add_ratings(add) if add is not None else 0
        counts = {name: len(experiment.ratings(name)) for name in experiment.design.factors}
        if json:
            print_json({"added": additions, "judgements": counts})
            return
        for name, count in counts.items():
            out(f"{name}: {quantity(count, 'judgement')}")


def leaderboard(
    ratings: Annotated[
        Path,
        typer.Argument(
            metavar="RATINGS.csv|EXPERIMENT.yaml",
            help="CSV file with rater, left, right and choice; or an experiment.",
        ),
    ],
    factor: Annotated[
        str | None, typer.Option(help="For an experiment: factor whose levels are ranked.")
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="The question to rank; required if the ratings have several.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    judge: Annotated[
        str | None, typer.Option(help="For an experiment: rank by the answers of this model.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="For an experiment: only prompts of this category.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Rank models, styles or another factor by people's choices, and show how sure each place is.

    Names raters whose answers look random.
    """
    with reporting(json):
        if ratings.suffix in (".yaml", ".yml", ".json"):
            experiment = open_experiment(ratings)
            options = {"question": question, "confidence": confidence}
            options |= {"judge": judge, "category": category}
            board = experiment.leaderboard(factor, **options)
        else:
            from lotus.experiments.leaderboard import leaderboard as rank

            board = rank(ratings, question=question, confidence=confidence)
        if json:
            print_json(board.model_dump(mode="json"))
            return
        _print_board(board)


def _print_board(board: Any) -> None:
    if board.judge is not None:
        out(f"by answers of {board.judge}, a model: not people")
    rows = [
        [
            f"{place.best_rank}-{place.worst_rank}",
            place.name,
            f"{place.rating:.0f}",
            f"{place.low:.0f} to {place.high:.0f}",
            place.judgements,
            f"{place.win_share:.0%}",
        ]
        for place in board.places
    ]
    interval = f"{board.confidence:.0%} interval"
    columns = ["rank", "name", "rating", interval, "judgements", "wins"]
    if any(place.cost_usd is not None for place in board.places):
        columns += ["a video", "a win"]
        for row, place in zip(rows, board.places, strict=True):
            row += [_dollars(place.cost_usd), _dollars(place.usd_per_win)]
    table(columns, rows, right=("rating", "judgements", "wins", "a video", "a win"))
    if board.alpha is not None:
        between = (
            "" if board.alpha_low is None else f", {board.alpha_low:.2f} to {board.alpha_high:.2f}"
        )
        out(f"agreement of raters (Krippendorff's alpha): {board.alpha:.2f}{between}")
    for note in (*board.notes, *board.caveats):
        out(note)
    for rater in board.raters:
        for doubt in rater.doubts:
            out(f"rater {rater.name}: {doubt}")


def _dollars(amount: float | None) -> str:
    from lotus.display.kit import usd

    return usd(None if amount is None else f"{amount:.6f}")


def scores(
    design: Design,
    factor: Annotated[str | None, typer.Option(help="The factor whose levels are scored.")] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Print the raters' mean scores from 1 to 5, with intervals."""
    with reporting(json):
        frame = open_experiment(design).scores(factor)
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        if json:
            print_json({"scores": rows})
            return
        cells = [
            [r["question"], r["level"], f"{r['mean']:.2f}", _span(r), r["scores"], r["raters"]]
            for r in rows
        ]
        columns = ["question", "name", "mean", "95% interval", "scores", "raters"]
        table(columns, cells, right=("mean", "scores", "raters"))


def _span(row: dict[str, Any]) -> str:
    return "-" if row["low"] is None else f"{row['low']:.2f} to {row['high']:.2f}"
