"""Fields of a brief that people write into their sentences: length, shape, sound, brand, call to
action. Pure.

They are read only from words that speak to the maker of the film, never from what is to be seen:
`Make a 30 second video` has a length, `downloads in 8 seconds` has none. Data: a language is a line
in each table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping

from lotus.documents.brief import LIMITS, Brief

__all__ = [
    "FIELDS",
    "brand_of",
    "call_to_action",
    "field_value",
    "is_bare_field",
    "labelled",
    "with_fields",
    "without_address",
]

# `label: value`, by the field that the label names. `look` describes all pictures; `narration` is
# spoken; the others only instruct.
_LABELS: Mapping[str, str] = {
    "look": (
        r"(?:visual\s+)?style|genre|tone|mood|look|colou?rs?(?:\s+palette)?|palette|lighting|pace|"
        r"camera|ton|ambiance|couleurs?|"
        r"estilo|tono|tom|colores|cores|stil|stimmung|farben|stile|colori|стиль|тон|настроение|风格|"
        r"色调|スタイル|トーン|"
        r"스타일|분위기|النمط|الأسلوب|शैली"
    ),
    "duration_seconds": (
        r"duration|(?:video\s+)?length|run(?:ning)?\s*time|dauer|länge|durée|duración|duração|"
        r"durata|lengte|"
        r"длительность|хронометраж|时长|時長|長さ|尺|길이|المدة"
    ),
    "aspect_ratio": (
        r"(?:aspect\s+)?ratio|format|orientation|shape|seitenverhältnis|formato|formaat|формат|格式|"
        r"画幅|比例|"
        r"フォーマット|형식|비율|التنسيق"
    ),
    "music": (
        r"music|sound(?:track)?|audio|musik|musique|música|musica|muziek|музыка|音乐|音楽|음악|الموسيقى|"
        r"संगीत"
    ),
    "audience": (
        r"(?:target\s+)?audience|target\s+group|zielgruppe|public(?:\s+cible)?|"
        r"público(?:\s+objetivo|-alvo)?|doelgroep|"
        r"аудитория|受众|ターゲット|대상|الجمهور"
    ),
    "brand": (
        r"brand(?:\s+name)?|company|client|product\s+name|marke|kunde|marque|marca|merk|бренд|品牌|"
        r"ブランド|브랜드|"
        r"العلامة"
    ),
    "cta": (
        r"cta|call[\s-]to[\s-]action|handlungsaufruf|appel\s+à\s+l'action|"
        r"llamada\s+a\s+la\s+acción|призыв|行动号召"
    ),
    "narration": (
        r"voice[\s-]?over|vo|(?:[\w .]{1,30})?\(\s*v\.?\s?o\.?\s*\)|narrat(?:or|ion)|off-?stimme|"
        r"sprecher|voix\s+off|voz\s+en\s+off|narração|voce\s+fuori\s+campo|"
        r"закадровый\s+голос|диктор|旁白|ナレーション|내레이션|التعليق\s+الصوتي"
    ),
    "language": r"language|sprache|langue|idioma|lingua|taal|язык|语言|言語|언어|اللغة",
    "excluded": (
        r"(?:don['’]?ts|do\s+nots|avoid|exclude|negatives?|negative\s+prompts?|no-?gos?|no|nein|"
        r"nicht\s+zeigen|vermeiden|à\s+éviter|"
        r"éviter|evitar|da\s+evitare|vermijden|исключить|不要|避免|NG)"
    ),
    "note": r"brief(?:ing)?|mandator(?:y|ies)|must[\s-]haves?|objectives?|goals?|kpis?|campaign|"
    "project|version|references?|"
    r"output|resolution|fps|frame\s+rate|hashtags?|specs?|ziel|objectif|objetivo|notes?|budget|"
    r"deadline|platform|deliverables?|hinweis|remarque|nota|примечание|备注",
}
_LABELLED = re.compile(
    "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS.items()) + r")\s*[:：]\s*",
    re.IGNORECASE,
)
_COUNTS = {
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "sixty": 60,
    "zehn": 10,
    "fünfzehn": 15,
    "zwanzig": 20,
    "dreißig": 30,
    "quinze": 15,
    "vingt": 20,
    "trente": 30,
    "quince": 15,
    "veinte": 20,
    "treinta": 30,
}
_SECONDS = re.compile(
    rf"(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})\s*-?\s*(?:s\b|secs?\b|seconds?\b|sekund\w*|"
    rf"-?sekündig\w*|secondes?|"
    r"segundos?|secondi|seconden|секунд\w*|秒|초|ثانية|ثوان)",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"(?P<count>\d|half\s+a|one|a)\s*-?\s*(?:minutes?|min|minuten?|minutos?|minuti|минут\w*|分钟|"
    r"分)(?!\w)",
    re.IGNORECASE,
)
_SHAPES = (
    (
        r"9\s*:\s*16|vertical\w*|portrait|hochformat|hochkant|tiktok|\breels?\b|\bshorts\b|"
        r"\bstor(?:y|ies)\b|verticale?|"
        r"staand|вертикальн\w*|竖屏|縦型|세로|عمودي",
        "9:16",
    ),
    (
        r"1\s*:\s*1|\bsquare\b|quadrat\w*|carré|cuadrado|quadrado|quadrato|vierkant|квадрат\w*|方形|"
        r"正方形",
        "1:1",
    ),
    (
        r"16\s*:\s*9|landscape|horizontal\w*|widescreen|querformat|youtube|orizzontale|liggend|"
        r"горизонтальн\w*|横屏|横型|"
        r"가로",
        "16:9",
    ),
)
# Any other ratio is the nearest of the shapes that there are.
_RATIO = re.compile(r"\b([1-9]\d?)\s*:\s*([1-9]\d?)\b(?!\s*(?:am|pm|uhr|h)\b)", re.IGNORECASE)
_RATIOS = {"9:16": 9 / 16, "1:1": 1.0, "16:9": 16 / 9}
_MUSIC_WORD = re.compile(
    r"music|sound|beats?\b|musik|musique|música|musica|muziek|музык\w*|音乐|音楽|음악|موسيقى|संगीत",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"\b(?:no|without(?:\s+any)?|keine?|ohne|sans|pas\s+de|sin|sem|senza|geen|без)\s+"
    r"(?:\w+\s+)?(?:music|musik|musique|música|musica|muziek|музыки)|^none$|不要音乐|音楽なし",
    re.IGNORECASE,
)
_BEDS = (
    (
        r"energetic|driving|fast|techno|electro\w*|rock|pumping|hip-?hop|action|powerful|epic|"
        r"intense|treibend\w*|"
        r"energi\w+|énergique|enérgic\w+|potente|мощн\w*|энергичн\w*|动感|激烈|激しい|신나는",
        "driving",
    ),
    (
        r"upbeat|happy|cheerful|fun|playful|joyful|pop|ukulele|bright|fröhlich\w*|heiter\w*|"
        r"joyeu\w+|entraînante|"
        r"alegre|animad\w|divertid\w|allegr\w|vrolijk\w*|весел\w+|весёл\w+|欢快|轻快|明るい|楽しい|밝은|مرحة",
        "bright",
    ),
    (
        r"calm|soft|gentle|piano|ambient|relax\w*|slow|quiet|peaceful|acoustic|ruhig\w*|sanft\w*|"
        r"leise\w*|calme|dou(?:x|ce)|"
        r"tranquil\w+|suave|calma|dolce|rustig\w*|спокойн\w*|тих\w+|轻柔|安静|舒缓|静かな|穏やかな|잔잔한|هادئة",
        "calm",
    ),
)
_CAPITAL = r"[A-ZÄÖÜÉÀČŠŽ][\w'’&.-]*"
_CALLED = re.compile(
    r"\b(?:called|named|namens|heißt|appelée?s?|nommée?s?|llamad[oa]|que\s+se\s+llama|chamad[oa]|"
    r"chiamat[oa]|genaamd|"
    rf"под\s+названием)\s+[\"“«„]?(?P<name>{_CAPITAL}(?:\s+(?:{_CAPITAL}|of|and|&|the|de|du|"
    rf"der)){{0,3}})"
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
    rf"\b(?:for|für|pour|para|per|voor|"
    rf"для)\s+(?P<name>{_CAPITAL}(?:\s+{_CAPITAL}){{0,2}})(?=\s*(?:[,.;!]|$|\bwith\b|\bin\b|"
    rf"\bmit\b|"
    r"\bim\b|\bavec\b|\bcon\b|\bcom\b|\bon\b|\busing\b|\bthat\b))"
)
_REACH = re.compile(
    r"\b(?P<verb>visit|go\s+to|(?:pre-?order|order|book|buy|shop|reserve|register|sign\s+up|"
    r"try\s+it|start|apply|donate)(?:\s+(?:now|online|today))?\s+(?:at|on)|call|besuchen\s+sie|"
    r"visitez|visita)?\s*(?:us\s+(?:at|on)\s+)?"
    r"(?:https?://)?(?P<site>(?:www\.)?[a-z0-9][\w-]*(?:\.[\w-]+)*\.(?:com|org|net|io|app|de|fr|"
    r"es|it|nl|eu|co|shop|example|"
    r"dev|ai|uk|us|ru|pl|jp|cn|studio|store)\b)(?P<path>/[\w/-]*)?(?:\?\S*)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?i:(?:\b(?:visit(?:\s+us\s+(?:at|on))?|go\s+to|see|find\s+(?:us|out\s+more)\s+(?:at|on)|"
    r"(?:order|book|apply|pre-?order|sign\s+up|register|learn\s+more|read\s+more|shop|"
    r"donate)\s+(?:now\s+|online\s+|today\s+)?(?:at|on)|at|on|call|phone|mail|email|"
    r"write\s+to|besuchen\s+sie|auf|unter|visitez|sur|visita|en|em|su|bij|op)\s+)?"
    r"(?:https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+|(?<![\w.])[a-z][\w-]+\.(?:com|org|net|io|app|"
    r"de|fr|es|it|nl|eu|co|shop|"
    r"example|dev|ai|uk|us|ru|pl|jp|cn)\b(?:/\S*)?|\+?\d[\d ()/-]{6,}\d))"
)
# What an address leaves behind: `... today and get free shipping`, `... or ...`.
_LINKS = re.compile(r"^(?:(?:and|or|today|now|us|und|oder|et|ou|y|o|e|at|on)\s+)+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,/])\+?\d[\d ()/-]{6,}\d(?![\w.])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+\w")


# Words that may stand beside a length, a shape or a sound without saying anything to be seen.
_POLITE = re.compile(
    r"(?:(?:many\s+)?thanks|thank\s+you|please|cheers|danke|merci|gracias|obrigad[oa]|grazie)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"(?:videos?|vídeo|film|ad|advert|commercial|spot|clip|reel|trailer|teaser|promo|anzeige|pub|"
    r"anuncio|"
    r"format\w*|formaat|orientation|aspect|ratio|long|lang|length|duration|total|only|about|"
    r"around|approx|circa|ca|"
    r"max\w*|version|please|thanks?|you|bitte|danke|merci|gracias|in|im|for|the|an?|and|with|some|"
    r"background|no|"
    r"without|any|keine?|ohne|sans|sin|sem|senza|mit|avec|con|com|en|au|et|und|y|e|of|de)\b",
    re.IGNORECASE,
)


def is_bare_field(piece: str) -> bool:
    """Whether a piece of a sentence is nothing but a length, a shape or a sound: `10 seconds`."""
    patterns = [_SECONDS, *(re.compile(words, re.IGNORECASE) for words, _ in _SHAPES)]
    if _MUSIC_WORD.search(piece):
        patterns += [*(re.compile(words, re.IGNORECASE) for words, _ in _BEDS), _MUSIC_WORD]
    rest = piece
    for pattern in patterns:
        rest = pattern.sub(" ", rest)
    polite = bool(_POLITE.fullmatch(piece.strip(" .!")))
    return polite or (rest != piece and not re.search(r"\w", _BESIDE.sub(" ", rest)))


def without_address(text: str) -> str:
    """The text without web addresses, telephone numbers and mail addresses."""
    if not _ADDRESS.search(text):
        return text
    rest = re.sub(r"\s+([,.!])", r"\1", _ADDRESS.sub(" ", text)).strip(" ,;:.–-")
    return _LINKS.sub("", f"{rest} ").strip()


def labelled(sentence: str) -> tuple[str, str] | None:
    """The field that a sentence labels, and its value: `Length: 20s`."""
    match = _LABELLED.match(sentence)
    if match is None or match.lastgroup is None:
        return None
    return match.lastgroup, sentence[match.end() :].strip(" .")


def _duration(text: str) -> float | None:
    match = _SECONDS.search(text)
    if match:
        count = match["count"].casefold()
        return float(_COUNTS.get(count, 0) or int(count))
    match = _MINUTES.search(text)
    if match is None:
        return None
    count = match["count"].casefold()
    return 30.0 if count.startswith("half") else 60.0 * (int(count) if count.isdigit() else 1)


def _shape(text: str) -> str | None:
    named = next((s for pattern, s in _SHAPES if re.search(pattern, text, re.IGNORECASE)), None)
    ratio = _RATIO.search(text)
    if named or ratio is None or int(ratio[2]) == 0:
        return named
    return min(
        _RATIOS, key=lambda shape: abs(math.log(int(ratio[1]) / int(ratio[2]) / _RATIOS[shape]))
    )


def _bed(text: str) -> str | None:
    if _SILENT.search(text):
        return "none"
    return next((b for pattern, b in _BEDS if re.search(pattern, text, re.IGNORECASE)), None)


def _music(text: str) -> str | None:
    return _bed(text) if _MUSIC_WORD.search(text) else None


# Each field, and how its value is read from an instruction.
FIELDS: Mapping[str, Callable[[str], float | str | None]] = {
    "duration_seconds": _duration,
    "aspect_ratio": _shape,
    "music": _music,
}


def field_value(name: str, value: str) -> float | str | None:
    """The value of a labelled field as a brief has it; None if it cannot be read."""
    if name == "duration_seconds":
        return _duration(f"{value} s" if value.isdigit() else value)
    if name == "music":
        return _bed(value)
    if name == "aspect_ratio":
        return _shape(value)
    return value or None


def brand_of(texts: Iterable[str]) -> str | None:
    """The brand that a request names: `a business called Happy Paws`, `a video for Acme`."""
    for text in texts:
        for pattern in (_CALLED, _FOR):
            match = pattern.search(text)
            if match:
                return match["name"].rstrip(".,'’")[:60]
        ours = _OURS.search(text)
        if ours:
            return (ours["name"] or ours["quoted"]).rstrip(".,'’")[:60]
    return None


def call_to_action(prompt: str) -> str | None:
    """Where to go, short: `Visit www.example.com/shop`; else a telephone number or an address."""
    mail = _MAIL.search(prompt)
    text = prompt.replace(mail[0], " ") if mail else prompt
    site = _REACH.search(text)
    if site:
        verb = " ".join(word for word in (site["verb"] or "").lower().split() if word != "now")
        verb = verb.capitalize()
        return f"{verb} {site['site']}{(site['path'] or '').rstrip('/')}".strip()[:80]
    phone = _PHONE.search(text)
    if phone:
        return (
            f"Call {phone[0].strip()}" if re.search(r"\bcall\b", text, re.I) else phone[0].strip()
        )
    return mail[0] if mail else None


def with_fields(brief: Brief, values: Mapping[str, object], warn: Callable[[str], None]) -> Brief:
    """The brief with what its prompt asks for; what the brief itself says goes first."""
    open_fields = {name for name in values if name not in brief.model_fields_set}
    changes = {name: values[name] for name in open_fields if _belongs(name, brief)}
    seconds = changes.get("duration_seconds")
    if isinstance(seconds, int | float):
        limits = LIMITS[brief.kind]
        fitting = min(max(float(seconds), limits.min_seconds), limits.max_seconds)
        if fitting != seconds:
            warn(f"the prompt asks for {seconds:g} s; an ad has {fitting:g} s")
        changes["duration_seconds"] = fitting
    return brief.replace(**changes) if changes else brief


def _belongs(name: str, brief: Brief) -> bool:
    return brief.kind == "ad" or name in ("aspect_ratio", "brand", "cta")
