"""The sentences of a prompt: the words of each that are picture or copy, and what was said beside
them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from lotus.planning.clauses import DROPPED, clauses_of, talk_score
from lotus.planning.cutting import blocks_of, split
from lotus.planning.facts import has_fact
from lotus.planning.fields import without_address
from lotus.planning.forms import place_of
from lotus.planning.instructions import parted
from lotus.planning.labels import INSTRUCTING, each_quote, label_of
from lotus.planning.markup import plain
from lotus.planning.negatives import copy_words, excluded, tidy
from lotus.planning.quotes import quotes_apart
from lotus.planning.scripts import has_content, squeeze, unshouted
from lotus.planning.talk import PIECE, is_talk, may_be_talk
from lotus.planning.words import ENDING, LEADS

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
    r"mistakes|errors|signs|myths|hacks|secrets|lessons|rules|fehler|erreurs|errores|erros|errori|"
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


# `5 reasons to switch: no fees, free card`: a headline, and what it counts.
_COUNTED = re.compile(
    r"(?P<head>[^:\"“„«]{3,120}?)(?::|\s[-–—])\s+(?P<items>[^:\"“„«]+?)(?P<mark>[.!]?)\s*$"
)
_ITEM_WORDS = 6


def _counted(words: str) -> list[tuple[str, bool]]:
    """A sentence, and whether it is a claim; one that counts claims behind a colon is several."""
    match = _COUNTED.match(words.strip())
    if match is None:
        return [(words, False)]
    items = re.split(r",\s+(?:and\s+|und\s+|et\s+|y\s+|e\s+)?", match["items"])
    terse = len(items) > 1 and all(len(item.split()) <= _ITEM_WORDS for item in items)
    label = label_of(words.strip())
    if not terse or label is not None or any(map(is_talk, items)):
        return [(words, False)]
    bare = all(not _ARTICLE.match(item) and len(item.split()) <= 4 for item in items)
    sells = bare and any(has_fact(item) for item in items)
    if not sells and not _CLAIMS.search(match["head"]):
        return [(words, False)]
    return [(f"{match['head']}.", False), *((f"{item}.", True) for item in items)]


_ARTICLE = re.compile(
    r"(?:an?|the|his|her|their|eine?n?|der|die|das|une?|le|la|les|un|una|el|los|las|uma?|os?|as?|il|lo|"
    r"gli|een|het|de)\s",
    re.IGNORECASE,
)


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
            for part, is_claim in _counted(words):
                sentence = _sentence(part, is_claim or (is_item and len(items) > 1))
                yield replace(sentence, claim=is_claim or (sentence.listed and claims))


def _spoken_of(block: str) -> Iterator[str]:
    """The sentences of a line; a quotation for the screen is one of its own."""
    for words in chain.from_iterable(map(quotes_apart, split(block))):
        yield from each_quote(words)


# Beside an instruction a piece that denies is one too: `upbeat music, no exclamation marks`.
_DENIAL = re.compile(
    r"\s*(?:and\s+|but\s+|und\s+|et\s+|y\s+|e\s+)?(?:no|without|kein\w*|ohne|pas\s+d[e'’]|sans|sin|sem|"
    r"senza|niente|geen|zonder|bez|без|utan|uden|ingen)\s*\b[^,]*",
    re.IGNORECASE,
)


# A verb of those who make films, before words of film: `Put one question at the start`.
_ORDERS = re.compile(
    r"(?:please\s+|also\s+|and\s+|then\s+)*(?:use|put|add|include|insert|mention|keep|make|ensure|avoid|try|"
    r"alternate|highlight|emphasi[sz]e|focus|remember|feel\s+free|play|apply|overlay|sync|match|mix|set|"
    r"verwende|benutze|nutze|füge|achte|setze|utilise[rz]?|ajoute[rz]?|mets|mettez|usa|usen|añade|pon|"
    r"adicione|coloque|aggiungi|metti|gebruik|voeg|zet|используй\w*|добавь\w*)\b",
    re.IGNORECASE,
)


# `The brand is Nightjar (Kestrel 2 is the product).`: it says nothing but the name.
_NAMES_BRAND = re.compile(
    r"(?i:(?:and\s+)?(?:the|our|my|its|die|unsere|la|le|notre|nuestra|a|o|nossa|il|de|onze)?\s*(?:[\w-]+\s+)?(?:brand|company|"
    r"client|business|museum|shop|store|firm|marke|firma|marque|entreprise|marca|empresa|azienda|merk|bedrijf)(?:['’]s)?"
    r"(?:\s+name)?(?:\s+(?:is|=|ist|heißt|est|es|é|è|heet))?\s+(?:called\s+)?)[\"“«„]?[A-ZÄÖÜ][\w'’&.-]*(?:\s+[\w'’&.-]+){0,4}"
    r"[\"”»“]?\s*(?:\([^()]*\))?[.!]?"
)


def _denials(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without its pieces that deny, and these."""
    pieces = re.split(r",\s*", text)
    denied = tuple(piece for piece in pieces if _DENIAL.fullmatch(piece))
    return ", ".join(piece for piece in pieces if piece not in denied), denied


