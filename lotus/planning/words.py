"""Words that steer a video instead of describing it, by language. Data: adding a language is adding
lines.
"""

from __future__ import annotations

import re

__all__ = [
    "ABBREVIATIONS",
    "AND",
    "BREAK_BEFORE",
    "DETERMINERS",
    "DIRECTOR",
    "ENDING",
    "FRAMINGS",
    "HANGING",
    "LEADS",
    "MARKERS",
    "SHOT_LEAD",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def _either(*patterns: str) -> str:
    return "(?:" + "|".join(patterns) + ")"


_FILM = _either(
    "ad", "advert", "advertisement", "video", "film", "spot", "commercial", "clip", "reel"
)
_BUT_FIRST = r"(?:(?:and|then|et|puis|y|luego|und|dann|e|poi|depois)\s+)?"

# A clause that starts like this says how the video ends; what the pattern covers is not part of the
# picture.
ENDING = re.compile(
    _BUT_FIRST
    + _either(
        rf"(?:the\s+{_FILM}\s+)?(?:end|ends|ending|finish|finishes|finishing|close|closes|"
        rf"closing)\s+(?:on|with)\b",
        r"(?:in|at)\s+the\s+end\b(?!\s+of)",
        r"(?:the\s+)?(?:final|last|closing)\s+(?:shot|scene|frame|image)\b(?:\s+(?:of|is|shows|"
        r"on))?\s*[:,–—-]?",
        r"(?:finally|lastly),",
        r"end\s+(?:frame|card|shot)(?:\s+(?:of|with|is|shows))?\s*[:,–—-]?",
        r"fade\s+out\s+(?:on|to|with)\b",
        r"(?:finir|termine[rz]?|conclure|fin|on\s+finit|on\s+termine|se\s+termine)\s+(?:sur|avec|"
        r"par)\b",
        r"(?:à\s+la\s+fin|pour\s+finir|enfin),?",
        r"(?:dernier\s+plan|plan\s+final)\s*(?:sur|:)?",
        r"(?:termina[r]?|finaliza[r]?|acaba[r]?|cierra|cerrar|cierre)\s+(?:con|en|sobre)\b",
        r"(?:al\s+final|por\s+último|finalmente),?",
        r"(?:último\s+plano|plano\s+final|toma\s+final)\s*(?:de|:)?",
        r"(?:termin(?:e|a|ar)|finaliz(?:e|a|ar)|encerr(?:e|a|ar)|fech(?:e|a|ar))\s+(?:com|em|no|"
        r"na)\b",
        r"(?:no\s+final|no\s+fim|por\s+fim),?",
        r"(?:am\s+ende|zum\s+schluss)(?:\s*[:,–—-]|(?=\s+\w))",
        r"(?:ende|endet|enden)\s+(?:mit|auf)\b",
        r"(?:letzte|finale)\s+(?:einstellung|szene)\s*:?",
        r"(?:finire|finisce|termina|terminare|chiudi|chiudere|si\s+chiude)\s+(?:con|su|sul|"
        r"sulla)\b",
        r"(?:alla\s+fine|infine),?",
        r"(?:eindig|eindigt|sluit\s+af)\s+(?:met|op)\b|(?:tot\s+slot|aan\s+het\s+einde),?",
        r"(?:na\s+końcu|na\s+koniec|zakończ)\b,?",
        r"(?:sonunda|son\s+sahne|sonda)\b\s*[:,]?",
        r"(?:в\s+конце|в\s+финале|наконец|финальный\s+кадр|последний\s+кадр)\b\s*[:,–—-]?",
        r"(?:наприкінці|на\s+завершення)\b,?",
        r"(?:cuối\s+cùng|kết\s+thúc)\b,?(?:\s+(?:bằng|với|là))?",
        r"(?:akhirnya|di\s+akhir|akhiri\s+dengan)\b,?",
        r"(?:最后|最後|结尾|結尾|片尾|画面最后)(?:に|は|是|的画面是|定格在|停在)?[、，,：:]?",
        r"(?:ラスト|締め)(?:は|に|カットは)?[、，,：:]?",
        r"(?:마지막(?:에|으로|\s+장면은|\s+장면)?|끝에(?:는)?)\s*[:,]?",
        r"(?:في\s+النهاية|في\s+الختام|وفي\s+النهاية|النهاية|أخيرًا|أخيراً|ينتهي\s+ب)[،:]?",
        r"(?:در\s+پایان|و\s+در\s+پایان|آخر\s+میں)[،:]?",
        r"(?:अंत\s+में|आखिर\s+में|आख़िर\s+में)[,:]?",
        r"(?:לבסוף|בסוף)[,:]?",
        r"(?:στο\s+τέλος)\b,?",
        r"(?:สุดท้าย|ตอนจบ|ปิดท้ายด้วย)",
    )
    + r"\s*",
    re.IGNORECASE,
)

# Talk to the director at the start of a sentence: the picture is what follows.
LEADS = re.compile(
    _either(
        rf"(?:please\s+)?(?:create|make|produce|generate|film|shoot|design)\s+(?:me\s+|us\s+"
        rf")?(?:an?|the)\s+"
        rf"(?:[\w-]+\s+){{0,4}}?{_FILM}\s+(?:for|about|of|on|showing|featuring|with|where|in\s+"
        rf"which)\s+",
        rf"an?\s+(?:[\w-]+\s+){{0,3}}?{_FILM}\s+(?:for|about|showing|featuring)\s+",
        rf"(?:(?:the\s+{_FILM}|it)\s+)?(?:(?:should|must|will)\s+)?(?:opens?|opening|starts?|"
        rf"starting|begins?|beginning)\s+(?:on|with)\s+",
        r"(?:film|shoot|record|capture|depict|visuali[sz]e|animate)\s+(?=(?:an?|the|my|our|us|me|"
        r"him|her|them|how|two|three)\b)(?:us\s+|me\s+)?",
        r"(?:can|could|would|will)\s+you\s+(?:please\s+)?(?:make|show|animate|turn|bring|put|have|"
        r"let|do)\s+",
        r"(?:first|then|next|now|afterwards)\s*,?\s+(?:we\s+)?(?:show|see)\s+(?!(?:that|off|up)\b)",
        r"(?:then\s+)?(?:we\s+(?:then\s+)?see|we\s+cut\s+to|cut\s+to|show|shows)\s+(?!(?:that|off|"
        r"up)\b)|que\s+se\s+vean?\s+",
        r"(?:scene|shot|szene|scène|escena|cena|сцена)\s*(?:\d{1,2}\s*[:.)–—-]|:)\s*",
        r"(?:crée[rz]?|faire|fais|réalise[rz]?)\s+une?\s+(?:[\w-]+\s+){0,3}?(?:vidéo|publicité|"
        r"pub|film|spot)\s+"
        r"(?:pour|sur|de)\s+",
        r"(?:crea|haz|hacer|crear)\s+un\s+(?:[\w-]+\s+){0,3}?(?:vídeo|video|anuncio|spot)\s+"
        r"(?:para|sobre|de)\s+",
        r"(?:erstelle|mache|produziere)\s+ein(?:e|en)?\s+(?:[\w-]+\s+){0,3}?"
        r"(?:video|werbevideo|werbespot|film|spot|anzeige)\s+(?:für|über)\s+",
    ),
    re.IGNORECASE,
)

_SHOT = _either(
    r"(?:extreme\s+|big\s+)?close[\s-]?ups?(?:\s+shots?)?",
    r"(?:(?:wide|medium|tight|detail|insert|two-shot|pov|e?cu|mcu|e?ls|ws|ms)(?=\s*:))",
    r"(?:wide|long|medium|aerial|drone|tracking|establishing|overhead|macro|slow[\s-]motion|pov|"
    r"crane)\s+"
    r"(?:shot|view|angle|footage)s?",
    r"(?:a\s+)?(?:shot|view|footage|montage|macro|timelapse|time-lapse|slow[\s-]motion)s?",
    r"gros\s+plans?|très\s+gros\s+plans?|plans?\s+larges?|primer(?:os)?\s+planos?|plano\s+"
    r"(?:general|detalle)",
    r"primeiro\s+plano|plano\s+(?:aberto|fechado)|primo\s+piano|nahaufnahmen?|großaufnahmen?|"
    r"totale",
    r"крупный\s+план|общий\s+план",
)
# How a shot is framed, before what it shows: stays in a description, leaves a caption.
SHOT_LEAD = re.compile(
    rf"(?:an?\s+|un\s+|une\s+|eine\s+)?(?:slow\s+|quick\s+)?{_SHOT}"
    r"(?:\s*[:–—]\s*|\s+(?:of|on|over|sur|de\s+la|del?|des|du|di|do|da|von|auf)\s+)",
    re.IGNORECASE,
)

# Words of the set and the edit: text with one of them is for the crew and not for the screen.
DIRECTOR = re.compile(
    r"\b"
    + _either(
        r"close[\s-]?ups?|shots?|cameras?|zoom(?:s|ing|ed)?|panning|tilts?|cut(?:s|ting)?\s+to|"
        r"fad(?:e|es|ing)\s+(?:in|out|to)",
        r"(?:end|ends|ending|open|opens|opening)\s+(?:on|with)|am\s+ende|zum\s+schluss|montages?|"
        r"b-roll|voice-?overs?|pov|time-?lapse",
        r"slow[\s-]?mo(?:tion)?|footage|on[\s-]screen|title\s+cards?|logos?|aerial|drone\s+view|"
        r"wide\s+view",
        r"(?:video|ad|advert|commercial|scene)s?|viewers?|backdrop|foreground|aspect\s+ratio",
        r"captions?|subtitles?|soundtrack|establishing|tracking|transition|b&w|cinematic|"
        r"photorealistic",
        r"logotipos?|gros\s+plans?|plan\s+(?:large|final|fixe)|caméra|écran|vidéo|travelling|"
        r"ralenti",
        r"cámara|vídeo|pantalla|plano\s+(?:general|detalle|final|aberto|fechado)|prime(?:r|ros|"
        r"iro)\s+planos?|câmera|câmara|inquadratura",
        r"primo\s+piano|telecamera|nahaufnahmen?|großaufnahmen?|kamera\w*|einstellung|zeitlupe|"
        r"werbespot|kadr\w*",
        r"крупн\w+\s+план\w*|общ\w+\s+план\w*|камер\w*|кадр\w*|логотип\w*|титр\w*|видео\w*|"
        r"ролик\w*|zbliżeni\w*",
        r"लोगो|कैमरा|क्लोज़?-?अप|वीडियो|λογότυπο|κάμερα|kamerą|yakın\s+plan|logosu\w*",
    )
    + r"\b|特写|特寫|镜头|鏡頭|画面|畫面|标志|標誌|慢动作|慢動作|广告|"
    r"クローズアップ|カメラ|ロゴ|映像|"
    r"클로즈업|카메라|로고|화면|장면|영상|"
    r"شعار|الشعار|لقطة|الكاميرا|الشاشة|مشهد|لوگو|دوربین|לוגו|מצלמה|โลโก้|กล้อง|ซูม",
    re.IGNORECASE,
)

# A clause that starts like this cannot stand alone: it stays with the one before it.
HANGING = re.compile(
    _either(
        r"(?:which|who|whom|whose|where|when|while|whilst|that|but|so|because|since|although|"
        r"though|as|if|or|nor)\b",
        r"(?:e\.g\.|i\.e\.|z\.\s?b\.|for|with|from|no|not|never|without|than|too|just|only|like|"
        r"such|including|especially|even|please)\b",
        r"(?:qui|que|où|dont|mais|car|donc|quand|lorsque|sans|comme|pas|ou)\b",
        r"(?:donde|cuando|pero|porque|sin|como|mientras|quien|cuyo|ni|ou|onde|mas|quando|sem|"
        r"enquanto|nem)\b",
        r"(?:che|dove|ma|perché|senza|mentre|né|oppure|cui)\b",
        r"(?:der|die|das|dem|den|dessen|deren|wo|wenn|während|aber|weil|ohne|dass|als|wie|kein|"
        r"keine|oder)\b(?=.*\b\w+(?:t|en)$)",
        r"(?:aber|weil|ohne|während|dass|oder|kein|keine)\b|(?:die|dat|maar|omdat|zonder|"
        r"terwijl)\b(?=.*\w+t$)",
        r"(?:котор\w+|где|когда|но|потому|без|чтобы|пока|или|который|який|яка|що|але|без)\b",
        r"(?:który|która|które|gdzie|kiedy|ale|bez|że|ancak|ama|ve)\b",
        r"但|而|却|并且|因为|所以|从而",
    ),
    re.IGNORECASE,
)

# Between the last two of a list; needless when the last one starts a scene of its own.
AND = re.compile(r"(?:and|then|und|dann|et|puis|y|e|ed|en|og|och|и|і|i|dan|và)\s+(?=\S)")

DETERMINERS = word_set("""
    a an the our your my his her their its this that these those each every very so un une le la
    les l' notre nos votre vos leur el los las una uno unos unas nuestro nuestra su tu o os as
    um uma nosso nossa il lo gli i nostro nostra ein eine einen einem einer der die das den dem
    unser unsere dein deine ihr ihre het een onze en ett den det
""")

# Where a phrase may end when all of it is too long: before one of these it is still whole.
BREAK_BEFORE = word_set("""
    above below
    in at on with by from for and while as under over along through across near beside before
    after into onto behind between during without inside outside around until when where because
    that which who dans sur avec par pour et sous vers chez pendant sans entre devant derrière
    quand où qui con para por y sobre bajo entre sin mientras cuando donde desde hasta com em e
    sob sem enquanto onde desde até no na nos nas nel nella sul sulla per su tra fra mentre dove
    dal dalla mit für und unter über durch bei vor nach zwischen ohne während wo aus im am met
    voor en onder door bij naar tussen zonder terwijl waar op в на с из под над и для без через
    когда где у при от до w na z i pod nad dla bez przez gdy gdzie przy od do på med för och
    under över genom vid från i
""")

ABBREVIATIONS = word_set("""
    int ext
    mr mrs ms dr prof sr jr st mt no vs etc e.g i.e approx dept inc ltd co corp fig vol ca bzw
    z.b d.h usw evtl nr bsp mme mlle av env p.ex sra srta ud uds avda ej dott sig dra ул им т.д
    т.п т.е г гг
""")

# Another view of an idea that has been shown already, in the language of the idea; Latin letters
# only.
FRAMINGS: dict[str, tuple[str, ...]] = {
    "en": (
        "close-up detail",
        "wide view",
        "low angle",
        "from above",
        "side view",
        "against the light",
    ),
    "fr": (
        "en gros plan",
        "vue d'ensemble",
        "en contre-plongée",
        "d'en haut",
        "de côté",
        "en contre-jour",
    ),
    "es": (
        "en primer plano",
        "vista general",
        "desde abajo",
        "desde arriba",
        "vista lateral",
        "a contraluz",
    ),
    "pt": (
        "em primeiro plano",
        "vista geral",
        "de baixo",
        "de cima",
        "vista lateral",
        "em contraluz",
    ),
    "it": (
        "in primo piano",
        "vista d'insieme",
        "dal basso",
        "dall'alto",
        "di lato",
        "in controluce",
    ),
    "de": (
        "Detail in Nahaufnahme",
        "Totale",
        "von unten",
        "von oben",
        "von der Seite",
        "im Gegenlicht",
    ),
    "nl": (
        "detail van dichtbij",
        "overzicht",
        "van onderaf",
        "van bovenaf",
        "van opzij",
        "in tegenlicht",
    ),
}

# Little words that give a language away.
MARKERS: dict[str, frozenset[str]] = {
    "en": word_set("the and of with a an in on at to for is from our through by"),
    "fr": word_set("le la les des une un et dans avec du au aux sur qui est pour l d"),
    "es": word_set("el la los las una un y en con del al su para que por se"),
    "pt": word_set("o a os as uma um e em com do da no na ao para que seu sua por"),
    "it": word_set("il lo la gli le una un e in con del della nel nella che per di sul"),
    "de": word_set("der die das und ein eine einen im in mit dem den auf von am zur für ist"),
    "nl": word_set("de het een en in met van op voor bij naar door uit aan"),
}
