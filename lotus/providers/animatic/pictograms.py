"""From words in any of thirty languages to the pictograms that show what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lotus.planning.words import BREAK_BEFORE, word_set
from lotus.providers.animatic.board import UNSPACED, fold, guess_language, tokens
from lotus.providers.animatic.lexicon import Lexicon, everyday, lexicon, name_heads
from lotus.providers.animatic.senses import LONGEST, senses_in, unspaced_senses

__all__ = ["key_word", "pictograms_for"]

MAX_CHARACTERS = 2000  # of a description that are read
MAX_SHARED = 14  # a keyword of more pictograms than this says nothing
SURE = 0.6  # of the best match, where words are read by their company; below it type leads
TRUST = 0.45  # a match below this is not shown
# How well each emoji group makes a board: smileys, people, -, animals, food, travel, activities,
# objects ...
GROUP_WEIGHT = (0.25, 0.6, 0.0, 1.0, 1.05, 1.05, 1.0, 1.0, 0.3, 0.5)
COMPOUNDING = frozenset({"de", "nl", "sv", "da", "nb", "fi", "hu", "en"})
ARTICLES = {
    "ar": ("وال", "بال", "لل", "ال", "و", "ب", "ل"),
    "he": ("וה", "ה", "ב", "ל", "ו", "מ", "ש"),
}


SENSE_SCORE = 1.9  # of a word whose sense its company tells
EVERYDAY_SCORE = 1.1  # of an everyday word
SETTING_LOSS = 0.6  # of words behind a preposition: in, under, from
LINKING = word_set("and und et y e ed en og i и that which who when where because while with")
SETTINGS_AFTER = frozenset(fold(word) for word in BREAK_BEFORE | {"out"}) - LINKING
Meanings = Mapping[str, tuple[str, ...]]
NO_MEANINGS: Meanings = {}
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Match:
    """One word of a text and the pictograms it stands for, best first, with how sure
    that is (0-2).
    """

    word: str
    names: tuple[str, ...]
    score: float


def ranked(book: Lexicon, codes: list[int], word: str) -> tuple[tuple[str, ...], float]:
    """The pictograms of a keyword entry, best first, and the best one's score."""

    def score(code: int) -> float:
        strength = (0.0, 0.62, 0.82, 1.25)[code & 3]
        return strength * GROUP_WEIGHT[book.groups[code >> 2]] * min(1.0, 0.75 + len(word) / 24)

    order = sorted(codes, key=lambda code: (-score(code), code >> 2))
    top = score(order[0])
    rare = 1.0 if order[0] & 3 == 3 else min(1.0, (4 / len(codes)) ** 0.35)
    return tuple(book.names[code >> 2] for code in order[:3]), top * rare


def looked_up(book: Lexicon, language: str, word: str, *, strict: bool = False) -> Match | None:
    """An exact match of a folded word or phrase; () names when the word is known to
    mean nothing. `strict`: a word within a name counts only if the name is about it.
    """
    for code in dict.fromkeys((language, "en")):
        if (names := book.links.get(code, {}).get(word)) is not None:
            return Match(word, names, 1.5)
    codes = book.codes(language, word)
    if strict and language not in NAMES_AS_THEY_ARE and word not in name_heads(language):
        codes = [code for code in codes if code & 3 != 2]
    if not codes or (len(codes) > MAX_SHARED and all(code & 3 != 3 for code in codes)):
        return None
    names, score = ranked(book, codes, word)
    return Match(word, names, score)


def without_article(language: str, word: str) -> Iterator[str]:
    """The word without articles and prepositions that are written as one with it."""
    for article in ARTICLES.get(language, ()):
        if word.startswith(article) and len(word) - len(article) >= 2:
            yield word[len(article) :]


# Languages without spaces between words, and English, whose modifiers are data of senses.
NAMES_AS_THEY_ARE = UNSPACED | {"en"}
ENGLISH_ENDINGS = ("s", "es", "ed", "d", "er", "ers", "ing", "en", "n")


