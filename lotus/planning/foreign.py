"""Requests for a film in languages whose grammar `talk` does not know: found by their word for the
film, taken out with the words around it. Pure.

Data: a language is a row in each table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lotus.planning.facts import promises
from lotus.planning.talk_words import FILM_NOUNS, FOREIGN_SECONDS

__all__ = ["MUSIC", "ForeignRequest", "foreign_request", "names_foreign_film"]

# Words for the film, by their stems: Turkish, Polish, Hindi, Nordic, Finnish, Czech, Hungarian,
# Romanian, Greek, Ukrainian, Indonesian, Vietnamese, Thai, Hebrew, Persian, Korean, Bengali.
_FILM = re.compile(
    r"\b(?:reklam(?!ation)\w*|tanıtım\w*|videosu|videoyu|filmik\w*|film(?:u|y|em|en|er|iä|in|"
    r"et|ul|ulet)?|"
    r"spot(?:u|em)?|rolk\w+|zwiastun\w*|mainos\w*|videot?a|videon?|filmen|videók?|videót|"
    r"reklám\w*|klip\w*|videoclip\w*|video(?:klip\w*|et|en|er|i|sini|y)?|wideo|upoutávk\w*|"
    r"iklan|відео\w*|ролик\w*|реклам\w*|βίντεο|διαφήμιση|διαφημιστικ\w*|סרטון|וידאו|"
    r"פרסומת|ویدیو\w*|ویدئو\w*|تبلیغ\w*|কভিডিও|ভিডিও|বিজ্ঞাপন|영상\w*|광고\w*)\b"
    r"|वीडियो|विज्ञापन|फ़िल्म|वीडियो|วิดีโอ|วีดีโอ|คลิป|โฆษณา|\bquảng\s+cáo\b",
    re.IGNORECASE,
)
# Verbs that ask for one, and words of courtesy.
_ASKS = re.compile(
    r"\b(?:zrób\w*|stwórz\w*|przygotuj\w*|potrzebuj\w*|nakręć\w*|poproszę|proszę|chcę|chcemy|"
    r"yap(?:ın|ar|abilir|sana|ınız)?|hazırla\w*|oluştur\w*|lazım|istiyor\w*|lütfen|kullan(?:ın|alım)?|olsun|olmalı|"
    r"gör|skapa|behöver|önskar|opret|behøver|trenger|ønsker|tehkää|"
    r"tarvitsen|haluan|haluamme|vytvoř\w*|udělej\w*|potřebuj\w*|natoč\w*|prosím|chci|chceme|"
    r"készíts\w*|csinálj\w*|szeretn\w*|kérek|kellene|fă|faceți|creează|creați|vreau|vrem|"
    r"φτιάξ\w*|δημιούργησε|θέλω|θέλουμε|χρειάζ\w*|παρακαλώ|зроби\w*|створи\w*|потрібн\w*|"
    r"хочу|хочемо|зніми\w*|будь\s+ласка|buat\w*|tolong|butuh|mohon|làm|tạo|cần|hãy|"
    r"만들어\w*|제작\w*|부탁\w*|주세요|צור|תכין|תעשה|צריך|צריכים|רוצה|בבקשה|بساز\w*|لطفا|"
    r"می‌خواهم|تهیه)\b|बनाओ|बनाइए|बनाएं|बना\s+दो|चाहिए|कृपया|ช่วย|ทำ|สร้าง|ขอ|তৈরি|বানাও|দরকার",
    re.IGNORECASE,
)
_SECONDS = re.compile(FOREIGN_SECONDS, re.IGNORECASE)
_SHAPE = (
    r"dikey|yatay|kare|pionow\w*|poziom\w*|kwadrat\w*|stående|liggande|liggende|lodret|vandret|"
    r"pystysuor\w*|vaaka\w*|na\s+výšku|na\s+šířku|függőleges|κάθετ\w*|вертикальн\w*|vertikal\w*|"
    r"dọc|ngang|แนวตั้ง|แนวนอน|אנכי|עמודית|vertical\w*|krótk\w*|kısa|kort|lyhyt|krátk\w*|rövid|"
    r"scurt\w*|σύντομ\w*|коротк\w*|pendek|singkat|ngắn|สั้น|קצר\w*|छोटा|कोतاه|کوتاه"
)
MUSIC = re.compile(
    r"\b(?:muzyk\w*|piosenk\w*|şarkı\w*|låt\w*|müzi[kğ]\w*|hudb\w*|zené\w*|zene|muzic\w*|musiikki\w*|μουσικ\w*|музик\w*|"
    r"âm\s+nhạc|nhạc\w*|מוזיקה|مو‌?سیقی|음악\w*)\b|संगीत|เพลง|ดนตรี|সঙ্গীত",
    re.IGNORECASE,
)
_VOICES = re.compile(
    r"\b(?:montaż\w*|speakerröst\w*|kurgu\w*|lektor\w*|seslendirme\w*|dış\s+ses\w*|speaker\w*|voice\s?over\w*|napisy|napisów|"
    r"altyazı\w*|undertext\w*|tekstitys\w*|titulk\w*|felirat\w*|subtitr\w*|υπότιτλ\w*|"
    r"субтитр\w*|내레이션\w*|자막\w*|ton(?:ie|u)?|üslup|nastrój|styl\w*)\b",
    re.IGNORECASE,
)
_OUR = (
    r"(?:(?:nasz\w*|mój|moj\w*|mo(?:im|ich)|vår\w*|min|mitt|mina|vores|mit|vår|naš\w*|můj|"
    r"meidän|noastr\w*|nostru|meu|mea|мо(?:го|єї|ю|я)|наш\w*|τ(?:ο|η|ον|ην)|μας|kami|saya)\s+)*"
)
# `o naszym schronisku`: what the film is about stands behind these words ...
_BEHIND = re.compile(
    rf"\s(?:na\s+temat|o|dla|om|för|till|for|til|pro|despre|pentru|για|про|для|tentang|untuk|"
    rf"về|cho|על|عن|درباره|برای)\s+{_OUR}(?P<what>[^,.;:!?]+)|(?:เกี่ยวกับ|สำหรับ|ให้)(?P<thai>\S+)",
    re.IGNORECASE,
)
# ... or before these: `Kahve dükkanım için`, `हमारी दुकान के लिए`.
_BEFORE = re.compile(
    r"^(?P<what>[^,.;:!?।]+?)\s*(?:\biçin\b|\bhakkında\b|के\s+लिए|के\s+बारे\s+में|(?<=\s)(?:का|की|के)(?=\s)|এর\s+জন্য|"
    r"জন্য|(?:을|를)\s+위한|에\s+대한|에\s+관한)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\s+(?:na|på|w|v|on|trên|di|στο)\s+(?:facebook|instagram|tiktok|youtube)\w*", re.I
)
_LENGTH = re.compile(rf"\d\s*-?(?:{FOREIGN_SECONDS})", re.IGNORECASE)
_HEADED = re.compile(rf"[^:.!?]*(?:{_FILM.pattern})\s*:", re.IGNORECASE)
_CLAUSES = re.compile(r"\s*[,،、;:–—]\s+|(?<=\w)\s+-\s+")
# Languages that `talk` reads share words for the film with these; they are read there.
_KNOWN = re.compile(
    r"\b(?:the|an?|and|with|for|of|der|die|das|und|mit|für|eine?n?|le|la|les|une?|pour|avec|"
    r"el|los|una|con|para|os|uma|um|com|il|lo|gli|uno|per|het|een|voor|met|и|с|этот)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ForeignRequest:
    """What the film is about, the clauses that only instruct, and those that are left."""

    about: str
    instructions: tuple[str, ...]
    rest: tuple[str, ...]


def names_foreign_film(text: str) -> bool:
    """Whether a text has a word for the film that only another language has."""
    return _FILM.search(text) is not None and _foreign(text)


def foreign_request(sentence: str) -> ForeignRequest | None:
    """The parts of a sentence that asks for a film in such a language; None for any other."""
    if not _foreign(sentence):
        return None
    clauses = [clause for clause in _CLAUSES.split(sentence) if clause.strip()]
    film = next((i for i, clause in enumerate(clauses) if _FILM.search(clause)), None)
    asks = (
        _HEADED.match(sentence)
        or _ASKS.search(sentence)
        or re.search(rf"\d\s*-?(?:{FOREIGN_SECONDS})", sentence, re.I)
    )
    before = [_BEFORE.match(clause) for clause in clauses]
    if film is None or not (asks or any(before)):
        return _beside(clauses)
    about = before[film] or _BEHIND.search(_PLACE.sub("", clauses[film]))
    if about is None and re.search("[\uac00-\ud7a3]", sentence):
        return None  # the words for the film end what it is about: `talk` takes them off
    talk = [clauses[film], *(one for i, one in enumerate(clauses) if i != film and _is_talk(one))]
    rest = tuple(one for i, one in enumerate(clauses) if i != film and not _is_talk(one))
    what = "" if about is None else about["what"] or about.groupdict().get("thai") or ""
    return ForeignRequest(what.strip(), tuple(talk), rest)


def _beside(clauses: list[str]) -> ForeignRequest | None:
    """A sentence that asks for no film, and has clauses about its sound or form."""
    talk = tuple(filter(_is_talk, clauses))
    if not talk:
        return None
    return ForeignRequest("", talk, tuple(one for one in clauses if not _is_talk(one)))


def _is_talk(clause: str) -> bool:
    """Whether a few words are about length, shape, sound or voice."""
    if promises(clause):
        return False
    short = len(clause.split()) <= 5 and not re.search(r"[\"“„«「]", clause)
    word = MUSIC.search(clause) or _VOICES.search(clause) or _FILM.search(clause)
    measured = re.search(rf"\d\s*-?(?:{FOREIGN_SECONDS})|\b(?:{_SHAPE})\b", clause, re.IGNORECASE)
    return short and bool(word or (measured and len(clause.split()) <= 3))


def _foreign(text: str) -> bool:
    """Whether a text has a word of such a language, and no little word of one that `talk` reads."""
    own = any(match[0].casefold() not in FILM_NOUNS for match in _FILM.finditer(text))
    own = own or bool(_ASKS.search(text) or MUSIC.search(text) or _SECONDS.search(text))
    return own and _KNOWN.search(text) is None
