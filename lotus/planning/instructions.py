"""Talk to whoever makes the film: length, shape, sound, audience, form. Never a caption.

Data: a language is a line in a table.
"""

from __future__ import annotations

import re

from lotus.planning.fields import is_bare_field
from lotus.planning.negatives import tidy

__all__ = ["is_message", "listed", "parted", "place_of"]

_FILM = r"(?:video|film|ad|advert|advertisement|commercial|spot|clip|reel|trailer|teaser|promo)"
_SHAPE = (
    r"(?:9\s*:\s*16|16\s*:\s*9|1\s*:\s*1|vertical|portrait|landscape|horizontal|square|tiktok|"
    r"(?:instagram\s+)?(?:reels?|story|stories)|(?:youtube\s+)?shorts)"
)
_SOUND = (
    r"(?:music|soundtrack|beats?|voice-?over|colou?rs?|palette|fonts?|captions?|subtitles?|text)"
)

# How people ask for a film; the picture is what follows.
_LEAD = re.compile(
    rf"(?:hi|hello|hey)?[\s,!]*(?:(?:can|could|would|will)\s+you\s+|i\s+(?:want|need|would\s+like|['’]d\s+like)\s+"
    rf"(?:you\s+to\s+)?|we\s+(?:want|need)\s+|please\s+|kindly\s+)*"
    rf"(?:(?:make|create|produce|generate|film|shoot|design|do|render)\s+)?(?:me\s+|us\s+)?"
    rf"(?:an?|the|one)\s+(?:[\w'’-]+\s+){{0,7}}?(?:{_FILM}\s+)?{_FILM}"
    r"(?:\s+(?:for|about|of|on|showing|featuring|where|in\s+which|that\s+shows)\s+(?:my\s+|our\s+)?|"
    r"(?=\s*(?:,|with\b|in\b|$)))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:hi|hello|hey|please|kindly|make|create|produce|generate|film|shoot|design|render|can|could|would|will|"
    r"i\s+(?:want|need|would)|i['’]d|we\s+(?:want|need))\b",
    re.IGNORECASE,
)
# The same in other languages, each with the words that ask in it.
_LEADS = tuple(
    re.compile(rf"\s*(?:{pattern})", re.IGNORECASE)
    for pattern in (
        r"(?:(?:hallo|bitte)[\s,!]*)*(?:erstellen?|mach(?:e|t|en)?|produzieren?|drehen?|"
        r"(?:ich|wir)\s+(?:brauchen?|möchten?|wollen?|will|hätten?\s+gern))(?:\s+(?:mir|uns|sie|bitte))*"
        r"\s+(?:eine?n?|das|den)\s+(?:[\w-]+\s+){0,5}?[\w-]*(?:video|film|spot|clip|anzeige|reel|werbung)"
        r"(?:\s+(?:für|über|von|zu)\s+(?:meine?n?\s+|unsere?n?\s+)?|(?=\s*(?:,|mit\b|im\b|$)))",
        r"(?:(?:bonjour|peux-tu|pouvez-vous|merci\s+de|s'il\s+(?:te|vous)\s+plaît|je\s+(?:veux|voudrais)|"
        r"nous\s+voulons|il\s+(?:me|nous)\s+faut)[\s,!]*)*(?:(?:me|nous)\s+)?(?:crée[rz]?|créer|faire|fais|"
        r"faites|réalise[rz]?|produire)?\s*\bune?\s+(?:[\w'’-]+\s+){0,4}?(?:vidéo|publicité|pub|film|spot|clip)"
        r"(?:\s+(?:de\s+\d+\s+secondes?|publicitaire|verticale?|courte?))*"
        r"\s+(?:pour|sur|à\s+propos\s+d[eu])\s+(?:mon\s+|ma\s+|notre\s+|nos\s+)?",
        r"(?:(?:hola|por\s+favor|puedes|podrías|quiero|necesito|queremos)[\s,!]*)*(?:que\s+)?(?:crea[rs]?|haz|hacer|"
        r"hagas|producir|genera[r]?)?\s*\bun[oa]?\s+(?:[\w-]+\s+){0,4}?(?:vídeo|video|anuncio|spot|clip)"
        r"(?:\s+(?:de\s+\d+\s+segundos|publicitario|vertical|corto))*\s+(?:para|sobre|de)\s+(?:mi\s+|nuestr[oa]\s+)?",
        r"(?:(?:olá|por\s+favor|quero|preciso\s+de|queremos)[\s,!]*)*(?:cri[ae]r?|faça|fazer|faz|produz(?:a|ir))?\s*"
        r"\bum\s+(?:[\w-]+\s+){0,4}?(?:vídeo|anúncio|spot|clipe)(?:\s+(?:de\s+\d+\s+segundos|vertical|curto))*"
        r"\s+(?:para|sobre|de)\s+(?:[oa]\s+)?(?:meu\s+|minha\s+|noss[oa]\s+)?",
        r"(?:(?:ciao|per\s+favore|vorrei|voglio|vogliamo)[\s,!]*)*(?:crea(?:re)?|fa[i]?|fare|realizza(?:re)?)?\s*"
        r"\bun[oa]?\s+(?:[\w-]+\s+){0,4}?(?:video|spot|filmato|clip)(?:\s+(?:di\s+\d+\s+secondi|verticale|breve))*"
        r"\s+(?:per|su|di)\s+(?:(?:il|la)\s+)?(?:mi[oa]\s+|nostr[oa]\s+)?",
        r"(?:(?:hallo|graag|alsjeblieft)[\s,!]*)*(?:maak|produceer|ik\s+wil|wij\s+willen)\s+(?:mij\s+|ons\s+)?een\s+"
        r"(?:[\w-]+\s+){0,4}?[\w-]*(?:video|film|spot|clip|advertentie)\s+(?:voor|over|van)\s+(?:mijn\s+|onze?\s+)?",
        r"(?:(?:привет|пожалуйста)[\s,!]*)*(?:сдела(?:й|йте)|созда(?:й|йте)|снимите|нужен|нужно|хочу)\s+"
        r"(?:(?:мне|нам)\s+)?(?:[\w-]+\s+){0,5}?(?:видео|ролик|рекламу|клип)\s+(?:для|об?|про)\s+(?:мое(?:го|й)\s+|наше(?:го|й)\s+)?",
        r"(?:请)?(?:帮我们?|为我们?|给我们?)?(?:制作|做|拍摄|创建|生成)(?:一个|一条|一部|一支|个)?"
        r"(?:\d+\s*秒钟?的?)?(?:(?:竖屏|横屏)的?)?(?:关于|介绍)?",
        r"(?:من\s+فضلك\s+)?(?:اصنع|أنشئ|اعمل|أريد)\s+(?:لي\s+|لنا\s+)?(?:فيديو|إعلان\w*)\s+"
        r"(?:[\u0600-\u06ff\d]+\s+){0,4}?عن\s+",
    )
)
# Of languages whose request stands behind the subject.
_TAIL = re.compile(
    r"(?:について)?の?(?:\d+\s*秒(?:間)?の)?(?:縦型の?|横型の?)?(?:短い)?(?:動画|ＣＭ|CM|広告|ビデオ)を?(?:作って|作成して|制作して|"
    r"お願いします)(?:ください|下さい|ほしい|欲しい)?|的?(?:广告|视频|短片|宣传片)(?=[，。,]|$)|"
    r"(?:에\s*대한\s*)?(?:\d+\s*초(?:짜리)?\s*)?(?:영상|동영상|광고)을?를?\s*(?:만들어\s*(?:주세요|줘)|제작해\s*(?:주세요|줘))"
)
# The name of the client, which stands on the end card.
_NAMED = re.compile(
    r"\s+(?:called|named|namens|appelée?|nommée?|llamad[oa]|chamad[oa]|chiamat[oa]|genaamd|под\s+названием)\s+"
    r"[\"“«„]?[A-ZÄÖÜÉ][\w'’&.-]*(?:\s+(?:[A-ZÄÖÜÉ][\w'’&-]*|of|and|&|the))*[\"”»“]?"
)
# Clauses about the whole film, up to their end.
_GARDEN = r"(?!\s+(?:garden|field|town|room|market|wall|window|frame))"
_CLAUSE = re.compile(
    r"(?:^|(?<=[,;:.，。、])|(?<=\band)|(?<=\s))\s*(?:and\s+)?(?:please\s+)?(?:"
    rf"(?:use|add|include|with|set\s+to|play|put)\s+(?:some\s+|an?\s+|the\s+)?(?:[\w-]+\s+){{0,3}}{_SOUND}"
    rf"(?:\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{_SOUND})*(?=\s*(?:[,.;!]|$|\bin\b|\band\b|\bfor\b))"
    r"|(?:the\s+|our\s+|my\s+)?target\s+(?:audience|group)\s+(?:is|are|being)\b[^.;!?]*"
    r"|(?:make|keep)\s+(?:it|this|the\s+(?:video|film|ad))\b[^,.;!?]*"
    rf"|(?:it|the\s+{_FILM})\s+(?:should|must|needs\s+to|has\s+to)\s+be\b[^,.;!?]*"
    rf"|(?:in|as|for)\s+(?:an?\s+)?{_SHAPE}(?:\s+(?:format|aspect\s+ratio|video|mode))?\b{_GARDEN}"
    rf"|{_SHAPE}\s+(?:format|aspect\s+ratio)\b"
    r"|(?:about\s+|around\s+|max(?:imum)?\s+)?\d{1,3}[\s-]?(?:s|secs?|seconds?)\s+(?:long|in\s+length|max(?:imum)?)\b"
    r"|(?:mit|verwende|nutze|dazu)\s+(?:[\w-]+\s+){0,2}?musik\b|zielgruppe\s+(?:ist|sind)\b[^.;!?]*"
    r"|(?:bitte\s+)?(?:im|in)\s+(?:hoch|quer)format\b|(?:max(?:imal)?\s+|etwa\s+)?\d{1,3}\s+sekunden\s+(?:lang|länge)\b"
    r"|(?:avec|sur)\s+(?:une\s+|de\s+la\s+)?musique(?:\s+(?:[\w'’-]+)){0,2}|(?:au|en)\s+format\s+\w+"
    r"|public\s+cible\b[^.;!?]*|d'une\s+durée\s+de\s+\d+\s+secondes"
    r"|con\s+música(?:\s+[\w-]+){0,2}|público\s+objetivo\b[^.;!?]*|en\s+(?:formato\s+)?(?:vertical|horizontal|cuadrado)\b"
    r"|com\s+música(?:\s+[\w-]+){0,2}|no\s+formato\s+\w+|em\s+(?:formato\s+)?(?:vertical|horizontal)\b|público-alvo\b[^.;!?]*"
    r"|con\s+musica(?:\s+[\w-]+){0,2}|in\s+formato\s+\w+|format\s+vertical\b"
    r"|met\s+(?:[\w-]+\s+){0,2}muziek\b|in\s+(?:staand|liggend)\s+formaat\b"
    r"|с\s+[\w-]+\s+музыкой\b|в\s+(?:вертикальном|горизонтальном)\s+формате\b"
    r"|(?:使用|配|用)[^，。,]{0,6}音乐|竖屏(?:格式)?|横屏(?:格式)?|縦型で|音楽は[^、。]*|時長[^，。]*|时长[^，。]*"
    r"|مع\s+موسيقى\s+\S+"
    r")",
    re.IGNORECASE,
)
_PLATFORM = re.compile(
    r"\s*(?:for\s+|on\s+|für\s+|pour\s+|para\s+|per\s+)?(?:tiktok|instagram|youtube|facebook|linkedin|snapchat|pinterest|whatsapp)"
    r"(?:\s+(?:stor(?:y|ies)|reels?|shorts?|ads?|feed|posts?))?\s*(?:[:.,–-]\s*|$)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:key\s+message|message|headline|tagline|slogan|claim|kernbotschaft|botschaft|on[\s-]screen\s+text|"
    r"message\s+clé|accroche|mensaje(?:\s+clave)?|mensagem|messaggio|überschrift|заголовок|слоган|标语|标题|"
    r"メッセージ|キャッチコピー)\s*[:：]\s*",
    re.I,
)
# `INT. KITCHEN - MORNING`: where a scene of a screenplay plays.
_PLACE = re.compile(r"(?:INT|EXT|INT\./EXT|I/E)\.?\s+([A-Z0-9][^a-z]*?)\s*(?:[-–—]\s*([A-Z ]+))?$")
# What stands between commas, dashes or in brackets.
_PIECE = re.compile(r"\([^()]*\)|(?:(?! [-–—] )[^,;，、()])+")
_NUMBER = re.compile(r"(?:(?<=\s)|(?<=:)|^)\(?(\d{1,2})[).]\s+(?=\S)")


