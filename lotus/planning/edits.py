"""Edits in words: `make the second scene shorter and warmer, and end on a lighthouse`. Pure.

Words become operations on a storyboard, the same that the editor of notebooks has. A clause with a
word that no rule knows is not understood: it is said, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.planning.edit_lengths import check_length
from lotus.planning.edit_phrases import in_plain_words
from lotus.planning.edit_rules import FREE_RULES, RULES, leaves
from lotus.planning.edit_texts import apply_texts
from lotus.planning.edit_words import (
    CLOSE_QUOTED,
    LAST,
    NUMBERS,
    ORDINALS,
    SCENE,
    WORDS,
    has,
    is_whole,
    plain,
    strangers,
)
from lotus.planning.editing import Editing, without_scene

__all__ = ["EditPlan", "edited", "without_scene"]

_WORDS_OF_NUMBER = "|".join(word for word in NUMBERS if NUMBERS[word] > 1)
_ONE = re.compile(
    rf"\b{SCENE}s?\s+(?P<number>\d{{1,2}}|{_WORDS_OF_NUMBER})\b(?![.]\d|\s*s(?:e[cgk]\w*)?\b)|"
    rf"\b(?:(?P<ordinal>{'|'.join(ORDINALS)}|{LAST})\s+(?:{SCENE}|one))\b"
    rf"|\b(?P<bare>opening|ending|end|ende|final|fim|{LAST})\b(?!\s+(?:on|with|\d|\w+\s+seconds?))",
    re.IGNORECASE,
)
_LIST = re.compile(
    rf"\b{SCENE}[sn]?\s+(\d{{1,2}}(?:\s*(?:,|and|und|et|y|e|with|con|mit|&)\s*"
    rf"(?:{SCENE}\s+)?\d{{1,2}})+)\b(?!\s*s(?:e[cgk]\w*)?\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\bthe\s+(?P<what>[^\W\d_]{3,})\s+(?:scene|shot|clip)\b", re.IGNORECASE)
_EVERY = re.compile(rf"\b(?:{'|'.join(WORDS['every'].split())})\b|\b{SCENE}s\b(?!\s+\d)", re.I)
_REST = re.compile(
    r"\beverything\s+else\b|\bthe\s+(?:rest|others?|other\s+scenes)\b|\balle?\s+anderen\b|"
    r"\bden\s+rest\b|\ble\s+reste\b|\bel\s+resto\b|\bo\s+resto\b|\bil\s+resto\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class EditPlan:
    """A storyboard after an edit, a line for each operation, and what was not understood."""

    storyboard: Storyboard
    operations: tuple[str, ...]
    unknown: tuple[str, ...]


def edited(storyboard: Storyboard, words: str) -> EditPlan:
    """The storyboard as the words want it; raises InvalidInput for a scene that is not there."""
    editing = Editing(storyboard)
    words = apply_texts(editing, in_plain_words(words, editing.count))
    unknown: list[str] = []
    is_missed = False  # the clause before, of the same sentence
    for clause, is_first in _clauses(words):
        is_missed = (is_missed and not is_first and _hangs(clause)) or not _apply(editing, clause)
        unknown += [clause] if is_missed else []
    if editing.storyboard.duration_seconds != storyboard.duration_seconds and editing.lengths:
        check_length(editing.storyboard)
    return EditPlan(editing.storyboard, tuple(editing.operations), tuple(unknown))


_AND = "and|with|und|mit|et|y|e|con|por|com"
_HELD = (  # what is not split: quoted words, pairs of scenes, the picture at the end
    CLOSE_QUOTED,
    re.compile(
        rf"(?<![:\d])\d{{1,2}}(?:\s*,\s*\d{{1,2}})*\s+(?:{_AND})\s+(?:{SCENE}\s+)?\d{{1,2}}\b(?!\s*(?:s\b|sec|seg|sek))",
        re.IGNORECASE,
    ),
    re.compile(r"\b\w+\s+and\s+\w+\s+scenes?\b", re.IGNORECASE),
    re.compile(r"\bends?\s+(?:on|with)\s+[^,.;]*", re.IGNORECASE),
)
_SPLIT = re.compile(
    r"[,;]\s*(?:(?:and|then|but|und|dann|aber|et|mais|y|e|ma)\s+)*|"
    r"\s+(?:and|then|but|und|dann|aber|et|mais(?!\s)|y|e)\s+|[.!?]\s+",
    re.IGNORECASE,
)


def _hangs(clause: str) -> bool:
    """Whether a clause is about what the one before it is: `..., 3 seconds`."""
    own = ("captions", "music", "logo", "every", "square", "tall", "wide", "dissolve", "cuts")
    names = _ONE.search(clause) or _LIST.search(clause) or _REST.search(clause)
    return not (names or is_whole(clause) or any(has(clause, kind) for kind in own))


def _clauses(words: str) -> Iterator[tuple[str, bool]]:
    """The parts of an edit, split at commas and `and`; whether each begins a sentence."""
    spans = [range(*match.span()) for pattern in _HELD for match in pattern.finditer(words)]
    cuts = [m for m in _SPLIT.finditer(words) if not any(m.start() in span for span in spans)]
    starts = [0, *(match.end() for match in cuts)]
    ends = [*(match.start() for match in cuts), len(words)]
    begins = [True, *(match[0].strip()[:1] in (".", "!", "?") for match in cuts)]
    for start, end, is_first in zip(starts, ends, begins, strict=True):
        part = words[start:end].strip(" .?!")
        if part:
            yield part, is_first


def _apply(editing: Editing, clause: str) -> bool:
    """Whether a clause was understood; its operations are done then."""
    if any(rule(editing, clause) for rule in FREE_RULES):
        return True
    rest, subject = _by_name(clause, editing.storyboard)
    if subject is None or strangers(rest):
        return False
    numbers = subject or _scenes_of(rest, editing)
    editing.names_scenes = bool(numbers)
    if numbers:
        editing.scenes = numbers
    elif _REST.search(clause) or is_whole(clause):
        editing.scenes = ()
    if has(rest, "negation") and not has(rest, "protect"):
        return False  # what is not to be done is not done
    before = len(editing.operations)
    fits = any(not leaves(rest, rule) and rule(editing, rest) for rule in RULES)
    if fits and len(editing.operations) == before:
        editing.operations.append(f"nothing to change: {clause}")
    return fits


def _by_name(clause: str, storyboard: Storyboard) -> tuple[str, tuple[int, ...] | None]:
    """A clause without `the dog scene`, and the scene that shows a dog: None unless it is one."""
    match = _NAMED.search(plain(clause))
    what = match["what"].casefold() if match else ""
    if match is None or what in ORDINALS or re.fullmatch(LAST, what) or what == "whole":
        return clause, ()
    word = re.compile(rf"\b{re.escape(what)}s?\b", re.IGNORECASE)
    numbers = tuple(
        n
        for n, scene in enumerate(storyboard.scenes, 1)
        if word.search(f"{scene.description} {scene.caption or ''}")
    )
    return clause.replace(match[0], "the scene"), numbers if len(numbers) == 1 else None


def _scenes_of(clause: str, editing: Editing) -> tuple[int, ...]:
    """The scenes that a clause names; () if it names none."""
    count = len(editing.storyboard.scenes)
    text, _, apart = _cut_at_exception(plain(clause))
    numbers = _numbers_in(text, count)
    everything = range(1, count + 1)
    if not numbers and (_EVERY.search(text) or apart) and not _REST.search(text):
        numbers = [n for n in everything if n not in editing.untouchable]
    exceptions = _numbers_in(apart, count)
    return tuple(dict.fromkeys(n for n in numbers if n not in exceptions))


def _cut_at_exception(text: str) -> tuple[str, str, str]:
    match = re.search(rf"\b(?:{'|'.join(WORDS['except'].split())})\b", text, re.IGNORECASE)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _numbers_in(text: str, count: int) -> list[int]:
    numbers: list[int] = []
    for match in _LIST.finditer(text):
        numbers += [int(n) for n in re.findall(r"\d+", match[1])]
    for match in _ONE.finditer(_LIST.sub(" ", text)):
        word = (match["number"] or match["ordinal"] or match["bare"]).casefold()
        if match["bare"] and (numbers or has(text, "add")):
            continue  # where a scene goes, not which
        numbers.append(int(word) if word.isdigit() else _number(word, count))
    for number in numbers:
        if not 1 <= number <= count:
            remedy = f"scenes count from 1 to {count}"
            raise InvalidInput(
                file="", field="scene", reason=f"there is no scene {number}", remedy=remedy
            )
    return numbers


def _number(word: str, count: int) -> int:
    if word in NUMBERS and word not in ORDINALS:
        return NUMBERS[word]
    return ORDINALS.get(word, count)
