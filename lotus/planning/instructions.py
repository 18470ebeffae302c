"""Talk to whoever makes the film: length, shape, sound, audience, form. Never a caption.

Data: a language is a line in a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lotus.planning.labels import INSTRUCTING, label_of
from lotus.planning.negatives import tidy
from lotus.planning.talk import (
    ABOUT,
    PIECE,
    film_request_end,
    is_look,
    is_talk,
    names_film,
    request_span,
)

__all__ = ["SentenceParts", "listed", "parted", "place_of"]


@dataclass(frozen=True)
class SentenceParts:
    """A sentence without its instructions, these, and those of them that say how it looks.

    `message`: the words are labelled or quoted as words for the screen.
    """

    text: str
    instructions: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    message: bool = False


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
    rf"(?:hi|hello|hey)?[\s,!]*(?:(?:can|could|would|will)\s+you\s+|i\s+(?:want|need|would\s+like|"
    rf"['’]d\s+like)\s+"
    rf"(?:you\s+to\s+)?|we\s+(?:want|need)\s+|please\s+|kindly\s+)*"
    rf"(?:(?:make|create|produce|generate|film|shoot|design|do|render)\s+)?(?:me\s+|us\s+)?"
    rf"(?:an?|the|one)\s+(?:[\w'’-]+\s+){{0,7}}?(?:{_FILM}\s+)?{_FILM}"
    r"(?:\s+(?:for|about|of|on|showing|featuring|where|in\s+which|that\s+shows)\s+(?:my\s+|"
    r"our\s+)?|"
    r"(?=\s*(?:,|with\b|in\b|$)))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:hi|hello|hey|please|kindly|make|create|produce|generate|film|shoot|design|render|can|"
    r"could|would|will|"
    r"i\s+(?:want|need|would)|i['’](?:d|m)|we\s+(?:want|need)|write|build|prepare|craft|put|do|"
    r"give|looking|need|let['’]s|cut|edit|"
    r"hallo|bitte|erstell\w*|mach\w*|produzier\w*|dreh\w*|ich|wir|bonjour|fai(?:s|tes|re)|"
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
# The same in other languages, each with the words that ask in it.
_LEADS = tuple(
    re.compile(rf"\s*(?:{pattern})", re.IGNORECASE)
    for pattern in (
        r"(?:(?:hallo|bitte)[\s,!]*)*(?:erstellen?|mach(?:e|t|en)?|produzieren?|drehen?|"
        r"(?:ich|wir)\s+(?:brauchen?|möchten?|wollen?|will|hätten?\s+gern))(?:\s+(?:mir|uns|sie|"
        r"bitte))*"
        r"\s+(?:eine?n?|das|den)\s+(?:[\w-]+\s+){0,5}?[\w-]*(?:video|film|spot|clip|anzeige|reel|"
        r"werbung)"
        r"(?:\s+(?:für|über|von|zu)\s+(?:meine?n?\s+|unsere?n?\s+)?|(?=\s*(?:,|mit\b|im\b|$)))",
        r"(?:(?:bonjour|peux-tu|pouvez-vous|merci\s+de|s'il\s+(?:te|vous)\s+plaît|je\s+(?:veux|"
        r"voudrais)|"
        r"nous\s+voulons|il\s+(?:me|nous)\s+faut)[\s,!]*)*(?:(?:me|nous)\s+)?(?:crée[rz]?|créer|"
        r"faire|fais|"
        r"faites|réalise[rz]?|produire)?\s*\bune?\s+(?:[\w'’-]+\s+){0,4}?(?:vidéo|publicité|pub|"
        r"film|spot|clip)"
        r"(?:\s+(?:de\s+\d+\s+secondes?|publicitaire|verticale?|courte?))*"
        r"\s+(?:pour|sur|à\s+propos\s+d[eu])\s+(?:mon\s+|ma\s+|notre\s+|nos\s+)?",
        r"(?:(?:hola|por\s+favor|puedes|podrías|quiero|necesito|"
        r"queremos)[\s,!]*)*(?:que\s+)?(?:crea[rs]?|haz|hacer|"
        r"hagas|producir|genera[r]?)?\s*\bun[oa]?\s+(?:[\w-]+\s+){0,4}?(?:vídeo|video|anuncio|"
        r"spot|clip)"
        r"(?:\s+(?:de\s+\d+\s+segundos|publicitario|vertical|corto))*\s+(?:para|sobre|"
        r"de)\s+(?:mi\s+|nuestr[oa]\s+)?",
        r"(?:(?:olá|por\s+favor|quero|preciso\s+de|queremos)[\s,!]*)*(?:cri[ae]r?|faça|fazer|faz|"
        r"produz(?:a|ir))?\s*"
        r"\bum\s+(?:[\w-]+\s+){0,4}?(?:vídeo|anúncio|spot|clipe)(?:\s+(?:de\s+\d+\s+segundos|"
        r"vertical|curto))*"
        r"\s+(?:para|sobre|de)\s+(?:[oa]\s+)?(?:meu\s+|minha\s+|noss[oa]\s+)?",
        r"(?:(?:ciao|per\s+favore|vorrei|voglio|vogliamo)[\s,!]*)*(?:crea(?:re)?|fa[i]?|fare|"
        r"realizza(?:re)?)?\s*"
        r"\bun[oa]?\s+(?:[\w-]+\s+){0,4}?(?:video|spot|filmato|clip)(?:\s+(?:di\s+\d+\s+secondi|"
        r"verticale|breve))*"
        r"\s+(?:per|su|di)\s+(?:(?:il|la)\s+)?(?:mi[oa]\s+|nostr[oa]\s+)?",
        r"(?:(?:hallo|graag|alsjeblieft)[\s,!]*)*(?:maak|produceer|ik\s+wil|"
        r"wij\s+willen)\s+(?:mij\s+|ons\s+)?een\s+"
        r"(?:[\w-]+\s+){0,4}?[\w-]*(?:video|film|spot|clip|advertentie)\s+(?:voor|over|"
        r"van)\s+(?:mijn\s+|onze?\s+)?",
        r"(?:(?:привет|пожалуйста)[\s,!]*)*(?:сдела(?:й|йте)|созда(?:й|йте)|снимите|нужен|нужно|"
        r"хочу)\s+"
        r"(?:(?:мне|нам)\s+)?(?:[\w-]+\s+){0,5}?(?:видео|ролик|рекламу|клип)\s+(?:для|об?|"
        r"про)\s+(?:мое(?:го|й)\s+|наше(?:го|й)\s+)?",
        r"(?:请)?(?:帮我们?|为我们?|给我们?)?(?:制作|做|拍摄|创建|生成)(?:一个|一条|一部|一支|个)?"
        r"(?:\d+\s*秒钟?的?)?(?:(?:竖屏|横屏)的?)?(?:关于|介绍)?",
        r"(?:من\s+فضلك\s+)?(?:اصنع|أنشئ|اعمل|أريد)\s+(?:لي\s+|لنا\s+)?(?:فيديو|إعلان\w*)\s+"
        r"(?:[\u0600-\u06ff\d]+\s+){0,4}?عن\s+",
    )
)
# Of languages whose request stands behind the subject.
_TAIL = re.compile(
    r"(?:について)?の?(?:\d+\s*秒(?:間)?の)?(?:縦型の?|横型の?)?(?:短い)?(?:動画|ＣＭ|CM|広告|ビデオ)を?(?:作って|作成して|制作して|"
    r"お願い(?:いた)?します)(?:ください|下さい|ほしい|欲しい)?|の?(?:PR|紹介|宣伝|プロモーション|告知|プロモ)?(?:動画|映像|ムービー|CM)(?=[、。,]|$)|(?:\d+\s*秒で)?お願い(?:いた)?します|"
    r"(?:的|の)?(?:宣传|インスタ用|ショート)*(?:广告|视频|短片|宣传片|ショート)(?=[，。,]|$)|"
    r"(?:홍보\s*)?(?:영상|동영상|광고|비디오)\s*부탁\w*|(?:에\s*대한\s*)?(?:\d+\s*초(?:짜리)?\s*)?(?:영상|동영상|광고)을?를?\s*(?:만들어\s*(?:주세요|줘)|제작해\s*(?:주세요|줘))"
)
# The name of the client, which stands on the end card.
_NAMED = re.compile(
    r"\s+(?:called|named|namens|appelée?|nommée?|llamad[oa]|chamad[oa]|chiamat[oa]|genaamd|"
    r"под\s+названием)\s+"
    r"[\"“«„]?[A-ZÄÖÜÉ][\w'’&.-]*(?:\s+(?:[A-ZÄÖÜÉ][\w'’&-]*|of|and|&|the))*[\"”»“]?"
)
# Clauses about the whole film, up to their end.
_GARDEN = r"(?!\s+(?:garden|field|town|room|market|wall|window|frame))"
_CLAUSE = re.compile(
    r"(?:^|(?<=[,;:.，。、])|(?<=\band)|(?<=\s))\s*(?:and\s+)?(?:please\s+)?(?:"
    rf"(?:use|add|include|with|set\s+to|play|put)\s+(?:some\s+|an?\s+|"
    rf"the\s+)?(?:[\w-]+\s+){{0,3}}{_SOUND}"
    rf"(?:\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{_SOUND})*(?=\s*(?:[,.;!]|$|\bin\b|\band\b|\bfor\b))"
    r"|(?:the\s+|our\s+|my\s+)?target\s+(?:audience|group)\s+(?:is|are|being)\b[^.;!?]*"
    r"|(?:make|keep)\s+(?:it|this|the\s+(?:video|film|ad))\b[^,.;!?]*"
    rf"|(?:it|the\s+{_FILM})\s+(?:should|must|needs\s+to|has\s+to)\s+(?:be|feel|look|sound|"
    rf"have)\b[^,.;!?]*"
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
    r"|(?:BGM|音楽|曲|テロップ|字幕|ナレーション)(?:は|を)[^、。]*|مدت(?:ه|ها)\s+\d+\s+\S+"
    r"|(?:使用|配|用)[^，。,]{0,6}音乐|竖屏(?:格式)?|横屏(?:格式)?|縦型で|音楽は[^、。]*|時長[^，。]*|时长[^，。]*"
    r"|مع\s+موسيقى\s+\S+"
    r")",
    re.IGNORECASE,
)
_ON_PLATFORM = re.compile(
    r"(?<!us)(?<!me)(?<!live)\s+(?:on|for|no|n[ao]|en|auf|für|sur|su|in|para|pour|per|pro)\s+(?:tiktok|"
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
# `INT. KITCHEN - MORNING`: where a scene of a screenplay plays.
_PLACE = re.compile(r"(?:INT|EXT|INT\./EXT|I/E)\.?\s+([A-Z0-9][^a-z]*?)\s*(?:[-–—]\s*([A-Z ]+))?$")
_NUMBER = re.compile(r"(?:(?<=\s)|(?<=:)|^)\(?(\d{1,2})[).]\s+(?=\S)")


# Asides of a letter, a chat or an order: nothing of them is seen or said.
_ASIDE = re.compile(
    r"(?:^|(?<=[.!?,;:–—])\s*|(?<=\band)\s+)(?:"
    r"(?:i\s+)?hope\s+(?:you|this|all|everything)\b[^.!?,;]*|as\s+(?:discussed|agreed|mentioned|"
    r"promised|per)\b[^.!?,;]*?(?=,|\bwe\b|\bi\b|$)|(?:see|find)\s+(?:attached|below|the\s+brief)\b"
    r"[^.!?;]*|let\s+me\s+know\b[^.!?]*|looking\s+forward\b[^.!?]*|any\s+questions\b[^.!?]*|"
    r"(?:happy|feel\s+free)\s+to\b[^.!?]*|(?:we\s+|i\s+)?need\s+(?:this|it|them)\b[^.!?;]*|need(?:ed)?\s+(?:by|before|until|asap)\b"
    r"[^.!?;]*|think\s+(?=[A-Z])[^.!?,;]*|"
    r"(?:it['’]?s\s+|this\s+is\s+)?(?:due|needed|deadline|delivery|deliver|ready)\b\s*(?:is\s+|on\s+|by\s+|"
    r"until\s+|for\s+|date\s+)*[^.!?,;]{0,30}(?:day|week|tomorrow|eod|asap|end\s+of)\b[^.!?,;]*|"
    r"deadline\b[^.!?;]*|"
    r"(?:(?:the|our|my|total|max(?:imum)?)\s+)*budget\b[^.!?;,]*(?:,(?=\d)[^.!?;,]*)*|"
    r"(?:not\s+sure|no\s+idea|surprise\s+me|be\s+creative|up\s+to\s+you|you\s+decide|"
    r"get\s+creative|go\s+(?:wild|crazy)|do\s+your\s+(?:thing|magic)|make\s+it\s+pop|"
    r"feel\s+free|your\s+choice|whatever\s+(?:you|works))\b[^.!?;]*|"
    r"(?:it|this|the\s+(?:video|clip|ad|film|spot))\s+(?:is|will\s+be)\s+(?:for|used|shown|"
    r"played)\b(?:\s+(?:on|in|at|for))?[^.!?;]*(?:feed|website|instagram|tiktok|youtube|linkedin|"
    r"facebook|tv|lobby|booth|screens?)\b[^.!?;]*|"
    r"(?:can|could)\s+you\s+(?:do|make)\s+(?:this|that|it)\b[^.!?;]*|"
    r"(?:so|basically|okay|ok|well|btw|anyways?|hmm+|um+|also)\s*,?\s+(?=(?:basically|i|we|can|could|"
    r"so|my|our|please|here)\b)|urgent\w*\s*[:!,-]?\s*|"
    r"(?:please\s+)?(?:make|be)\s+sure\b[^.!?]*|(?:please\s+)?ensure\b[^.!?]*|"
    r"keep\s+(?:it|this|the\s+(?:\w+\s+)?(?:shots?|cuts?|text|camera|pace|tone|mood|colou?rs?|look|"
    r"style|edit|video|film|music|ending))\b[^.!?]*|"
    r"use\s+(?:only\s+|some\s+|the\s+|our\s+|a\s+)*(?:[\w-]+\s+){0,3}?(?:colou?rs?|tones?|palette|fonts?|"
    r"light(?:ing)?|transitions?|footage|shots?|camera|music|voice|effects?|style)\b[^.!?]*|"
    r"fade\s+(?:to|in|out|up|into)\b[^.!?]*|(?:output|return|reply|respond|answer)\s+(?:only|with)\b[^.!?]*|"
    r"you\s+are\s+an?\s+(?:[\w-]+\s+){0,4}(?:director|editor|copywriter|filmmaker|artist|expert|"
    r"assistant|ai|videographer|storyteller|producer)\b[^.!?]*|"
    r"(?:like|similar\s+to)\s+(?:those|these|the|that|an?)\s+(?:[\w'’-]+\s+){0,3}(?:videos?|ads?|reels?|"
    r"clips?|commercials?|trailers?)\b|"
    r"(?:so\s+)?(?:here['’]?s|this\s+is)\s+(?:the|my|our|an?)\s+(?:\w+\s+)?(?:idea|brief|concept|plan|script|"
    r"prompt|request)\b[^.!?:\n]*:?|(?:the\s+)?(?:idea|brief|concept|plan)\s+is\s+(?:\w+\s*)?:|thoughts\s*\?|"
    r"what\s+do\s+you\s+think\s*\?|does\s+that\s+work\s*\?|quick\s+(?:one|request|question)\s*[:,]|"
    r"(?:to|and)\s+(?:post|share|upload)\s+(?:it\s+)?(?:in|on|to)\b[^.,;!?]*|terms(?:\s+and\s+conditions)?\s+"
    r"apply|for\s+(?:schools|kids|children|adults|seniors|students|parents|teens|beginners|"
    r"everyone|families|professionals|investors|internal\s+use)(?=\s*(?:[.!;]|$))|"
    r"[\w\s]{2,40}\b(?:is|are)\s+(?:the|our)\s+(?:target(?:\s+\w+)?|(?:core\s+)?audience|customers?)\b|"
    r"(?:que\s+(?:sea|seja)|que\s+ce\s+soit|es\s+soll|das\s+(?:video|ganze)\s+soll|deve\s+(?:ser|essere))\b"
    r"[^.,;!?]*|(?:audience|target)\s+is\b[^.!?;]*|"
    r"that['’]?s\s+(?:it|all|the\s+(?:ad|video|idea|spot|clip|film))\b|quick\s+favou?r\b\s*[-–:,]?|"
    r"(?:this\s+(?:is|one\s+is)\s+)?for\s+(?:an?|the|our)\s+[^.,;!?]{0,40}\b(?:campaign|pitch|presentation|"
    r"conference|meeting|class|project|competition|portfolio)\b(?=\s*(?:[.,;!?]|$))|"
    r"(?:the\s+)?(?:whole\s+(?:thing|video|film)|everything|video|film|clip)\s+should\s+(?:feel|look|be)\b[^.!?]*|"
    r"keep\s+(?:the\s+)?(?:palette|light|everything|whole)\b[^.!?]*|suitable\s+for\b[^.!?]*|"
    r"(?:i|we)\s+want\s+to\s+(?:show|tell)\s+(?:people|everyone|customers)\s+(?:how\s+|that\s+|about\s+)?|"
    r"(?:teach|show|tell)\s+(?:viewers|people|the\s+viewers?|users)\s+(?:how\s+(?:to\s+)?)?|"
    r"(?:add|put|place|insert|include)\s+(?:the|our|a|an)\s+(?:[\w-]+\s+)?(?:logo|watermark|subtitles|captions|end\s?card)"
    r"\b[^.!?;]*|"
    r"(?:ich\s+)?hoffe,?\s+(?:dir|ihnen|euch|es)\b[^.!?;]*|wie\s+besprochen\b,?|(?:im\s+)?anhang\b[^.!?]*|"
    r"(?:bis|deadline)\s+(?:montag|dienstag|mittwoch|donnerstag|freitag|morgen)\b(?=\s*[.!?]|$)|"
    r"comme\s+convenu\b,?|j['’]espère\s+que\b[^.!?;]*|como\s+(?:hablamos|acordamos|combinado)\b,?|"
    r"espero\s+que\b[^.!?;]*|spero\s+che\b[^.!?;]*|come\s+(?:d'accordo|concordato)\b,?"
    r")",
    re.IGNORECASE,
)
# Leads to words for the screen: `The last frame says "Stay"`, `The message should be: ...`.
_COPY_WORD = (
    r"(?:tag\s?line|slogan|claim|headline|message|line|text(?:\s+overlay)?|words|caption|super|"
    r"title|copy|motto)"
)
_COPY_LEAD = re.compile(
    r"(?:(?:and|then|please|finally)\s+)*(?:"
    rf"(?:(?:end|close|finish|open|start|wrap\s+up)(?:s|ing)?\s+(?:with|on|by)\s+|(?:add|show|use|"
    rf"include|put|with|have|write|display)(?:s|ing)?\s+)?(?:(?:the|our)\s+(?:\w+\s+)?"
    rf"logo\s*(?:and|,|&|\+)\s*)?(?:the|our|a|an)?\s*(?:(?:key|main|final|last|closing|on-screen|bold|big|white|core)\s+)*{_COPY_WORD}"
    r"(?:\s+(?:on\s+(?:the\s+)?screen|at\s+the\s+end|is|should\s+(?:be|say|read)|must\s+(?:be|say)|"
    r"says?|saying|reads?|reading|that\s+says|appears?|pops\s+up|comes\s+up))*"
    r"|(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,2}?(?:narrator|voice|voice-?over|speaker|presenter|jingle|off-?text)"
    r"(?:\s+(?:says|reads|whispers|asks|goes|sings|at\s+the\s+end))*"
    r"|(?:the\s+)?(?:last|final|closing|end|title|first|opening)\s+(?:frame|card|shot|screen|slide|"
    r"text|scene)s?\s+(?:says?|reads?|shows?\s+the\s+(?:words|text|line)|should\s+(?:say|read))"
    r")\s*[:,–—-]?\s*(?=[\"“„«'‘])|"
    rf"(?:the\s+)?(?:on-screen\s+)?{_COPY_WORD}\s+(?:appears?|pops\s+up|comes\s+up|fades\s+in|on\s+(?:the\s+)?"
    rf"screen|overlay|slides\s+in)\s*:\s*|(?:and\s+)?(?:it\s+)?(?:ends?|closes?|finish(?:es)?)\s+(?:with|on)\s*:\s*|"
    rf"(?:the|our)\s+(?:(?:key|main|core|final|overall)\s+)*{_COPY_WORD}\s+(?:is|should\s+(?:be|say|"
    rf"read)|must\s+be)\s*[:–—-]\s*|(?:mit\s+(?:dem\s+)?)?(?:text|slogan|schriftzug)\s+(?=[\"“„«])|"
    r"(?:avec\s+(?:le\s+)?)?(?:texte|slogan|accroche)\s+(?=[\"“„«])|(?:con\s+(?:el\s+)?)?(?:texto|"
    r"lema|eslogan)\s+(?=[\"“„«])",
    re.IGNORECASE,
)
_ANY_QUOTE = re.compile(r"(?:[\"“„«‘]|(?<!\w)')(?P<words>[^\"”»“„«]{2,90}?)(?:[\"”»“]|['’](?!\w))")
_BESIDE_QUOTE = re.compile(
    r"\b(?:logo|and|und|et|y|with|plus|our|the|then|over|on|black|white|screen|fade|in|out|end|"
    r"ends|close|card|product|packshot|shot|text|mit|dem|avec|con|el|le|end\s+on)\b|[+&,.:;–—-]",
    re.IGNORECASE,
)
# Verbs that a request leaves behind the subject: `... für meine Yogaschule basteln?`.
_VERB_LEFT = re.compile(
    r"\s+(?:basteln|machen|erstellen|drehen|produzieren|schneiden|bauen|gestalten|haben|bekommen|"
    r"anfertigen|maken|hebben|nodig)\s*(?=[.?!]*$)|\s*\b(?:svp|stp|plz|pls|please|bitte)\s*(?=[.?!]*$)",
    re.IGNORECASE,
)
# What a clip is for, before what it shows: `For our wedding: ...`.
_PURPOSE = re.compile(
    r"(?:for|für|pour|para|per|voor)\s+(?:our|my|the|unser\w*|mein\w*|den|die|das|le|la|notre|mon|"
    r"ma|nuestr\w+|mi|el|nostr\w+|il)\s+(?P<what>[^:.,;]{2,40}):\s+",
    re.IGNORECASE,
)
# `Dog food commercial.`: what it is for, and the film.
_FILM_ENDS = re.compile(
    r"(?:an?\s+)?(?!(?:an?|the|our|my|this|make|create|we|i)\b)(?:[\w'’&-]+\s+){1,4}(?P<film>(?:video\s+|short\s+)?(?:ad|"
    r"advert|commercial|promo(?:\s+video)?|teaser|trailer|explainer|tiktok|psa|video|spot))\s*"
    r"(?=[.!:–]|$|(?:from|by)\s)",
    re.IGNORECASE,
)
_POLITE_END = re.compile(
    r"\s*,?\s+(?:please|pls|plz|bitte|svp|aub)(?=\s*(?:[,.;!?]|$))", re.IGNORECASE
)
_ORDERED = re.compile(
    r"(?:please\s+)?(?:make|keep|do|shoot|film|use|with|add)\s+(?:it|this|everything|the\s+\w+)\s+"
    r"(?:\w+\s+and\s+(?=in\b))?|(?:it|the\s+(?:\w+\s+)?\w+)\s+should\s+(?:be|feel|look)\s+(?:like\s+)?",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"(?:(?:first|then|next|now|afterwards|finally)\s*,?\s+)?(?:(?:we|you|the\s+viewer)\s+(?:can\s+)?)?"
    r"(?:show|see)s?\s+(?:us\s+)?(?!(?:that|off|up|how|you|your)\b)|(?:zeig(?:e|t|en)?)\s+(?:bitte\s+)?|"
    r"(?:montre[rz]?|muestra|mostrar|mostra(?:re)?|mostre)\s+",
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
    text = _without(_EDIT, text, parts)
    lead = None if message or not own else _COPY_LEAD.match(text)
    if lead:
        parts.append(lead[0])
        text, message = text[lead.end() :], True
        quote = _ANY_QUOTE.match(text)
        if quote:
            parts.append(text[quote.end() :])
            text = quote["words"]
    if own and not message:
        text = _POLITE_END.sub("", text)
        text = _without_request(text, parts)
        text, pieces = _without_talk(text, beside=bool(parts))
        parts += pieces
        if parts:
            text = _without_about(text)
        quote = _only_quoted(text)
        if quote:
            text, message = quote, True
    each = (piece.strip(" ,;:.()") for part in parts for piece in PIECE.findall(part))
    looks = tuple(_ORDERED.sub("", piece) for piece in each if is_look(piece))
    shown = tidy(text, sentence)
    told = tuple(filter(None, (part.strip(" ,;:.") for part in parts)))
    return SentenceParts(
        shown.strip(' .,;"“”„«»「」『』') if message else shown, told, looks, message
    )


def _without(pattern: re.Pattern[str], text: str, parts: list[str]) -> str:
    """The text without what a pattern matches, which is added to `parts`."""
    parts += [match[0] for match in pattern.finditer(text)]
    return pattern.sub(" ", text).strip() if parts else text


def _without_request(text: str, parts: list[str]) -> str:
    """The text without words that ask for the film, and asides to whoever makes it."""
    while _ASIDE.search(text):
        text = _without(_ASIDE, text, parts).lstrip(" ,;:.!?–—")
    purpose = _PURPOSE.match(text)
    if purpose and not names_film(purpose[0]):
        parts.append(text[: purpose.start("what")])
        text = f"{purpose['what']}, {_SHOWS.sub('', text[purpose.end() :], count=1)}"
    shows = _SHOWS.match(text)
    if shows and (label := label_of(text[shows.end() :])) and label.kind == "picture":
        parts.append(shows[0])
        text = text[shows.end() + label.start :]
    ending = None if _ASKS.match(text) else _FILM_ENDS.match(text)
    if ending:
        parts.append(ending["film"])
        text = text[: ending.start("film")] + text[ending.end("film") :]
    end = _lead_end(text)
    span = (0, end) if end else request_span(text)
    if span:
        parts.append(text[slice(*span)])
        before = _without_about(text[: span[0]].rstrip(" ,"))
        after = _NAMED.sub("", text[span[1] :]).rstrip("?？").lstrip(" ,:")
        after = _without(_VERB_LEFT, after, parts)
        before = re.sub(r"\s+(?:and|so|und|et|y|e)$", "", before)
        text = ", ".join(filter(None, (before, after)))
    platform = _PLATFORM.match(text)
    if platform:
        parts.append(platform[0])
        text = text[platform.end() :]
    for pattern in (_CLAUSE, _TAIL, _ON_PLATFORM):
        text = _without(pattern, text, parts)
    return text


def _only_quoted(text: str) -> str | None:
    """The quotation of a text that is nothing else: `logo + "Swim-proof."`."""
    quotes = list(_ANY_QUOTE.finditer(text))
    if len(quotes) != 1:
        return None
    outside = text[: quotes[0].start()] + " " + text[quotes[0].end() :]
    return None if re.search(r"\w", _BESIDE_QUOTE.sub(" ", outside)) else quotes[0]["words"]


def _without_talk(text: str, beside: bool) -> tuple[str, list[str]]:
    """The text without pieces that are about the film alone, and these."""
    head = re.match(r"([^:：\"“„«]{1,160})[:：](?=\s|$)\s*", text)
    pieces: list[str] = []
    if head and (names_film(head[1]) or all(map(is_talk, PIECE.findall(head[1])))):
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
    asks = bool(_ASKS.match(text))
    ends = [film_request_end(text, asks)]
    lead = _LEAD.match(text)
    if lead is not None and asks:
        ends.append(lead.end())
    ends += (match.end() for pattern in _LEADS if (match := pattern.match(text)))
    return max(ends)


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
