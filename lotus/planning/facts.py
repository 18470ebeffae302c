"""Facts that whoever sees the video needs: prices, dates, times, places, numbers. Pure.

They are always shown. Data: a language is some words in a table.
"""

from __future__ import annotations

import re

__all__ = ["MONEY", "bare_facts", "has_fact", "is_opening", "promises"]

MONEY = (
    r"\d+\s?%|[$€£¥₹₺]\s?\d|\d[\d.,]*\s?(?:€|\$|£|zł|₽|元|円|원|₺|₹|kr\b)"
    r"|\d[\d.,]*\s?(?:eur|usd|gbp|chf|rub|pln|brl|mio|tl|lira|czk|kč|sek|nok|dkk|huf|ron)\b"
    r"|\bfrom\s+\d+[.,]\d{2}\b"
    r"|(?:\d[\d.,]*|one|two|three|five|ten|twenty|fifty|hundred)\s+(?:(?:million|thousand)\s+"
    r")?(?:dollars?|euros?|pounds?|bucks|reais|pesos|рублей|francs|złot\w+|रुपये|روپیه)\b"
)
_UNITS = (
    r"(?:seconds?|minutes?|mins?|grams?|kilos?|litres?|liters?|metres?|meters?|watts?|hours?|days?|"
    r"weeks?|months?|years?|steps?|reasons?|stars?|km|miles|kg|people|homes|users|customers|"
    r"sekunden|minuten|stunden|tage|jahre|secondes|minutes|heures|jours|ans|segundos|minutos|"
    r"horas|días|dias|años|anos|secondi|minuti|ore|giorni|anni|минут\w*|секунд\w*|дн\w+|лет)"
)
_COUNT = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"sixty|hundred|thousand|million|zwei|drei|vier|fünf|sechs|zehn|zwölf|deux|trois|cinq|dix|"
    r"dos|tres|cinco|diez|dez|due|tre|cinque|dieci)"
)
_MONTH = (
    r"(?:(?:jan|feb|mar|mär|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|gen|mag|giu|"
    r"lug|set|ott|avr|janv|févr|juin|juil|août|янв|фев|мар|апр|июн|июл|авг|сен|окт|ноя|дек)\w*|"
    r"may|mai|mayo|maio|mei|мая|maja|mayıs|out(?:ubro)?)"
)
_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|tues?|wed|thurs?|fri|sat|sun)(?=\W)|(?:mon|diens|donners|frei|sams|sonn)tags?|"
    r"mittwochs?|sonnabends?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|"
    r"miércoles|jueves|viernes|sábados?|domingos?|segunda|terça|quarta|quinta|sexta|lunedì|"
    r"martedì|mercoledì|giovedì|venerdì|sabato|domenica|maandag|dinsdag|woensdag|donderdag|"
    r"vrijdag|zaterdag|zondag|poniedział\w+|wtor\w+|środ\w+|czwart\w+|piąt\w+|sobot\w+|niedziel\w+|"
    r"понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье|weekends?|"
    r"(?:pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar)(?:\s+günü)?)"
)
# Numbers that promise something: measures, dates, times, shares; no number of an inventory.
_NUMBER = re.compile(
    rf"(?:\d[\d.,]*\s?(?:\+|x\b|×)?|\b{_COUNT})[\s-]*(?:\w+\s+)?{_UNITS}\b|\b24/7\b|"
    r"\b\d{1,3}(?:[.,]\d{3})+\b|\b\d[\d.]*\s+(?:million|billion|millionen|millones|milhões)\b|"
    r"\d\s?[-–]\s?\d+\s?(?:am|pm|uhr|h)\b|"
    r"\b\d{1,2}(?:[:.]\d{2})?\s?(?:a\.?m|p\.?m|uhr|o['’]clock|h(?:\d{2})?)\b|\b\d{1,2}:\d{2}\b|"
    rf"\b{_MONTH}\.?\s+\d{{1,2}}\b|\b\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{2}}|\d{{4}})\b|"
    rf"\b\d{{1,2}}(?:\.|st|nd|rd|th|º|er)?\s+(?:de\s+|of\s+|di\s+)?{_MONTH}\b|\b(?:19|20)\d{{2}}\b|"
    rf"\b{_DAY}\b[^.;!?]*?\d|\d[^.;!?]{{0,12}}\b{_DAY}\b|"
    r"^ages?\s+\d+(?:\s*(?:to|-|–|\+)\s*\d*)?|"
    r"\b(?:turns|turning|turned|wird|werden|cumple|fait|faz|compie|wordt|kończy)\s+\d{1,3}\b|"
    r"\b\d{1,3}(?:th|st|nd|rd)\s+(?:birthday|anniversary)\b|"
    r"\d+\s?(?:bed|bath|nm|kw|ps|hp|gb|tb|mah|sqm|m²|qm|ha|acres?|rooms?|courses?|sizes|"
    r"colou?rs|flavou?rs)\b|"
    r"\d+\s*(?:年|月|日|時|时|点|小时|分|歳|倍|万|円|元|년|월|일|시|분|%|лет)|\d+\s*[x×]\s*\d+\b",
    re.IGNORECASE,
)
# A street and its number: `12 Mill Lane`, `Hauptstraße 5`, `rue Oberkampf 12`.
_STREET = re.compile(
    r"\b\d{1,4}[a-z]?\s+(?:[A-Z][\w'’.]*\s+){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|"
    r"Square|Sq|Way|Court|Boulevard|Blvd|Place|Row|Quay|Wharf|Hill|Terrace)\b|"
    r"\b\w+(?:straße|strasse|str\.|gasse|platz|allee|weg|damm|ufer)\s+\d{1,4}\b|"
    r"\b\d{1,4}(?:\s*bis)?,?\s+(?:rue|avenue|boulevard|place|quai|impasse)\s+\w|"
    r"\b(?:calle|avenida|plaza|paseo|rua|praça|via|viale|piazza|corso|rue|ulica|ul\.|улица|ул\.)\s+"
    r"[^\d,.;]{2,30},?\s*\d{1,4}\b"
)
# When it is open, and how often: `every Tuesday`, `jeden Mittwoch`, `from six`.
_TIMES = re.compile(
    r"^(?!(?:an?|the|he|she|they|it|his|her|i|we|der|die|das|ein\w*|er|sie|le|la|les|une?|el|los|"
    r"un|il|o|os)\s)[^,;:]*\b(?:every|each|daily|weekly|from\s+(?:six|seven|eight|nine|ten|noon|"
    r"\d)|open\s+(?:from|until|till|late|daily|today)|today|tonight|tomorrow|this\s+(?:weekend|"
    r"friday|saturday|sunday|summer|winter)|jede[nrs]?|täglich|ab\s+(?:heute|sofort|morgen|\d)|"
    r"heute|chaque|tous\s+les|dès|aujourd|cada|todos\s+l?os|todas\s+l?as|desde|hoy|hoje|ogni|"
    r"tutti\s+i|oggi|elke|iedere|vandaag|codziennie|her\s+gün|varje\s+dag|каждый|каждое|каждую|"
    r"ежедневно|сегодня)\b|本日|毎日|每天|今日|매일|오늘|كل\s+يوم|اليوم",
    re.IGNORECASE,
)


