"""Fields of a brief that people write into their sentences: length, shape, sound, brand, call to
action. Pure.

They are read only from words that speak to the maker of the film, never from what is to be seen:
`Make a 30 second video` has a length, `downloads in 8 seconds` has none. Data: a language is a line
in each table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from lotus.documents.brief import LIMITS, Brief
from lotus.planning.foreign import MUSIC as FOREIGN_MUSIC
from lotus.planning.talk_words import FOREIGN_SECONDS, INSTRUMENTS

__all__ = ["FIELDS", "call_to_action", "field_value", "with_fields", "without_address"]

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
    rf"(?<!\d)(?<!last )(?<!first )(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})\s*-?\s*(?:s\b|"
    r"secs?\b|se[kg]\b|seconds?\b|sekund\w*|"
    rf"-?sekündig\w*|-?sekünder\w*|secondes?|"
    rf"segundos?|secondi|seconden|секунд\w*|秒|초|ثانية|ثوان|{FOREIGN_SECONDS})",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"(?P<count>\d|half\s+a|one|a|une|eine|una?|uma)\s*-?\s*(?:minutes?|min|minuten?|minutos?|minuti|минут\w*|分钟|"
    r"分)(?!\w)",
    re.IGNORECASE,
)
_SHAPES = (
    (
        r"9\s*:\s*16|vertical\w*|portrait|hochformat|hochkant|tiktok|रील|\bhikaye\w*|\d+\s?s(?:ec\w*)?\s+short\b|\breels?\b|\bshorts\b|youtube\s+short|"
        r"\bstor(?:y|ies|ie)\b|\bhist[oó]rias\s+d[eo]\b|\bestados?\s+de\s+whatsapp|whatsapp\s+status|verticale?|"
        r"ستوري|ريلز|عمودي\w*|staand|вертикальн\w*|竖屏|竖版|抖音|縦型|세로|عمودي|\bdikey\b|pionow\w*|stående|lodret|"
        r"pystysuor\w*|na\s+výšku|függőleges|κάθετ\w*|vertikal\w*|แนวตั้ง|\bdọc\b|אנכי|खड़ा",
        "9:16",
    ),
    (
        r"1\s*:\s*1|\bsquare\b|quadrat\w*|carré|cuadrado|quadrado|quadrato|vierkant|квадрат\w*|方形|kwadrat\w*|kvadrat\w*|\bkare\b|"
        r"正方形",
        "1:1",
    ),
    (
        r"16\s*:\s*9|landscape|horizontal\w*|widescreen|querformat|\bquer\b|youtube|orizzontale|"
        r"liggend|"
        r"горизонтальн\w*|横屏|横版|横型|"
        r"가로",
        "16:9",
    ),
)
# Any other ratio is the nearest of the shapes that there are.
_RATIO = re.compile(
    r"\b([1-9]\d?)\s*:\s*([1-9]\d?)\b(?!\s*(?:am|pm|uhr|h)\b)|"
    r"\b(\d{3,4})\s*[x×]\s*(\d{3,4})\b|"
    r"\b(16|9|4|5|3|1|21)\s*(?:x|×|by)\s*(16|9|4|5|3|1)\b",
    re.IGNORECASE,
)
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
_MUSIC_WORDS = 5  # of a piece that names an instrument or a kind of music and nothing else
_MOST_CHARS = 60  # of a brand's name
_DENIES = re.compile(
    r"(?:no|not|nothing|nada|kein\w*|pas|sin|sem|senza|niente|geen)\b", re.IGNORECASE
)
_BEDS = (
    (
        r"energetic|driving|fast|techno|electro\w*|rock|pumping|hip[\s-]?hop|trap|action|powerful|epic|"
        r"intense|treibend\w*|"
        r"energi\w+|enerji\w*|dynamiczn\w*|énergique|enérgic\w+|potente|мощн\w*|энергичн\w*|动感|激烈|激しい|신나는",
        "driving",
    ),
    (
        r"upbeat|happy|cheerful|fun|playful|joyful|pop|ukulele|bright|fröhlich\w*|heiter\w*|"
        r"joyeu\w+|entraînante|"
        r"alegre|animad\w|divertid\w|allegr\w|vrolijk\w*|весел\w+|весёл\w+|欢快|轻快|明るい|楽しい|밝은|مرحة|"
        r"wesoł\w*|radosn\w*|neşeli|glad\w*|iloinen|vesel\w*|vidám|χαρούμενη|ceria",
        "bright",
    ),
    (
        r"calm|soft|gentle|piano|ambient|lo-?fi|relax\w*|slow|quiet|peaceful|acoustic|ruhig\w*|sanft\w*|"
        r"leise\w*|calme|dou(?:x|ce)|"
        r"tranquil\w+|suave|calma|dolce|rustig\w*|спокойн\w*|тих\w+|轻柔|安静|舒缓|静かな|穏やかな|잔잔한|هادئة|"
        r"spokojn\w*|sakin|lugn\w*|rolig\w*|rauhallis\w*|klidn\w*|nyugodt|calmă|ήρεμη|शांत|tenang",
        "calm",
    ),
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
_PHONE = re.compile(r"(?<![\w.,/])\+?\d[\d ()/-]{6,}\d(?!\w|\.\w)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+\w")


def without_address(text: str) -> str:
    """The text without web addresses, telephone numbers and mail addresses."""
    if not _ADDRESS.search(text):
        return text
    rest = re.sub(r"\s+([,.!])", r"\1", _ADDRESS.sub(" ", text)).strip(" ,;:.–-")
    return _LINKS.sub("", f"{rest} ").strip()


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
    shape = next((s for pattern, s in _SHAPES if re.search(pattern, text, re.IGNORECASE)), None)
    ratio = _RATIO.search(text)
    if shape or ratio is None:
        return shape
    width, height = (int(side) for side in ratio.groups() if side)
    return min(_RATIOS, key=lambda shape: abs(math.log(width / height / _RATIOS[shape])))


def _bed(text: str) -> str | None:
    if _SILENT.search(text):
        return "none"
    return next((b for pattern, b in _BEDS if re.search(pattern, text, re.IGNORECASE)), None)


def _music(text: str) -> str | None:
    word = _MUSIC_WORD.search(text) or FOREIGN_MUSIC.search(text)
    if _DENIES.match(text):
        return "none" if _SILENT.search(text) else None
    if word is None and not (len(text.split()) <= _MUSIC_WORDS and INSTRUMENTS.search(text)):
        return None
    return _bed(text) or (text if len(text.split()) <= _MUSIC_WORDS else None)


# Each field, and how its value is read from an instruction.
FIELDS: Mapping[str, Callable[[str], float | str | None]] = {
    "duration_seconds": _duration,
    "aspect_ratio": _shape,
    "music": _music,
}


def field_value(name: str, value: str) -> float | str | None:
    """The value of a labelled field as a brief has it; None if it cannot be read."""
    clock = re.fullmatch(r"([0-9]):([0-5][0-9])\s*(?:min\w*)?", value)
    if name == "duration_seconds" and clock:
        return 60.0 * int(clock[1]) + int(clock[2])
    if name == "duration_seconds":
        return _duration(f"{value} s" if value.isdigit() else value)
    if name == "music":
        return _bed(value) or value
    if name == "aspect_ratio":
        return _shape(value)
    if name == "brand":
        return re.sub(r"\s*\([^)]*\)?", "", value)[:_MOST_CHARS].strip() or None
    return value or None


_IN_QUOTES = re.compile(r"[\"“„«「『](?P<words>[^\"”“»」』\n]{4,80})[\"”“»」』]")
_MOST_ACTION = 60
# Before the address of somebody else: `we lost two customers to monday.example`.
_OTHERS = re.compile(
    r"\b(?:(?<!go\s)to|than|unlike|like|against|als|wie|que|che)\s+$", re.IGNORECASE
)


def call_to_action(prompt: str) -> str | None:
    """Where to go, short: `Visit www.example.com/shop`; else a telephone number or an address."""
    for quoted in _IN_QUOTES.finditer(prompt):
        words = quoted["words"].strip(" .")
        if len(words) <= _MOST_ACTION and _ADDRESS.search(words):
            return words
    mail = _MAIL.search(prompt)
    text = prompt.replace(mail[0], " ") if mail else prompt
    sites = _REACH.finditer(text)
    site = next(
        (one for one in sites if one["verb"] or not _OTHERS.search(text[: one.start()])), None
    )
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
            limit = "at least" if fitting > seconds else "at most"
            kind = "a music video" if brief.kind == "music_video" else "an ad"
            text = f"the prompt asks for {seconds:g} s; {kind} has {limit} {fitting:g} s"
            warn(f"{text}, and gets them")
        changes["duration_seconds"] = fitting
    return brief.replace(**changes) if changes else brief


def _belongs(name: str, brief: Brief) -> bool:
    return brief.kind == "ad" or name in ("aspect_ratio", "brand", "cta")
