"""Words that lead to what is seen or written: `The last frame says "Stay"`, `For our wedding: ...`.

Pure. Data: a language is a line in a table.
"""

from __future__ import annotations

import re

__all__ = [
    "ANY_QUOTE",
    "BESIDE_QUOTE",
    "COPY_LEAD",
    "FILM_ENDS",
    "ORDERED",
    "POLITE_END",
    "PURPOSE",
    "SHOWS",
    "VERB_LEFT",
]

# Leads to words for the screen: `The last frame says "Stay"`, `The message should be: ...`.
_COPY_WORD = (
    r"(?:tag\s?line|slogan|claim|headline|message|line|text(?:\s+overlay)?|words|caption|super|"
    r"title|copy|motto)"
)
# `Say that everything costs 30`, `Alla fine scrivi "Aperti"`: what follows is written.
_WRITES = (
    r"(?:[\w'’]+\s+){0,4}?(?:write|writes|put|scriv\w+|escrib\w+|pon(?:er|ga|gan|ed)?|schreib\w*|"
    r"écri\w+|"
    r"affich\w+|напиш\w*|надпись|escrev\w+|coloc\w+|schrijf|zet|اكتب\w*)\s*(?:[\w'’]+\s+){0,3}?"
    r"[:：]?\s*(?=[\"“„«'‘])|(?:اكتب\w*|напиш\w*|escrib[ea]\w*|scriv[iae]\w*|escrev[ea]|écri\w+|"
    r"schreib\w*)"
    r"(?:\s+\S+){0,3}?\s*[:：]\s*|"
    r"(?:am\s+(?:schluss|ende)\s+)?(?:soll|muss|steht|kommt)\s+(?:da\s+|dort\s+)?"
    r"(?:stehen|erscheinen|kommen)?\s*[:：]\s*|(?:at\s+the\s+end\s+)?(?:it|there)\s+should\s+"
    r"(?:say|be|read)\s*:\s*|please\s+(?:say|mention)\s+(?=we|it|that|you)(?:that\s+)?|please\s+"
    r"mention\s+(?:that\s+)?(?:it['’]s\s+)?|(?:and\s+|please\s+)*(?:say|mention|tell\s+(?:them|"
    r"people|everyone)|remind\s+people|make\s+(?:it\s+)?"
    r"clear|point\s+out)\s+that\s+|(?:bitte\s+)?(?:sag\w*|erwähn\w*|schreib\w*)\s*(?:bitte)?,?\s+"
    r"dass\s+|"
    r"(?:dis|dites|mentionne[rz]?|précise[rz]?|écri\w+)\s+(?:bien\s+)?qu(?:e\s+|['’])|"
    r"(?:di|pon|menciona|escribe|di(?:ga)?n?|fala|diz|escreve|coloca|põe|avisa|scrivi|dici)\s+"
    r"(?:aí\s+)?(?:que|che)\s+"
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
    rf"(?:the\s+)?(?:on-screen\s+)?{_COPY_WORD}\s+(?:appears?|pops(?:\s+up)?|comes\s+up|fades\s+in|"
    rf"on\s+(?:the\s+)?"
    rf"screen|overlay|slides\s+in)\s*:\s*|(?:and\s+)?(?:it\s+)?(?:ends?|closes?|"
    rf"finish(?:es)?)\s+(?:with|on)\s*:\s*|"
    rf"(?:the|our)\s+(?:(?:key|main|core|final|overall)\s+)*{_COPY_WORD}\s+(?:is|should\s+(?:be|"
    rf"say|"
    rf"read)|must\s+be)\s*[:–—-]\s*|(?:mit\s+(?:dem\s+)?)?(?:text|slogan|schriftzug)\s+(?=[\"“„«])|"
    r"(?:(?:it|the\s+(?:video|ad|spot|film|clip|text|voice-?over))\s+)?(?:should|must|needs?\s+to|"
    r"has\s+to)\s+(?:also\s+)?(?:mention|say)\s+(?:that\s+)?(?=[^\"“„«])|"
    r"(?:instead\s+)?say(?:\s+instead)?\s*:\s*|(?:terminer|finir|terminez|finissez)\s+(?:par|sur)\s+"
    r"(?:la\s+date|le\s+texte|la\s+phrase|les\s+mots)\s*:\s*|"
    rf"(?:the\s+|our\s+)?(?:\w+\s+)?{_COPY_WORD}\s+(?:at\s+(?:the\s+)?(?:very\s+)?end|on\s+screen)\s*[-–—:]\s*|"
    rf"{_WRITES}|"
    r"(?:avec\s+(?:le\s+)?)?(?:texte|slogan|accroche)\s+(?=[\"“„«])|(?:con\s+(?:el\s+)?)?(?:texto|"
    r"lema|eslogan)\s+(?=[\"“„«])",
    re.IGNORECASE,
)
ANY_QUOTE = re.compile(
    r"(?:[\"“„«‘「『]|(?<!\w)')(?P<words>[^\"”»“„«「」『』]{2,90}?)(?:[\"”»“」』]|['’](?!\w))"
)
BESIDE_QUOTE = re.compile(
    r"\b(?:logo|and|und|et|y|with|plus|our|the|then|over|on|black|white|screen|fade|in|out|end|"
    r"ends|close|card|product|packshot|credits?|shot|text|mit|dem|avec|con|el|le|end\s+on)\b|"
    r"[+&,.:;()–—-]",
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
    r"i)\b)(?:(?!(?:an?|the|this|that)\s)[^\W\d][\w'’&-]*\s+){1,4}?(?P<film>(?:video\s+|short\s+)?(?:ad|"
    r"advert|commercial|promo(?:\s+video)?|teaser|trailer|explainer|tiktok|psa|video|vid|"
    r"spot))\s*"
    r"(?=[.!:–,]|$|(?:from|by|for|about|of|with|in)\s|\s[-–—]\s)",
    re.IGNORECASE,
)
POLITE_END = re.compile(
    r"\s*,?\s+(?:please|pls|plz|bitte|svp|aub)(?=\s*(?:[,.;!?]|$))", re.IGNORECASE
)
ORDERED = re.compile(
    r"(?:please\s+)?(?:make|keep|do|shoot|film|use|with|add)\s+(?:it|this|everything|the\s+\w+)\s+"
    r"(?:\w+\s+and\s+(?=in\b))?|(?:(?:it|the\s+(?:\w+\s+)?\w+)\s+)?should\s+(?:be|feel|"
    r"look)\s+(?:like\s+)?",
    re.IGNORECASE,
)
SHOWS = re.compile(
    r"(?:please\s+)?(?:(?:first|then|next|now|afterwards|finally)\s*,?\s+)?(?:(?:we|you|"
    r"the\s+viewer)\s+(?:can\s+)?)?"
    r"(?:show|see)s?\s+(?:us\s+)?(?!(?:that|off|up|how|you|your)\b)|(?:zeig(?:e|t|"
    r"en)?)\s+(?:bitte\s+)?|"
    r"(?:montre[rz]?|muestra|mostrar|mostra(?:re)?|mostre)\s+|"
    r"que\s+(?:aparezcan?|se\s+vean?|salgan?|apareçam?|apareça)\s+|on\s+(?:doit\s+)?voi[rt]\s+",
    re.IGNORECASE,
)