def stems(language: str, word: str, *, strict: bool = False) -> Iterator[str]:
    """Likelier base forms of a word, mildest change first; `strict`: in English only what a known
    ending leaves, so that `ready` is not `read`.
    """
    yield from without_article(language, word)
    if language == "en" and word.endswith("ies"):
        yield word[:-3] + "y"
    if language in {"en", "nl"} and word.endswith("ing"):
        yield word[:-3] + "e"
    if strict and language == "en":
        for ending in ENGLISH_ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                yield word.removesuffix(ending)
        return
    longest = 4 if language in {"fi", "hu", "tr", "ko", "pl", "cs", "ru", "uk"} else 3
    for cut in range(1, longest + 1):
        if len(word) - cut >= (2 if language == "ko" else 3 if cut == 1 else 4):
            yield word[:-cut]
            yield from (word[:-cut] + ending for ending in ENDINGS.get(language, ""))


ENDINGS = {
    **dict.fromkeys(("ru", "uk"), "аяьоейы"),
    **dict.fromkeys(("pl", "cs"), "aeoy"),
    **dict.fromkeys(("es", "it", "pt", "ro"), "aoe"),
    "el": "αηος",
    "de": "e",
    "fi": "ia",
}


def parts(language: str, word: str) -> Iterator[str]:
    """The longest ends and beginnings of a compound word, longest first."""
    if language in COMPOUNDING and len(word) >= 8:
        for size in range(len(word) - 3, 4, -1):
            yield word[:size]
            yield word[-size:]


def match_word(book: Lexicon, language: str, word: str, *, strict: bool = False) -> Match | None:
    """The best match of one token: itself, then its base forms, then the parts of a compound."""
    if word in book.stops.get(language, frozenset()) or (language == "ko" and len(word) < 1):
        return None
    for bare in (word, *without_article(language, word)):
        if (names := book.links.get(language, {}).get(bare)) is not None:
            return Match(word, names, 1.5)
    if (match := looked_up(book, language, word, strict=strict)) is not None:
        return match
    for trust, candidates in (
        (0.9, stems(language, word, strict=strict)),
        (0.8, parts(language, word)),
    ):
        for candidate in candidates:
            stopped = candidate in book.stops.get(language, frozenset())
            match = None if stopped else looked_up(book, language, candidate, strict=strict)
            if match is not None and match.names:
                return Match(word, match.names, match.score * trust)
    return None


def unspaced_matches(book: Lexicon, language: str, text: str) -> Iterator[Match]:
    """Matches in a text without spaces: the longest known word at each place."""
    stops = book.stops.get(language, frozenset())
    at = 0
    while at < len(text):
        for size in range(min(8, len(text) - at), 0, -1):
            piece = text[at : at + size]
            lone_kana = size == 1 and not "\u4e00" <= piece <= "\u9fff"
            match = None if piece in stops or lone_kana else looked_up(book, language, piece)
            if match is not None:
                yield match
                break
        at += max(size, 1)


def spaced_matches(
    book: Lexicon, language: str, words: list[str], meanings: Meanings = NO_MEANINGS
) -> Iterator[Match]:
    """Matches in a text with spaces: phrases that have a sense in it, then phrases of three and two
    words, then single words.
    """
    strict = meanings is not NO_MEANINGS
    at = 0
    while at < len(words):
        phrase = sensed_phrase(words, at, meanings)
        if phrase:
            yield Match(phrase, meanings[phrase], SENSE_SCORE)
            at += phrase.count(" ") + 1
            continue
        for size in (3, 2):
            phrase = " ".join(words[at : at + size])
            empty = strict and all(map(book.stops.get(language, NONE).__contains__, phrase.split()))
            if " " not in phrase or empty:
                continue
            match = looked_up(book, language, phrase, strict=strict)
            if match is not None:
                yield match
                at += phrase.count(" ") + 1
                break
        else:
            word = words[at]
            names = everyday(language).get(word) if strict else None
            if names is not None:
                yield Match(word, names, EVERYDAY_SCORE)
            elif (match := match_word(book, language, word, strict=strict)) is not None:
                yield match
            at += 1


def sensed_phrase(words: list[str], at: int, meanings: Meanings) -> str:
    """The longest phrase from a word on that has a sense; '' if none has."""
    phrases = (" ".join(words[at : at + size]) for size in range(LONGEST, 0, -1))
    return next((phrase for phrase in phrases if phrase in meanings), "")


