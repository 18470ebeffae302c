"""Phrases of edits in the words of the grammar: `a touch slower` is `a bit slower`. Pure.

Data: a language is some lines in a table. Quoted words stay as they are.
"""

from __future__ import annotations

import re

from lotus.planning.edit_words import CLOSE_QUOTED, LAST, NUMBERS, ORDINALS, SCENE

__all__ = ["in_plain_words"]

_LOGO = r"(?:the|our|el|o|le|il|dem|das|unserem|het)?\s*logo"
_PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (
            r"\b(?:there(?:'s|\s+is)\s+)?(?:no\s+(?:need|reason)|not\s+necessary)\s+to\b|"
            r"\b(?:you\s+)?(?:do\s+not|don'?t)\s+(?:need|have)\s+to\b|\bneed(?:n'?t|\s+not)\b",
            "don't",
        ),
        (r"\bno\s+(?=final|fim|in[ií]cio|começo)", "em "),
        (r"\ba\s+(?:touch|tad|hair|smidge|wee\s+bit|little\s+bit)\b", "a bit"),
        (r"\b(?:cross[\s-]fades?|fundidos?\s+encadenados?)\b", "crossfade"),
        (r"\s+(?:instead\s+of|rather\s+than)\s+(?:the\s+)?(?:hard\s+)?cuts\b", ""),
        (r"\bin\s+(?:all\s+)?the\s+others\b", "the rest"),
        (
            r"\b(?:replace|swap|change|exchange)\s+the\s+music\s+(?:by|with|for|to)\s+(?:something|some)\s+",
            "music ",
        ),
        (
            r"\b(?:keine\s+musik\s+mehr|no\s+more\s+music|plus\s+de\s+musique|ya\s+no\s+quiero\s+música)\b",
            "no music",
        ),
        (r"\b(?:ganz|komplett|completely|entirely|altogether|del\s+todo)\s+(?=raus|weg|out\b)", ""),
        (
            rf"\b(?:termin[ae]r?|acab[ae]r?|finaliz[ae]r?|finis|finir|finissez|termine[rz]?|finisci|chiudi|ende|beende\s+es|"
            rf"eindig)\s+(?:con|com|sur|par|avec|mit|met)\s+{_LOGO}\b",
            "end on the logo",
        ),
        (r"\bque\s+(?=la\s+(?:escena|última|primera))", ""),
        (r"\b(?:dure|lasts?|dauert)\s+(?:solo|only|nur)\s+", "to "),
        (r"\b(?:the\s+)?(?:bit|part)\s+(?:with|about)\s+the\s+(\w+)\b", r"the \1 scene"),
        # Japanese
        (r"(\d+)\s*番目のシーン|シーン\s*(\d+)(?!\s*と)", r" scene \1\2 "),
        (r"シーン\s*(\d+)\s*と\s*(?:シーン\s*)?(\d+)", r" scenes \1 and \2 "),
        (r"最後のシーン", " last scene "),
        (r"最初のシーン", " first scene "),
        (r"(?:を)?(?:削除|消)(?:して|し|す)?(?:ください|下さい)?", " remove "),
        (r"の?順番を?(?:入れ替え|逆に)(?:て|る)?(?:ください)?", " swap "),
        (r"字幕(?:を)?(?:全部|すべて)?", " captions "),
        (r"全体(?:を|は)?", " whole video "),
        (r"(\d+)\s*秒に(?:して|する)?(?:ください|下さい)?", r" to \1 seconds "),
        (r"音楽はそのまま(?:で)?", " "),
        (r"音楽(?:を|は)?(?:なし|無し)(?:で|に)?", " no music "),
        (r"つなぎ(?:は|を)?(?:フェード|ディゾルブ)(?:で|に)?", " crossfade "),
        (r"もう少し(?:ゆっくり|長く)", " a bit longer "),
        (r"もう少し(?:速く|短く)", " a bit shorter "),
        (r"[、。](?=\s|$)|、", ", "),
        # Chinese
        (r"第\s*(\d+)\s*(?:个)?(?:场景|镜头)|(?:场景|镜头)\s*(\d+)(?!\s*和)", r" scene \1\2 "),
        (r"(?:场景|镜头)\s*(\d+)\s*和\s*(\d+)\s*(?:对调|互换|交换)", r" swap scenes \1 and \2 "),
        (r"(?:请)?(?:删除|删掉|去掉)(?=\s*(?:scene|字幕|音乐))", " remove "),
        (r"(?:所有|全部)?字幕", " captions "),
        (r"(?:背景)?音乐", " music "),
        (r"(?:总长|整体)(?:改成|改为|缩短到)\s*(\d+)\s*秒", r" whole video to \1 seconds "),
    )
)
_COUNTED = re.compile(
    rf"\b(?:the\s+)?(?P<which>first|last)\s+(?P<count>\d|{'|'.join(NUMBERS)})\s+(?:scenes|shots|clips)\b",
    re.IGNORECASE,
)


