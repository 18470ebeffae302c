"""What a judging model's answers are worth: its bias, and how often it agrees with people. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from lotus.db.records import Row
from lotus.experiments.agreement import LEAST_FOR_A_VERDICT, UNLIKELY
from lotus.experiments.shares import share_interval

__all__ = ["JudgeReport", "check_shares", "combined_rows", "judge_report"]

SIGNS = {"left": 1, "right": -1, "tie": 0}
Answers = list[tuple[tuple[str, ...], bool]]  # the pair that it is about, and whether it is so
LONGER = 1.05  # times the other's length: less is the same


class JudgeReport(BaseModel):
    """Answers of a model about pairs, for one question. They are no ratings of people.

    `consistency` is the share of pairs for which both orders name the same video (or a tie),
    `first_share` that of answers which name the video shown first, `longer_share` that of pairs in
    which the longer video wins, `agreement` that of pairs which people decided alike. None where
    there is nothing to say. `intervals` holds the 95 % intervals of these shares, by name: several
    answers about a pair are no independent ones.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    version: str
    instructions: int
    question: str
    answers: int
    unclear: int
    pairs: int
    first_share: float | None
    consistency: float | None
    longer_share: float | None
    agreement: float | None
    compared: int
    notes: tuple[str, ...]
    intervals: dict[str, tuple[float, float]] = {}


def combined_rows(rows: Iterable[Row]) -> list[Row]:
    """One row for each pair that was answered in both orders, `choice` by the sum of its answers:
    what follows the order is a tie.
    """
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["right_key"] and row["choice"] in SIGNS:
            a, b = sorted((row["left_key"], row["right_key"]))
            groups[a, b].append(row)
    pairs = []
    for (a, b), answers in groups.items():
        orders = Counter(row["left_key"] for row in answers)
        if len(orders) < 2:
            continue
        by_order = [
            sum(_vote(row, a) for row in answers if row["left_key"] == first) / orders[first]
            for first in (a, b)
        ]
        total = sum(by_order)
        choice = "left" if total > 0 else "right" if total < 0 else "tie"
        pairs.append({**answers[0], "left_key": a, "right_key": b, "choice": choice})
    return pairs


def _vote(row: Row, key: str) -> int:
    """1 for the cell with this key, -1 for the other, 0 for a tie."""
    sign = SIGNS[row["choice"]]
    return sign if row["left_key"] == key else -sign


def judge_report(
    rows: Sequence[Row], people: Iterable[Row], seconds: Mapping[str, float]
) -> JudgeReport:
    """The report of one model's answers to one question; `people` are ratings of the same
    question, `seconds` lengths of videos by cell.
    """
    pairs = [row for row in rows if row["right_key"]]
    sided = [row for row in pairs if row["choice"] in ("left", "right")]
    both_orders = combined_rows(pairs)
    answers = {
        "first_share": [(_pair(row), row["choice"] == "left") for row in sided],
        "consistency": _order_agreement(pairs),
        "longer_share": _by_length(both_orders, seconds),
        "agreement": _with_people(both_orders, people),
    }
    first = rows[0]
    return JudgeReport(
        model=first["model"],
        version=first["version"],
        instructions=first["instructions"],
        question=first["question"],
        answers=len(pairs),
        unclear=sum(row["choice"] == "skip" for row in pairs),
        pairs=len(both_orders),
        compared=len(answers["agreement"]),
        notes=tuple(_notes(answers)),
        intervals={n: span for n, own in answers.items() if (span := share_interval(own))},
        **{name: _share(own) for name, own in answers.items()},
    )


def _pair(row: Row) -> tuple[str, ...]:
    """Both cells, whatever the order."""
    return tuple(sorted((row["left_key"], row["right_key"])))


def _share(answers: Answers) -> float | None:
    return round(_count(answers) / len(answers), 4) if answers else None


def _count(answers: Answers) -> int:
    return sum(success for _, success in answers)


def _order_agreement(rows: Iterable[Row]) -> Answers:
    """For each pair (of one sample) with both orders, whether they got the same answer."""
    votes: dict[tuple[tuple[str, ...], int], dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["choice"] in SIGNS:
            pair = _pair(row)
            votes[pair, row["sample"]][row["left_key"]] = _vote(row, pair[0])
    both = [(pair, tuple(by.values())) for (pair, _), by in votes.items() if len(by) == 2]
    return [(pair, one == other) for pair, (one, other) in both]


def _with_people(rows: Iterable[Row], people: Iterable[Row]) -> Answers:
    """Whether the model names the video of the raters' majority, where both name one."""
    votes: Counter[tuple[str, ...]] = Counter()
    for row in people:
        if row["choice"] in SIGNS:
            pair = _pair(row)
            votes[pair] += _vote(row, pair[0])
    answers = []
    for row in rows:
        human = votes[row["left_key"], row["right_key"]]
        if human and row["choice"] != "tie":
            answers.append((_pair(row), (human > 0) == (row["choice"] == "left")))
    return answers


def _by_length(rows: Iterable[Row], seconds: Mapping[str, float]) -> Answers:
    """Whether the longer video wins, among pairs of different lengths that one of them wins."""
    answers = []
    for row in rows:
        left, right = (seconds.get(row[side], 0.0) for side in ("left_key", "right_key"))
        different = max(left, right) > LONGER * min(left, right) > 0
        if different and row["choice"] != "tie":
            answers.append((_pair(row), (left > right) == (row["choice"] == "left")))
    return answers


def _notes(answers: Mapping[str, Answers]) -> list[str]:
    notes = []
    first, longer, agreement = (
        answers[name] for name in ("first_share", "longer_share", "agreement")
    )
    if _is_biased(first):
        notes.append(
            f"names the video shown first {_count(first)} times of {len(first)}: both orders are "
            "asked, so this makes ties and no winner"
        )
    if _is_biased(longer):
        notes.append(f"the longer video wins {_count(longer)} times of {len(longer)}")
    if len(agreement) < LEAST_FOR_A_VERDICT:
        notes.append(
            f"only {len(agreement)} pairs were decided by people too: nothing can be said of "
            f"agreement below {LEAST_FOR_A_VERDICT}"
        )
    elif (share_interval(agreement) or (0.0, 1.0))[0] <= 0.5:
        notes.append(
            f"agrees with people {_count(agreement)} times of {len(agreement)}: it is not shown to "
            "be better than chance"
        )
    return notes


def _is_biased(answers: Answers) -> bool:
    """Whether a share is not a half, so clearly that a fair judge seldom looks like it."""
    span = share_interval(answers, 1 - UNLIKELY)
    if len(answers) < LEAST_FOR_A_VERDICT or span is None:
        return False
    return not span[0] <= 0.5 <= span[1]


def check_shares(rows: Iterable[Row]) -> dict[str, float]:
    """The share of yes among the answers about each clip, by the key of its cell."""
    answers: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if not row["right_key"] and row["choice"] in ("yes", "no"):
            answers[row["left_key"]].append(row["choice"] == "yes")
    return {key: sum(yes) / len(yes) for key, yes in answers.items()}
