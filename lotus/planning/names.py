"""The name that a request gives to what the film is about: `a spot for our bakery, Krume & Korn`.

It stands on the end card, so that a doubtful one is left out. Pure. Data: a language is some words
in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lotus.planning.scripts import is_latin
from lotus.planning.words import word_set

__all__ = ["brand_of"]

_CAPITAL = r"[A-ZÄÖÜÉÀČŠŽŁŚÇİ][\w'’&.-]*"
_JOINED = (
    rf"{_CAPITAL}(?:(?:\s+(?:(?:of|and|&|the|de|da|do|di|du|del|della|la|le|las|los|y|e|et|und|"
    rf"der|zum|zur)\s+){{0,2}}|\s*&\s*){_CAPITAL}){{0,4}}"
)
_CALLED = re.compile(
    r"\b(?:called|named|brand\s+name|namens|heißt|appelée?s?|nommée?s?|llamad[oa]|que\s+se\s+"
    r"llama|chamad[oa]|chiamat[oa]|genaamd|o\s+nazwie|adlı|jménem|под\s+названием|titled|entitled)"
    rf"\s+[\"“«„]?(?P<name>{_JOINED})"
)
# `our bakery, Krume & Korn`, `notre librairie "Le Chat Lettré"`.
_OURS = re.compile(
    r"\b(?:[Oo]ur|[Mm]y|[Uu]nser\w*|[Mm]eine?n?|[Nn]otre|[Nn]uestr[oa]|[Nn]oss[oa]|[Nn]ostr[oa]|"
    r"[Oo]nze?)\s+(?:[\w-]+\s+){0,2}[\w-]+"
    rf"(?:,\s+(?:the\s+)?(?P<name>{_CAPITAL}(?:\s+(?:{_CAPITAL}|of|and|&|"
    rf"the)){{0,3}})(?=\s*[,.;:!]|\s*$)"
    r"|\s+[\"“«„](?P<quoted>[^\"”»“]{2,40})[\"”»“])"
)
_FOR = re.compile(
    rf"\b(?:for|für|pour|para|per|voor|для|dla)\s+(?P<name>{_JOINED})(?=\s*(?:[,.;!?]|$|\bwith\b|"
    r"\bin\b|\bmit\b|\bim\b|\bavec\b|\bcon\b|\bcom\b|\bon\b|\busing\b|\bthat\b|['’]s\b))"
)
_QUOTED = re.compile(r"[「『“«\"„](?P<name>[^」』”»\"“]{1,30})[」』”»\"“]")
# A word with a capital within it, which nothing but a name has.
_CAMEL = re.compile(r"\b[A-Z][a-z]+[A-Z]\w+\b|\b[a-z][A-Z]\w{2,}\b")
_RUN = re.compile(rf"(?:(?P<before>[\w'’]+)\s+)?(?P<name>{_JOINED})")
_PLACE_BEFORE = word_set("""
    in at from near to on around across outside aus bei nach im vom von à au aux en dans a em no na
    desde hasta ad te op w we z nad ve
