"""lotus experiment: what judgements of pairs say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Compare models, prompts and settings.")


@app.command()
def leaderboard(
    ratings: Annotated[
        Path, typer.Argument(metavar="RATINGS.csv", help="Columns rater, left, right and choice.")
    ],
    question: Annotated[
        str | None, typer.Option(help="The question, where the ratings have several.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Rank what was judged in pairs, with intervals, agreement and doubtful raters."""
    with reporting(json):
        from lotus.experiments.leaderboard import leaderboard as rank

        board = rank(ratings, question=question, confidence=confidence)
        if json:
            print_json(board.model_dump(mode="json"))
            return
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
        columns = ["rank", "name", "rating", f"{confidence:.0%} interval", "judgements", "wins"]
        table(columns, rows, right=("rating", "judgements", "wins"))
        if board.alpha is not None:
            out(f"agreement of raters (Krippendorff's alpha): {board.alpha:.2f}")
        for note in board.notes:
            out(note)
        for rater in board.raters:
            for doubt in rater.doubts:
                out(f"rater {rater.name}: {doubt}")
