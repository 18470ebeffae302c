"""The brand of a film, by all that a prompt says of the names in it. Pure.

Each name that a prompt has gathers evidence: it is said to be the brand, a web address is made of
it, it stands beside the writer's own business, a closing line begins with it. A doubtful one is
left out. Data: a language is some words in a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lotus.planning.names import JOINED, clean_name, is_name

__all__ = ["sure_brand"]

_SURE = 5  # evidence that makes a name the brand
_QUOTED = r"[\"“«„「『](?P<{0}>[^\"”»“」』\n]{{2,40}})[\"”»“」』]"
_NAME = rf"(?:{_QUOTED.format('quoted')}|(?P<name>{JOINED}))"
_OURS = (
    r"(?:[Oo]ur|[Mm]y|[Uu]nser\w*|[Mm]eine?[nmr]?|[Nn]otre|[Mm]on|[Mm]a|[Nn]uestr[oa]|[Mm]i|[Nn]oss[oa]|"
    r"[Mm]inha|[Mm]eu|(?:[Ll]a|[Ii]l)\s+(?:nostr[oa]|mi[oa])|[Nn]ostr[oa]|[Mm]i[oa]|[Oo]nze?|[Mm]ijn|"
    r"[Nn]asz\w*|наш\w*)"
)
_BUSINESS = (
    r"(?:company|agency|firm|shop|store|brand|startup|studio|practice|clinic|business|museum|school|club|"
    r"publisher|editora|editorial|verlag|éditions|optician|optiker|ferretería|negocio|negócio|brewery|agents?|"
    r"hotel|restaurant|caf[eé]|bakery|gym|salon|charity|ngo|nonprofit|foundation|festival|app|podcast|"
    r"cooperative|brewery|winery|farm|band|bank|garage|firma|verein|praxis|laden|werkstatt|hof|"
    r"tischlerei|bäckerei|kanzlei|entreprise|société|boutique|association|école|ferme|empresa|tienda|"
    r"heladería|panadería|clínica|loja|padaria|cooperativa|fazenda|azienda|negozio|ristorante|gelateria|"
    r"bedrijf|winkel|bakkerij|zaak)"
)
# How a prompt says that a name is the brand, and how much each way counts.
_SAID = tuple(
    (re.compile(pattern), weight)
    for pattern, weight in (
        (
            r"(?i:\b(?:brand|client|company|business|shop|customer|marke|firma|auftraggeber|kunde|"
            r"marque|marca|empresa|merk|museum|school|club|band)(?:['’]s)?(?:\s+name)?\s*(?:is\s+called|is|=|:|"
            r"ist|heißt|est|es|é|è)\s*(?:the\s+)?)" + _NAME,
            7,
        ),
        (
            r"(?i:\b(?:product|app|song|book|event)\s*(?:is\s+called|is|=|:)\s*(?:the\s+)?)"
            + _NAME,
            5,
        ),
        (r"(?i:\b(?:name|nombre|nome|nom)\s*(?:is|:|=|ist|es|é|est)?\s+)" + _NAME, 7),
        # `Brewery: Tin Kettle Brewing, Asheville`, `Signé : Régie des Tilleuls`
        (
            r"(?:^|\n|[.!;]\s+)(?!(?i:title|titel|titre|título|titolo|product|text|slogan|tagline|music|where|city|"
            r"guests?|music|author|cast|when|date)\b)[A-ZÄÖÜ][a-zà-ÿ]+(?:\s+[a-zà-ÿ]+)?\s?:\s+"
            rf"(?P<name>{JOINED})(?=\s*(?:[.,\n]|$))",
            6,
        ),
        (rf"(?<=[.!?]\s)(?P<name>{JOINED})\.(?=\s|$)", 4),  # a sentence that is nothing but a name
        (
            rf"[\"“«„'‘](?:Try|Get|Meet|Join|Download|Choose|Discover|Prueba|Teste|Prova|Essayez|Probier)\s+(?P<name>{JOINED})",
            4,
        ),
        (rf"\(\s*(?P<name>{JOINED})\s*[–—:,-]\s", 5),
        (
            rf"(?i:(?<!not)(?<!written)(?<!photos)\s+by)\s+(?P<name>{JOINED})(?=\s*(?:[.,;\n(]|$))",
            6,
        ),
        (r"(?:名叫|叫做|叫|名为|という|라는)\s*" + _QUOTED.format("quoted"), 6),
        (_QUOTED.format("quoted") + r"\s*(?:という|라는|नाम|ब्रांड)", 6),
        (r"(?:हैं|है|एनजीओ|कंपनी|दुकान|संस्था)[,।]?\s*" + _QUOTED.format("quoted"), 6),
        (
            r"(?i:\b(?:called|named|brand\s+name|se\s+llama|si\s+chiama|se\s+chama|s['’]appelle|heißt|heet|"
            r"nazywa\s+się|llamad[oa]|chamad[oa]|chiamat[oa]|appelée?|namens|genaamd))\s+" + _NAME,
            6,
        ),
        (rf"{_OURS}\s+(?:[^\W\d_][\w-]*\s+){{1,3}}?\(\s*{_NAME}\s*\)", 6),
        (rf"{_OURS}\s+(?:[^\W\d_][\w'’-]*\s+){{1,4}}?{_NAME}", 4),
        (rf"{_OURS}\s+(?:[^\W\d_][\w'’-]*\s+){{1,3}}?{_QUOTED.format('quoted')}", 3),
        (
            rf"{_OURS}\s+(?:[^\W\d_][\w-]*\s+){{0,4}}?[^\W\d_][\w-]*,\s+(?i:the\s+|the\s+one\s+|la\s+|die\s+|der\s+|a\s+|o\s+)?"
            + _NAME,
            5,
        ),
        (
            rf"(?i:\b{_BUSINESS}),?\s+(?:[^\W\d_A-Z]\w*\s+){{0,2}}?(?<!in\s)(?<!at\s)(?<!from\s){_NAME}",
            5,
        ),
        (rf"(?i:\b{_BUSINESS}),?\s+(?:\w+\s+){{0,4}}?{_QUOTED.format('quoted')}", 5),
        (
            rf"{_OURS}\s+(?:[^\W\d_][\w-]*\s+){{1,3}}?\(\s*(?P<name>[A-Z][\w'’&-]*(?:\s+[\w'’&-]+){{1,4}})\s*\)",
            6,
        ),
        (
            r"(?i:(?:^|[\n.!]\s*)(?:event\s+|product\s+)?name:\s+)(?P<name>[A-ZÄÖÜ][^.,;\n(]{2,40})",
            7,
        ),
        (
            r"(?:品牌|公司|店|馆|医院|学校|应用|APP|工作室|屋|会社|サービス|カフェ|アプリ|앱|샵|카페|브랜드|회사|가게|식당)\s*"
            + _QUOTED.format("quoted"),
            6,
        ),
        (
            rf"(?i:\b(?:we\s+are|we['’]re|i\s+run|i\s+own|i\s+work\s+at|we\s+run|i\s+am\s+from|wir\s+sind|somos|siamo|nous\s+sommes))\s+{_NAME}",
            6,
        ),
        (
            rf"{_NAME}\s*(?:\((?i:that['’]s\s+us|our\s+brand|the\s+brand)\)|(?i:is\s+(?:us|our\s+brand)))",
            8,
        ),
        (
            rf"(?i:\b(?:for|für|pour|para|per|voor|dla|для))\s+(?:[Tt]he\s+|[Aa]\s+|[Oo]\s+|[Ll]a\s+|[Ii]l\s+)?{_NAME}",
            3,
        ),
        (
            rf"{_NAME}\s+(?:GmbH|AG|UG|Inc|Ltd|LLC|S\.?A|S\.?L|S\.?r\.?l|B\.?V|Oy|AB|A/S|KG|Lda|Ltda)\b",
            4,
        ),
        # a closing line that begins with the name: `"Tallo. The chair that moves first."`
        (rf"[\"“«„]\s*(?P<name>{JOINED})[.:!,]\s+[^\"”»“]", 3),
        (rf"(?:^|\n)\s*(?:--?|–|—)?\s*{_NAME}\s*(?:\n|$)", 1),
    )
)
# What is said of a name that is not the brand.
_OTHERS = re.compile(
    rf"(?i:\b(?:unlike|than|not|never|competitors?|like|wie|als|nicht|von|anders\s+als|comme|pas|no|como|come|"
    rf"non|pls\s+don['’]t\s+\w+|don['’]t\s+\w+|mention|ask|asked|thanks|cheers|best|hi|hey|dear|hello|not\s+by|citer|to|"
    rf"note\s+for|question\s+for))\s+(?P<name>{JOINED})"
)
_PRODUCT = re.compile(
    rf"(?P<name>{JOINED})\s+is\s+(?:just\s+)?(?:the|our|a)\s+(?:product|model|town|city|street|person)"
)
_PLACED = re.compile(
    rf"(?i:\b(?:in|at|from|near|on|around|to|aus|bei|nach|à|au|en|em|no|na|desde|ad|te|op|w|by))\s+(?P<name>{JOINED})"
)
_SITE = re.compile(r"(?:www\.)?([a-z0-9][\w-]+)\.(?:[a-z]{2,}\.)?[a-z]{2,}(?:/|\b)", re.IGNORECASE)
_RUN = re.compile(rf"(?<![\w'’])(?P<name>{JOINED})")
_SUFFIX = re.compile(r"\s+(?:GmbH|AG|UG|Inc|Ltd|LLC|Oy|AB|KG|Lda|Ltda)\.?$")


def sure_brand(prompt: str, guess: str | None = None) -> str | None:
    """The name with the most evidence; a `guess` of other rules is some."""
    evidence: Counter[str] = Counter()
    for name, weight in _evidence(prompt):
        evidence[name] += weight
    for name in list(evidence):  # said again and again
        again = prompt.count(name) - 1
        evidence[name] += min(again, 2)
    for name in sorted(evidence, key=len):
        longer = [one for one in evidence if name in one and name != one]
        apart = prompt.count(name) - sum(prompt.count(one) for one in longer)
        if longer and apart <= 0:  # it never stands without the rest
            evidence[longer[0]] += max(evidence[name], 0)
            evidence[name] = 0
    if guess:
        evidence[guess] += _SURE
    best = max(evidence, key=lambda name: (evidence[name], len(name)), default=None)
    return best if best is not None and evidence[best] >= _SURE else None


def _evidence(prompt: str) -> Iterator[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()
    for pattern, weight in _SAID:
        for match in pattern.finditer(prompt):
            groups = match.groupdict()
            quoted = groups.get("quoted")
            name = _full_name(quoted or groups.get("name") or "")
            sure = bool(quoted) and len(name.split()) <= 5 and name[-1:] not in ".!?"
            if name and (sure or is_name(name)) and (name, weight) not in seen:
                seen.add((name, weight))
                yield name, weight
    for pattern, weight in ((_OTHERS, -4), (_PRODUCT, -8), (_PLACED, -3)):
        yield from ((_full_name(match["name"]), weight) for match in pattern.finditer(prompt))
    names = {_full_name(match["name"]) for match in _RUN.finditer(prompt)}
    sites = [_squashed(site) for site in _SITE.findall(prompt)]
    for name in names:
        squashed = _squashed(name)
        if _KIND.match(name) is None and name.isupper() and len(name.split()) > 1:
            continue  # words that are shouted
        if (
            len(squashed) > 2
            and name[:1].isupper()
            and any(_alike(squashed, site) for site in sites)
        ):
            yield name, 6


def _alike(name: str, site: str) -> bool:
    """Whether a web address is made of a name, or of most of it."""
    shorter, longer = sorted((name, site), key=len)
    return name == site or (
        len(shorter) > 4 and shorter in longer and len(shorter) * 2 > len(longer)
    )


_KIND = re.compile(
    r"(?:Company|Brand|Client|Firma|Marke|Marque|Marca|Empresa|Business|School|Optician|Publisher)\s+(?=[A-Z])"
)


def _full_name(words: str) -> str:
    words = _KIND.sub("", words)
    return _SUFFIX.sub("", clean_name(re.sub(r"\s*\([^)]*\)?", "", words)))


def _squashed(words: str) -> str:
    marks = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "&": "and"}
    text = "".join(marks.get(char, char) for char in words.casefold())
    return re.sub(r"[^a-z0-9]", "", text)
