"""Quotations of a prompt that are words for the screen, told by the words that frame them. Pure.

`End with the tagline "Mute the rush"`. Data: a language is some words in a table.
"""

from __future__ import annotations

import re

from lotus.planning.labels import label_of, names_copy
from lotus.planning.leads import COPY_LEAD

__all__ = ["AT_END", "frames_copy", "quotes_apart"]

# Words for the end of a film.
AT_END = re.compile(
    r"\b(?:ends?|ending|finish(?:es)?|final(?:e|ly)?|clos(?:e|es|ing)|last|sign-?off|schluss|enden?|endet|abschluss|"
    r"letzte\w*|fin|finir|finisci\w*|fine|termin\w+|dernière?|acab\w+|últim[oa]|chiu\w+|ultim[oa]|slot|eind\w*|"
    r"sluit\w*|конце?|koniec|końcu|sonunda|slutet)\b|最后|結尾|结尾|片尾|最後|마지막|끝에|النهاية|الختام|अंत|आख़?िर",
    re.IGNORECASE,
)
_AT_END_WORDS = 6
_KEPT = re.compile(  # `"We sell Mondays." - that is the line, keep it`
    r"\s*[,–—-]+\s*(?:(?:that|this|it)['’]?s?|das|c['’]est|es|è|é)\s+(?:is\s+|ist\s+)?(?:the|our|der|unser|la|le|notre|el|"
    r"nuestr[oa]|o|a|il|lo)\s+(?:line|slogan|tag\s?line|claim|motto|text|spruch|satz|phrase|accroche|frase|lema)\b[^.!?]*",
    re.IGNORECASE,
)

_QUOTE = re.compile(r"(?:(?<!\w)'[^']{2,90}'(?!\w)|[\"“„«‘「『][^\"”»“’」』]{1,90}[\"”»“’」』])")
# Verbs that write, and places of words, beside a quotation.
_BEFORE = re.compile(
    r"\b(?:am\s+ende|zum\s+schluss|at\s+the\s+end|à\s+la\s+fin|al\s+final|no\s+final|alla\s+fine|wrote|quotes?|"
    r"hook\s*:?|opener\s*:?|aufhänger\s*:?|gancho\s*:?|says?|saying|reads?|reading|write|writes|written|display(?:s|ing)?|appears?|"
    r"end(?:s|ing)?\s+(?:with|on)|clos(?:e|es|ing)\s+(?:with|on)|finish(?:es)?\s+(?:with|on)|"
    r"steht|stehen|lautet|einblenden|endet?\s+mit|schluss|écri\w+|affich\w+|termine[rz]?\s+(?:par|"
    r"avec|sur)|apparaît|diga|dice|pon(?:ga|er)?|aparezca|termina(?:r)?\s+con|diga|diz|aparece|"
    r"escrito|termine\s+com|dica|appare|scritta|chiudi\s+con|zegt|staat|eindig(?:t)?\s+met|"
    r"napis\w*|hasł\w+|yaz(?:sın|ılsın|ıs[ıi])\w*|stå|står|lukee|nápis\w*|titulek|felirat\w*|scrie|"
    r"γράφει|напис\w*|надпис\w*|tulis\w*|"
    r"hiện|ghi|לכתוב|כתוב|اكتب|تظهر|عبارة|بنویس\w*)\b[^\"“„«‘「『]*$"
    r"|(?:写上?|显示|顯示|打出|打上|配文|字幕|文案|标语|口号|結尾|结尾|片尾|最后|最後に?|ラスト(?:に|は)?|締めに?|"
    r"末尾に?|エンドカードに?|लिखें|लिखा|लिखो|끝에|마지막에)[^\"“„«‘「『，。、]{0,4}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:と|を|の|という)(?:表示|入れ|書|出|テロップ|文字|字幕|コピー|メッセージ)[^、。]*|"
    r"\s*(?:이?라고|이?라는|를|을)\s*(?:문구|자막|글|표시|넣|써|적|보여)[^,.]*|"
    r"\s*(?:(?:erscheint|steht|stehen|einblenden|eingeblendet|appears?|on\s+(?:the\s+)?screen|"
    r"at\s+the\s+end|as\s+(?:the\s+)?(?:tag\s?line|slogan|text|title|end\s?card)|"
    r"à\s+la\s+fin|al\s+final|no\s+final|alla\s+fine|yazsın|yazısı\w*|लिखा\s+हो|लिखें)\b)[^,.;]*",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"\b(?:called|named|namens|heißt|appelée?s?|nommée?s?|llamad[oa]|chamad[oa]|chiamat[oa]|"
    r"genaamd|titled|song|novel|book|album)\s*$",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:[,;:、，。]|\s[–—-])\s*(?:(?:and|then|finally|und|dann|et|puis|y|e|en)\s+)?|"
    r"\s+(?:and|then|und|et|y|e)\s+(?=\S)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[^,;.!?、，。\"“„«‘「『]*(?![\"“„«‘「『])"
)  # of its clause, behind a quotation
_LINKS = ("and", "or", "und", "et", "y", "e", "then", "dann", "puis")
_MOST_WORDS = 12


def frames_copy(before: str, after: str = "") -> bool:
    """Whether the words around a quotation say that it is written on the screen."""
    if _NAMING.search(before) or len(before.split()) > _MOST_WORDS:
        return False
    lead = COPY_LEAD.match(f'{before.strip()} "')
    at_end = len(before.split()) <= _AT_END_WORDS and AT_END.search(before)
    says_so = _BEFORE.search(before) or _AFTER.match(after) or _KEPT.match(after)
    return bool(lead or at_end or names_copy(before) or says_so)


def quotes_apart(sentence: str) -> list[str]:
    """A sentence whose quotations for the screen are each a sentence of their own."""
    label = label_of(sentence.strip())
    if label is not None and label.kind in ("copy", "narration", "cta"):
        return [sentence]
    parts: list[str] = []
    start = 0
    for quote in _QUOTE.finditer(sentence):
        head = sentence[start : quote.start()]
        rest = sentence[quote.end() :]
        bound = next(iter([*_BOUND.finditer(head)][::-1]), None)
        frame = head[bound.end() :] if bound else head
        if (parts and not head.strip(" ,&+")) or (head.strip(" ,").casefold() in _LINKS and parts):
            parts.append(f"{parts[-1].split(quote[0][0])[0]}{quote[0]}")
            start = quote.end()
            continue
        if not frames_copy(frame, rest) and bound and frames_copy(head, rest):
            bound, frame = None, head
        if not frames_copy(frame, rest):
            continue
        parts += [head[: bound.start()]] if bound else []
        tail = _KEPT.match(rest) or _TAIL.match(rest)
        parts.append(f"{frame}{quote[0]}{tail[0] if tail else ''}")
        start = quote.end() + (tail.end() if tail else 0)
        start += len(sentence[start:]) - len(sentence[start:].lstrip(" ,;、，。.!"))
    if not parts:
        return [sentence]
    parts.append(sentence[start:])
    return [part for part in parts if part.strip(" ,;.!?、，。")]
