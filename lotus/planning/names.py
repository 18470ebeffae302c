"""The name that a request gives to what the film is about: `a spot for our bakery, Krume & Korn`.

It stands on the end card, so that a doubtful one is left out. Pure. Data: a language is some words
in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lotus.planning.foreign import names_foreign_film
from lotus.planning.scripts import is_latin
from lotus.planning.words import DETERMINERS, word_set

__all__ = ["JOINED", "brand_of", "clean_name", "is_name"]

_CAPITAL = r"(?:St\.|Dr\.|Mr\.|Mrs\.|[A-ZÄÖÜÉÀČŠŽŁŚÇİ][\w'’&-]*(?:\.\w[\w'’&-]*)*)"
JOINED = (
    rf"{_CAPITAL}(?:(?:[ \t]+(?:(?:of|and|&|the|de|da|do|di|du|del|della|la|le|las|los|y|e|et|und|"
    rf"der|zum|zur|sem|sin|con)[ \t]+){{0,2}}|[ \t]*&[ \t]*){_CAPITAL}){{0,4}}"
    r"(?:[ \t]+\d{1,4}(?![\w%€$]))?"
)
_CALLED = re.compile(
    r"\b(?:called|named|brand\s+name|namens|heißt|appelée?s?|nommée?s?|llamad[oa]|que\s+se\s+"
    r"llama|chamad[oa]|chiamat[oa]|genaamd|o\s+nazwie|adlı|jménem|под\s+названием|titled|entitled)"
    rf"\s+[\"“«„]?(?P<name>{JOINED})"
)
# `my band The Paper Lanterns`, `il mio agriturismo Il Melograno`, `e-book 'Low Tide'`.
_OWN = re.compile(
    r"\b(?:[Oo]ur|[Mm]y|[Nn]otre|[Mm]on|[Mm]a|[Nn]uestr[oa]|[Mm]i|[Nn]oss[oa]|[Mm]eu|[Mm]inha|[Nn]ostr[oa]|"
    r"[Mm]i[oa]|[Oo]nze|[Mm]ijn)\s+(?:[a-zà-ÿ][\w-]*\s+){0,2}(?P<before>[a-zà-ÿ][\w-]*)\s+"
    rf"(?P<name>{JOINED})(?=\s+[a-zà-ÿ]|\s*[,.:;!?(–—-]|\s*$)"
)
_TITLE = re.compile(r"[^\W\d_]\s+['‘\"“„«](?P<name>[A-ZÀ-Ý][^'’\"”»“]{1,30})['’\"”»“]")
_BEINGS = re.compile(
    r"\b(?:girl|boy|man|woman|kid|child|dog|cat|robot|bear|dragon|fox|rabbit|horse|bird|monster|knight|"
    r"king|queen|barista|chef|nurse|teacher|doctor|baker|painter|terrier|puppy|kitten|dackel|prince\w*|wizard|guy|lady|hund|katze|mädchen|junge|mann|frau|bär|chien|chat|fille|garçon|"
    r"perro|gato|niñ[oa]|menin[oa]|cachorro|cane|gatto|ragazz[oa])\s*$",
    re.IGNORECASE,
)
# `We are Corner Street Hardware`, `Brand is Tindra`.
_WE_ARE = re.compile(
    r"(?:^|(?<=[.!?:,]\s))(?:(?:[Tt]he\s+|[Ii]ts\s+)?[Nn]ame\s+is|We\s+are|We['’]re|Brand(?:\s+name)?(?:\s+is)?|Wir\s+sind|Nous\s+sommes|Somos|"
    rf"Siamo|Die\s+Marke\s+(?:ist|heißt)|La\s+marca\s+(?:es|é|è)|A\s+marca\s+é|La\s+marque\s+est):?\s+"
    rf"(?P<name>{JOINED})(?=\s*(?:[.,!;]|$|\s(?:in|from|and\s+we|aus|und\s+wir|de)\b))"
)
# `unsere Fahrradwerkstatt Speichenglück`: German sets the name beside its noun.
_APPOSITION = re.compile(
    r"\b(?:[Uu]nser\w*|[Mm]eine?[nmr]?)\s+(?:[a-zäöüß][\w-]+\s+){0,2}[A-ZÄÖÜ][\w-]+\s+"
    r"(?P<name>[A-ZÄÖÜ][\w&-]+)(?=\s+(?:ein\w*|in|aus|am|im|bei|soll|braucht|mit)\b|\s*[,.!:]|\s*$)"
)
_FILM = re.compile(r"(?:video|clip|film|spot|reel|trailer|teaser)s?$", re.IGNORECASE)
# `our bakery, Krume & Korn`, `notre librairie "Le Chat Lettré"`.
_OURS = re.compile(
    r"\b(?:[Oo]ur|[Mm]y|[Uu]nser\w*|[Mm]eine?n?|[Nn]otre|[Nn]uestr[oa]|[Nn]oss[oa]|[Nn]ostr[oa]|"
    r"[Oo]nze?)\s+(?:[\w-]+\s+){0,2}[\w-]+"
    rf"(?:,\s+(?:the\s+)?(?P<name>{_CAPITAL}(?:\s+(?:{_CAPITAL}|of|and|&|"
    rf"the)){{0,3}})(?=\s*[,.;:!]|\s*$)"
    r"|\s+[\"“«„](?P<quoted>[^\"”»“]{2,40})[\"”»“])"
)
_FOR = re.compile(
    rf"\b(?:for|für|pour|para|per|voor|для|dla)\s+(?P<name>{JOINED})(?=\s*(?:[,.;!?]|$|\bwith\b|"
    r"\bin\b|\bmit\b|\bim\b|\bavec\b|\bcon\b|\bcom\b|\bon\b|\busing\b|\bthat\b|['’]s\b))"
)
_QUOTED = re.compile(r"[「『“«\"„](?P<name>[^」』”»\"“]{1,30})[」』”»\"“]")
# `英会話アプリ「ハナソ」の動画`, `介绍我们的宠物医院“暖爪”`.
_CJK = re.compile(
    r"[「『“](?P<name>[^」』”]{1,20})[」』”](?=[^。]{0,12}(?:動画|映像|CM|ＣＭ|広告|视频|短片|广告|PV))|"
    r"['‘“\"](?P<ko>[^'’”\"]{1,20})['’”\"]\s*(?:\w+\s+)?(?:홍보\s*)?(?:영상|광고|동영상)|"
    r"(?:介绍|推广|宣传|关于)[^，。]*?[“「](?P<other>[^”」]{1,20})[”」]"
)
# A word with a capital within it, which nothing but a name has.
_CAMEL = re.compile(r"\b[A-Z][a-z]+[A-Z]\w+\b|\b[a-z][A-Z]\w{2,}\b")
_CAMEL_RUN = re.compile(rf"(?:{_CAMEL.pattern})(?:[ \t]+\d{{1,4}}(?![\w%€$]))?")
_RUN = re.compile(rf"(?:(?P<before>[^\W\d_A-ZÄÖÜÉ][\w'’]*)\s+)?(?<!\w)(?P<name>{JOINED})")
_PLACE_BEFORE = word_set("""
    in at from near to on around across outside aus bei nach im vom von à au aux en dans a em no na
    desde hasta ad te op w we z nad ve through throughout over durch traverse attraverso por
    husband wife mum mom mother dad father grandma grandpa son daughter brother sister friend cat
    dog baby boss mann frau mutter vater oma opa sohn tochter hund katze mari femme maman papa chat
    chien fils fille marido esposa mamá papá hijo hija perro gato abuela abuelo mãe pai filho filha
    marito moglie figlio figlia cane gatto nonna nonno
