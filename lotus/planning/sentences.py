"""A prompt in any language, read as images: sentences, the items in them, and how the
video ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lotus.planning.instructions import listed, place_of, without_instructions
from lotus.planning.negatives import copy_words, picture_words
from lotus.planning.scripts import UNSPACED, cut, has_content, joins, size, squeeze
from lotus.planning.words import ABBREVIATIONS, AND, DETERMINERS, ENDING, HANGING, LEADS, NOTE

__all__ = ["NOTHING", "Idea", "Prompt", "join", "read", "with_notes"]

NOTHING = "An empty scene"  # a prompt that only says what is not to be seen
_LONGEST_ITEM = 300  # characters: longer text without punctuation is more than one image
_CLOSERS = "\"'”’»」』）)\\]"
_SENTENCE_END = re.compile(
    rf"[.!?…]+[{_CLOSERS}]*(?=\s|$|[{UNSPACED}])|[。！？｡．؟۔।॥።።։།]+[{_CLOSERS}]*"
)
_CLAUSE_END = re.compile(
    rf",(?=\s|[{UNSPACED}])|[，、،；;؛]|(?<=\s)[–—-]+(?=\s)|—|(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])"
)
_BULLET = re.compile(r"^\s*(?:[-*•–—·▪‣◦]|\(?\d{1,2}[.)])\s+")
_PAIRS = {
    "(": ")",
    "[": "]",
    "「": "」",
    "『": "』",
    "（": "）",
    "“": "”",
    "«": "»",
    "《": "》",
    '"': '"',
}


@dataclass(frozen=True)
class Idea:
    """One image of the prompt: its words, the punctuation after them, and the sentence it is from.

    `note` is what the prompt says there about the whole video: kept in the description, never on
    screen.
    """

    text: str
    tail: str = ""
    sentence: int = 0
    note: str = ""


@dataclass(frozen=True)
class Prompt:
    """Images in the order of the prompt, and those that it wants at the end."""

    ideas: tuple[Idea, ...]
    ending: tuple[Idea, ...] = ()


def join(ideas: tuple[Idea, ...]) -> str:
    """The words of neighbouring ideas as they were written, without the last punctuation."""
    return squeeze("".join(f"{idea.text}{idea.tail}" for idea in ideas[:-1]) + ideas[-1].text)


def with_notes(text: str, ideas: tuple[Idea, ...]) -> str:
    """A description, and after it what the prompt notes there."""
    return ". ".join((text, *(idea.note for idea in ideas if idea.note)))


def read(prompt: str) -> Prompt:
    """Every word of the prompt that is not talk to the director, as images; never without one."""
    ideas: list[Idea] = []
    ending: list[Idea] = []
    place = ""
    sentences = list(_sentences(prompt))
    notes = [text for text, _ in sentences if NOTE.match(text)]
    for number, (sentence, mark) in enumerate(sentences):
        heading = place_of(sentence)
        if heading is not None:
            place = heading
        elif sentence not in notes:
            body, end = _parts(_items(sentence, mark), number)
            if place and body:
                body[0] = replace(body[0], note=place)
                place = ""
            ideas += body
            ending += end
    if not ideas:
        ideas = ending or [Idea(cut(squeeze(picture_words(prompt)), _LONGEST_ITEM) or NOTHING)]
        ending = []
    elif notes:
        ideas[0] = replace(ideas[0], note=". ".join(filter(None, (ideas[0].note, *notes))))
    return Prompt(tuple(ideas), tuple(ending))


def _parts(items: list[tuple[str, str]], number: int) -> tuple[list[Idea], list[Idea]]:
    """The items of one sentence before and after the words 'end on', where it has them."""
    start = next((i for i, (text, _) in enumerate(items) if ENDING.match(text)), len(items))
    ideas = [Idea(text, tail, number) for text, tail in items]
    ending = (
        [Idea(ENDING.sub("", ideas[start].text, count=1), ideas[start].tail, number)]
        if ideas[start:]
        else []
    )
    ending += ideas[start + 1 :]
    return ideas[:start], [idea for idea in ending if has_content(idea.text)]


def _sentences(prompt: str) -> Iterator[tuple[str, str]]:
    """Sentences without bullets and directions, each with the mark that ends it."""
    for block in _blocks(prompt):
        held = _quoted(block)
        start = 0
        for match in _SENTENCE_END.finditer(block):
            end = match.end()
            if (
                match.start() in held
                or _is_abbreviation(block[start : match.start()], match[0])
                or _inside(block, end)
            ):
                continue
            yield from _sentence(block[start:end])
            start = end
        yield from _sentence(block[start:])


def _sentence(text: str) -> Iterator[tuple[str, str]]:
    text = squeeze(text)
    lead = LEADS.match(text)
    if lead and has_content(text[lead.end() :]):
        text = text[lead.end() :]
    text = without_instructions(copy_words(text))
    body = text.rstrip(".。．｡।॥۔።։། ")
    if has_content(body):
        yield body, text[len(body) :].strip()


def _blocks(prompt: str) -> list[str]:
    """Lines, where a line that a person or an editor wrapped is one with the next."""
    blocks: list[str] = []
    fresh = True
    for line in prompt.splitlines():
        bare = _BULLET.sub("", line).strip()
        if bare and not fresh and bare == line.strip() and bare[0].islower():
            blocks[-1] += f" {bare}"
        elif bare:
            blocks += listed(bare)
        fresh = not bare
    return blocks


def _is_abbreviation(before: str, mark: str) -> bool:
    word = re.split(r"[\s(]", before)[-1].casefold()
    return mark == "." and (
        word in ABBREVIATIONS
        or (len(word.rsplit(".")[-1]) == 1 and word.isascii() and word.isalpha())
    )


def _inside(text: str, index: int) -> bool:
    return 0 < index < len(text) and joins(text, index)


def _quoted(text: str) -> frozenset[int]:
    """Positions between a bracket or quotation mark and the one that closes it."""
    held: set[int] = set()
    start = 0
    while start < len(text):
        close = text.find(_PAIRS[text[start]], start + 1) if text[start] in _PAIRS else -1
        if close > 0:
            held.update(range(start, close))
            start = close
        start += 1
    return frozenset(held)


def _items(sentence: str, mark: str) -> list[tuple[str, str]]:
    """The images of one sentence: its clauses and list items, each with what separates it from the
    next.
    """
    clauses = [piece for clause in _clauses(sentence) for piece in _chunks(*clause)]
    items: list[tuple[str, str]] = []
    for index, (text, tail) in enumerate(clauses):
        if items and _is_one(items[-1][0], text, index + 1 == len(clauses), len(clauses)):
            before, separator = items[-1]
            items[-1] = (before + separator + text, tail)
        else:
            items.append((text, tail))
    for index in range(1, len(items)):
        if found := AND.match(items[index][0]):
            items[index - 1] = (items[index - 1][0], items[index - 1][1] + found[0])
            items[index] = (items[index][0][found.end() :], items[index][1])
    last, _ = items[-1]
    return [*items[:-1], (last, f"{mark or ','} ")]


def _clauses(sentence: str) -> Iterator[tuple[str, str]]:
    held = _quoted(sentence)
    start = 0
    for match in _CLAUSE_END.finditer(sentence):
        text = sentence[start : match.start()]
        rest = sentence[match.end() :]
        if (
            match.start() in held
            or _inside(sentence, match.end())
            or not (has_content(text) and has_content(rest))
        ):
            continue
        gap = rest[: len(rest) - len(rest.lstrip(" "))]
        lead = text[len(text.rstrip(" ")) :]
        yield text.strip(" "), lead + match[0] + gap
        start = match.end() + len(gap)
    yield sentence[start:].strip(" "), ""


def _chunks(text: str, tail: str) -> Iterator[tuple[str, str]]:
    """A clause that goes on and on, in pieces."""
    while len(text) > _LONGEST_ITEM:
        piece = cut(text, _LONGEST_ITEM)
        rest = text[len(piece) :]
        yield piece, rest[: len(rest) - len(rest.lstrip(" "))]
        text = rest.lstrip(" ")
    if text:
        yield text, tail


def _is_one(left: str, right: str, is_last: bool, clauses: int) -> bool:
    """Whether two clauses are one image: a lone word, adjectives, a clause that hangs
    on the first.
    """
    words = left.casefold().split()
    if size(left) < 1.6 or (is_last and size(right) < 1.6) or HANGING.match(right):
        return True
    if (
        words[0] in DETERMINERS
        and len(words) <= 2
        and right.casefold().split()[0] not in DETERMINERS
    ):
        return True
    return clauses == 2 and " " in left and size(left) >= 3 and size(right) <= 2
