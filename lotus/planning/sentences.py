"""A prompt in any language, read as images: sentences, the items in them, and how the
video ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from lotus.planning.fields import without_address
from lotus.planning.instructions import listed, parted, place_of
from lotus.planning.labels import INSTRUCTING, apart, each_quote, label_of
from lotus.planning.markup import plain
from lotus.planning.negatives import copy_words, excluded, picture_words
from lotus.planning.scripts import UNSPACED, cut, has_content, joins, size, squeeze, unshouted
from lotus.planning.talk import PIECE, may_be_talk
from lotus.planning.words import ABBREVIATIONS, AND, DETERMINERS, ENDING, HANGING, LEADS

__all__ = ["NOTHING", "Idea", "Prompt", "Sentence", "join", "read", "sentences", "with_notes"]

NOTHING = "An empty scene"  # a prompt that only says what is not to be seen
_LONGEST_ITEM = 300  # characters: longer text without punctuation is more than one image
_CALL_WORDS = 5  # a call is one line: `Happy birthday, Rosa!`
_CLOSERS = "\"'”’»」』）)\\]"
_SENTENCE_END = re.compile(
    rf"[.!?…]+(?:\s?[»”])?[{_CLOSERS}]*(?=\s|$|[{UNSPACED}])|[。！？｡．؟۔।॥።።։།]+[{_CLOSERS}]*"
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

    `note` is what the prompt says there about the look: kept in the description, never on screen.
    `line` is what a voice says there, `message` marks words that are labelled as words for the
    screen, `listed` an item of a list of claims, `unsure`
    words that may speak to the maker of the film.
    """

    text: str
    tail: str = ""
    sentence: int = 0
    note: str = ""
    line: str = ""
    message: bool = False
    listed: bool = False
    unsure: bool = False


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
    notes: list[str] = []
    voices: list[tuple[int, str]] = []
    for number, sentence in enumerate(sentences(prompt, whole=True)):
        notes += sentence.looks
        heading = place_of(sentence.text)
        if heading is not None:
            place = heading
        elif sentence.label is not None:
            name, value = sentence.label
            if name == "look":
                notes.append(_NOT.sub("", sentence.text))
            elif name == "narration":
                voices.append((max(len(ideas) - 1, 0), value))
        elif has_content(sentence.text):
            one = [(sentence.text, f"{sentence.mark or ','} ")]
            items = one if sentence.message else _items(sentence.text, sentence.mark)
            body, end = _parts(items, number)
            message, item = sentence.message, sentence.claim
            body = [_marked(idea, message, item) for idea in body]
            end = [_marked(idea, message, item) for idea in end]
            if place and body:
                body[0] = replace(body[0], note=place)
                place = ""
            ideas += body
            ending += end
    if not ideas:
        talk = any(part.instructions or part.label for part in sentences(prompt, whole=True))
        text = "" if talk else cut(squeeze(picture_words(prompt)), _LONGEST_ITEM)
        ideas = ending or [Idea(text or NOTHING)]
        ending = []
    elif notes:
        ideas[0] = replace(ideas[0], note=". ".join(filter(None, (ideas[0].note, *notes))))
    for place_of_voice, words in voices:
        line = " ".join(filter(None, (ideas[place_of_voice].line, words.strip(' "“”'))))
        ideas[place_of_voice] = replace(ideas[place_of_voice], line=line)
    return Prompt(tuple(ideas), tuple(ending))


# What a look is not: a model of pictures would show it.
_NOT = re.compile(
    r"\s*[,–-]?\s*\b(?:but\s+)?(?:not|no|never|nicht|pas|non)\s+[^,.;]+", re.IGNORECASE
)


def _marked(idea: Idea, message: bool, is_item: bool) -> Idea:
    unsure = not message and any(map(may_be_talk, PIECE.findall(idea.text)))
    return replace(idea, message=message, listed=is_item, unsure=unsure)


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


@dataclass(frozen=True)
class Sentence:
    """A sentence of the prompt: its words that are picture or copy, and what was said beside them.

    `label` is the name of a field and its value, if the sentence is one: `Music: upbeat`.
    """

    written: str
    text: str
    mark: str
    label: tuple[str, str] | None = None
    instructions: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    message: bool = False
    listed: bool = False
    claim: bool = False


# Above a list of what a product has or does; the items of any other list are pictures.
_CLAIMS = re.compile(
    r"\b(?:(?:you|we)\s+(?:get|offer)|includ\w+|reasons?|ways|tips|steps|benefits|features|why|"
    r"facts|"
    r"things|services|what['’]?s\s+in|gründe|vorteile|tipps|schritte|leistungen|warum|raisons|"
    r"étapes|"
    r"avantages|razones|pasos|ventajas|motivos|passos|vantagens|motivi|passi|vantaggi|redenen|"
    r"stappen|"
    r"причин\w*|шаг\w*)\b|理由|つの|メリット|步骤|優點|优点|이유",
    re.IGNORECASE,
)