""")
# Cities and countries where a film may play.
_PLACES = word_set("""
    paris london berlin madrid barcelona lisbon lisboa porto rome roma milan milano vienna wien
    munich münchen hamburg köln cologne leipzig zürich zurich geneva brussels amsterdam rotterdam
    copenhagen stockholm oslo helsinki dublin edinburgh manchester leeds york prague praha warsaw
    kraków budapest athens istanbul cairo dubai mumbai delhi tokyo kyoto osaka seoul beijing
    shanghai singapore bangkok sydney melbourne toronto vancouver montreal boston chicago seattle
    austin denver portland asheville miami brooklyn manhattan texas california vermont oregon
    florida mexico bogotá lima santiago rio sevilla valencia bilbao málaga lyon marseille toulouse
    nantes bordeaux lille annecy napoli torino firenze bari venezia umbria toscana sicilia
    germany france spain italy portugal england scotland wales ireland america canada brazil brasil
    méxico argentina colombia chile peru japan china korea india kenya nigeria europe africa asia
    deutschland österreich schweiz frankreich spanien italien españa italia portugal
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
    r"türkçe|ingilizce|almanca|deutsch|english|german|french|spanish|italian|portuguese|dutch|chinese|japanese|korean|turkish|"
    r"polish|russian|arabic|hindi|british|american|european|african|asian|mexican|indian|greek|"
    r"thai|nordic|irish|scottish|swiss|austrian|"
    r"dia|día|mães|pais|madre|padre|natal|navidad|noël|pâques|fête|journée|festa|semana|santa|"
    r"muttertag|vatertag|weihnachten|ostern|sommer|herbst|frühling|frühjahr|"
    r"we['’]re|i['’]m|it['’]s|you['’]re|etsy|ebay|amazon|spotify|netflix|wikipedia|airbnb|"
    r"iphones?|ipads?|ios|macos|ebook|ebooks|please|hi|hello|the|a|an|our|my|we|video|film|spot|clip|trailer|teaser|promo|brief|ad|"
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
    r"\b(?:für|fürs|über|und|mit|unser\w*|mein\w*|der|zum|zur|vom|ein|eine[nmr]?|wir)\b", re.I
)
_MOST_CHARS = 60