def setting_start(words: list[str], meanings: Meanings) -> int:
    """Where the words of a clause turn to its setting: behind a preposition that is no part of a
    phrase with a sense.
    """
    at = 0
    while at < len(words):
        phrase = sensed_phrase(words, at, meanings)
        if at and not phrase and words[at] in SETTINGS_AFTER:
            break
        at += phrase.count(" ") + 1
    return at


def matches(text: str) -> list[Match]:
    """What the words of a text show, in the order of the text."""
    book = lexicon()
    folded = fold(text[:MAX_CHARACTERS])
    language = guess_language(folded, book.stops, book.keywords)
    if language in UNSPACED:
        matches = unspaced_matches(book, language, folded)
    else:
        matches = spaced_matches(book, language, tokens(folded))
    return [match for match in matches if match.names and match.score >= TRUST]


def sensed_matches(text: str, around: str = "") -> list[Match]:
    """What the words of a text show by their senses: words that a preposition makes a setting count
    less than what happens there. `around` is what the whole video is about.
    """
    book = lexicon()
    folded = fold(text[:MAX_CHARACTERS])
    language = guess_language(folded, book.stops, book.keywords)
    if around and language not in UNSPACED:
        both = f"{folded} {fold(around[:MAX_CHARACTERS])}"
        language = guess_language(both, book.stops, book.keywords)
    meanings = senses_in(tokens(folded), around, language)
    if language in UNSPACED:
        there = unspaced_senses(folded, around)
        places = sorted((folded.find(word), word) for word in there)
        sense_matches = [Match(word, there[word], SENSE_SCORE) for _, word in places if there[word]]
        return [*sense_matches, *matches(text)] if sense_matches else matches(text)
    hits: list[Match] = []
    for clause in re.split(r"[,.;:!?–—]", folded):
        words = tokens(clause)
        turn = setting_start(words, meanings)
        for part, most, loss in ((words[:turn], 2.0, 0.0), (words[turn:], 1.4, SETTING_LOSS)):
            hits += [
                Match(match.word, match.names, min(match.score, most) - loss)
                for match in spaced_matches(book, language, part, meanings)
            ]
    best = max((match.score for match in hits if match.names), default=0.0)
    if best < SURE:
        return []
    return [match for match in hits if match.names and match.score >= TRUST]


@lru_cache(maxsize=1024)  # each plan of a storyboard asks for the same scenes
def pictograms_for(
    text: str, limit: int = 4, *, sensed: bool = False, around: str = ""
) -> tuple[str, ...]:
    """The best matching pictograms for words in any language, best first; () when nothing fits.

    `sensed`: words are read by the company that they keep, in the text and `around` it.
    """
    hits = sensed_matches(text, around) if sensed else matches(text)
    best = sorted(enumerate(hits), key=lambda item: (-item[1].score + 0.03 * item[0], item[0]))
    firsts = [match.names[0] for _, match in best]
    seconds = [name for _, match in best if match.score >= 1.2 for name in match.names[1:]]
    return tuple(dict.fromkeys(firsts + seconds))[:limit]


def verbal(word: str) -> bool:
    """Whether an English word looks like a verb's form rather than a noun."""
    return word.endswith(("ing", "ed"))


def key_word(text: str) -> str:
    """One strong noun of a text, as spelled there: the surest, or the longest; '' when there is
    none.
    """
    originals = {fold(word): word for word in tokens(text[:MAX_CHARACTERS]) if len(word) <= 14}
    book = lexicon()
    language = guess_language(fold(text[:MAX_CHARACTERS]), book.stops, book.keywords)
    if language in UNSPACED:
        return max((match.word for match in matches(text)), key=len, default="")
    sure = sorted(
        (m for m in matches(text) if m.word in originals),
        key=lambda m: (verbal(m.word), -m.score, -len(m.word)),
    )
    if sure:
        return originals[sure[0].word]
    stops = book.stops.get(language, frozenset()) | book.stops["en"]
    rest = [word for key, word in originals.items() if key not in stops and len(key) >= 3]
    return max(rest, key=len, default="")