def has_fact(text: str) -> bool:
    """Whether a text has a price, a date, a time, an address or a number that promises."""
    return bool(_NUMBER.search(text) or _STREET.search(text) or re.search(MONEY, text, re.I))


# Days and months by name, in few words: `Friday only`, `ships in May`.
_DATED = re.compile(
    rf"\b{_DAY}\b|\b(?:in|im|ab|from|until|bis|en|em|w|v)\s+(?:early\s+|mid-?|late\s+|anfang\s+|ende\s+)?"
    r"(?:januar[yi]?|februar[yi]?|march|märz|april|may|mai|ju(?:ne|ni)|jul[yi]|august|september|"
    r"o[ck]tober|november|de[cz]ember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|"
    r"octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|"
    r"novembre|décembre|maio|junho|julho|setembro|outubro|novembro|dezembro|gennaio|febbraio|"
    r"aprile|maggio|giugno|luglio|settembre|ottobre|dicembre)\b",
    re.IGNORECASE,
)
# What is sure to be a fact, whatever stands around it: a price, a date, a time of day.
_BARE = re.compile(
    r"(?:[$€£¥₹₺]\s?\d[\d.,]*(?:\s?(?:million|billion|k|m)\b)?|\d[\d.,]*\s?(?:€|\$|£|zł|₽|元|円|원|₺|₹|%)|"
    r"\d[\d.,]*\s?(?:euros?|dollars?|pounds?|eur|usd|gbp|chf)\b)|"
    rf"\b(?:{_DAY},?\s+)?(?:{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:\.|st|nd|rd|th|º|er)?\s+"
    rf"(?:de\s+|of\s+|di\s+)?{_MONTH})\b(?:,?\s+(?:de\s+)?(?:19|20)\d{{2}}\b)?|"
    r"\b\d{1,2}(?::\d{2})?\s?(?:a\.?m|p\.?m)\b|\b\d{1,2}(?:[:.]\d{2})?\s?uhr\b|\b\d{1,2}\s?h\d{0,2}\b",
    re.IGNORECASE,
)
_FEW_WORDS, _DATED_WORDS = 5, 8


def bare_facts(text: str) -> tuple[str, ...]:
    """The prices, dates and times of a text, by themselves."""
    return tuple(match[0].strip() for match in _BARE.finditer(text))


def promises(text: str) -> bool:
    """Whether a few words have a number or a day in them, so that they say more than a picture."""
    count = len(text.split())
    dated = count <= _DATED_WORDS and _DATED.search(text)
    return bool(dated or (count <= _FEW_WORDS and re.search(r"\d", text)))


def is_opening(text: str) -> bool:
    """Whether a short text says when something is open, and how often."""
    return _TIMES.search(text) is not None