_RANGE = re.compile(
    rf"\b(?P<scenes>{SCENE}[sn]?)\s+(?P<first>\d{{1,2}})\s*"
    rf"(?:(?P<dash>[-\u2013]|through|thru|until|bis|jusqu'à|até|hasta|fino\s+a)|to|à|a|al)\s*"
    rf"(?:{SCENE}\s+)?(?P<last>\d{{1,2}})\b(?!\s*(?:s\b|sec|%|\.\d))",
    re.IGNORECASE,
)
_PENULTIMATE = re.compile(
    rf"\b(?:(?:second|next)[\s-](?:to|from)[\s-](?:the[\s-])?last|penultimate|vorletzte[nrs]?|"
    rf"avant-dernière|penúltim[ao]|penultim[ao])\s+(?P<scene>{SCENE})\b",
    re.IGNORECASE,
)
_PLACE = rf"(?:{'|'.join(ORDINALS)}|{LAST})"
_PAIR = re.compile(
    rf"\b(?P<one>{_PLACE})\s+(?:and|und|et|y|e)\s+(?:the\s+|die\s+|la\s+)?(?P<other>{_PLACE})\s+{SCENE}[sn]?\b",
    re.IGNORECASE,
)


def in_plain_words(words: str, count: int) -> str:
    """An edit of a board of `count` scenes, in words that the grammar has."""
    pieces: list[str] = []
    start = 0
    for quote in CLOSE_QUOTED.finditer(words):
        pieces += [_plain(words[start : quote.start()], count), quote[0]]
        start = quote.end()
    return "".join((*pieces, _plain(words[start:], count))).strip()


def _plain(text: str, count: int) -> str:
    plain = text
    for pattern, words in _PHRASES:
        plain = pattern.sub(words, plain)
    plain = _COUNTED.sub(lambda match: _numbered(match, count), plain)
    plain = _RANGE.sub(_spelt_out, plain)
    plain = _PAIR.sub(lambda match: _two(match, count), plain)
    if count > 1:
        plain = _PENULTIMATE.sub(rf"scene {count - 1}", plain)
    return text if plain == text else re.sub(r"[ \t]+", " ", plain)


def _numbered(match: re.Match[str], count: int) -> str:
    """`the first three scenes` as `scenes 1, 2 and 3`."""
    word = match["count"].casefold()
    several = int(word) if word.isdigit() else NUMBERS[word]
    if not 1 < several <= count:
        return match[0]
    first = 1 if match["which"].casefold() == "first" else count - several + 1
    numbers = [str(number) for number in range(first, first + several)]
    return f"scenes {', '.join(numbers[:-1])} and {numbers[-1]}"


def _spelt_out(match: re.Match[str]) -> str:
    """`scenes 2 to 5` as `scenes 2, 3, 4 and 5`; `scene 2 to 5` says where one scene goes."""
    first, last = int(match["first"]), int(match["last"])
    several = match["dash"] or match["scenes"][-1].casefold() in "sn"
    if not several or not first < last:
        return match[0]
    numbers = [str(number) for number in range(first, last + 1)]
    return f"scenes {', '.join(numbers[:-1])} and {numbers[-1]}"


def _two(match: re.Match[str], count: int) -> str:
    """`the first and last scene` as `scenes 1 and 6`."""
    one, other = (ORDINALS.get(match[name].casefold(), count) for name in ("one", "other"))
    return f"scenes {one} and {other}"