""")
# What has a capital and is the name of nobody: days, months, feasts, channels, languages, tongues.
_COMMON = re.compile(
    r"(?:tik\s?tok|instagram|insta|facebook|youtube|linkedin|twitch|snapchat|pinterest|whatsapp|"
    r"twitter|x|reels?|shorts|stories|story|google|meta|ads?|tv|ai|ki|ia|vr|ar|app|saas|b2b|dj|"
    r"diy|faq|ceos?|cfos?|ctos?|hr|ngo|ngos|gmbh|usa?|uk|eu|i|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|"
    r"august|september|october|november|december|spring|summer|autumn|winter|christmas|xmas|"
    r"easter|halloween|thanksgiving|valentine['’]?s?|mother['’]?s|father['’]?s|new|black|cyber|"
    r"year['’]?s?|day|eve|week|weekend|sale|ramadan|eid|diwali|hanukkah|pride|earth|"
    r"english|german|french|spanish|italian|portuguese|dutch|chinese|japanese|korean|turkish|"
    r"polish|russian|arabic|hindi|british|american|european|african|asian|mexican|indian|greek|"
    r"thai|nordic|irish|scottish|swiss|austrian|"
    r"dia|día|mães|pais|madre|padre|natal|navidad|noël|pâques|fête|journée|festa|semana|santa|"
    r"muttertag|vatertag|weihnachten|ostern|sommer|herbst|frühling|frühjahr|"
    r"please|hi|hello|the|a|an|our|my|we|video|film|spot|clip|trailer|teaser|promo|brief|ad|"
    r"commercial|show|make|create|no|use|target|tone|music|style|format|length|end|text)$",
    re.IGNORECASE,
)
# Words before a name that are a part of it.
_KIND = re.compile(
    r"(?:café|cafe|hotel|hôtel|gasthof|gasthaus|villa|haus|studio|club|bar|casa|restaurant|"
    r"pension|radio|team|projekt|klinik|praxis|zum|zur|le|la|el|il|the)$",
    re.IGNORECASE,
)
# A product that does something: `With Ledgerly it takes two`, `Meet FiberNow`.
_DOING = re.compile(
    rf"(?:^|(?<=[.!?:]\s))(?:With|Meet|Try|Discover|Introducing|Mit|Avec|Con|Com)\s+(?P<name>"
    rf"{_CAPITAL}(?:\s+{_CAPITAL})?)(?=,|\s+(?:it|you|your|they|everything|that|the|this|du|sie|"
    r"wird|ist|vous|tout|c['’]est|es|todo|você|tudo)\b|[.!:])"
)
_GERMAN = re.compile(
    r"\b(?:für|über|mit|und|unser\w*|mein\w*|der|die|das|den|dem|ein\w*|im|zum|zur|vom)\b"
)
_MOST_CHARS = 60


def brand_of(texts: Iterable[str], subjects: Iterable[str] = (), prompt: str = "") -> str | None:
    """The brand that a request names: `a business called Happy Paws`, `a video for Acme`.

    `texts` are the sentences that ask; `subjects` what is left of them without the request;
    `prompt` is searched last for a product that does something.
    """
    for text in texts:
        for pattern in (_CALLED, _FOR):
            match = pattern.search(text)
            name = _clean(match["name"]) if match else ""
            if name and (pattern is _CALLED or _is_name(name)):
                return name
        ours = _OURS.search(text)
        if ours:
            return _clean(ours["name"] or ours["quoted"])
    for subject in subjects:
        name = _name_in(subject)
        if name:
            return name
    doing = _DOING.search(prompt)
    return _clean(doing["name"]) if doing and _is_name(doing["name"]) else None


def _name_in(subject: str) -> str:
    """The name within what a film is about; empty where none is sure."""
    if not is_latin(subject):
        quoted = _QUOTED.search(subject)
        return quoted["name"].strip() if quoted else ""
    head = re.split(r"[.:;!?(]|,\s", subject, maxsplit=1)[0]
    camel = _CAMEL.search(head)
    german = _GERMAN.search(subject) is not None or re.search("[äöüß]", subject) is not None
    for match in _RUN.finditer(head):
        run = match["name"]
        if (match["before"] or "").casefold() in _PLACE_BEFORE:
            continue
        if camel and camel[0] in run:
            return _clean(run)
        words = run.split()
        if german or _looks_german(words, head):
            words = words if _KIND.fullmatch(words[0]) else words[1:]
        while words and _COMMON.match(words[0]):
            words = words[1:]
        name = _clean(" ".join(words))
        if name and _is_name(name):
            return name
    return ""


def _looks_german(words: list[str], head: str) -> bool:
    """Whether nouns have capitals here: nearly all words of a few do."""
    return all(word[:1].isupper() for word in head.split()) and len(words) > 1


def _is_name(name: str) -> bool:
    words = name.split()
    return bool(words) and not all(_COMMON.match(word) for word in words) and len(name) > 2


def _clean(name: str) -> str:
    return re.sub(r"['’]s$", "", name.strip().rstrip(".,'’"))[:_MOST_CHARS]
