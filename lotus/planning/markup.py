"""What clings to a prompt where it was pasted from: Markdown, chat, e-mail, a shot list. Pure.

Data: a language is some words in a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["PlainPrompt", "is_time_code", "last_second", "plain"]


@dataclass(frozen=True)
class PlainPrompt:
    """The words of a prompt without what was only around them, and what that was."""

    text: str
    removed: tuple[str, ...] = ()


# How people write in a chat, and the words that they mean.
_CHAT = (
    (re.compile(r"(?<![\w/])w/o\.?\s+", re.IGNORECASE), "without "),
    (re.compile(r"(?<![\w/])w/\s*(?=\w)", re.IGNORECASE), "with "),
    (re.compile(r"(?<=\w)\s+4\s+(?=(?:my|our|the|a)\b)", re.IGNORECASE), " for "),
    (re.compile(r"\s*\b(?:lol|haha+|lmao|xd|omg|tbh|imo|fyi|rofl)\b", re.IGNORECASE), ""),
    (re.compile(r"\b(can|could|will|would)\s+(?:u|ya)\b", re.IGNORECASE), r"\1 you"),
)
_FLAG = re.compile(r"\s*--(\w+)[ =]+([\w:.]+)")  # `--ar 9:16`, as pictures' models take them
_INCHES = re.compile(r"(?<![\w\"“])(5|6|8|10|12|15|20|30|45|60)\s?(?:\"|″|”|'')(?=[\s,.;)]|$)")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`{1,3})(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s?)", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_=~]\s*){3,}$|^\s*```\w*\s*$", re.MULTILINE)
# `A table:` at the end of a line of Markdown is left alone; so is `C#`, and `#1`.
_HASHTAG = re.compile(r"(?<![\w#&])#[^\W\d_]\w*")
# Faces, hands, hearts, sparkles and arrows: they say how the writer feels.
_GESTURES = re.compile(
    "[\U0001f600-\U0001f64f\U0001f910-\U0001f93f\U0001f970-\U0001f97a\U0001f440-\U0001f450"
    "\U0001f64f\U0001f90c-\U0001f91f\U0001f493-\U0001f49f\u2764\U0001f525\U0001f4a1\U0001f4af"
    "\u2728\u2705\u2714\u27a1\U0001f449\U0001f680\U0001f4a5\u203c\U0001f3ac\U0001f3a5\U0001f4f9]"
    "[\U0001f3fb-\U0001f3ff\ufe0f]*"
)
_CLOCK = r"\d{1,2}:\d{2}(?:[.:]\d{1,3})?"
_SECOND = r"\d{1,3}(?:[.,]\d)?"
_DASH = r"\s*(?:[-–—]|to|bis|à)\s*"
_UNIT = r"(?:s|secs?|seconds?|sek|sekunden|secondes?|segundos?)"
_TIMECODE = re.compile(
    rf"(?:(?<=^)|(?<=[\n.!?;]\s)|(?<=\n))[ \t]*[-*•]?[ \t]*[\[(]?(?:(?:from|at)\s+)?(?:"
    rf"{_CLOCK}(?:{_DASH}(?P<clock>{_CLOCK}))?(?!\s*(?:am|pm|uhr|h)\b)"
    rf"|{_SECOND}\s*{_UNIT}?{_DASH}(?P<second>{_SECOND})\s*{_UNIT}\b"
    rf"|(?:sec(?:ond)?s?|sekunden?)\s+{_SECOND}{_DASH}(?P<named>{_SECOND})"
    r")[\])]?[ \t]*(?:[:|.,–—-][ \t]*)?(?=\S)",
    re.IGNORECASE,
)
_NAME = r"[A-ZÄÖÜÉÁ][\w.'’-]*(?:\s+[A-ZÄÖÜÉÁ][\w.'’-]*){0,2}"
_CLOSING = (
    r"(?:(?:kind|best|warm|many)\s+)?regards|best(?:\s+wishes)?|all\s+the\s+best|sincerely|yours|"
    r"cheers|(?:many\s+|with\s+)?thanks(?:\s+(?:in\s+advance|so\s+much|a\s+(?:lot|ton|bunch|"
    r"million)|again|everyone|all))?|"
    r"thank\s+you(?:\s+(?:so\s+much|very\s+much|in\s+advance))?|thx|tx|ty|tysm|xo+|"
    r"(?:viele|liebe|beste|schöne)\s+grüße|(?:mit\s+)?freundlichen\s+grüßen|grüße|gruß|lg|vg|mfg|"
    r"(?:vielen\s+)?dank(?:e)?(?:\s+(?:schon\s+mal|im\s+voraus|dir|euch|ihnen))?|"
    r"danke(?:\s+schön)?|"
    r"(?:bien\s+)?cordialement|bien\s+à\s+vous|merci(?:\s+(?:d['’]avance|beaucoup|bien))?|bises|"
    r"(?:un\s+)?saludos?|(?:muchas\s+)?gracias(?:\s+de\s+antemano)?|un\s+abrazo|"
    r"abraços?|valeu|bjs?|abs|(?:muito\s+)?obrigad[oa]|atenciosamente|"
    r"(?:cordiali\s+)?saluti|grazie(?:\s+(?:mille|in\s+anticipo))?|"
    r"groet(?:en|jes)?|(?:alvast\s+)?bedankt|dank\s+je(?:\s+wel)?|спасибо|с\s+уважением|dziękuję|"
    r"pozdrawiam|teşekkürler|よろしくお願い(?:いた)?します|ありがとうございます|谢谢|감사합니다|شكرا\w*"
)
_SIGNED = re.compile(
    rf"(?:(?:^|\n)\s*|(?<=[.!?。！？)»”\"])\s*)(?i:{_CLOSING})(?i:\s+und\s+(?:{_CLOSING}))?"
    rf"(?:\s+(?i:x+|xo+))?\s*[,.!！。–-]*(?:\s*\n?\s*[-–]?\s*{_NAME}"
    r"(?:\s*[,\n]\s*[\w &.-]{2,30}){0,2})?[\s.!！。]*$"
)
_SALUTATION = re.compile(
    r"^\s*(?i:dear|hi+|hey+a?|heya|hello+|hallo|hola|olá|oi|ciao|salut|bonjour|moin|servus|yo+|"
    r"good\s+(?:morning|afternoon|evening|day)|guten\s+(?:tag|morgen|abend)|buenos\s+días|"
    r"buenas(?:\s+tardes)?|bom\s+dia|buongiorno|liebe[sr]?|sehr\s+geehrte\w*|madame|monsieur|messieurs|estimad[oa]s?|prezad[oa]s?|gentil[ei]|"
    r"beste|geachte|привет|здравствуйте|こんにちは|你好|مرحبا)"
    r"(?=[\s,!.:–—-])(?:[ \t]+(?!(?i:i|we|can|could|will|would|please|pls|my|our|this|need|ich|wir|"
    r"je|kannst|könnt\w*|ein\w*|un[aeo]?|necesit\w*|quiero|quer\w*|preciso|vorrei|kun)\b)"
    r"[\w'’&]+){0,3}\s*(?:[,!.:–—-]+|\n|(?=(?i:can|could|i|we|please|pls|plz|kannst|könn\w+)\b))\s*"
)
# `-- `, and below it who writes, as letters have it; a phone's own line.
_SIGNATURE = re.compile(
    r"\n--[ \t]*\n(?:[^\n]*\n?){1,6}$|\n[ \t]*(?i:sent\s+from\s+my|gesendet\s+von|"
    r"envoyé\s+de|enviado\s+desde|enviado\s+do|inviato\s+da)\s+[^\n]*\s*$"
)
_SUBJECT = re.compile(r"^\s*(?:subject|betreff|objet|asunto|assunto|oggetto|re|fwd?)\s*:", re.I)


# `MAYA`, then `(whispering)`, then what she says: a line of a screenplay.
_CUE = re.compile(
    r"^[ \t]*(?!INT|EXT|I/E|FADE|CUT|TITLE|SUPER|THE\s+"
    r"END)(?P<who>[A-ZÄÖÜÉ][A-ZÄÖÜÉ .'’-]{1,24})(?:\s*\((?:[\d'’]+|V\.?O\.?|O\.?S\.?|"
    r"CONT['’]?D)\))?[ \t]*\n"
    r"(?:[ \t]*\([^()\n]{1,60}\)[ \t]*\n)?[ \t]*(?P<line>[^\s(\[\d#*-][^\n]+)$",
    re.MULTILINE,
)
_SCENE_HEADING = re.compile(r"^\s*(?:INT|EXT|INT\./EXT|I/E)[. ]", re.MULTILINE)
_AGE = re.compile(r"(?<=[A-ZÄÖÜÉ]{2})\s*\((?:\d{1,2}s?|early|mid|late)[^()]{0,12}\)")
# `"scene": "a lighthouse",` of a document that is no whole JSON.
_PAIR = re.compile(
    r"^\s*[{\[]*\s*[\"']([\w -]{2,30})[\"']\s*:\s*(.+?)\s*[}\]]*,?\s*$", re.MULTILINE
)


def _undressed(prompt: str) -> str:
    """A document of JSON as lines with a label; any other prompt as it is."""
    start, end = prompt.find("{"), prompt.rfind("}")
    if start < 0 or end < start:
        return prompt
    try:
        value = json.loads(prompt[start : end + 1])
    except (ValueError, RecursionError):
        pairs = list(_PAIR.finditer(prompt))
        lines = [f"{_key(m[1])}: {m[2].strip(_MARKS)}" for m in pairs]
        return "\n".join(lines) if len(pairs) > 1 else prompt
    lines = [f"{_key(key)}: {words}" for key, words in _leaves(value, "scene")]
    return "\n".join((prompt[:start].rstrip(" `\n"), *lines, prompt[end + 1 :].lstrip(" `\n")))


_MARKS = "\"'"


def _leaves(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Keys and words of a document, in its order; words of a list as one."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, str(name))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for one in value:
            yield from _leaves(one, key)
    elif isinstance(value, list) and key.casefold() in _EACH:
        yield from ((key, f'"{str(one).strip()}"') for one in value)
    elif isinstance(value, list):
        yield key, ", ".join(map(str, value))
    elif value not in (None, "", True, False):
        yield key, str(value)


_EACH = ("lines", "captions", "copy", "texts", "text", "supers", "titles", "headlines")


def _key(name: str) -> str:
    """A key as people write a label: `negativePrompt` is `negative prompt`."""
    return re.sub(r"[_-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().capitalize()


def _spoken_cues(text: str) -> str:
    """The cues of a screenplay as lines of dialogue: `Maya: "I know you're here."`."""
    if not _SCENE_HEADING.search(text):
        return text
    text = _AGE.sub("", text)
    return _CUE.sub(lambda cue: f'{cue["who"].strip().title()}: "{cue["line"].strip()}"', text)


# `[14:02] Jo: can u`, before each line of a chat.
_CHAT_STAMP = re.compile(
    r"^[ \t]*\[?(?:\d{1,2}[./]\d{1,2}[./]\d{2,4},?\s+)?"
    r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s*(?:[ap]m)?\]?[ \t]*[-–]?[ \t]*"
    r"[A-ZÄÖÜ][\w.'’-]{1,20}(?: [A-Z]\w*\.?)?:[ \t]+",
    re.MULTILINE,
)
# `Tom: we need something`, `Ines: ok`: makers who talk to each other in a chat.
_TURN = re.compile(
    r"^[ \t]*(?P<who>[A-Z][\w.'’-]{1,20}(?: [A-Z]\w*\.?)?):[ \t]+(?=[^\"“„«\s])", re.MULTILINE
)


_ROW = re.compile(r"^[ \t]*\|(?P<cells>.+)\|[ \t]*$")
_COLUMNS = (  # what a column of a table holds, by a word above it; any other is left out
    (
        "Text",
        re.compile(
            r"text|copy|caption|super|screen|title|line|says|words|texte|texto|testo|文案|字幕",
            re.I,
        ),
    ),
    ("VO", re.compile(r"\bv\.?o\b|voice|narrat|sprecher|voix|voz|voce|旁白|ナレ", re.I)),
    (
        "Picture",
        re.compile(
            r"see|visual|picture|image|action|description|shows?|bild|inhalt|imagen|imagem|画面|映像|what",
            re.I,
        ),
    ),
)


def _without_tables(text: str) -> str:
    """A table of shots, as Markdown has it, as a line for each of its cells."""
    lines: list[str] = []
    columns: list[str] | None = None
    for line in text.splitlines():
        row = _ROW.match(line)
        cells = [cell.strip() for cell in row["cells"].split("|")] if row else []
        if not row:
            columns = None
            lines.append(line)
        elif columns is None:
            names = ((n for n, word in _COLUMNS if word.search(cell)) for cell in cells)
            columns = [next(name, "") for name in names]
        elif re.search(r"\w", line):
            pairs = zip(columns, cells, strict=False)
            shots = [(name, cell) for name, cell in pairs if name and re.search(r"\w", cell)]
            lines += [
                f"{n}: {c}" if n == "Picture" else f'{n}: "{c.strip(_MARKS)}"' for n, c in shots
            ]
    return "\n".join(lines)


def _without_speakers(text: str) -> str:
    """A chat without the names of those who talk; any other text as it is."""
    names = [turn["who"] for turn in _TURN.finditer(text)]
    lines = [line for line in text.splitlines() if line.strip()]
    talks = len(names) >= 3 and len(set(names)) < len(names) and len(names) == len(lines)
    if not talks or _SCENE_NAME.search(" ".join(names)):
        return text
    turns = (line.strip() for line in _TURN.sub("", text).splitlines() if line.strip())
    return "\n".join(
        f"{line[0].upper()}{line[1:]}{'' if line[-1] in '.!?' else '.'}" for line in turns
    )


_SCENE_NAME = re.compile(
    r"\b(?:Line|Lines|Caption|Captions|Copy|Title|Picture|VO|Headline|Brand|Music|Scene|Shot|Frame|Act|Text|Super|Szene|Escena|Cena|Slide)\b",
    re.I,
)


def plain(prompt: str) -> PlainPrompt:
    """The prompt without Markdown, JSON, greetings, names below a letter, hashtags, time codes."""
    text = _CHAT_STAMP.sub("\n", _spoken_cues(_undressed(prompt.replace("\r\n", "\n"))))
    text = _RULE.sub("", _without_speakers(_without_tables(text)))
    text = _INCHES.sub(
        r"\1 s", _FLAG.sub(lambda flag: f"\n{flag[1].capitalize()}: {flag[2]}\n", text)
    )
    text = _QUOTED_LINE.sub(_each_sentence, text)
    text = _HEADING.sub("", _EMPHASIS.sub(r"\2", text))
    for pattern, words in _CHAT:
        text = pattern.sub(words, text)
    removed: list[str] = []
    text = _without_letter(text, removed)
    codes = list(_TIMECODE.finditer(text))
    codes = [] if len(codes) == 1 and codes[0]["second"] else codes  # `30-45 seconds` is a length
    removed += [match[0].strip(" \n-*•") for match in codes]
    text = text if not codes else _TIMECODE.sub(lambda match: "\n" if match.start() else "", text)
    removed += _HASHTAG.findall(text)
    text = re.sub(r"[ \t]+(?=[\n.,!?]|$)", "", _HASHTAG.sub("", text))
    if re.search(r"[^\W\d_]", text):
        text = _GESTURES.sub(_pause, text)
    return PlainPrompt(text.strip() or prompt, tuple(filter(None, removed)))


# A line that is nothing but several sentences within quotation marks: each is one line of the film.
_QUOTED_LINE = re.compile(
    r"^[ \t]*[\"“„«](?P<lines>[^\"”»“\n]{60,}[.!?])[\"”»“][ \t]*$", re.MULTILINE
)


def _each_sentence(match: re.Match[str]) -> str:
    return "\n".join(f'"{line}"' for line in re.split(r"(?<=[.!?])\s+", match["lines"]))


def _pause(match: re.Match[str]) -> str:
    """The end of a sentence where a gesture stands for one."""
    after = match.string[match.end() :].lstrip()
    before = match.string[: match.start()].rstrip()
    return ". " if after[:1].isalnum() and before[-1:].isalnum() else ""


def _without_letter(text: str, removed: list[str]) -> str:
    """The text without the greeting above it and the closing below."""
    subject = _SUBJECT.match(text)
    start = subject.end() if subject else 0
    salutation = _SALUTATION.match(text[start:])
    if salutation:
        removed.append(salutation[0].strip())
        text = text[:start] + text[start + salutation.end() :]
    signature = _SIGNATURE.search(text)
    if signature:
        removed.append(signature[0].strip())
        text = text[: signature.start()]
    signed = _SIGNED.search(text)
    if signed and signed.start():
        removed.append(signed[0].strip())
        text = text[: signed.start()]
    return text


def is_time_code(words: str) -> bool:
    """Whether words are where a shot begins and ends, as `plain` removes them."""
    match = _TIMECODE.match(f"{words} -")
    return match is not None and bool(match.lastgroup) and match.end() > len(words)


def last_second(prompt: str) -> float | None:
    """Where the last time code of a shot list ends: the length of the film."""
    ends = [match for match in _TIMECODE.finditer(prompt) if match.lastgroup]
    if len(ends) < 2:
        return None
    value = ends[-1][str(ends[-1].lastgroup)]
    if ":" not in value:
        return float(value.replace(",", "."))
    minutes, seconds = value.split(":")[:2]
    return 60.0 * int(minutes) + int(seconds)
