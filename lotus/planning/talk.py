"""Talk about the film, told by its words: a piece is talk if it names the film, its form, its look
or its sound, and holds nothing else. `half a minute`, `moody, in 4k`, `a short film`. Pure.

A strong word makes a piece talk; a weak one may stand beside it; any other word is something to be
seen or said, and keeps the whole piece. Such a piece with a strong word in it may be talk: it is
seen and never stands on the screen. The words are in `talk_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lotus.planning.audience import names_audience
from lotus.planning.talk_marks import (
    MAKER_SCRIPTS,
    META,
    NARRATIVE,
    NO_FILM,
    TO_MAKER,
    TONE,
    UNKNOWN_LABEL,
    UNSPACED_TALK,
)
from lotus.planning.talk_words import (
    ALONE,
    ASKING,
    FILM_NOUNS,
    FILM_OBJECTS,
    FILMS,
    GENRES,
    INSTRUMENTS,
    LOOK_PHRASES,
    LOOKS,
    MAKER_VERBS,
    MEASURES,
    MUSIC_ONLY,
    MUSICAL,
    SCREEN_PHRASES,
    SOUNDS,
    TRACKS,
    WEAK,
    word_set,
)

__all__ = [
    "ABOUT",
    "CHANNEL",
    "PIECE",
    "film_request_end",
    "is_look",
    "is_talk",
    "may_be_talk",
    "names_film",
    "request_span",
    "speaks_to_maker",
]

_OURS = (
    r"(?:(?:my|our|the\s+new|the|unser\w*|mein\w*|notre|nos|mon|ma|mes|(?:il|la|lo|os?|as?)"
    r"(?=\s+(?:nostr|mi[oa]|noss|minh|meu))|nuestr[oa]s?|mis?|noss[oa]s?|minhas?|meus?|nostr[oa]|"
    r"mi[oa]|"
    r"onze?|mijn|наш\w*|мо\w{1,3})\s+)*"
)
# Words behind which a request names what the film shows.
ABOUT = re.compile(
    r"[\s,]*\b(?:for|about|of|on|showing|that\s+(?:shows|tells|explains)|featuring|where|"
    r"in\s+which|"
    r"starring|promoting|advertising|introducing|announcing|celebrating|presenting|telling|"
    r"(?:um|p(?:a?r)?a|pour|per|zum|para)\s+(?:divulgar|vender|mostrar|promover|anunciar|"
    r"promocionar|presentar|"
    r"promouvoir|présenter|bewerben|vorstellen|promuovere|presentare)|"
    r"(?:to|which|that)\s+(?:promotes?|shows?|advertises?|explains?|introduces?|announces?)|"
    r"explaining|fürs?|über|von|zu[rm]?|pour|sur|à\s+propos\s+d[eu]|de|para|sobre|d[ao]s?(?=\s+"
    r"(?:minha|meu|noss))|pr[oa]|per|su|di|voor|over|van|عن|для|об?|про)\s+"
    rf"(?:(?:people|the\s+world|everyone|the\s+story\s+of|customers)\s+(?:about\s+)?)?{_OURS}",
    re.IGNORECASE,
)
_AUDIENCE = re.compile(
    r"\bfor\s+(?:(?:busy|young|older|first-time|new|small)\s+)?(?:seniors|kids|children|students|"
    r"teenagers|teens|parents|beginners|adults|"
    r"professionals|millennials|gamers|commuters|travellers|travelers|everyone|customers|clients|"
    r"developers)\s*(?=[:–—-])",
    re.IGNORECASE,
)
# Where a film is shown: never what it shows.
CHANNEL = re.compile(
    r"\s*,?\s*(?:for|on|in|fürs?|pour|sur|para|per)\s+(?:(?:the|our|my|a|das|unsere?n?|le|la|notre|"
    r"el|o|il)\s+)?(?:[\w-]+\s+){0,2}?(?:tv|screens?|projector|website(?:\s+(?:header|hero))?|"
    r"homepage|"
    r"landing\s+page|newsletter|"
    r"header|hero\s+section|site|profile|intranet|lobby|booth|trade\s+fair|social(?:\s+media)?|"
    r"socials|channels?|feed|app\s+store|hist[oó]rias(?:\s+d[eo]\s+\w+)?|reels?|whatsapp(?:\s+status)?|status|waiting\s+rooms?|museum\s+screens?|"
    r"shop\s+window|stories|webseite|messe|réseaux(?:\s+sociaux)?|redes(?:\s+sociales|\s+sociais)?)"
    r"(?![\w-])",
    re.IGNORECASE,
)
# Before the word for the film, in one word with it: `Hochkantvideo`, `20-Sekunden-Spot`.
_COMPOUND = re.compile(
    r"[\w'-]{3,}(?:video|videos|videoclip|reel)|(?:[\w-]+-|werbe|image|kurz|lehr|erklär|produkt|"
    r"radio|kino|hochzeits|firmen|tv)(?:film|spot|clip|reel|trailer|teaser)s?|.*(?:videó|filmpje)"
)
# Behind the film's word a run of words, up to the next preposition, comma or bracket.
_CLAUSE = re.compile(
    r"\s*\([^()]*\)|\s*,?\s*(?:[^\s,;:.!?()]|:(?=\d))+(?:\s+(?!(?:for|about|of|on|showing|in|with|"
    r"telling|which|that|für|über|von|im|mit|pour|sur|de|en|avec|"
    r"para|sobre|con|per|su|di|pro|pra|d[ao]|voor|over|van)\b)(?:[^\s,;:.!?()]|:(?=\d))+)*"
)
_BEHIND = re.compile(
    r"(?:\s+(?:قصير|قصيرة|إعلاني|عمودي|أفقي|مدت(?:ه|ها)\s+\d+\s+\S+|vertical|corto|breve|court|"
    r"short))+(?!\w)"
)
_WORD = re.compile(r"[\w'’&%$€£+]+(?:-[\w'’]+)*")
PIECE = re.compile(r"\([^()]*\)|(?:(?! [-–—] )[^,;|，、،()])+")
_TALK = "\ue000"  # stands for a measure or a phrase that is talk
_SPOKEN = re.compile(rf"{_TALK}|{_WORD.pattern}")
_QUOTED = re.compile(r"[\"“”„«»「」]")
_STRONG = FILMS | SOUNDS | LOOKS | {_TALK}
_KNOWN = _STRONG | WEAK
# Between the word for the film and what it shows: `une vidéo rigolote de mon chat`.
_OWN_WORDS = re.compile(rf"(?:\s+[\w'’-]+){{1,2}}?{ABOUT.pattern}", re.IGNORECASE)


_FORMS = (
    FILMS - FILM_NOUNS - {"films", "square", "portrait", "landscape", "camera", "logo", "logos"}
)
_THINGS = word_set(  # words that may be seen, or count what is seen
    "one two three van para fin city light lights dark gold silver red orange yellow green blue "
    "purple violet pink black white grey gray teal turquoise beige brown text words letters "
    "sort kind bit lot here someone week example draft request type "
    "lettering screen story piano guitar strings drums silence children product street"
)
_LOOK_HEADS = word_set(
    "vibe vibes style look feel tones palette graphics icons illustration illustrations aesthetic "
    "mood grade grading lighting effects stil stimmung stile optik kamerafahrt ton toon тон "
    "klimat nastrój üslup ton"
)
# The same where a language sets them before their adjective: `tono cercano`, `ton chaleureux`.
_LOOK_STARTS = word_set(
    "tono ton estilo stile tonalité ambiance atmosphère estética atmosfera atmósfera clima "
    "humor rythme ritmo style vibe vibes look mood"
)
_COLOURS = frozenset(("colors", "colours", "farben", "couleurs", "colores", "cores", "colori"))
_ARTICLES = word_set(
    "a an the of les des los las un una une uno ein eine einen os as her his their my our live "
    "der die das le la el il"
)


@dataclass(frozen=True)
class _TextWord:
    word: str
    start: int
    end: int
    known: bool


def _plain_words(piece: str) -> list[str]:
    """The words of a piece in small letters; _TALK for each length, shape and phrase of film."""
    text = piece.replace("’", "'").casefold()
    for pattern in (SCREEN_PHRASES, LOOK_PHRASES, MEASURES):
        text = pattern.sub(f" {_TALK} ", text)
    return _SPOKEN.findall(text)


@lru_cache(maxsize=1024)
def is_talk(piece: str, beside: bool = False) -> bool:
    """Whether a piece is about the film and nothing else.

    `beside`: another piece of its sentence is talk, so words that are weak are enough.
    """
    words = _plain_words(piece)
    if _QUOTED.search(piece):
        return False
    if re.match(r"target(?:ing|s|ed)?\s+\w", piece.strip(), re.IGNORECASE):
        return True
    if names_audience(piece) or TONE.fullmatch(piece.strip(" .,;!")):
        return True
    if UNSPACED_TALK.fullmatch(piece.strip(" 。.!！")):
        return True
    if _is_form(words, beside) or _is_note(words):
        return True
    if words and len(words) <= 6 and not ALONE.isdisjoint(words) and WEAK.union(ALONE) >= {*words}:
        return True
    track = len(words) > 1 and words[-1] in TRACKS and not GENRES.isdisjoint(words[:-1])
    sounds = not SOUNDS.isdisjoint(words) or bool(len(words) <= 3 and INSTRUMENTS.search(piece))
    sounds = sounds or track
    vocabulary = _KNOWN | GENRES if sounds else _KNOWN
    if not words or not all(word in vocabulary or _is_strong(word) for word in words):
        return False
    music = len(words) <= 3 and INSTRUMENTS.search(piece) and MUSICAL.search(piece)
    return beside or track or any(map(_is_strong, words)) or bool(music)


def _is_note(words: Sequence[str]) -> bool:
    """Whether a few words only say how something looks, feels or sounds: `loud, bold`, `epic`,
    `masculine vibe`, `loud dubstep`.
    """
    if not words or len(words) > 5 or _THINGS.union(_ARTICLES).intersection(words):
        return False
    unknown = sum(word not in _KNOWN and word not in MUSIC_ONLY for word in words)
    return unknown == 0 or (
        unknown <= 2
        and len(words) <= 4
        and (words[-1] in _LOOK_HEADS or (len(words) > 1 and words[0] in _LOOK_STARTS))
    )


def _is_form(words: Sequence[str], beside: bool) -> bool:
    """Whether a few words without an article have a strong one among them: `marching band music`,
    `include subtle humour`; beside talk also `school colours`.
    """
    if not 1 < len(words) <= 5 or _ARTICLES.intersection(words):
        return False
    unknown = sum(word not in _KNOWN and word not in GENRES for word in words)
    if words[0] in MAKER_VERBS:
        return unknown <= (not SOUNDS.union(FILMS).isdisjoint(words))
    heads = any(word in SOUNDS or (beside and word in _COLOURS) for word in (words[0], words[-1]))
    film = _is_film(words[-1]) or not _FORMS.isdisjoint(words)
    return unknown <= 2 and (heads or (film and (beside or unknown < 2)))


def _is_film(word: str) -> bool:
    return word in FILM_NOUNS or bool(_COMPOUND.fullmatch(word))


def _is_strong(word: str) -> bool:
    return word in _STRONG or word.endswith(("musik", "music")) or _is_film(word)


@lru_cache(maxsize=1024)
def may_be_talk(piece: str) -> bool:
    """Whether a piece that shows something may also speak to the maker of the film: it is safer not
    to write it on the screen.
    """
    if TO_MAKER.search(piece) or UNKNOWN_LABEL.match(piece):
        return True
    if (
        META.search(NARRATIVE.sub(" ", piece))
        or MAKER_SCRIPTS.search(piece)
        or (MEASURES.search(piece) and len(_plain_words(piece)) <= 2)
    ):
        return True
    words = _plain_words(NARRATIVE.sub(" ", MEASURES.sub(" ", piece)))
    strong = [word for word in words if _is_strong(word)]
    asks = not ASKING.isdisjoint(words)
    rest = sum(word not in _KNOWN for word in words)
    if words and not rest:  # no word of its own: `fast and fun`
        return True
    film = any(map(_is_film, words))
    return bool(strong) and (asks or film or rest <= len(words) / 2)


def speaks_to_maker(piece: str) -> bool:
    """Whether a piece asks or orders something of the maker of the film."""
    return bool(TO_MAKER.search(piece) or MAKER_SCRIPTS.search(piece))


def names_film(head: str) -> bool:
    """Whether the words before a colon only name the film: `Product video: ...`, `Ad idea: ...`."""
    words = _plain_words(head)
    unknown = sum(word not in _KNOWN for word in words)
    return not FILMS.isdisjoint(words) and len(words) <= 4 and unknown <= 1


def is_look(piece: str) -> bool:
    """Whether a piece that is talk says how the pictures look, which a model should be told."""
    words = set(_plain_words(piece))
    looks = words & LOOKS or LOOK_PHRASES.search(piece)
    return bool(looks) and not words & (FILMS | SOUNDS | MUSIC_ONLY)


def film_request_end(text: str, asks: bool) -> int:
    """Where the words end that ask for a film, at the start of a sentence; 0 where none do.

    `A friendly 45-second explainer for seniors: `, `YouTube pre-roll (6s) for `. Where the sentence
    `asks` by a verb, some words of its own may describe the film; elsewhere none.
    """
    films = _film_words(text, most_unknown=7 if asks else 0)
    return next(filter(None, (_request_end(text, film) for film in films)), 0)


def _request_end(text: str, film: int) -> int:
    """Where a request ends whose word for the film ends at `film`; 0 where it is none."""
    end = _beside_end(text, film)
    audience = _AUDIENCE.match(text[end:].lstrip(" ,"))
    if audience:
        end = len(text) - len(text[end:].lstrip(" ,")) + audience.end()
    colon = re.match(r"\s*[:–—]\s*", text[end:])
    if colon:
        return end + colon.end()
    about = ABOUT.match(text, end)
    if about:
        return about.end()
    rest = text[end:]
    if re.match(r"\s+ل\w", rest):  # Arabic writes its `for` in one word with what follows
        return end
    return end if not rest.strip(" .!?") or re.match(r"\s*[,;.]", rest) else 0


def request_span(text: str) -> tuple[int, int] | None:
    """The words of a sentence that ask its reader for a film, wherever they stand in it.

    `We are a farm in Vermont and we'd love a 30 second video about ...`: from the word for the film
    to the left as far as the words are known, with two of its own at most; one of them asks.
    """
    tokens = _tokens(text)
    for i, token in enumerate(tokens):
        is_object = token.word in FILM_OBJECTS
        if not (is_object or _is_film(token.word)) or NO_FILM.match(text, token.end):
            continue
        first = _request_start(text, tokens, i)
        if first is None or (is_object and first == i):
            continue
        end = _request_end(text, token.end) or _beside_end(text, token.end)
        own = _OWN_WORDS.match(text, end)
        end = own.end() if own else end
        return tokens[first].start, end
    return None


def _tokens(text: str) -> list[_TextWord]:
    measured = {at for match in MEASURES.finditer(text) for at in range(*match.span())}
    tokens = []
    for match in _WORD.finditer(text):
        word = match[0].casefold().replace("’", "'")
        is_known = word in _KNOWN or word in ASKING or word.isdigit() or match.start() in measured
        tokens.append(_TextWord(word, match.start(), match.end(), is_known or _is_film(word)))
    return tokens


def _request_start(text: str, tokens: Sequence[_TextWord], film: int) -> int | None:
    """The first word of a request before its word for the film; None where nobody asks."""
    first = film
    unknown = 0
    asking = False
    for j in range(film - 1, -1, -1):
        between = text[tokens[j].end : tokens[j + 1].start]
        if re.search(r"[.;:!?()]", between) or (unknown and "," in between):
            break
        if tokens[j].known:
            first, unknown = j, unknown if asking else 0
            asking = asking or tokens[j].word in ASKING
            continue
        if asking or unknown == 2:
            break
        unknown += 1
    return first if asking else None


def _film_words(text: str, most_unknown: int) -> Iterator[int]:
    """The ends of the first words for the film, with few unknown words before them."""
    head = text[:160]
    measured = {at for match in MEASURES.finditer(head) for at in range(*match.span())}
    unknown = 0
    for match in _WORD.finditer(head):
        word = match[0].casefold().replace("’", "'")
        if _is_film(word) and not NO_FILM.match(text, match.end()):
            yield match.end()
        is_known = word in _KNOWN or word.endswith("-style") or word.isdigit() or _is_film(word)
        if is_known or match.start() in measured:
            continue
        unknown += 1
        if unknown > most_unknown:
            return


def _beside_end(text: str, start: int) -> int:
    """How far talk goes on behind the word for the film: `in a friendly tone`, `(6s)`."""
    channel = CHANNEL.match(text, start)
    if channel:
        return _beside_end(text, channel.end())
    clause = _CLAUSE.match(text, start)
    words = _plain_words(clause[0]) if clause else []
    if clause is None or not words or not _KNOWN.issuperset(words):
        behind = _BEHIND.match(text, start)
        return behind.end() if behind else start
    return _beside_end(text, clause.end())
