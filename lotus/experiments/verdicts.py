"""What a judging model's answers are worth: its bias, and how often it agrees with people. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from lotus.db.records import Row
from lotus.experiments.agreement import LEAST_FOR_A_VERDICT, UNLIKELY, above_chance, two_sided

__all__ = ["JudgeReport", "check_shares", "combined_rows", "judge_report"]

SIGNS = {"left": 1, "right": -1, "tie": 0}
LONGER = 1.05  # times the other's length: less is the same


class JudgeReport(BaseModel):
    """Answers of a model about pairs, for one question. They are no ratings of people.

    `consistency` is the share of pairs for which both orders name the same video (or a tie),
    `first_share` that of answers which name the video shown first, `longer_share` that of pairs in
    which the longer video wins, `agreement` that of pairs which people decided alike. None where
    there is nothing to say.
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


def combined_rows(rows: Iterable[Row]) -> list[Row]:
    """One row for each pair that was answered in both orders, `choice` by the sum of its answers:
    what follows the order is a tie.
    """
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["right_key"] and row["choice"] in SIGNS:
            a, b = sorted((row["left_key"], row["right_key"]))
            groups[a, b].append(row)
    combined = []
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
        combined.append({**answers[0], "left_key": a, "right_key": b, "choice": choice})
    return combined


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
    left = sum(row["choice"] == "left" for row in sided)
    same, orders = _order_agreement(pairs)
    combined = combined_rows(pairs)
    agreed, compared = _with_people(combined, people)
    longer, lengths = _by_length(combined, seconds)
    first = rows[0]
    notes = _notes(left, len(sided), agreed, compared, longer, lengths)
    return JudgeReport(
        model=first["model"],
        version=first["version"],
        instructions=first["instructions"],
        question=first["question"],
        answers=len(pairs),
        unclear=sum(row["choice"] == "skip" for row in pairs),
        pairs=len(combined),
        first_share=_share(left, len(sided)),
        consistency=_share(same, orders),
        longer_share=_share(longer, lengths),
        agreement=_share(agreed, compared),
        compared=compared,
        notes=tuple(notes),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _order_agreement(rows: Iterable[Row]) -> tuple[int, int]:
    """How many pairs (of one sample) got the same answer in both orders, and how many have both."""
    votes: dict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["choice"] in SIGNS:
            a, b = sorted((row["left_key"], row["right_key"]))
            votes[a, b, row["sample"]][row["left_key"]] = _vote(row, a)
    both = [tuple(by.values()) for by in votes.values() if len(by) == 2]
    return sum(one == other for one, other in both), len(both)


def _with_people(combined: Iterable[Row], people: Iterable[Row]) -> tuple[int, int]:
    """How often the model names the video of the raters' majority, where both name one."""
    votes: Counter[tuple[str, str]] = Counter()
    for row in people:
        if row["choice"] in SIGNS:
            a, b = sorted((row["left_key"], row["right_key"]))
            votes[a, b] += _vote(row, a)
    agreed = compared = 0
    for row in combined:
        human = votes[row["left_key"], row["right_key"]]
        if human and row["choice"] != "tie":
            compared += 1
            agreed += (human > 0) == (row["choice"] == "left")
    return agreed, compared


def _by_length(combined: Iterable[Row], seconds: Mapping[str, float]) -> tuple[int, int]:
    """How often the longer video wins, among pairs of different lengths that one of them wins."""
    longer = count = 0
    for row in combined:
        left, right = (seconds.get(row[side], 0.0) for side in ("left_key", "right_key"))
        different = max(left, right) > LONGER * min(left, right) > 0
        if different and row["choice"] != "tie":
            count += 1
            longer += (left > right) == (row["choice"] == "left")
    return longer, count


def _notes(
    left: int, sided: int, agreed: int, compared: int, longer: int, lengths: int
) -> list[str]:
    notes = []
    if sided >= LEAST_FOR_A_VERDICT and two_sided(left, sided) < UNLIKELY:
        notes.append(
            f"names the video shown first {left} times of {sided}: both orders are asked, so this "
            "makes ties and no winner"
        )
    if lengths >= LEAST_FOR_A_VERDICT and two_sided(longer, lengths) < UNLIKELY:
        notes.append(f"the longer video wins {longer} times of {lengths}")
    if compared < LEAST_FOR_A_VERDICT:
        notes.append(
            f"only {compared} pairs were decided by people too: nothing can be said of agreement "
            f"below {LEAST_FOR_A_VERDICT}"
        )
    elif above_chance(agreed, compared) > 0.01:
        notes.append(f"agrees with people no more than by chance ({agreed} of {compared})")
    return notes


def check_shares(rows: Iterable[Row]) -> dict[str, float]:
    """The share of yes among the answers about each clip, by the key of its cell."""
    answers: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if not row["right_key"] and row["choice"] in ("yes", "no"):
            answers[row["left_key"]].append(row["choice"] == "yes")
    return {key: sum(yes) / len(yes) for key, yes in answers.items()}
