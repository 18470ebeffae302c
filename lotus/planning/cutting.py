"""A prompt in any language, cut into lines, sentences and clauses. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lotus.planning.forms import list_items
from lotus.planning.labels import apart, label_of
from lotus.planning.scripts import UNSPACED, cut, has_content, joins, size
from lotus.planning.words import ABBREVIATIONS, AND, DETERMINERS, HANGING

__all__ = ["LONGEST_ITEM", "blocks_of", "images_of", "split"]

LONGEST_ITEM = 300  # characters: longer text without punctuation is more than one image
_CALL_WORDS = 5  # a call is one line: `Happy birthday, Rosa!`
_CLOSERS = "\"'”’»」』）)\\]"
_SENTENCE_END = re.compile(
    rf"[.!?…]+(?:\s?[»”])?[{_CLOSERS}]*(?=\s|$|[{UNSPACED}])|[。！？｡．؟۔।॥።።։།]+[{_CLOSERS}]*"
)
_CLAUSE_END = re.compile(
    rf",(?=\s|[{UNSPACED}])|[，、،；;؛]|(?<=\s)[–—-]+(?=\s)|—|(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])"
)
_BULLET = re.compile(r"^\s*(?:[-*•–—·▪‣◦]|\(?\d{1,2}[.)/])\s+")
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


_SHOT_SIZE = re.compile(r"^\s*(?:\d{1,2}[.)]?\s+)?(?:E?CU|MCU|E?WS|E?LS|MS|OTS)\s+(?=[a-z])")
_TAGGED = re.compile(r"\[\s*([^\[\]:\d]{3,24})\s*\](?=\s+\w)")
_BRACKETED = re.compile(r"\[\s*([^\[\]:]{2,30}:[^\[\]]+?)\s*\]\s*")


def _unboxed(line: str) -> str:
    """`[Style: anime]`, `a | b | c` and labels as sentences."""
    line = _SHOT_SIZE.sub("", line)
    line = apart(_TAGGED.sub(r"\1:", _BRACKETED.sub(r"\1. ", line)))
    return re.sub(r"\s+\|\s+", ". ", line) if len(re.findall(r"\s\|\s", line)) > 1 else line


def blocks_of(prompt: str) -> list[tuple[str, bool]]:
    """Lines, and whether they are items of a list; a line that a person or an editor wrapped is one
    with the next.
    """
    blocks: list[tuple[str, bool]] = []
    fresh = True
    for line in map(_unboxed, prompt.splitlines()):
        bare = _BULLET.sub("", line).strip()
        if (
            bare
            and not fresh
            and bare == line.strip()
            and bare[0].islower()
            and label_of(bare) is None
        ):
            before, is_item = blocks[-1]
            blocks[-1] = (f"{before} {bare}", is_item)
        elif bare:
            parts = list_items(line.strip())
            parts = parts if len(parts) > 1 else list_items(bare)
            bullet = bare != line.strip()
            headed = len(parts) > 1 and not bullet and bare.startswith(parts[0])
            blocks += [
                (part, (bullet or len(parts) > 1) and not (headed and i == 0))
                for i, part in enumerate(parts)
            ]
        fresh = not bare
    return blocks


_DATE = re.compile(
    r"[^\w.]?\d{1,2}\.\s+(?:bis|und|jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)", re.I
)
_DAY = re.compile(  # `am 1. Mai`, `der 3. Oktober`
    r"\b(?:am|vom|zum|ab|bis|der|den|dem|seit|von)\s+\d{1,2}\.\s+(?:[^\W\d_A-ZÄÖÜ]|(?i:jan|feb|"
    r"mär|apr|mai|jun|jul|aug|sep|okt|nov|dez|geburtstag|stock|klasse|advent|liga))"
)


def split(block: str) -> Iterator[str]:
    """The sentences of a line, each with its marks."""
    spans = _quoted(block)
    start = 0
    for match in _SENTENCE_END.finditer(block):
        end = match.end()
        if (
            (match.start() in spans and not _ends_quoted(block, match, spans))
            or _is_abbreviation(block[start : match.start()], match[0])
            or _DAY.search(block[max(match.start() - 8, start) : end + 5])
            or _DATE.match(block[max(match.start() - 3, start) :])
            or _inside(block, end)
        ):
            continue
        yield block[start:end]
        start = end
    yield block[start:]


def _ends_quoted(block: str, match: re.Match[str], spans: frozenset[int]) -> bool:
    """Whether a mark within quotation marks ends the sentence too: `Ben: "Now!" Anna laughs`."""
    closes = match[0][-1] in _CLOSERS and match.end() - 1 not in spans
    rest = block[match.end() :].lstrip()
    return closes and (not rest or rest[0].isupper() or rest[0].isdigit())


def _is_abbreviation(before: str, mark: str) -> bool:
    word = re.split(r"[\s(]", before)[-1].casefold()
    counted = bool(re.search(r"\d\s?[smhg]$", before))  # `12 s.` ends a sentence
    return mark == "." and (
        word in ABBREVIATIONS
        or (len(word.rsplit(".")[-1]) == 1 and word.isascii() and word.isalpha() and not counted)
    )


def _inside(text: str, index: int) -> bool:
    return 0 < index < len(text) and joins(text, index)


def _quoted(text: str) -> frozenset[int]:
    """Positions between a bracket or quotation mark and the one that closes it."""
    spans: set[int] = set()
    start = 0
    while start < len(text):
        close = text.find(_PAIRS[text[start]], start + 1) if text[start] in _PAIRS else -1
        if close > 0:
            spans.update(range(start, close))
            start = close
        start += 1
    return frozenset(spans)


def images_of(sentence: str, mark: str) -> list[tuple[str, str]]:
    """The images of one sentence: its clauses and list items, each with what separates it from the
    next.
    """
    if f"{sentence}{mark}".endswith("!") and len(sentence.split()) <= _CALL_WORDS:
        return [(sentence, f"{mark} ")]
    clauses = [piece for clause in _clauses(sentence) for piece in _chunks(*clause)]
    items: list[tuple[str, str]] = []
    for index, (text, tail) in enumerate(clauses):
        if items and _is_one(items[-1][0], text, index + 1 == len(clauses), len(clauses)):
            before, separator = items[-1]
            items[-1] = (before + separator + text, tail)
        else:
            items.append((text, tail))
    for index in range(1, len(items)):
        if link := AND.match(items[index][0]):
            items[index - 1] = (items[index - 1][0], items[index - 1][1] + link[0])
            items[index] = (items[index][0][link.end() :], items[index][1])
    last, _ = items[-1]
    return [*items[:-1], (last, f"{mark or ','} ")]


def _clauses(sentence: str) -> Iterator[tuple[str, str]]:
    spans = _quoted(sentence)
    start = 0
    for match in _CLAUSE_END.finditer(sentence):
        text = sentence[start : match.start()]
        rest = sentence[match.end() :]
        if (
            match.start() in spans
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
    while len(text) > LONGEST_ITEM:
        piece = cut(text, LONGEST_ITEM)
        rest = text[len(piece) :]
        yield piece, rest[: len(rest) - len(rest.lstrip(" "))]
        text = rest.lstrip(" ")
    if text:
        yield text, tail


_BEFORE = re.compile(r"(?:no\s+matter|whatever|whoever|wherever|whether|if)\b", re.IGNORECASE)


def _is_one(left: str, right: str, is_last: bool, clauses: int) -> bool:
    """Whether two clauses are one image: a lone word, adjectives, a clause that hangs
    on the first.
    """
    words = left.casefold().split()
    if (
        _BEFORE.match(left)
        or size(left) < 1.6
        or (is_last and size(right) < 1.6)
        or HANGING.match(right)
    ):
        return True
    if (
        words[0] in DETERMINERS
        and len(words) <= 2
        and right.casefold().split()[0] not in DETERMINERS
    ):
        return True
    return clauses == 2 and " " in left and size(left) >= 3 and size(right) <= 2