# how much surer the classifier has to be of an item, of labelled words, of what a request is about
_SURER = 1.0
_UNSUPPORTED = 0.4  # and of words in which no rule sees a sign of talk: they may be the subject

_SPOKEN = re.compile(r"[\"“”„«»「」]|(?<!\w)['‘]\w")


_LOGO_WORDS = 3  # `the logo`, `our logo on white`
_COMPANY, _MOST_COMPANY = 0.35, 2.0  # how much the clauses beside one count, and at most


def _scored(text: str) -> list[tuple[str, float]]:
    """The clauses of a text, and how surely each is talk: a list is of one kind."""
    clauses = clauses_of(text)
    own = [_judged(clause) for clause in clauses]
    clipped = [min(max(score, -_MOST_COMPANY), _MOST_COMPANY) for score in own]
    others = max(len(clauses) - 1, 1)
    return [
        (clause, score + _COMPANY * (sum(clipped) - clipped[i]) / others)
        for i, (clause, score) in enumerate(zip(clauses, own, strict=True))
    ]


_GIFT = re.compile(
    r"\b(?:is|all|for|now)\s+free\b|\bfree\s+of\s+charge\b|\b(?:kostenlos|gratuite?|gratis|gratuit[ao])\b",
    re.I,
)


def _judged(clause: str) -> float:
    """The classifier's score of a clause; a promise and the picture at the end need more."""
    text = clause.strip()
    end = ENDING.match(text)
    if end and len(text[end.end() :].split()) > _LOGO_WORDS:  # it shows something
        return -_SURER
    return talk_score(text) - _SURER * bool(_PROMISES.search(text) or _GIFT.search(text))


_WRITER = re.compile(r"(?:we|i|our|my|wir|ich|nous|je|nosotros|yo|nós|eu|noi|io)\b", re.IGNORECASE)


def _without_judged(text: str, limit: float) -> tuple[str, tuple[str, ...]]:
    """A text without the clauses that the classifier takes for talk, and these."""
    label = label_of(text)
    if (label is not None and label.kind != "picture") or place_of(text) is not None:
        return text, ()
    body = text[label.start :] if label else text
    limit += _SURER if label and not _WRITER.match(body) else 0.0
    talk = [
        piece
        for piece, score in _scored(body)
        if score > limit + _UNSUPPORTED * (not may_be_talk(piece)) and not _SPOKEN.search(piece)
    ]
    for piece in talk:
        body = body.replace(piece, " ", 1)
    head = text[: label.start] if label and has_content(body) else ""
    return (head + tidy(body, "") if talk else text), tuple(p.strip(" ,;:.()") for p in talk)


def _sentence(words: str, is_item: bool) -> Sentence:
    text = squeeze(words)
    aside = text.rstrip(". ")
    if aside.startswith("(") and aside.find(")") == len(aside) - 1:  # a note to the maker, whole
        text = aside[1:-1]
    if _NAMES_BRAND.fullmatch(text):
        return Sentence(text, "", "", instructions=(text.strip(" ."),), listed=is_item)
    headed = label_of(text)
    if headed is not None and headed.kind == "excluded":
        things = text[headed.start :].strip(" .")
        return Sentence(text, "", "", ("excluded", things), excluded=(things,), listed=is_item)
    parts = parted(copy_words(text))
    talk = parts.instructions
    clean = parts.text
    left_out = excluded(text)
    refuses = bool(left_out) and text.startswith(left_out[0])
    doubtful = any(map(may_be_talk, PIECE.findall(clean)))
    beside = parts.talks or (not parts.asks and bool(talk or refuses or doubtful))
    if beside and not parts.message and label_of(clean) is None:
        clean, denied = _denials(clean)
        left_out = (*left_out, *denied)
    lead = None if parts.message else LEADS.match(clean)
    if lead and has_content(clean[lead.end() :]):
        talk = (*talk, lead[0].strip())
        clean = clean[lead.end() :]
    if doubtful and not (parts.message or parts.asks) and _ORDERS.match(clean):
        talk, clean = (*talk, clean), ""
    if not parts.message:
        clean, judged = _without_judged(clean, DROPPED + _SURER * (is_item + parts.asks))
        talk = (*talk, *judged)
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
        excluded=(*left_out, *([field[1]] if field and field[0] == "excluded" else [])),
        message=parts.message,
        listed=is_item,
        asks=parts.asks,
    )
