"""Asides to whoever makes the film: nothing of them is seen or said. Pure.

Data: a kind is an entry, an aside a row; a language is some rows more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["ASIDE"]

# What is left of a sentence; a colon between digits belongs to it.
_REST = r"(?:[^.!?:]|:(?=\d))*"

# The same up to a comma, where the next clause may show something.
_CLAUSE = r"[^.!?,;:。，、！？،\n]*"
# What a film, or a part of it, is spoken of as.
_FILM = (
    r"(?:it|this|that|everything|the\s+(?:whole\s+)?(?:thing|video|film|clip|spot|ad|logo|brand|"
    r"branding|text|music|voice-?over|vo|voice|narration|narrator|slogan|tag\s?line|titles?|"
    r"captions?|subtitles?|camera|mood|tone|style|pace|pacing|ending|edit|colou?rs?|product))"
)

_ASIDES: Mapping[str, tuple[str, ...]] = {
    "letter": (
        r"(?:i\s+)?hope\s+(?:you|this|all|everything)\b[^.!?,;]*",
        r"as\s+(?:discussed|agreed|mentioned|promised|per)\b[^.!?,;]*?(?=,|\bwe\b|\bi\b|$)",
        r"(?:see|find)\s+(?:attached|below|the\s+brief)\b[^.!?;:]*",
        rf"let\s+me\s+know\b{_REST}",
        rf"looking\s+forward\b{_REST}",
        rf"any\s+questions\b{_REST}",
        rf"(?:happy|feel\s+free)\s+to\b{_REST}",
        r"quick\s+favou?r\b\s*[-–:,]?",
        r"\(\s*(?:note|notes|nb|ps|p\.s\.|hinweis|remarque|nota)\b[^()]{0,25}[:：][^()]*\)?",
        r"(?:ich\s+)?hoffe,?\s+(?:dir|ihnen|euch|es)\b[^.!?;:]*",
        r"wie\s+besprochen\b,?",
        rf"(?:im\s+)?anhang\b{_REST}",
        r"comme\s+convenu\b,?",
        r"j['’]espère\s+que\b[^.!?;:]*",
        r"como\s+(?:hablamos|acordamos|combinado)\b,?",
        r"espero\s+que\b[^.!?;:]*",
        r"spero\s+che\b[^.!?;:]*",
        r"come\s+(?:d'accordo|concordato)\b,?",
        r"(?:sorry|apologies|excuse)\b[^.!?]*(?:brief|message|english|notice|typos?)\b[^.!?]*",
        r"(?:photos?|pictures?|images?|files?|footage|details)\s+(?:(?:are|is)\s+)?(?:not\s+"
        r"needed|attached|below|to\s+follow|on\s+request)\b[^.!?]*",
        r"(?:any|if\s+you\s+have|if\s+you\s+need|if\s+anything)\b[^.!?]*\b(?:ideas|questions|help|"
        r"unclear|more|details|suggestions)\b[^.!?]*",
        r"(?:many\s+)?thanks\s+(?:so\s+much|a\s+\w+|in\s+advance|again|guys|everyone)\b[^.!?]*",
        r"thank\s+you\s+(?:so\s+much|in\s+advance|very\s+much)\b[^.!?]*",
        r"(?:vielen\s+dank|danke\s+(?:dir|euch|ihnen|schon|im))\b[^.!?]*|merci\s+(?:d['’]avance|"
        r"beaucoup)\b[^.!?]*",
        r"(?:muchas\s+)?gracias\s+(?:por|de|a)\b[^.!?]*|grazie\s+(?:mille|in\s+anticipo)\b[^.!?]*",
    ),
    "delivery": (
        r"(?:we\s+|i\s+)?need\s+(?:this|it|them)\b[^.!?;:]*",
        r"need(?:ed)?\s+(?:by|before|until|asap)\b[^.!?;:]*",
        (
            r"(?:it['’]?s\s+|this\s+is\s+)?(?:due|needed|deadline|delivery|deliver|"
            r"ready)\b\s*(?:is\s+|on\s+|by\s+|until\s+|for\s+|date\s+)*[^.!?,;]{0,30}(?:day|week|"
            r"tomorrow|eod|asap|end\s+of)\b[^.!?,;]*"
        ),
        r"deadline\b[^.!?;:]*",
        r"(?:(?:the|our|my|total|max(?:imum)?)\s+)*budget\b[^.!?;,]*(?:,(?=\d)[^.!?;,]*)*",
        r"urgent\w*\s*[:!,-]?\s*",
        (
            r"(?:bis|deadline)\s+(?:montag|dienstag|mittwoch|donnerstag|freitag|"
            r"morgen)\b(?=\s*[.!?]|$)"
        ),
        r"terms(?:\s+and\s+conditions)?\s+apply",
        r"(?:price|prices|rates?|quote)\s+(?:on|upon)\s+request\b",
        r"[^.,;!?]*\bversions?\s+(?:needed|required)\b",
        rf"please\s+(?:deliver|provide|send|export|supply)\b{_REST}",
    ),
    "freedom": (
        (
            r"(?:not\s+sure|no\s+idea|surprise\s+me|be\s+creative|up\s+to\s+you|you\s+decide|"
            r"get\s+creative|go\s+(?:wild|crazy)|do\s+your\s+(?:thing|magic)|make\s+it\s+pop|"
            r"feel\s+free|your\s+choice|whatever\s+(?:you|works))\b[^.!?;:]*"
        ),
    ),
    "question": (
        r"(?:can|could)\s+you\s+(?:do|make)\s+(?:this|that|it)\b[^.!?;:]*",
        r"thoughts\s*\?",
        r"what\s+do\s+you\s+think\s*\?",
        r"does\s+that\s+work\s*\?",
        r"quick\s+(?:one|request|question)\s*[:,]",
    ),
    "writer": (  # who asks: `I run a small pottery studio`
        r"(?:i['’]m|i\s+am|i\s+run|i\s+own|i\s+teach|i\s+have|i\s+work\s+(?:at|in|for)|we['’]re|we\s+are|we\s+"
        r"run|we\s+own)\s+(?:an?|the)\s+(?=\S)",
        r"(?:je\s+(?:suis|tiens)|nous\s+(?:sommes|tenons)|ich\s+(?:bin|führe|betreibe|habe)|wir\s+"
        r"(?:führen|betreiben|sind\s+ein\w*)|"
        r"ik\s+(?:ben|heb)|wij\s+zijn)\s+(?:un[aeo]?\s+|ein\w*\s+|uma?\s+|een\s+)?"
        r"(?=[^\W\d_])",
        r"(?:(?:yo\s+)?soy|tengo|somos|tenemos|sou|tenho|temos|sono|siamo|abbiamo)\s+(?:un[ao]?|uma?|"
        r"el|la|o|a|(?=(?:prof|maestr|médic|dueñ|don[oa]|propriet)\w*))\s*(?=[^\W\d_])",
    ),
    "opening": (
        (
            r"(?:i|we)\s+want\s+to\s+(?:show|tell)\s+(?:people|everyone|customers)\s+(?:how\s+|"
            r"that\s+|about\s+)?"
        ),
        r"(?:teach|show|tell)\s+(?:viewers|people|the\s+viewers?|users)\s+how\s+(?:to\s+)?",
        (
            r"(?:so|basically|okay|ok|well|btw|anyways?|hmm+|um+|also)\s*,?\s+(?=(?:basically|i|"
            r"we|can|could|so|my|our|please|here)\b)"
        ),
        (
            r"(?:so\s+)?(?:here['’]?s|this\s+is)\s+(?:the|my|our|an?)\s+(?:\w+\s+)?(?:idea|brief|"
            r"concept|plan|script|prompt|request)\b[^.!?:\n]*:?"
        ),
        r"(?:the\s+)?(?:idea|brief|concept|plan)\s+is\s+(?:\w+\s*)?:",
        (
            r"(?:(?:quick|short|rough|the|my|our)\s+)*(?:brief|briefing|script|concept|notes|"
            r"request|outline)\b(?:\s+(?:for|of|below)\b[^:.!?\n]{0,40})?\s*:"
        ),
        (
            r"(?:please\s+)?(?:animate|visuali[sz]e|generate|create|render)(?:\s+(?:this|the\s+"
            r"following))?\s*:"
        ),
        (
            r"(?:we|i)(?:['’]d|\s+would)?\s+(?:like|want|need|love)\s+to\s+(?:announce|promote|"
            r"show|present|advertise|introduce|celebrate)\s+"
        ),
        (
            r"(?:give|make|get|gimme|want|need)\s*(?:me\s+|us\s+)?(?:about\s+)?\d+[\s-]*(?:s|"
            r"secs?|seconds?)\s+of\s+"
        ),
        (r"(?:please\s+)?(?:announce|advertise|promote)\s+(?:that\s+)?(?:our|the|my|a|an)\s+"),
        (
            r"(?:please\s+)?explain\s+(?:to\s+[^,.:;]{2,30}?\s+)?(?=how\b|what\b|why\b|that\b|when\b)"
            r"(?:how\s+to\s+)?"
        ),
        r"that['’]?s\s+(?:it|all|the\s+(?:ad|video|idea|spot|clip|film))\b",
        r"prompt\s+(?:for|pour|für|para|per)\s+[\w.]+(?:\s+[\d.]+)?\s*[-–—:]*\s*",
        r"(?:i|we)\s+(?:picture|imagine|envision)\s+(?=\S)",
        r"(?:shot\s?list|storyboard|script|treatment)\s*$",
        r"(?:corta\s+(?:pr?a|para)|corte\s+a|schnitt\s+auf|coupe\s+sur|stacco\s+su|cut\s+to)\s+",
    ),
    "place": (
        (
            r"(?:it|this|the\s+(?:video|clip|ad|film|spot))\s+(?:is|will\s+be)\s+(?:for|used|"
            r"shown|played)\b(?:\s+(?:on|in|at|for))?[^.!?;:]*(?:feed|website|instagram|tiktok|"
            r"youtube|linkedin|facebook|tv|lobby|booth|screens?)\b[^.!?;:]*"
        ),
        r"(?:to|and)\s+(?:post|share|upload)\s+(?:it\s+)?(?:in|on|to)\b[^.,;:!?]*",
        (
            r"for\s+(?:the|our|my)\s+[^.,;:!?]{0,30}(?:instagram|insta|tiktok|youtube|facebook|"
            r"linkedin)\b(?=\s*(?:[.,;!]|$))"
        ),
        (
            r"(?:this\s+(?:is|one\s+is)\s+)?for\s+(?:an?|the|our)\s+[^.,;!?]{0,40}\b(?:campaign|"
            r"pitch|presentation|conference|meeting|class|project|competition|"
            r"portfolio)\b(?=\s*(?:[.,;!?]|$))"
        ),
        r"link\s+(?:in|na|en|dans)\s+(?:the\s+|la\s+|der\s+)?bio\b",
    ),
    "likeness": (
        r"think\s+(?=[A-Z])[^.!?,;]*",
        (
            r"(?:like|similar\s+to)\s+(?:those|these|the|that|an?)\s+(?:[\w'’-]+\s+"
            r"){0,3}(?:videos?|ads?|reels?|clips?|commercials?|trailers?)\b"
        ),
        r"(?:same|similar)\s+(?:length|style|format|look|music)\s+as\b[^.!?;:]*",
        r"(?:in\s+the\s+(?:style|spirit|vein)\s+of|à\s+la\s+manière\s+de|im\s+stil\s+von|al\s+"
        r"estilo\s+de|no\s+estilo\s+de|nello\s+stile\s+di)\s+[^.,;!?]*",
    ),
    "audience": (
        (
            r"for\s+(?:schools|kids|children|adults|seniors|students|parents|teens|beginners|"
            r"everyone|families|professionals|investors|internal\s+use)(?=\s*(?:[.!;]|$))"
        ),
        (
            r"[\w\s]{2,40}\b(?:is|are)\s+(?:the|our)\s+(?:target(?:\s+\w+)?|(?:core\s+)?audience|"
            r"customers?)\b"
        ),
        r"(?:audience|target)\s+is\b[^.!?;:]*",
        r"for\s+ages?\s+\d[^.!?;,]*",
        rf"suitable\s+for\b{_REST}",
        r"(?:zielgruppe|dirigid[oa]\s+[aà]|pensad[oa]\s+para|destiné[es]*\s+(?:à|aux?)|rivolto\s+"
        r"a|gericht\s+op|doelgroep|целевая\s+аудитория)\b[^.;!?]*",
        r"(?:aimed|targeted)\s+(?:at|to|towards?)\b[^.;!?]*",
    ),
    "order": (
        rf"(?:please\s+)?(?:make|be)\s+sure\b{_REST}",
        rf"(?:please\s+)?ensure\b{_REST}",
        (
            rf"keep\s+(?:it|this|the\s+(?:\w+\s+)?(?:shots?|cuts?|text|camera|pace|tone|mood|"
            rf"colou?rs?|look|style|edit|video|film|music|ending))\b{_REST}"
        ),
        (
            rf"use\s+(?:only\s+|some\s+|the\s+|our\s+|a\s+)*(?:[\w-]+\s+){{0,3}}?(?:colou?rs?|"
            rf"tones?|palette|fonts?|light(?:ing)?|transitions?|footage|shots?|camera|music|voice|"
            rf"effects?|style)\b{_REST}"
        ),
        rf"fade\s+(?:to|in|out|up|into)\b{_REST}",
        rf"(?:output|return|reply|respond|answer)\s+(?:only|with)\b{_REST}",
        (
            rf"you\s+are\s+an?\s+(?:[\w-]+\s+){{0,4}}(?:director|editor|copywriter|filmmaker|"
            rf"artist|expert|assistant|ai|videographer|storyteller|producer)\b{_REST}"
        ),
        (
            r"(?:que\s+(?:sea|seja)|que\s+ce\s+soit|es\s+soll|das\s+(?:video|ganze)\s+soll|"
            r"deve\s+(?:ser|essere))\b[^.,;:!?]*"
        ),
        (
            rf"(?:the\s+)?(?:whole\s+(?:thing|video|film)|everything|video|film|clip)\s+"
            rf"should\s+(?:feel|look|be)\b{_REST}"
        ),
        rf"keep\s+(?:the\s+)?(?:palette|light|everything|whole)\b{_REST}",
        (
            r"(?:add|put|place|insert|include)\s+(?:the|our|a|an)\s+(?:[\w-]+\s+)?(?:logo|"
            r"watermark|subtitles|captions|end\s?card)\b[^.!?;:]*"
        ),
        r"each\s+(?:shot|scene|clip|frame)\b[^.!?;:]*",
        r"make\s+(?:ppl|people|them|everyone|viewers)\s+\w+(?:\s+\w+)?(?=\s*(?:[.,!]|$))",
        rf"(?:and\s+|but\s+)?(?:{_FILM}\s+)?(?:should|must|needs?\s+to|has\s+to|have\s+to)\s+"
        rf"(?:also\s+|not\s+|all\s+|only\s+)*(?:be|feel|look|work|have|sound|read|fit|stay|start|"
        rf"end|last|run|include|convey|appeal|evoke|show)\b(?![^.!?]*[\"“„«「]){_REST}",
        rf"{_FILM}\s+(?:goes|go|appears?|comes|can|could|is\s+(?:to|on)|at\s+the|in\s+the|on\s+"
        rf"the)\b(?![^.!?]*[\"“„«「]){_REST}",
        rf"(?:please\s+)?(?:hold|stay\s+on|linger\s+on)\s+(?:on\s+)?(?:the|this|that)\s+(?:\w+\s+"
        rf")?(?:shot|frame|image|face|moment|look|end)\b{_REST}",
        rf"let\s+(?:it|the\s+\w+|each\s+\w+)\s+(?:breathe|linger|play\s+out)\b{_REST}",
        rf"(?:please\s+)?(?:just|only)\s+(?:drawn|animated|illustrated|simple)\s+(?:pictures?|"
        rf"images?|drawings?)\b{_REST}",
        rf"(?:shot|filmed|recorded|captured|rendered)\s+(?:on|with|in)\s+(?:an?\s+|the\s+"
        rf")?(?:arri|red|sony|canon|nikon|imax|iphone|phone|smartphone|super\s?8|16\s?mm|35\s?mm|"
        rf"8\s?mm|kodak|fuji\w*|alexa|gopro|dslr|film|vhs|unreal|octane|blender)\b{_CLAUSE}",
        rf"(?:zeige?n?\s+)?(?:bitte\s+)?(?:in\s+)?(?:einfache[rs]?|klare[rs]?|leichte[rs]?)\s+"
        rf"sprache\b{_REST}",
        rf"(?:das|es|der\s+(?:film|clip|spot|ton|text)|das\s+(?:video|ganze|logo|ende)|die\s+"
        rf"(?:musik|stimmung|kamera|farben))\s+(?:soll(?:te|en|ten)?|muss|darf|müssen|kommt|"
        rf"kann)\b(?![^.!?]*[\"“„«]){_REST}",
        rf"bitte\s+(?:mit|nur|einfach|auf|im|in|verwenden|alles|keine?n?|ohne|"
        rf"kein)\b(?![^.!?]*[\"“„«]){_REST}",
        rf"que\s+(?:dure|tenga|se\s+note|parezca|quede|suene|transmita|tenha|pareça|"
        rf"passe)\b{_CLAUSE}(?:\s+y\s+que\s+\w+{_CLAUSE})?",
        rf"(?:(?:el|la|o|a|il)\s+(?:v[íi]deo|anuncio|anúncio|spot|tono|tom|música|musica|logo|"
        rf"logotipo)\s+)?(?:debe(?:n|ría)?|tiene\s+que|tem\s+(?:que|de)|deve|devem|precisa|"
        rf"dovrebbe|dev[’']essere|va\s+(?:alla|al)\s+fine)\s+(?:ser|durar|tener|verse|sonar|"
        rf"parecer|transmitir|ter|essere|durare|avere|sembrare|aparecer|ir|apparire)\b{_REST}",
        rf"(?:(?:le|la|tout|ça)\s+(?:ton|style|musique|vidéo|rythme|logo|film)?\s*)?(?:doit|"
        rf"devrait|doivent|il\s+faut\s+que|faut\s+que|faudrait\s+que)\s+(?:être|durer|avoir|"
        rf"rester|faire|apparaître|ce\s+soit|ça|on)\b{_REST}",
        rf"che\s+(?:duri|abbia|sembri|sia)\b{_CLAUSE}",
        rf"(?:het|de\s+(?:video|film|clip|toon|muziek))\s+(?:moet|mag|zou)\b{_REST}",
        rf"(?:(?:видео|ролик|музыка|всё|все)\s+)?(?:должн[аоы]?|пусть)\s+(?:быть|будет|длиться|"
        rf"выглядеть|звучать)\b{_REST}",
        r"(?:يجب\s+أن|أن\s+(?:يكون|تكون)|أريدها?\s+أن)[^.،!؟]*",
        rf"(?:i|we)(?:['’]ll|\s+will)\s+(?:add|do|put|record|send|provide|handle)\b{_REST}",
        r"\d+\s+(?:clips|shots|takes)\s+(?:of|at|à)\b[^.,;!?]*",
        rf"(?:would|(?:i|we)(?:['’]d|\s+would))\s+love\s+(?:some|a\s+(?:bit|touch|hint))\b{_REST}",
        rf"(?:aim|go)\s+for\s+(?:an?\s+)?(?:\w+\s+)?(?:look|feel|tone|mood|vibe|style|bittersweet|"
        rf"funny|warm)\b{_REST}",
        r"(?:soll(?:te)?|muss|darf)\s+[^.!?]*\b(?:wirken|sein|aussehen|klingen|haben)\b",
    ),
}
# An aside begins a sentence or a clause.
ASIDE = re.compile(
    r"(?:^|(?<=[.!?,;:–—])\s*|(?<=\band)\s+)(?:"
    + "|".join(row for rows in _ASIDES.values() for row in rows)
    + ")",
    re.IGNORECASE,
)
