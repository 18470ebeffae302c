"""Lines that sell, made from the meaning of an idea: offer, message, name, number, benefit. Pure.

A sentence that only describes a picture is no copy. Data: a language is a line in each table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lotus.planning.clauses import talk_score
from lotus.planning.facts import MONEY, bare_facts, has_fact, is_opening, promises
from lotus.planning.ideas import Idea
from lotus.planning.negatives import copy_words, picture_words
from lotus.planning.scripts import sentence_case, squeeze
from lotus.planning.talk import may_be_talk
from lotus.planning.talk_marks import NARRATIVE, UNKNOWN_LABEL
from lotus.planning.words import DIRECTOR, SHOT_LEAD

__all__ = ["FACT", "OFFER", "CopyLine", "copy_line", "dialogue_line", "is_offer", "name_of"]

OFFER, MESSAGE, FACT, NAME, BENEFIT = 6, 5, 4, 3, 2  # how much a line matters
_LONG_WORDS = 7

_OFFER = re.compile(
    rf"{MONEY}|(?<!-)\bfree\b(?!\s*(?:hand|range|spirit|fall))(?=\s*(?:$|[,.!]|\w+ing\b|trial|"
    rf"delivery|card|month|entry|\w+))"
    r"|\b(?:half\s+(?:the\s+)?price|pay\s+(?:only\s+)?half|for\s+the\s+price\s+of|two\s+for\s+one|"
    r"discount|special\s+offer|sale|deals?|out\s+now|pre-?order|instead\s+of|"
    r"viewings?|book\s+(?:now|today|your)|order\s+(?:now|today|yours)|now\s+(?:open|available|in)|"
    r"available\s+(?:now|from|at)|until\s+(?:\w+day|\d)|while\s+stocks\s+last|tickets?\s+(?:from|"
    r"at|on)|last\s+chance|everything\s+must\s+go|"
    r"(?:we['’]re|now)\s+hiring|"
    r"doors\s+open|opening\s+(?:on|this)|starts?\s+(?:on\s+)?(?:monday|saturday|sunday|friday))\b"
    r"|\b(?:eintritt\s+frei|freier\s+eintritt|entrada\s+(?:libre|franca)|entrée\s+libre|"
    r"ingresso\s+libero|"
    r"(?:everyone|walk-ins|all|dogs|kids|families)\s+welcome)\b"
    r"|\b(?:gratis|kostenlos\w*|umsonst|rabatt|halber?\s+preis|angebot|jetzt\s+(?:bestellen|"
    r"buchen|erhältlich)|nur\s+\d|"
    r"gratuit\w*|offerte?s?|remise|soldes|moitié\s+prix|réduction|descuento|rebajas?|oferta|"
    r"grátis|desconto|promoção|"
    r"gratuit[oai]|sconto|offerta|metà\s+prezzo|korting|actie|rabat|darmow\w+|za\s+darmo|"
    r"скидк\w+|бесплатн\w+|акция|"
    r"indirim|ücretsiz|bedava)\b|买.送.|免费|优惠|特价|半价|打折|[\d一二三四五六七八九]折|無料|割引|セール|半額|무료|할인|مجان\w*|خصم|"
    r"عرض\s+خاص|"
    r"मुफ़?्त|छूट",
    re.IGNORECASE,
)
_TALKS = re.compile(  # to the viewer: a verb that asks, a question, you
    r"^(?:bewirb|melde\s+dich|ruf|schreib\s+uns|bring|grab|book|order|follow|subscribe|swipe|sign\s+up|register|apply|donate|protect|"
    r"support|"
    r"celebrate|wishlist|share|vote|breathe|switch|join|meet|discover|get|try|start|stop|"
    r"download|visit|call|come|taste|feel|enjoy|say\s+goodbye|never|"
    r"no\s+more|always|tired\s+of|ready\s+for|made\s+(?:for|in|by)|open\s+(?:an?|your)|learn|"
    r"don['’]t|let|make\s+your|"
    r"how\s+to|wie\s+(?:man|du|sie)|comment|cómo|[а-яё]+(?:йте|ите)(?!\w)|no\s+matter|"
    r"because|sleep\s+better|eat\s+well|live|save|give|imagine|built\s+for|designed\s+for|"
    r"welcome|cancel|"
    r"entdecken?|probier\w*|komm\w*|hol\w*|bestell\w*|buch\w*|nie\s+wieder|endlich|weil|jetzt|"
    r"découvr\w+|goûte[zr]|vene[zr]|essaye[zr]|profite[zr]|commande[zr]|réserve[zr]|fini\b|"
    r"parce\s+que|"
    r"descubr\w+|prueba|ven\b|disfruta|reserva|pide|compra|porque|conoce|"
    r"descubra|prove|venha|aproveite|reserve|peça|conheça|scopri|prova|vieni|prenota|ordina|perché|"
    r"ontdek|proef|kom\b|bestel|boek|geniet|открой\w*|попробуй\w*|приходи\w*|закажи\w*|узнай\w*)\b"
    r"|\b(?:you|your|yours|our|dein\w*|ihre[nmr]?|votre|vos|notre|tu\b|tus\b|nuestr\w+|seu|sua|"
    r"vostr\w+|jouw|ваш\w*|наш\w*)\b"
    r"|\b(?:never|always|nie|immer|jamais|toujours|nunca|siempre|sempre|mai|никогда|всегда)\b"
    r"|[?？؟]|^(?:不再|立即|现在|来|もう|いま|今すぐ)",
    re.IGNORECASE,
)
_NEW = r"(?:an?|the|our|your|eine?|une?|un|una|uma?|een)"
_PROPER = r"[A-Z][\w'’&-]*(?:\s+(?:[A-Z]|\d)[\w'’&-]*){0,3}"
_INTRODUCED = re.compile(
    rf"^(?i:introducing|meet|this\s+is|presenting|say\s+hello\s+to|wir\s+stellen\s+vor|voici|"
    rf"presentamos|conoce|"
    rf"apresentamos|ecco)[:\s]+(?:(?i:the|our|den|die|das|le|la|el)\s+)?(?P<name>{_PROPER})"
)
_NAMED = re.compile(rf"^(?P<name>{_PROPER})(?:,|\s+[–—-])\s+{_NEW}\s+\S+\s+\S")
# `Lena & Marcus`, `Lake Como`: nothing but names.
_ONLY_NAMES = re.compile(
    r"(?P<name>[A-Z][a-zà-ÿ'’.-]+\s+(?:[&+]|and|und|et|y|e)\s+[A-Z][a-zà-ÿ'’-]+(?:\s+[A-Z][\w'’-]+)?|"
    r"(?:Lake|Mount|Castle|Villa|Hotel|Château|Schloss|Hall|Club|Café|Casa|Palazzo|Lago|Monte)\s+"
    r"[A-Z][\w'’-]+)"
)
_WEAK = re.compile(
    r"^(?:(?:and|or|so|then|but|also|und|et|y|e)\s+)+(?=\S)|^(?:get|with)\s+(?=free\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^(?P<who>[^:\"“«„]{0,40}):\s*[\"“«„](?P<line>[^\"”»“]+)[\"”»“]$")


@dataclass(frozen=True)
class CopyLine:
    """A line for the screen, and how much it matters: 6 an offer, 2 a benefit."""

    text: str
    rank: int


def copy_line(idea: Idea) -> CopyLine | None:
    """The line that an idea sells with; None where it only describes a picture."""
    if idea.line:
        return CopyLine(_finished(idea.line), MESSAGE)
    text = squeeze(SHOT_LEAD.sub("", idea.text, count=1))
    directs = not (idea.message or idea.listed) and DIRECTOR.search(NARRATIVE.sub(" ", text))
    if not text or idea.unsure or directs:
        return _sure_fact(text)
    name = "" if idea.message else name_of(text)
    if name:
        return CopyLine(name, NAME)
    rank = _rank(idea, text)
    return CopyLine(_finished(_shortened(text, rank)), rank) if rank else None


def _sure_fact(text: str) -> CopyLine | None:
    """The clause with a fact of an idea whose other clauses may be instructions; else the fact by
    itself; nothing of what is said of the work on the film.
    """
    if _WORK.search(text):
        return None
    label = UNKNOWN_LABEL.match(text)
    value = text[label.end() :] if label else text
    facts = bare_facts(value)
    clauses = [clause for clause in re.split(r",\s+", value) if not _may_instruct(clause)]
    strong = [one for one in clauses if _tells_fact(one) or (label and promises(one))]
    strong += [one for one in clauses if _OFFER.search(one) and not _FIRST.search(one)]
    line = next(iter(strong), "") or ", ".join(facts)
    return CopyLine(_finished(line), OFFER if _OFFER.search(line) else FACT) if line else None


def _tells_fact(clause: str) -> bool:
    """Whether a clause has a fact and is no story of its writer: `we lost two customers`."""
    return has_fact(clause) and not re.match(r"(?:i|we)\s", clause.strip(), re.IGNORECASE)


def _may_instruct(clause: str) -> bool:
    return may_be_talk(clause) or talk_score(clause) > 0


# What is due, paid or sent between those who make a film.
_WORK = re.compile(
    r"\b(?:need(?:ed|s)?|deadline|due|deliver\w*|send|sent|budget|invoice|meeting|review|feedback|"
    r"asap|eod|call\s+(?:on|with|at)|brauchen|brauche|abgabe|besoin|livrer|necesito|necesitamos|entregar|"
    r"preciso|precisamos|serve|consegna)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:i|we(?!['’]re\s+hiring)|my|our|me|us)\b", re.IGNORECASE)


def is_offer(text: str) -> bool:
    """Whether a line offers something: a price, a gift, a date to come."""
    return _OFFER.search(text) is not None


def _rank(idea: Idea, text: str) -> int:
    if _OFFER.search(text):
        return OFFER
    if idea.message or _QUOTED.match(text):
        return MESSAGE
    short = len(text.split()) <= _LONG_WORDS
    if has_fact(text) or (short and (is_opening(text) or (promises(text) and not idea.asks))):
        return FACT
    denies = picture_words(text) != copy_words(text)
    calls = short and (text + idea.tail).rstrip().endswith(("!", "！"))
    if idea.asks:  # `our bakery in Leeds`: what the film is about, in words to its maker
        return 0
    if calls or denies or _TALKS.search(text + idea.tail):
        return BENEFIT
    return BENEFIT if idea.listed else 0


def name_of(text: str) -> str:
    """The name that a sentence introduces: `Introducing the Klyntar 3`, `Nocturne, a new ...`."""
    match = _INTRODUCED.match(text) or _NAMED.match(text) or _ONLY_NAMES.fullmatch(text)
    return match["name"] if match and len(match["name"]) > 1 else ""


def dialogue_line(text: str) -> tuple[str, str] | None:
    """Who says what in a line of dialogue: `Anna: "Are you coming?"`; None for any other text."""
    match = _QUOTED.match(text)
    return (match["who"].strip(), match["line"].strip()) if match and match["who"].strip() else None


def _shortened(text: str, rank: int) -> str:
    """Of a long line the clause that matters: it is whole in itself."""
    quote = _QUOTED.match(text)
    if quote:
        return quote["line"]
    text = _WEAK.sub("", _WEAK.sub("", text))
    if rank == OFFER and len(text.split()) > _LONG_WORDS:
        clauses = re.split(r",\s+|;\s+|\s+(?:and|und|et|y|e)\s+|\s+[–—-]\s+", text)
        offers = [clause for clause in clauses if _OFFER.search(clause)]
        rest = any(has_fact(clause) for clause in clauses if clause not in offers[:1])
        if offers and not rest and len(offers[0].split()) >= 2:
            text = _WEAK.sub("", offers[0])
    return text


def _finished(text: str) -> str:
    """In sentence case, without the marks of the sentence that it was."""
    line = re.sub(r"([!?])[!?]+", r"\1", squeeze(text)).rstrip(" .,;:!。．、，؛।")
    return sentence_case(line)
