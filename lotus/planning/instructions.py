"""Talk to whoever makes the film: length, shape, sound, audience, form. Never a caption.

Data: a language is a line in a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lotus.planning.asides import ASIDE
from lotus.planning.clauses import talk_score
from lotus.planning.foreign import foreign_request
from lotus.planning.labels import INSTRUCTING, label_of
from lotus.planning.leads import (
    ANY_QUOTE,
    BESIDE_QUOTE,
    COPY_LEAD,
    FILM_ENDS,
    ORDERED,
    POLITE_END,
    PURPOSE,
    SHOWS,
    VERB_LEFT,
)
from lotus.planning.negatives import tidy
from lotus.planning.quotes import frames_copy
from lotus.planning.talk import (
    ABOUT,
    CHANNEL,
    PIECE,
    film_request_end,
    is_look,
    is_talk,
    may_be_talk,
    names_film,
    request_span,
)
from lotus.planning.talk_words import MEASURES

__all__ = ["SentenceParts", "bare_look", "parted"]


@dataclass(frozen=True)
class SentenceParts:
    """A sentence without its instructions, these, and those of them that say how it looks.

    `message`: the words are labelled or quoted as words for the screen; `asks`: the instructions
    ask for the film, and the text is what it is about; `talks`: pieces beside the text are about
    the film.
    """

    text: str
    instructions: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    message: bool = False
    asks: bool = False
    talks: bool = False


_FILM = r"(?:video|film|ad|advert|advertisement|commercial|spot|clip|reel|trailer|teaser|promo)"
_SHAPE = (
    r"(?:9\s*:\s*16|16\s*:\s*9|1\s*:\s*1|vertical|portrait|landscape|horizontal|square|tiktok|"
    r"(?:instagram\s+)?(?:reels?|story|stories)|(?:youtube\s+)?shorts)"
)
_SOUND = (
    r"(?:music|soundtrack|beats?|voice-?over|colou?rs?|palette|fonts?|captions?|subtitles?|text)"
)

# Words that ask for a film, at the start of a sentence.
_ASKS = re.compile(
    r"(?:hi|hello|hey|please|kindly|make|create|produce|generate|film|shoot|design|render|can|"
    r"could|would|will|"
    r"i\s+(?:want|need|would)|i['’](?:d|m)|we\s+(?:want|need)|write|build|prepare|craft|put|do|"
    r"give|looking|need|let['’]s|cut|edit|"
    r"hallo|bitte|erzeug\w*|generier\w*|gere|génère|erstell\w*|mach\w*|produzier\w*|dreh\w*|ich|"
    r"wir|bonjour|fai(?:s|tes|re)|"
    r"réalis\w+|cré\w+|"
    r"je|nous|il|peux|pouvez|"
    r"hola|haz|crea\w*|quiero|queremos|necesit\w*|por|faça|quero|cri[ae]\w*|preciso|ciao|vorrei|"
    r"fai|realizza\w*|maak|graag|ik|wij)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hey|hello|dear|good\s+(?:morning|day)|hallo|liebes?|bonjour|salut|hola|olá|"
    r"ciao)\b[^.!?,:;]{0,24}[.!,]*",
    re.IGNORECASE,
)
_SOMETHING = re.compile(
    r"(?:(?:can|could|would|will)\s+you\s+|i\s+(?:want|need)\s+|please\s+)*(?:do|make|create|show|"
    r"give|want|need)\s+(?:me\s+|us\s+)?"
    r"(?:it|this|something|anything)(?:\s+\w+){0,2}?\s+(?:with|about|for|on)\s+|"
    r"(?:it|this|the\s+(?:video|film|ad|clip|spot))(?:['’]s|\s+is)\s+(?:for|about)\s+(?:my\s+|"
    r"our\s+)?",
    re.IGNORECASE,
)
# What the crew of a screenplay reads between scenes.
_EDIT = re.compile(
    r"(?:^|(?<=[.!?:]\s))\s*(?:FADE\s+(?:IN|OUT|TO\s+BLACK)|(?:SMASH\s+|JUMP\s+|"
    r"MATCH\s+)?CUT\s+TO(?:\s+BLACK)?|DISSOLVE\s+TO|"
    r"TITLE\s+CARD|THE\s+END)\s*[:.]?(?=\s|$)"
)
# Requests of languages that write them in one word with what follows.
_LEADS = tuple(
    re.compile(rf"\s*(?:{pattern})", re.IGNORECASE)
    for pattern in (
        r"(?:请)?(?:帮我们?|为我们?|给我们?)?(?:制作|做|拍摄|创建|生成)(?:一个|一条|一部|一支|个)?"
        r"(?:\d+\s*秒钟?的?)?(?:(?:竖屏|横屏)的?)?"
        r"(?:短?(?:视频|影片)[，,]?)?(?:用来|用于)?(?:关于|介绍|推广|宣传)?(?:一下)?(?:我们?的?)?",
        r"(?:من\s+فضلك\s+)?(?:اصنع|أنشئ|اعمل|أريد)\s+(?:لي\s+|لنا\s+)?(?:فيديو|إعلان\w*)\s+"
        r"(?:[\u0600-\u06ff\d]+\s+){0,4}?عن\s+",
    )
)
# `Produktvideo Akkuschrauber X200`: the film, and what it is of.
_COMPOUND_FIRST = re.compile(r"[A-ZÄÖÜ][a-zäöüß-]{3,}(?:video|spot|film|clip|reel)\s+(?=[A-ZÄÖÜ])")
# Of languages whose request stands behind the subject.
_TAIL = re.compile(
    r"(?:について)?の?(?:\d+\s*秒(?:間)?の)?(?:縦型の?|横型の?)?(?:短い)?(?:動画|ＣＭ|CM|広告|ビデオ)を?(?:作って|作成して|制作して|"
    r"お願い(?:いた)?します)(?:ください|下さい|ほしい|欲しい)?|の?(?:縦型の?|横型の?)?(?:PR|紹介|宣伝|プロモーション|告知|プロモ)?(?:動画|映像|"
    r"ムービー|CM|広告)(?:で|に)?(?=[、。,]|$)|(?:\d+\s*秒で)?お願い(?:いた)?します|"
    r"の?(?:動画|映像|ムービー|CM|広告)です|(?:を|は|で)?、?\d+\s*秒(?:間)?(?:くらい|ほど|程度)?(?:で|の)?(?=$|[、。])|"
    r"(?:的|の)?(?:宣传|インスタ用|ショート)*(?:短视频|广告|视频|短片|宣传片|ショート)(?=[，。,：:]|$)|"
    r"(?:영상|동영상|광고)(?=\s*(?:\d+\s*초)?\s*(?:[.,]|$))|(?:홍보\s*)?(?:영상|동영상|광고|비디오)\s*부탁\w*|"
    r"(?:홍보\s*)?(?:영상|동영상|광고)을?를?\s*\d+\s*초(?:로|짜리로)?\s*만들어\s*(?:주세요|줘)|"
    r"(?:에\s*대한\s*)?(?:\d+\s*초(?:짜리)?\s*)?(?:영상|동영상|광고)을?를?\s*(?:만들어\s*(?:주세요|줘)|제작해\s*(?:주세요|줘))"
)
# The name of the client, which stands on the end card.
_NAMED = re.compile(
    r"\s+(?:called|named|namens|appelée?|nommée?|llamad[oa]|chamad[oa]|chiamat[oa]|genaamd|"
    r"под\s+названием)\s+"
    r"[\"“«„]?[A-ZÄÖÜÉ][\w'’&.-]*(?:\s+(?:[A-ZÄÖÜÉ][\w'’&-]*|of|and|&|the))*[\"”»“]?"
)
# `Explain photosynthesis to 5th graders in one minute`.
_TOPIC = re.compile(
    r"(?:please\s+)?(?:explain|describe|summari[sz]e|promote|advertise|showcase|erkläre?n?|"
    r"explique[rz]?|présente[rz]?|promociona|anuncia|explica|divulgue|promuovi|spiega)\s+"
    r"(?:bitte\s+)?(?P<what>[^:\"“„«]+?)(?:\s+(?:to|for)\s+[\w'’ -]{2,40}?)?"
    r"(?:\s+in\s+(?:about\s+|under\s+)?(?:one|two|an?|half\s+a|\d+)\s+(?:minutes?|seconds?))?"
    r"(?=\s*[.!?]*$)",
    re.IGNORECASE,
)
# `20 sec youtube short about ...`, `une minute sur ...`: a length, and what fills it.
_MEASURED = re.compile(
    r"(?:(?:(?:can|could|would)\s+you\s+(?:please\s+)?(?:do|make|give\s+(?:me|us))|give\s+(?:me|us)|(?:i|we)\s+"
    r"(?:need|want|have))\s+|il\s+(?:me|nous)\s+faut\s+|ich\s+brauche\s+|necesito\s+|preciso\s+de\s+|"
    r"mi\s+serv(?:e|ono)\s+)?(?:about|around|roughly|under|max\.?|etwa|ca\.?|environ|unos|cerca\s+de)?\s*"
    rf"(?:{MEASURES.pattern})(?:\s+(?!(?:of|on|about|for)\b)[\w-]+){{0,3}}?\s+"
    r"(?:on|about|for|sur|über|sobre|su|over|o)\s+(?:how\s+)?",
    re.IGNORECASE,
)
# A question that the film answers.
_HEADLINE = re.compile(
    r"(?:how|what|why|when|where|who|wie|was|warum|wieso|comment|pourquoi|quand|cómo|qué|por\s+qué|"
    r"¿|como|o\s+que|come|cosa|perché|hoe|wat|waarom|как|что|почему)\b|¿",
    re.IGNORECASE,
)
_LENGTH_FIRST = re.compile(rf"(?:{MEASURES.pattern})\s+(?=\w)", re.IGNORECASE)
# What a letter says before it asks: `following up on our call: we'd`.
_CALLING = re.compile(
    r"^.*:\s*(?:we|i|wir|ich|nous|je)?(?:['’](?:d|ll))?$|(?:^|,)\s*(?:we|i|wir|ich|nous|je)(?:['’](?:d|"
    r"ll))?$",
    re.IGNORECASE,
)
# Clauses about the whole film, up to their end.
_GARDEN = r"(?!\s+(?:garden|field|town|room|market|wall|window|frame))"
_CLAUSE = re.compile(
    r"(?:^|(?<=[,;:.，。、])|(?<=\band)|(?<=\s))\s*(?:and\s+)?(?:please\s+)?(?:"
    rf"(?:use|add|include|with|set\s+to|play|put)\s+(?:some\s+|an?\s+|"
    rf"the\s+)?(?:[\w-]+\s+){{0,3}}{_SOUND}"
    rf"(?:\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{_SOUND})*(?=\s*(?:[,.;!]|$|\bin\b|\band\b|\bfor\b))"
    r"|(?:the\s+|our\s+|my\s+)?target\s+(?:audience|group)\s+(?:is|are|being)\b[^.;!?]*"
    r"|(?:make|keep)\s+(?:it|this|the\s+(?:video|film|ad))\b[^,.;:!?]*"
    rf"|(?:it|the\s+{_FILM})\s+(?:should|must|needs\s+to|has\s+to)\s+(?:be|feel|look|sound|"
    rf"have)\b[^,.;:!?]*"
    rf"|(?:in|as|for)\s+(?:an?\s+)?{_SHAPE}(?:\s+(?:format|aspect\s+ratio|video|mode))?\b{_GARDEN}"
    rf"|{_SHAPE}\s+(?:format|aspect\s+ratio)\b"
    r"|(?:about\s+|around\s+|max(?:imum)?\s+)?\d{1,3}[\s-]?(?:s|secs?|seconds?)\s+(?:long|"
    r"in\s+length|max(?:imum)?)\b"
    r"|(?:mit|verwende|nutze|dazu)\s+(?:[\w-]+\s+){0,2}?musik\b|zielgruppe\s+(?:ist|sind)\b[^.;!?]*"
    r"|(?:bitte\s+)?(?:im|in)\s+(?:hoch|quer)format\b|(?:max(?:imal)?\s+|"
    r"etwa\s+)?\d{1,3}\s+sekunden\s+(?:lang|länge)\b"
    r"|(?:avec|sur)\s+(?:une\s+|de\s+la\s+)?musique(?:\s+(?:[\w'’-]+)){0,2}|(?:au|"
    r"en)\s+format\s+\w+"
    r"|public\s+cible\b[^.;!?]*|d'une\s+durée\s+de\s+\d+\s+secondes"
    r"|con\s+música(?:\s+[\w-]+){0,2}|público\s+objetivo\b[^.;!?]*|"
    r"en\s+(?:formato\s+)?(?:vertical|horizontal|cuadrado)\b"
    r"|com\s+música(?:\s+[\w-]+){0,2}|no\s+formato\s+\w+|em\s+(?:formato\s+)?(?:vertical|"
    r"horizontal)\b|público-alvo\b[^.;!?]*"
    r"|con\s+musica(?:\s+[\w-]+){0,2}|in\s+formato\s+\w+|format\s+vertical\b"
    r"|met\s+(?:[\w-]+\s+){0,2}muziek\b|in\s+(?:staand|liggend)\s+formaat\b"
    r"|с\s+[\w-]+\s+музыкой\b|в\s+(?:вертикальном|горизонтальном)\s+формате\b"
    r"|음악은?[^.,]*|\d+\s*秒(?:間|钟)?(?:の|的)|(?:長さ|尺|サイズ|ターゲット|対象|スタイル|雰囲気|トーン|BGM|音楽|曲|テロップ|字幕|ナレーション)(?:は|"
    r"を)[^、。]*|مدت(?:ه|"
    r"ها)\s+\d+\s+\S+"
    r"|(?:目标受众|目标人群|受众|面向)[^，。,]*"
    r"|(?:使用|配|用)[^，。,]{0,6}音乐|(?:背景)?音乐(?:要|用|为)[^，。；]*|竖屏(?:格式)?|横屏(?:格式)?|縦型で|音楽は[^、。]*|"
    r"時長[^，。]*|时长[^，。]*"
    r"|مع\s+موسيقى\s+\S+"
    r")",
    re.IGNORECASE,
)
_ON_PLATFORM = re.compile(
    r"(?<!us)(?<!me)(?<!live)(?<!dich)(?<!euch)(?<!sich)(?<!uns)\s+(?:on|for|no|n[ao]|en|auf|für|sur|su|in|para|pour|per|"
    r"pro)\s+(?:tiktok|"
    r"instagram|insta|youtube|facebook|linkedin|snapchat|pinterest|whatsapp|reels|shorts)"
    r"(?:\s+(?:stor(?:y|ies)|reels?|shorts?|ads?|feed|posts?))?(?=\s*(?:[.,;!?]|$))",
    re.IGNORECASE,
)
_PLATFORM = re.compile(
    r"\s*(?:for\s+|on\s+|für\s+|pour\s+|para\s+|per\s+)?(?:tiktok|instagram|youtube|facebook|"
    r"linkedin|snapchat|pinterest|whatsapp)"
    r"(?:\s+(?:stor(?:y|ies)|reels?|shorts?|ads?|feed|posts?))?\s*(?:[:.,–-]\s*|$)",
    re.IGNORECASE,
)


def parted(sentence: str) -> SentenceParts:
    """The parts of a sentence."""
    label = label_of(sentence)
    own = label is None or label.kind not in INSTRUCTING
    start = label.start if label and own else 0
    text = sentence[start:]
    message = bool(label and label.kind == "copy")
    parts: list[str] = []
    asks = talks = False
    text = _without(_EDIT, text, parts)
    lead = None if message or not own else COPY_LEAD.match(text)
    if lead:
        parts.append(lead[0])
        text, message = text[lead.end() :], True
    if message:
        text = _without_tail(_quoted_first(text, parts), parts)
    if own and not message:
        text = POLITE_END.sub("", text)
        abroad = foreign_request(text)
        if abroad is not None:
            parts += abroad.instructions
            asks = bool(abroad.about)
            text = ", ".join(filter(None, (abroad.about, *abroad.rest)))
        text, is_request = _without_request(text, parts)
        asks = asks or is_request
        text, pieces = _without_talk(text, beside=bool(parts))
        parts += pieces
        talks = bool(pieces)
        if parts:
            text = _without_about(text)
        words = _only_quoted(text, parts)
        if words:
            text, message = words, True
    each = (piece.strip(" ,;:.()") for part in parts for piece in PIECE.findall(part))
    looks = tuple(_look_words(piece) for piece in each if is_look(piece))
    left = tidy(text, sentence)
    talk = tuple(filter(None, (part.strip(" ,;:.") for part in parts)))
    return SentenceParts(
        left.strip(' .,;"“”„«»「」『』‘’' + "'") if message else left,
        talk,
        looks,
        message,
        asks,
        talks,
    )


# Words that only announce a look: `clean white look`, `style high-end`, `ton chaleureux`.
_OF_LOOK = re.compile(
    r"^(?:(?:overall|visual)\s+)?(?:style|tone|mood|tono|ton|tom|toon|tonalité|ambiance|atmosph?[eè]re|atmosfera|atmósfera|"
    r"estilo|stile|stil|stimmung|clima|vibe|look|тон|стиль|风格|風格|氛围|雰囲気|분위기)\s*[:：]?\s+|"
    r"^(?:风格|風格|氛围|气质|色调|雰囲気|分위기)[:：是]?\s*|"
    r"(?<=\w)\s+(?:look(?:\s+and\s+feel)?|feel|vibes?|mood|tone|style|please)$",
    re.IGNORECASE,
)


def bare_look(words: str) -> str:
    """What a note says of the look, without the words that only announce it."""
    left = _OF_LOOK.sub("", words.strip(" ."))
    return left if left.strip() else words


def _look_words(piece: str) -> str:
    """What an instruction says of the look, without its order and its length."""
    words = re.sub(r"\s+", " ", MEASURES.sub("", ORDERED.sub("", piece))).strip()
    return bare_look(words)


def _without(pattern: re.Pattern[str], text: str, parts: list[str]) -> str:
    """The text without what a pattern matches, which is added to `parts`."""
    parts += [match[0] for match in pattern.finditer(text)]
    return pattern.sub(" ", text).strip() if parts else text


def _without_request(text: str, parts: list[str]) -> tuple[str, bool]:
    """The text without words that ask for the film, and asides to whoever makes it; and whether it
    asks for one.
    """
    asks = False
    topic = _TOPIC.match(text)
    if topic:
        asks = True
        parts += [text[: topic.start("what")], text[topic.end("what") :]]
        text = topic["what"]
    measured = _MEASURED.match(text)
    if measured:
        asks = True
        parts.append(measured[0])
        text = text[measured.end() :]
    while ASIDE.search(text):
        text = _without(ASIDE, text, parts).lstrip(" ,;:.!?–—")
    compound = _COMPOUND_FIRST.match(text)
    if compound and ":" not in text:
        parts.append(compound[0])
        text = text[compound.end() :]
    place = CHANNEL.match(text)
    if place and text[place.end() :].lstrip()[:1] in ":–—-":
        parts.append(place[0])
        text = text[place.end() :].lstrip(" :–—-")
    purpose = PURPOSE.match(text)
    if purpose and not names_film(purpose[0]):
        parts.append(text[: purpose.start("what")])
        text = f"{purpose['what']}, {SHOWS.sub('', text[purpose.end() :], count=1)}"
    shows = SHOWS.match(text)
    if shows and (label := label_of(text[shows.end() :])) and label.kind == "picture":
        parts.append(shows[0])
        text = text[shows.end() + label.start :]
    ending = None if _ASKS.match(text) else FILM_ENDS.match(text)
    if ending:
        asks = True
        parts.append(ending["film"])
        text = text[: ending.start("film")].rstrip() + text[ending.end("film") :]
        length = _LENGTH_FIRST.match(text)
        if length:
            parts.append(length[0])
            text = text[length.end() :]
    end = _lead_end(text)
    span = (0, end) if end else request_span(text)
    if span:
        asks = not text[: span[1]].rstrip().endswith((":", "–", "—"))
        parts.append(text[slice(*span)])
        before = _without_about(text[: span[0]].rstrip(" ,"))
        after = _NAMED.sub("", text[span[1] :]).lstrip(" ,:")
        after = after if _HEADLINE.match(after) else after.rstrip("?？")
        after = _without(VERB_LEFT, after, parts)
        before = re.sub(r"\s+(?:and|so|und|et|y|e)$", "", before)
        before = _CALLING.sub("", before)
        after = re.sub(r",?\s+(?:so|and|but|then)$", "", after)
        text = ", ".join(filter(None, (before, after)))
    platform = _PLATFORM.match(text)
    if platform:
        parts.append(platform[0])
        text = text[platform.end() :]
    for pattern in (_CLAUSE, _TAIL, _ON_PLATFORM):
        text = _without(pattern, text, parts)
    return text, asks


def _quoted_first(text: str, parts: list[str]) -> str:
    """Of words for the screen the quotation that they begin with; the rest is talk."""
    quote = ANY_QUOTE.match(text)
    if quote is None:
        return text
    parts.append(text[quote.end() :])
    return quote["words"]


def _without_tail(text: str, parts: list[str]) -> str:
    """Words for the screen without a length or shape behind a comma: `EVER AFTER, runtime 30s`."""
    for piece in list(PIECE.finditer(text))[1:]:
        if MEASURES.search(piece[0]) and is_talk(piece[0]):
            parts.append(text[piece.start() :])
            return text[: piece.start()].rstrip(" ,;")
    return text


def _only_quoted(text: str, parts: list[str]) -> str | None:
    """The quotation of a text that is nothing else: `logo + "Swim-proof."`, or that is framed by
    talk: `let the last second show "Stay"`. The frame is added to `parts`.
    """
    quotes = list(ANY_QUOTE.finditer(text))
    if len(quotes) != 1:
        return None
    outside = text[: quotes[0].start()] + " , " + text[quotes[0].end() :]
    frame = [piece for piece in PIECE.findall(BESIDE_QUOTE.sub(" ", outside)) if piece.strip(" ,")]
    is_frame = (
        is_talk(one, beside=True) or (may_be_talk(one) and _judged_talk(one)) for one in frame
    )
    before, after = text[: quotes[0].start()], text[quotes[0].end() :]
    frames = frames_copy(before, after) and len(after.split()) <= _FRAME_WORDS
    if not frames and not all(is_frame):
        return None
    parts += [text[: quotes[0].start()], text[quotes[0].end() :]] if frame else []
    return quotes[0]["words"]


_FRAME_WORDS = 6  # behind a quotation that is words for the screen


def _judged_talk(piece: str) -> bool:
    return len(piece.split()) < _FRAME_WORDS or talk_score(piece) > 0


def _without_talk(text: str, beside: bool) -> tuple[str, list[str]]:
    """The text without pieces that are about the film alone, and these."""
    head = re.match(r"([^:：\"“„«]{1,160})[:：](?=\s|$)\s*", text)
    pieces: list[str] = []
    heads = PIECE.findall(head[1]) if head else []
    if head and (names_film(head[1]) or (any if beside else all)(map(is_talk, heads))):
        pieces += PIECE.findall(head[1])
        text = text[head.end() :]
    inside = [piece for piece in PIECE.findall(text) if piece.strip(" .!?")]
    beside = beside or bool(pieces) or any(map(is_talk, inside))
    about_film = [piece for piece in inside if is_talk(piece, beside)]
    for piece in about_film:
        text = text.replace(piece, " ", 1)
    return text, [piece.strip(" ()") for piece in pieces + about_film]


def _without_about(text: str) -> str:
    """The text without the preposition that led to it: `..., about our studio`."""
    bare = text.lstrip(" ,;:")
    about = ABOUT.match(bare)
    return bare[about.end() :] if about and bare[: about.end()].strip() else text


def _lead_end(text: str) -> int:
    """Where the words end that ask for a film; 0 where none do."""
    if _GREETING.fullmatch(text.strip()):
        return len(text)
    something = _SOMETHING.match(text)
    if something:
        return something.end()
    ends = [film_request_end(text, asks=bool(_ASKS.match(text)))]
    ends += (match.end() for pattern in _LEADS if (match := pattern.match(text)))
    return max(ends)
