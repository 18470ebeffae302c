"""For whom a film is, how it should sound and in which language, as a prompt says it. Pure.

Data: a language is some words in a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lotus.planning.words import MARKERS

__all__ = ["audience_of", "language_of", "names_audience", "own_language", "tone_of"]

_EN = (
    r"(?:homeowners?|owners|gamers|commuters|freelancers|developers|teachers|beginners|seniors|"
    r"pensioners|retirees|travell?ers|runners|hikers|cyclists|climbers|shoppers|buyers|renters|"
    r"tenants|landlords|students|pupils|kids|children|toddlers|teens|teenagers|tweens|parents|"
    r"moms|mums|dads|families|couples|singles|adults|women|men|girls|boys|people|professionals|"
    r"executives|managers|founders|startups|employees|workers|nurses|doctors|patients|farmers|"
    r"chefs|bakers|artists|musicians|writers|readers|designers|engineers|investors|donors|"
    r"volunteers|voters|tourists|locals|residents|neighbou?rs|newcomers|expats|millennials|"
    r"gen\s+z|boomers|lovers|fans|enthusiasts|graders|graduates|customers|clients|(?-i:C[A-Z]Os?)|"
    r"(?!(?:flow|stick|comput|trail|sneak|post|dinn|numb|pap|wat|lett|cov|speak|pow|show|tow|riv|both|cent|mat|"
    r"brok|cook|burg|count|should|corn|ord|off|finn?|lay|memb|quart|stat|numb|summ|wint|bann|chart|rout|print|"
    r"sens|serv|charg|fold|heat|cool|blend|mix|drink|deliv|matt|oth|chapt)ers\b)[\w-]{2,}(?:ers|ists|ees|ians)|skippers|pupils|grandparents|"
    r"businesses|recruiters|jobseekers|accountants|baristas|lawyers|dentists|drivers|dog\s+people|skeptics)"
)
_OTHERS = (
    r"(?:\w*(?:besitzer|innen|nehmer|anfänger|einsteiger|liebhaber|kunden|gründer)|familien|eltern|"
    r"kinder|jugendliche|studenten|studierende|senioren|azubis|frauen|männer|rentner|pendler|"
    r"parents|enfants|familles|étudiants|ados|femmes|hommes|seniors|débutants|"
    r"entrepreneurs|padres|madres|niños|jóvenes|estudiantes|familias|mujeres|hombres|mayores|"
    r"adolescentes|pais|mães|crianças|jovens|estudantes|famílias|mulheres|homens|idosos|"
    r"patients|habitants|voisins|adhérents|membres|clients|pacientes|vecinos|socios|clientes|turistas|vizinhos|pazienti|"
    r"clienti|vicini|soci|patienten|mitglieder|nachbarn|gäste|bewohner|genitori|bambini|ragazzi|giovani|studenti|famiglie|donne|uomini|anziani|ouders|kinderen|"
    r"jongeren|vrouwen|mannen|gezinnen|родителей|детей|студентов|молодёжи|женщин|мужчин)"
)
_BEHIND = (
    r"(?:\s+(?:over|under|aged?|from|in|with|who|ab|über|unter|de|que|mit)\s+[^,.;:!?]{1,30})?"
)
_FOR = re.compile(
    r"\bfor\s+(?:children\s+|kids\s+)?(?P<age>(?:ages?\s+)?\d+(?:\s*(?:-|to)\s*\d+)?(?:[\s-]year[\s-]olds?|"
    r"\+|\s+and\s+(?:over|up))?(?=\s*(?:[,.;:]|$)))|"
    rf"\bexplain\w*\b[^.]*?\bto\s+(?P<to>(?:[\w-]+\s+){{0,2}}?{_EN}\b)|"
    rf"\b(?:for|at)\s+(?P<en>(?:our\s+)?(?:(?!the\b|my\b|our\b|a\b|an\b)[\w'’-]+\s+){{0,3}}?{_EN}\b"
    rf"{_BEHIND})|\b(?:für|pour|para|per|voor|для|an|aux|nos|a\s+los|aos)\s+(?:nos\s+|notre\s+|unsere\s+|nuestros\s+|nossos\s+|i\s+nostri\s+|nouveaux\s+|nuevos\s+|neue\s+|les\s+|des\s+|os\s+|as\s+|los\s+|las\s+)?"
    rf"(?P<other>(?:\w+\s+)?{_OTHERS}\b{_BEHIND})",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"(?:^|(?<=[\n.;]\s)|(?<=\n))(?:who|for|wer|für\s+wen|pour\s+qui|para\s+qui[eé]n|para\s+quem|per\s+chi)\s*:\s*(?P<who>[^.;!?\n]+)|"
    r"(?:^|(?<=[,;.]\s))target(?:ing)?\s+(?!audience|group|market|is\b)(?P<t>[^.;!?,\n]+)|"
    r"\b(?:target(?:\s+(?:audience|group|market))?|audience|viewers?)\s*(?:is|are|:|=|–|-)\s*"
    r"(?P<en>[^.;!?\n]+)|(?:aimed|targeted|geared)\s+(?:at|to|towards?)\s+(?P<aim>[^.;!?,\n]+)|"
    r"\b(?:zielgruppe|public(?:\s+cible)?|cible|público(?:[\s-]+(?:objetivo|alvo))?|pubblico|doelgroep|"
    r"grupa\s+docelowa|hedef\s+kitle(?:miz)?|målgrupp(?:en)?|целевая\s+аудитория|аудитория)\s*"
    r"(?:\b(?:ist|sind|sono|son|são|est|это)\b|:|=|–|-|(?=\s))\s*(?P<other>[^.;!?,\n]+)|"
    r"(?:ターゲット|対象)(?:は|：|:)?\s*(?P<ja>[^。、\n]+)|"
    r"(?:目标(?:受众|人群|用户)|受众|面向)(?:是|为|：|:)?\s*(?P<zh>[^。，,\n]+)|"
    r"(?:타겟|대상)(?:은|는|:)?\s*(?P<ko>[^.,\n]+)|(?:الجمهور)(?:\s+المستهدف)?\s*:?\s*(?P<ar>[^.،\n]+)",
    re.IGNORECASE,
)
_TONE = re.compile(
    r"\b(?:tone|tono|tom|(?<!\ba\s)ton|toon|tonalité|mood|vibes?|feel|stimmung|ambiance|atmosphere|"
    r"atmosphère|estilo|stile|stil|style|тон|стиль|настроение|nastrój|klimat|üslup)\b|"
    r"风格|風格|氛围|基调|语气|雰囲気|トーン|분위기|톤(?=[은는])",
    re.IGNORECASE,
)
_LANGUAGES = (
    r"english|german|french|spanish|italian|portuguese|dutch|turkish|polish|russian|arabic|hindi|"
    r"chinese|japanese|korean|swedish|danish|norwegian|finnish|czech|greek|ukrainian|catalan|"
    r"deutsch|englisch|französisch|spanisch|italienisch|türkisch|polnisch|russisch|"
    r"français|anglais|allemand|espagnol|italien|español|inglés|francés|alemán|catalán|"
    r"português|inglês|espanhol|francês|italiano|inglese|tedesco|nederlands|engels"
)
_LANGUAGE = re.compile(
    rf"\b(?P<before>(?:brazilian\s+|european\s+)?(?:{_LANGUAGES}))\s+(?:(?:promotion(?:al)?|promo)\s+)?(?:language|version|"
    rf"video|ad|text|captions|subtitles|voice[\s-]?over|narration|only|por\s+favor|please)\b|"
    rf"\b(?P<of>português\s+(?:de|do)\s+\w+)|"
    rf"\b(?:in|auf|en|em|på|po|languages?\s*:?|sprache\s*:?|langue\s*:?|idioma\s*:?)\s+"
    rf"(?P<name>(?:brazilian\s+|british\s+|american\s+|simple\s+|plain\s+)?(?:{_LANGUAGES}))\b|"
    r"(?P<cjk>英語|日本語|中文|英文|普通话|粤语|한국어|영어)(?:で|로|配音|旁白|字幕)",
    re.IGNORECASE,
)


def audience_of(prompt: str, requests: Sequence[str]) -> tuple[str, str] | None:
    """For whom a film is, and the words that say it.

    A prompt may say it anywhere by its name; a `for` counts within `requests` alone.
    """
    match = _SAYS.search(prompt)
    if match is None:
        match = next(filter(None, map(_FOR.search, requests)), None)
    if match is None:
        return None
    return next(filter(None, match.groups())).strip(), match[0].strip()


def names_audience(piece: str) -> bool:
    """Whether a piece says nothing but for whom a film is: `for 14 year olds`."""
    match = _FOR.match(piece.strip(" .,"))
    return match is not None and match.end() >= len(piece.strip(" .,")) - 1


def tone_of(pieces: Sequence[str]) -> tuple[str, str] | None:
    """How a film should feel, and the first piece that says it."""
    piece = next(filter(_TONE.search, pieces), None)
    return (piece.strip(" ."), piece) if piece else None


def language_of(pieces: Sequence[str]) -> tuple[str, str] | None:
    """The language of a film's words, and the piece that names it."""
    for piece in pieces:
        match = _LANGUAGE.search(piece)
        if match:
            return next(filter(None, match.groups())), piece
    return None


