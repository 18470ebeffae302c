"""Who speaks in a film, and whether words stand in it, as a prompt says it. Pure.

Data: a language is some words in a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["captions_of", "describes_voice", "voice_of", "wants_no_card"]

_VOICE = (
    r"(?:voice[\s-]?overs?|voices?|v\.?o\.?|narrat(?:or|ion)|speaker|speech|talking|dialogue|sprecher\w*|"
    r"\w*stimmen?|off-?text|voix(?:[\s-]off)?|narrateur|narratrice|parole|voz(?:\s+en\s+off)?|locución|"
    r"locutora?|narração|narrador\w*|locução|voce(?:\s+(?:fuori\s+campo|narrante))?|narratore|voci|"
    r"stem|voice-over|lektor\w*|głos\w*|голос\w*|диктор\w*|seslendirme|anlatıcı|dış\s+ses)"
)
_NO = (
    r"(?:no|without|zero|not?\s+any|keine?[nr]?|ohne|pas\s+de|sans|aucune?|sin|ningun[oa]?|nada\s+de|sem|"
    r"nenhuma?|senza|niente|nessuna?|geen|zonder|bez|без|żadnego)"
)
_NONE = re.compile(
    rf"\b{_NO}\s+(?:[\w'’-]+\s+(?:or|oder|ou|o|and|und)\s+)?(?:\w+\s+){{0,2}}?{_VOICE}(?!\w)|"
    r"\b(?:no|without|ohne|sans|sin|sem|senza)\s+(?:any\s+)?(?:sound|audio|ton|son|sonido|som|suono)\b|"
    r"\b(?:silent|muted?|wordless|stumm|muet\w*|mudo|muto)\b(?=\s*(?:[,.;!]|$|film|video|clip))|"
    r"(?:不要|无需|不需要|没有|无)(?:旁白|配音|人声)|ナレーション(?:は)?(?:なし|無し|不要)|声なし|"
    r"(?:내레이션|나레이션|목소리)\s*없이|بدون\s+(?:تعليق|صوت)|बिना\s+(?:आवाज़?|नैरेशन)|"
    rf"\b{_VOICE}\s*[:=]?\s*(?:none|no|nein|keine?r?|non|aucune|ninguna|nenhuma|nessuna|geen|brak|нет)\b",
    re.IGNORECASE,
)
_OF_VOICE = (
    r"(?:fe)?male|wom[ae]n(?:['’]s)?|m[ae]n(?:['’]s)?|girl(?:['’]s)?|boy(?:['’]s)?|child(?:['’]s)?|grand\w+|"
    r"old(?:er)?|young(?:er)?|elderly|warm|deep|calm|soft|friendly|gentle|husky|gravelly|whisper\w*|british|"
    r"american|irish|scottish|australian|weiblich\w*|männlich\w*|ruhig\w*|warme?r?|freundlich\w*|tiefe?|"
    r"frauen|männer|kinder|frau|mann|féminine|masculine|chaleureuse|grave|douce|d['’]enfant|femme|homme|"
    r"femenina|masculina|cálida|mujer|hombre|niñ[oa]|feminina|mulher|homem|criança|femminile|maschile|calda|"
    r"donna|uomo|bambin[oa]|vrouw\w*|mannen\w*|женск\w+|мужск\w+|детск\w+|żeńsk\w+|męsk\w+|damsk\w+|kobie\w+|"
    r"kadın|erkek|çocuk"
)
_SOME = re.compile(
    rf"(?:\b(?:{_OF_VOICE})\b[\w ,'’-]{{0,30}}?\b{_VOICE}(?!\w)|\b{_VOICE}(?!\w)"
    rf"[\s:=(,-]*(?:should\s+(?:be|sound)|is|by|by\s+an?|soll|ist|de|di|d['’]|an?|yes|ja|oui|sí|sim|sì|like)?[\s,:(]*(?:\w+\s+){{0,2}}?"
    rf"(?:{_OF_VOICE})\b[^.;\n)]{{0,40}})|"
    r"(?:女性?|男性?|子ども)の?(?:声|ナレーション)|(?:女声|男声|童声)(?:旁白|配音)?|(?:여성?|남성?|여자|남자)\s*(?:목소리|내레이션|성우)|"
    r"내레이션[^.]{0,8}(?:여성|남성)|(?:التعليق\s+الصوتي|صوت)\s*:?\s+(?:رجل|امرأة|نسائي)|صوت\s+(?:نسائي|رجالي|امرأة|رجل|طفل)|(?:महिला|पुरुष)\s*(?:की\s+)?आवाज़?",
    re.IGNORECASE,
)
_DESCRIBES = re.compile(
    rf"\s*(?:(?:yes|ja|oui|sí|sim|sì|no|none|nein|keine?r?|non|aucune|ninguna|nenhuma|nessuna|geen|n/?a)\b|"
    rf"(?:an?\s+|eine\s+)?(?:[\w-]+,?\s+){{0,2}}?(?:{_OF_VOICE})\b(?!.*[.!?]\s+\w)(?=[^\"“„«]{{0,60}}$))",
    re.IGNORECASE,
)
_TEXT = (
    r"captions?|subtitles?|(?:text|words|writing|copy)\s+on[\s-]?screen|on[\s-]?screen\s+(?:text|copy)|text|"
    r"untertitel|bildtext|texte(?:\s+à\s+l['’]écran)?|sous-titres|texto(?:\s+en\s+pantalla)?|subtítulos|legendas?"
)
_OF_CAPTIONS = re.compile(r"caption|subtitle|untertitel|sous-titre|subtítul|legend|字幕", re.I)
_EXCEPT = re.compile(r"\b(?:except|außer|sauf|excepto|exceto|tranne|eccetto)\b", re.I)
_OF_BRAND = re.compile(r"\b(?:logo|brand|marke|marque|marca|end\s?card)\b", re.I)
_NO_TEXT = re.compile(
    # not `we need no captions`: who says that speaks of himself
    rf"(?<!need )(?<!write )(?<!with )\b{_NO}\s+(?:any\s+)?(?:on-?screen\s+)?"
    r"(?:(?:text|captions?|subtitles?|texte?|texto|testo|tekst\w*|текст\w*|untertitel|sous-titres|subtítulos|legendas)"
    r"|(?:words|writing|schrift|worte|mots|palabras|palavras|parole)(?=\s+(?:on|in|im|à|en|na|no|auf|sullo)\b))"
    r"(?!\w)(?!\s*[,]?\s*(?:needed|required))|"
    rf"\b(?:{_TEXT})\s*[:=]\s*(?:none|no|off|keine?|nein|aucune?|non|ningun[oa]?|nenhuma?|nessuna?|geen)\s*(?=[.,;\n]|$)|"
    r"不要(?:文字|字幕)|文字(?:は)?(?:なし|入れない)|글자\s*없이|بدون\s+(?:نص|كتابة)",
    re.IGNORECASE,
)


def voice_of(texts: Sequence[str]) -> tuple[str, str] | None:
    """Who speaks, `none` for nobody, and the text that says it."""
    for text in texts:
        if _NONE.search(text):
            return "none", text
    for text in texts:
        match = _SOME.search(text)
        if match:
            return match[0].strip(" ,:(-"), text
    return None


def describes_voice(words: str) -> bool:
    """Whether words behind `VO:` say how the voice sounds, and are not what it says."""
    return _DESCRIBES.match(words) is not None


def wants_no_card(words: str) -> bool:
    """Whether words that want no text mean more than captions: a card at the end is text, too."""
    return not (_OF_CAPTIONS.search(words) or _EXCEPT.search(words))


def captions_of(texts: Sequence[str]) -> tuple[str, str] | None:
    """`none` where no words are to stand on the screen, and the text that says so."""
    text = next(filter(_NO_TEXT.search, texts), "")
    some = _EXCEPT.search(text) and not _OF_BRAND.search(text)
    return ("none", text) if text and not some else None
