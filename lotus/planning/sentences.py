"""The sentences of a prompt: the words of each that are picture or copy, and what was said beside
them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from lotus.planning.cutting import blocks_of, split
from lotus.planning.fields import without_address
from lotus.planning.instructions import parted, place_of
from lotus.planning.labels import INSTRUCTING, each_quote, label_of
from lotus.planning.markup import plain
from lotus.planning.negatives import copy_words, excluded
from lotus.planning.quotes import quotes_apart
from lotus.planning.scripts import has_content, squeeze, unshouted
from lotus.planning.words import LEADS

__all__ = ["Sentence", "sentences"]


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
    asks: bool = False


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


def sentences(prompt: str, whole: bool = False) -> tuple[Sentence, ...]:
    """The sentences of a prompt that have something to show; with `whole` also those that only
    instruct.
    """
    every = _every_sentence(prompt)
    return every if whole else tuple(one for one in every if one.label or has_content(one.text))


@lru_cache(maxsize=64)
def _every_sentence(prompt: str) -> tuple[Sentence, ...]:
    return tuple(_read_sentences(prompt))


def _read_sentences(prompt: str) -> Iterator[Sentence]:
    pasted = plain(prompt)
    yield from (Sentence(words, "", "", instructions=(words,)) for words in pasted.removed)
    blocks = blocks_of(pasted.text)
    items = [block for block, is_item in blocks if is_item]
    bare = len(items) == len(blocks)
    claims = _are_claims(items, bare)
    for block, is_item in blocks:
        if not is_item:
            head = label_of(block.strip())
            points = head is not None and head.kind == "copy" and not head.value
            claims = points or bool(_CLAIMS.search(block)) or _are_claims(items, bare)
        for words in _spoken_of(block):
            sentence = _sentence(words, is_item and len(items) > 1)
            yield replace(sentence, claim=sentence.listed and claims)


def _spoken_of(block: str) -> Iterator[str]:
    """The sentences of a line; a quotation for the screen is one of its own."""
    for words in chain.from_iterable(map(quotes_apart, split(block))):
        yield from each_quote(words)


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
        asks=parts.asks,
    )
