"""Words that speak to whoever makes the film: asides, orders, leads to words for the screen. Pure.

Data: a language is a line in a table.
"""

from __future__ import annotations

import re

__all__ = [
    "ANY_QUOTE",
    "ASIDE",
    "BESIDE_QUOTE",
    "COPY_LEAD",
    "FILM_ENDS",
    "ORDERED",
    "POLITE_END",
    "PURPOSE",
    "SHOWS",
    "VERB_LEFT",
]

# What is left of a sentence; a colon between digits belongs to it.
_REST = r"(?:[^.!?:]|:(?=\d))*"

# Asides of a letter, a chat or an order: nothing of them is seen or said.
ASIDE = re.compile(
    r"(?:^|(?<=[.!?,;:–—])\s*|(?<=\band)\s+)(?:"
    r"(?:i\s+)?hope\s+(?:you|this|all|everything)\b[^.!?,;]*|as\s+(?:discussed|agreed|mentioned|"
    r"promised|per)\b[^.!?,;]*?(?=,|\bwe\b|\bi\b|$)|(?:see|find)\s+(?:attached|below|the\s+brief)\b"
    rf"[^.!?;:]*|let\s+me\s+know\b{_REST}|"
    rf"looking\s+forward\b{_REST}|"
    rf"any\s+questions\b{_REST}|"
    rf"(?:happy|feel\s+free)\s+to\b{_REST}|"
    r"(?:we\s+|i\s+)?need\s+(?:this|it|them)\b[^.!?;:]*|need(?:ed)?\s+(?:by|before|until|asap)\b"
    r"[^.!?;:]*|think\s+(?=[A-Z])[^.!?,;]*|"
    r"(?:it['’]?s\s+|this\s+is\s+)?(?:due|needed|deadline|delivery|deliver|ready)\b\s*(?:is\s+|"
    r"on\s+|by\s+|"
    r"until\s+|for\s+|date\s+)*[^.!?,;]{0,30}(?:day|week|tomorrow|eod|asap|end\s+of)\b[^.!?,;]*|"
    r"deadline\b[^.!?;:]*|"
    r"(?:(?:the|our|my|total|max(?:imum)?)\s+)*budget\b[^.!?;,]*(?:,(?=\d)[^.!?;,]*)*|"
    r"(?:not\s+sure|no\s+idea|surprise\s+me|be\s+creative|up\s+to\s+you|you\s+decide|"
    r"get\s+creative|go\s+(?:wild|crazy)|do\s+your\s+(?:thing|magic)|make\s+it\s+pop|"
    r"feel\s+free|your\s+choice|whatever\s+(?:you|works))\b[^.!?;:]*|"
    r"(?:it|this|the\s+(?:video|clip|ad|film|spot))\s+(?:is|will\s+be)\s+(?:for|used|shown|"
    r"played)\b(?:\s+(?:on|in|at|for))?[^.!?;:]*(?:feed|website|instagram|tiktok|youtube|linkedin|"
    r"facebook|tv|lobby|booth|screens?)\b[^.!?;:]*|"
    r"(?:can|could)\s+you\s+(?:do|make)\s+(?:this|that|it)\b[^.!?;:]*|"
    r"(?:so|basically|okay|ok|well|btw|anyways?|hmm+|um+|also)\s*,?\s+(?=(?:basically|i|we|can|"
    r"could|"
    r"so|my|our|please|here)\b)|urgent\w*\s*[:!,-]?\s*|"
    rf"(?:please\s+)?(?:make|be)\s+sure\b{_REST}|"
    rf"(?:please\s+)?ensure\b{_REST}|"
    r"keep\s+(?:it|this|the\s+(?:\w+\s+)?(?:shots?|cuts?|text|camera|pace|tone|mood|colou?rs?|look|"
    rf"style|edit|video|film|music|ending))\b{_REST}|"
    r"use\s+(?:only\s+|some\s+|the\s+|our\s+|a\s+)*(?:[\w-]+\s+){0,3}?(?:colou?rs?|tones?|"
    r"palette|fonts?|"
    r"light(?:ing)?|transitions?|footage|shots?|camera|music|voice|effects?|style)\b"
    rf"{_REST}|"
    rf"fade\s+(?:to|in|out|up|into)\b{_REST}|"
    rf"(?:output|return|reply|respond|answer)\s+(?:only|with)\b{_REST}|"
    r"you\s+are\s+an?\s+(?:[\w-]+\s+){0,4}(?:director|editor|copywriter|filmmaker|artist|expert|"
    rf"assistant|ai|videographer|storyteller|producer)\b{_REST}|"
    r"(?:like|similar\s+to)\s+(?:those|these|the|that|an?)\s+(?:[\w'’-]+\s+){0,3}(?:videos?|ads?|"
    r"reels?|"
    r"clips?|commercials?|trailers?)\b|"
    r"(?:so\s+)?(?:here['’]?s|this\s+is)\s+(?:the|my|our|an?)\s+(?:\w+\s+)?(?:idea|brief|concept|"
    r"plan|script|"
    r"prompt|request)\b[^.!?:\n]*:?|(?:the\s+)?(?:idea|brief|concept|plan)\s+is\s+(?:\w+\s*)?:|"
    r"thoughts\s*\?|"
    r"what\s+do\s+you\s+think\s*\?|does\s+that\s+work\s*\?|quick\s+(?:one|request|question)\s*[:,]|"
    r"(?:to|and)\s+(?:post|share|upload)\s+(?:it\s+)?(?:in|on|to)\b[^.,;:!?]*|"
    r"terms(?:\s+and\s+conditions)?\s+"
    r"apply|for\s+(?:schools|kids|children|adults|seniors|students|parents|teens|beginners|"
    r"everyone|families|professionals|investors|internal\s+use)(?=\s*(?:[.!;]|$))|"
    r"[\w\s]{2,40}\b(?:is|are)\s+(?:the|our)\s+(?:target(?:\s+\w+)?|(?:core\s+)?audience|"
    r"customers?)\b|"
    r"(?:que\s+(?:sea|seja)|que\s+ce\s+soit|es\s+soll|das\s+(?:video|ganze)\s+soll|deve\s+(?:ser|"
    r"essere))\b"
    r"[^.,;:!?]*|(?:audience|target)\s+is\b[^.!?;:]*|"
    r"for\s+(?:the|our|my)\s+[^.,;:!?]{0,30}(?:instagram|insta|tiktok|youtube|facebook|"
    r"linkedin)\b(?=\s*(?:[.,;!]|$))|"
    r"that['’]?s\s+(?:it|all|the\s+(?:ad|video|idea|spot|clip|film))\b|quick\s+favou?r\b\s*[-–:,]?|"
    r"(?:this\s+(?:is|one\s+is)\s+)?for\s+(?:an?|the|our)\s+[^.,;!?]{0,40}\b(?:campaign|pitch|"
    r"presentation|"
    r"conference|meeting|class|project|competition|portfolio)\b(?=\s*(?:[.,;!?]|$))|"
    r"(?:the\s+)?(?:whole\s+(?:thing|video|film)|everything|video|film|clip)\s+should\s+(?:feel|"
    r"look|be)\b"
    rf"{_REST}|"
    rf"keep\s+(?:the\s+)?(?:palette|light|everything|whole)\b{_REST}|"
    rf"suitable\s+for\b{_REST}|"
    r"(?:i|we)\s+want\s+to\s+(?:show|tell)\s+(?:people|everyone|customers)\s+(?:how\s+|that\s+|"
    r"about\s+)?|"
    r"(?:teach|show|tell)\s+(?:viewers|people|the\s+viewers?|users)\s+how\s+(?:to\s+)?|"
    r"(?:add|put|place|insert|include)\s+(?:the|our|a|an)\s+(?:[\w-]+\s+)?(?:logo|watermark|"
    r"subtitles|captions|end\s?card)"
    r"\b[^.!?;:]*|"
    r"(?:(?:quick|short|rough|the|my|our)\s+)*(?:brief|briefing|script|concept|notes|request|"
    r"outline)\b"
    r"(?:\s+(?:for|of|below)\b[^:.!?\n]{0,40})?\s*:|(?:please\s+)?(?:animate|visuali[sz]e|"
    r"generate|create|render)"
    r"(?:\s+(?:this|the\s+following))?\s*:|(?:we|i)(?:['’]d|\s+would)?\s+(?:like|want|need|"
    r"love)\s+to\s+(?:announce|"
    r"promote|show|present|advertise|introduce|celebrate)\s+|"
    r"(?:give|make|get|gimme|want|need)\s*(?:me\s+|us\s+)?(?:about\s+)?\d+[\s-]*(?:s|secs?|"
    r"seconds?)\s+of\s+|"
    r"(?:same|similar)\s+(?:length|style|format|look|music)\s+as\b[^.!?;:]*|"
    r"for\s+ages?\s+\d[^.!?;,]*|"
    r"each\s+(?:shot|scene|clip|frame)\b[^.!?;:]*|"
    r"make\s+(?:ppl|people|them|everyone|viewers)\s+\w+(?:\s+\w+)?(?=\s*(?:[.,!]|$))|"
    r"(?:ich\s+)?hoffe,?\s+(?:dir|ihnen|euch|es)\b[^.!?;:]*|wie\s+besprochen\b,?|(?:im\s+)?anhang\b"
    rf"{_REST}|"
    r"(?:bis|deadline)\s+(?:montag|dienstag|mittwoch|donnerstag|freitag|morgen)\b(?=\s*[.!?]|$)|"
    r"comme\s+convenu\b,?|j['’]espère\s+que\b[^.!?;:]*|como\s+(?:hablamos|acordamos|combinado)\b,?|"
    r"espero\s+que\b[^.!?;:]*|spero\s+che\b[^.!?;:]*|come\s+(?:d'accordo|concordato)\b,?"
    r")",
    re.IGNORECASE,
)
# Leads to words for the screen: `The last frame says "Stay"`, `The message should be: ...`.
_COPY_WORD = (
    r"(?:tag\s?line|slogan|claim|headline|message|line|text(?:\s+overlay)?|words|caption|super|"
    r"title|copy|motto)"
)
COPY_LEAD = re.compile(
    r"(?:(?:and|then|please|finally)\s+)*(?:"
    rf"(?:(?:end|close|finish|open|start|wrap\s+up)(?:s|ing)?\s+(?:with|on|by)\s+|(?:add|show|use|"
    rf"include|put|with|have|write|display)(?:s|ing)?\s+)?(?:(?:the|our)\s+(?:\w+\s+)?"
    rf"logo\s*(?:and|,|&|\+)\s*)?(?:the|our|a|an)?\s*(?:(?:key|main|final|last|closing|on-screen|"
    rf"bold|big|white|core)\s+)*{_COPY_WORD}"
    r"(?:\s+(?:on\s+(?:the\s+)?screen|at\s+the\s+end|is|should\s+(?:be|say|read)|must\s+(?:be|say)|"
    r"says?|saying|reads?|reading|that\s+says|appears?|pops\s+up|comes\s+up))*"
    r"|(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,2}?(?:narrator|voice|voice-?over|speaker|presenter|"
    r"jingle|off-?text)"
    r"(?:\s+(?:says|reads|whispers|asks|goes|sings|at\s+the\s+end))*"
    r"|(?:the\s+)?(?:last|final|closing|end|title|first|opening)\s+(?:frame|card|shot|screen|slide|"
    r"text|scene)s?\s+(?:says?|reads?|shows?\s+the\s+(?:words|text|line)|should\s+(?:say|read))"
    r")\s*[:,–—-]?\s*(?=[\"“„«'‘])|"
    r"(?:add|insert|include|use|put)\s+(?:the|our|my)\s+(?:tag\s?line|slogan|claim|"
    r"motto)\s+(?=(?-i:[A-Z]))|"
    rf"(?:the\s+)?(?:on-screen\s+)?{_COPY_WORD}\s+(?:appears?|pops\s+up|comes\s+up|fades\s+in|"
    rf"on\s+(?:the\s+)?"
    rf"screen|overlay|slides\s+in)\s*:\s*|(?:and\s+)?(?:it\s+)?(?:ends?|closes?|"
    rf"finish(?:es)?)\s+(?:with|on)\s*:\s*|"
    rf"(?:the|our)\s+(?:(?:key|main|core|final|overall)\s+)*{_COPY_WORD}\s+(?:is|should\s+(?:be|"
    rf"say|"
    rf"read)|must\s+be)\s*[:–—-]\s*|(?:mit\s+(?:dem\s+)?)?(?:text|slogan|schriftzug)\s+(?=[\"“„«])|"
    r"(?:avec\s+(?:le\s+)?)?(?:texte|slogan|accroche)\s+(?=[\"“„«])|(?:con\s+(?:el\s+)?)?(?:texto|"
    r"lema|eslogan)\s+(?=[\"“„«])",
    re.IGNORECASE,
)
ANY_QUOTE = re.compile(r"(?:[\"“„«‘]|(?<!\w)')(?P<words>[^\"”»“„«]{2,90}?)(?:[\"”»“]|['’](?!\w))")
BESIDE_QUOTE = re.compile(
    r"\b(?:logo|and|und|et|y|with|plus|our|the|then|over|on|black|white|screen|fade|in|out|end|"
    r"ends|close|card|product|packshot|shot|text|mit|dem|avec|con|el|le|end\s+on)\b|[+&,.:;–—-]",
    re.IGNORECASE,
)
# Verbs that a request leaves behind the subject: `... für meine Yogaschule basteln?`.
VERB_LEFT = re.compile(
    r"\s+(?:basteln|machen|erstellen|drehen|produzieren|schneiden|bauen|gestalten|haben|bekommen|"
    r"anfertigen|maken|hebben|nodig)\s*(?=[.?!]*$|,)|\s*\b(?:svp|stp|plz|pls|please|"
    r"bitte)\s*(?=[.?!]*$)",
    re.IGNORECASE,
)
# What a clip is for, before what it shows: `For our wedding: ...`.
PURPOSE = re.compile(
    r"(?:for|für|pour|para|per|voor)\s+(?:our|my|the|unser\w*|mein\w*|den|die|das|le|la|notre|mon|"
    r"ma|nuestr\w+|mi|el|nostr\w+|il)\s+(?P<what>[^:.,;]{2,40}):\s+",
    re.IGNORECASE,
)
# `Dog food commercial.`: what it is for, and the film.
FILM_ENDS = re.compile(
    r"(?:an?\s+)?(?!(?:an?|the|our|my|this|make|create|we|"
    r"i)\b)(?:[^\W\d][\w'’&-]*\s+){1,4}?(?P<film>(?:video\s+|short\s+)?(?:ad|"
    r"advert|commercial|promo(?:\s+video)?|teaser|trailer|explainer|tiktok|psa|video|spot))\s*"
    r"(?=[.!:–]|$|(?:from|by|for|about|of|with|in)\s|\s[-–—]\s)",
    re.IGNORECASE,
)
POLITE_END = re.compile(
    r"\s*,?\s+(?:please|pls|plz|bitte|svp|aub)(?=\s*(?:[,.;!?]|$))", re.IGNORECASE
)
ORDERED = re.compile(
    r"(?:please\s+)?(?:make|keep|do|shoot|film|use|with|add)\s+(?:it|this|everything|the\s+\w+)\s+"
    r"(?:\w+\s+and\s+(?=in\b))?|(?:it|the\s+(?:\w+\s+)?\w+)\s+should\s+(?:be|feel|"
    r"look)\s+(?:like\s+)?",
    re.IGNORECASE,
)
SHOWS = re.compile(
    r"(?:(?:first|then|next|now|afterwards|finally)\s*,?\s+)?(?:(?:we|you|"
    r"the\s+viewer)\s+(?:can\s+)?)?"
    r"(?:show|see)s?\s+(?:us\s+)?(?!(?:that|off|up|how|you|your)\b)|(?:zeig(?:e|t|"
    r"en)?)\s+(?:bitte\s+)?|"
    r"(?:montre[rz]?|muestra|mostrar|mostra(?:re)?|mostre)\s+",
    re.IGNORECASE,
)