_SCRIPTS = (  # the first that fits: Japanese has Chinese signs too
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0620-\u064a]")),
    ("hi", re.compile("[\u0904-\u0939]")),
    ("th", re.compile("[\u0e01-\u0e2e]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[\u03b1-\u03c9]")),
    ("ru", re.compile("[\u0430-\u044f]")),
)
_MARKED = (  # letters that one language of the Latin ones has
    ("pl", re.compile("[ąęłśżźćń]")),
    ("tr", re.compile("[ığş]")),
    ("sv", re.compile("[å]")),
)
_LEAST_MARKS = 2  # little words of a language in a prompt that is written in it


def own_language(prompt: str) -> tuple[str, str] | None:
    """The code of the language that a prompt is written in, and its first words; None: English."""
    text = prompt.casefold()
    head = " ".join(prompt.split()[:3])
    letters = sum(char.isalpha() for char in text) or 1
    for code, signs in _SCRIPTS:
        if len(signs.findall(text)) * 4 > letters:
            return code, head
    words = re.findall(r"[^\W\d_]+", text)
    counts = {code: sum(word in marks for word in words) for code, marks in MARKERS.items()}
    code = max(counts, key=lambda one: counts[one])
    for other, signs in _MARKED:
        if len(signs.findall(text)) * 60 > letters:
            code, counts[other] = other, _LEAST_MARKS
    return None if code == "en" or counts[code] < _LEAST_MARKS else (code, head)