def brand_of(
    texts: Iterable[str], subjects: Iterable[tuple[str, str]] = (), prompt: str = ""
) -> str | None:
    """The brand that a request names: `a business called Happy Paws`, `a video for Acme`.

    `texts` are the sentences that ask; `subjects` what is left of them without the request, and all
    of it; `prompt` is searched last for a product that does something.
    """
    for text in texts:
        for pattern in (_CALLED, _FOR):
            match = pattern.search(text)
            name = clean_name(match["name"]) if match else ""
            if name and (pattern is _CALLED or is_name(name)):
                return name
        beside = _APPOSITION.search(text)
        if beside and is_name(beside["name"]) and not _FILM.search(beside["name"]):
            return beside["name"]
        cjk = _CJK.search(text)
        if cjk:
            return cjk["name"] or cjk["other"] or cjk["ko"]
        quoted = _QUOTED.search(text)
        if quoted and names_foreign_film(text):
            return clean_name(quoted["name"])
        own = _OWN.search(text)
        if own and own["before"] not in (_PLACE_BEFORE | DETERMINERS) and is_name(own["name"]):
            return clean_name(own["name"])
        ours = _OURS.search(text)
        if ours:
            return clean_name(ours["name"] or ours["quoted"])
    for subject, sentence in subjects:
        name = _name_in(subject, sentence)
        if name:
            return name
    introduced = _WE_ARE.search(prompt)
    if introduced and is_name(introduced["name"]):
        return clean_name(introduced["name"])
    called = _CALLED.search(prompt)
    if (
        called
        and "named" not in called[0]
        and not _BEINGS.search(prompt[: called.start()])
        and is_name(called["name"])
    ):
        return clean_name(called["name"])
    doing = _DOING.search(prompt)
    if doing and is_name(doing["name"]):
        return clean_name(doing["name"])
    camel = (match[0] for match in _CAMEL_RUN.finditer(prompt))
    return next((clean_name(name) for name in camel if not _COMMON.match(name.split()[0])), None)


def _name_in(subject: str, sentence: str) -> str:
    """The name within what a film is about; empty where none is sure."""
    if not is_latin(subject):
        quoted = _QUOTED.search(subject)
        return quoted["name"].strip(" 。、") if quoted else ""
    title = _TITLE.search(subject)
    if title:
        return clean_name(title["name"])
    head = re.split(r"[.:;!?(]|,\s", subject, maxsplit=1)[0]
    german = _GERMAN.search(sentence) is not None
    for match in _RUN.finditer(head):
        run = match["name"]
        words = run.split()
        before = (match["before"] or "").casefold()
        behind_colon = match.start() == 0 and f": {subject}"[:40] in sentence
        if behind_colon and not _CAMEL.search(run):
            continue
        first = sentence.casefold().startswith(run.split()[0].casefold())
        if before in _PLACE_BEFORE or (before in _OF and len(words) < 2) or first:
            continue
        if german and not _CAMEL.search(run) and not _KIND.match(words[0]):
            words = words[1:]
        while words and (words[0].islower() or _COMMON.match(words[0])) and words[0] != "The":
            words = words[1:]
        name = clean_name(" ".join(words))
        if is_name(name):
            return name
    items = re.split(r",\s+", subject.rstrip(" .!"))[1:3]
    whole = (item for item in items if len(item.split()) > 1 and re.fullmatch(JOINED, item))
    return "" if german else next(filter(is_name, whole), "")


_OF = word_set("de da do del della di du des dos das von")


def is_name(name: str) -> bool:
    """Whether words with capitals may name a brand: no feast, place, channel or people."""
    words = name.split() or [""]
    small = [word.casefold() for word in words]
    common = all(_COMMON.match(word) for word in words) or not _FEAST.isdisjoint(small)
    place = all(word in _PLACES for word in small)
    short = name.isupper() and len(name) <= 4
    people = (len(words) == 1 and _PEOPLE.search(name)) or words[-1] in _PUBLIC
    return len(name) > 2 and not (common or place or short or people)


_FEAST = word_set("day tag dia día jour journée fête fest festa sale ")
_PUBLIC = word_set(
    "Park Street Road Square Hall Beach Lake Avenue Lane Station Stadium Arena Garden"
)
_PEOPLE = re.compile(
    r"(?:besitzer|innen|leute|kunden|eltern|kinder|familien|azubis|Azubis|firmen|fans|CEOs|CFOs)$"
)


def clean_name(name: str) -> str:
    """A name without what ends its sentence, or says that something is its own."""
    return re.sub(r"['’]s$", "", name.strip().rstrip(".,'’。、"))[:_MOST_CHARS]