_PROMISES = re.compile(r"^(?:no|free|cancel|kein|gratis|sans|sin|sem|senza)\b|\d", re.IGNORECASE)


def _are_claims(items: Sequence[str], bare: bool) -> bool:
    """Whether a list without a headline says what a product is: few words each, without labels,
    and one of them a promise or a number; `bare`: the prompt is nothing but the list, so two or
    three words are enough (`Fast setup`).
    """
    short = all(len(item.split()) <= 4 and label_of(item) is None for item in items)
    terse = bare and all(item[:1].isupper() and len(item.split()) in (2, 3) for item in items)
    return short and (terse or any(_PROMISES.search(item) for item in items))


def sentences(prompt: str, whole: bool = False) -> Iterator[Sentence]:
    """The sentences of a prompt that have something to show; with `whole` also those that only
    instruct.
    """
    pasted = plain(prompt)
    if whole:
        yield from (Sentence(words, "", "", instructions=(words,)) for words in pasted.removed)
    blocks = _blocks(pasted.text)
    items = [block for block, is_item in blocks if is_item]
    bare = len(items) == len(blocks)
    claims = _are_claims(items, bare)
    for block, is_item in blocks:
        claims = claims if is_item else bool(_CLAIMS.search(block)) or _are_claims(items, bare)
        for words in chain.from_iterable(map(each_quote, _split(block))):
            sentence = _sentence(words, is_item and len(items) > 1)
            sentence = replace(sentence, claim=sentence.listed and claims)
            if whole or sentence.label or has_content(sentence.text):
                yield sentence


def _split(block: str) -> Iterator[str]:
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


def _sentence(words: str, is_item: bool) -> Sentence:
    text = squeeze(words)
    parts = parted(copy_words(text))
    talk = parts.instructions
    clean = parts.text
    lead = None if parts.message else LEADS.match(clean)
    if lead and has_content(clean[lead.end() :]):
        talk = (*talk, lead[0].strip())
        clean = clean[lead.end() :]
    label = label_of(clean)
    field = (label.kind, label.value) if label and label.kind in INSTRUCTING else None
    bare = without_address(clean)
    clean = bare if bare == clean or len(bare.split()) > 1 or not bare.isascii() else ""
    if place_of(clean) is None:
        clean = unshouted(clean)
    body = clean.rstrip(".。．｡।॥۔።։། ")
    return Sentence(
        written=squeeze(words),
        text=body,
        mark=clean[len(body) :].strip(),
        label=field,
        instructions=talk,
        looks=parts.looks,
        excluded=(*excluded(text), *([field[1]] if field and field[0] == "excluded" else [])),
        message=parts.message,
        listed=is_item,
    )


_TAGGED = re.compile(r"\[\s*([^\[\]:\d]{3,24})\s*\](?=\s+\w)")
_BRACKETED = re.compile(r"\[\s*([^\[\]:]{2,30}:[^\[\]]+?)\s*\]\s*")


_SHOT_SIZE = re.compile(r"^\s*(?:\d{1,2}[.)]?\s+)?(?:E?CU|MCU|E?WS|E?LS|MS|OTS)\s+(?=[a-z])")


def _unboxed(line: str) -> str:
    """`[Style: anime]`, `a | b | c` and labels as sentences."""
    line = _SHOT_SIZE.sub("", line)
    line = apart(_TAGGED.sub(r"\1:", _BRACKETED.sub(r"\1. ", line)))
    return re.sub(r"\s+\|\s+", ". ", line) if len(re.findall(r"\s\|\s", line)) > 1 else line


def _blocks(prompt: str) -> list[tuple[str, bool]]:
    """Lines, and whether they are items of a list; a line that a person or an editor wrapped is one
    with the next.
    """
    blocks: list[tuple[str, bool]] = []
    fresh = True
    for line in map(_unboxed, prompt.splitlines()):
        bare = _BULLET.sub("", line).strip()
        if bare and not fresh and bare == line.strip() and bare[0].islower():
            before, is_item = blocks[-1]
            blocks[-1] = (f"{before} {bare}", is_item)
        elif bare:
            parts = listed(line.strip())
            parts = parts if len(parts) > 1 else listed(bare)
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


def _items(sentence: str, mark: str) -> list[tuple[str, str]]:
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
    while len(text) > _LONGEST_ITEM:
        piece = cut(text, _LONGEST_ITEM)
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
