"""What the words of an edit do to lengths: shorter, 4 seconds, 20 %, the whole video. Pure."""

from __future__ import annotations

import re

from lotus.documents.brief import LIMITS
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.planning.edit_words import NUMBERS, has, plain
from lotus.planning.editing import Editing

__all__ = ["PERCENT", "SECONDS", "change_length", "check_length", "least_seconds"]

_FACTORS = {"shorter": (0.7, 0.85), "longer": (1.4, 1.18)}  # of an edit, and of a mild one
_LEAST_SECONDS = 1.0
_SAME_SECONDS = 0.02
SECONDS = re.compile(
    rf"(?P<count>\d+(?:\.\d+)?|\b(?:{'|'.join(NUMBERS)}))\s*"
    r"(?:(?P<more>more|weitere|mehr)\s+)?(?:s|secs?|second[ios]?|seconds|sekunden?|secondes?|segundos?)\b",
    re.IGNORECASE,
)
PERCENT = re.compile(
    r"(?P<count>\d{1,3})\s*(?:%|percent\b|prozent\b|pour\s+cent\b|por\s+(?:ciento|cento)\b)",
    re.IGNORECASE,
)


def change_length(editing: Editing, clause: str) -> bool:
    """`shorter`, `to 4 s`, `20% longer`: of the scenes that are meant, or of the whole video."""
    shorter = has(clause, "shorter") or has(clause, "much", "is_long")
    longer = has(clause, "longer") or has(clause, "much", "is_short")
    if has(clause, "much"):
        shorter, longer = has(clause, "is_long"), has(clause, "is_short")
    match = SECONDS.search(plain(clause))
    longer = longer or bool(match and has(clause, "add"))
    shorter = shorter or bool(match and _OFF.match(plain(clause), match.end()))
    if shorter and longer:
        return False
    if match is None and not (shorter or longer):
        return False
    numbers = editing.scenes
    if not numbers and has(clause, "logo"):
        numbers = (editing.count,)
    if match and not match["more"] and not numbers:
        relative = (shorter or longer) and not _is_target(clause, match)
        whole = editing.storyboard.duration_seconds
        count = _count(match["count"])
        target = whole + (count if longer else -count) if relative else count
        return _whole_length(editing, target)
    for number in numbers or editing.targets:
        now = editing.storyboard.scenes[number - 1].duration_seconds
        seconds = _new_length(now, clause, match, shorter, longer)
        seconds = max(round(seconds, 2), least_seconds(editing.storyboard, number))
        if seconds != now and not (shorter and seconds > now):  # it is below the least already
            editing.set_length(number, seconds)
    return True


_OFF = re.compile(r"\s*(?:from|off|out|aus|von|weg|de|du|da|dal|dalla)\b", re.IGNORECASE)


def _count(text: str) -> float:
    return float(NUMBERS.get(text.casefold(), 0) or text)


def _new_length(
    now: float, clause: str, match: re.Match[str] | None, shorter: bool, longer: bool
) -> float:
    percent = PERCENT.search(plain(clause))
    if match is None and percent:
        share = int(percent["count"]) / 100
        return now * (1 - share if shorter else 1 + share)
    if match is None:
        kind = "shorter" if shorter else "longer"
        return now * _FACTORS[kind][has(clause, "mild")]
    count = _count(match["count"])
    to = _is_target(clause, match)
    if match["more"] or (longer and not to):
        return now + count
    return now - count if shorter and not to else count


def _is_target(clause: str, match: re.Match[str]) -> bool:
    """Whether a number of seconds is what a length becomes: `to 2 seconds`."""
    before = plain(clause)[: match.start()].casefold().split()
    return bool(before) and before[-1] in ("to", "auf", "à", "para", "a")


def _whole_length(editing: Editing, seconds: float) -> bool:
    """The whole video lasts so long: all scenes change alike."""
    share = seconds / editing.storyboard.duration_seconds
    for number in range(1, editing.count + 1):
        now = editing.storyboard.scenes[number - 1].duration_seconds
        new = max(round(now * share, 3), least_seconds(editing.storyboard, number))
        if abs(new - now) > _SAME_SECONDS:
            editing.set_length(number, new)
    return True


def least_seconds(storyboard: Storyboard, number: int) -> float:
    """The shortest that a scene can be: a second, and as long as the transition before it."""
    before = storyboard.scenes[number - 2].transition.duration_seconds if number > 1 else 0.0
    return max(_LEAST_SECONDS, before)


def check_length(storyboard: Storyboard) -> None:
    """Raise InvalidInput for a video that is shorter or longer than its kind may be."""
    limits = LIMITS[storyboard.brief.kind]
    seconds = storyboard.duration_seconds
    if not limits.min_seconds <= seconds <= limits.max_seconds + 0.01:
        reason = f"the video would last {round(seconds, 2):g} s"
        remedy = f"keep {limits.min_seconds:g} to {limits.max_seconds:g} s"
        raise InvalidInput(file="", field="scenes", reason=reason, remedy=remedy)