def is_message(sentence: str) -> bool:
    """Whether a sentence is labelled as words for the screen: `Headline: ...`."""
    return bool(_LABEL.match(sentence))


def parted(sentence: str) -> tuple[str, tuple[str, ...]]:
    """The sentence without its instructions, and these."""
    label = _LABEL.match(sentence)
    text = sentence[label.end() :] if label else sentence
    parts: list[str] = []
    end = _lead_end(text)
    if end:
        parts.append(text[:end])
        text = _NAMED.sub("", text[end:]).rstrip("?？")
    platform = _PLATFORM.match(text)
    if platform:
        parts.append(platform[0])
        text = text[platform.end() :]
    for pattern in (_CLAUSE, _TAIL):
        parts += [match[0] for match in pattern.finditer(text)]
        text = pattern.sub(" ", text)
    bare = [piece for piece in _PIECE.findall(text) if is_bare_field(piece)]
    for piece in bare:
        text = text.replace(piece, " ", 1)
    parts += [piece.strip(" ()") for piece in bare]
    return tidy(text, sentence), tuple(part.strip(" ,;:.") for part in parts if part.strip(" ,"))


def _lead_end(text: str) -> int:
    """Where the words end that ask for a film; 0 where none do."""
    lead = _LEAD.match(text)
    if lead is not None and _ASKS.match(text):
        return lead.end()
    ends = (match.end() for pattern in _LEADS if (match := pattern.match(text)))
    return next(ends, 0)


def place_of(sentence: str) -> str | None:
    """The place and time of a heading of a screenplay, as words: `kitchen, morning`."""
    match = _PLACE.match(sentence.strip(" ."))
    if match is None:
        return None
    return ", ".join(part.strip(" .").lower() for part in match.groups() if part)


def listed(line: str) -> list[str]:
    """The parts of a line that counts 1) 2) 3): its headline, then each item; else the line."""
    marks = list(_NUMBER.finditer(line))
    if [int(mark[1]) for mark in marks] != list(range(1, len(marks) + 1)) or len(marks) < 2:
        return [line]
    starts = [mark.end() for mark in marks]
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    head = line[: marks[0].start()].strip(" :–—-")
    items = [line[a:b].strip(" ,;") for a, b in zip(starts, ends, strict=True)]
    return [part for part in (head, *items) if part]
