"""What a prompt does not want: never a picture, never a caption, never a wish to a model.

`No people, no text` and `Do not show any boats` are exclusions: they are about the film. `No
contracts` is a promise: nothing to see, but something to say. Both are taken out of the words that
become pictures; only promises stay in the words that become captions. Data: a language is a line in
each table.
"""

from __future__ import annotations

import re

__all__ = ["copy_words", "excluded", "picture_words", "tidy"]

# Things of a film. `No` and one of these is an exclusion; `no` and anything else is a promise.
_THINGS = r"""
    vo v\.o\. мата violons? violins?
    people persons? humans? men women children kids crowds? faces? hands actors? models? figures?
    text[\s-]overlays?
    diálogos? dialoghi dialoge gespräche colou?rs farben
    stuff things scenes images pictures photos stock footage
    texts? words? letters? lettering typography captions? subtitles? titles? numbers? writing
    logos? watermarks? brands? brandings? signs? labels? ui interface voices? voice-?overs?
    narration narrators? dialogues? music sounds? audio cuts? zooms? pans? transitions? effects?
    filters? flicker blur grain lens flares? animations? cartoons? cgi
    boats? ships? cars? vehicles? animals? dogs? cats? birds? trees? clouds? buildings? mirrors?
    weapons? guns? blood violence smoke fire rain snow nudity alcohol cigarettes? shadows?
    menschen leute personen gesichter texte? schrift logos? untertitel autos? boote? schiffe tiere
    musik worte buchstaben wasserzeichen
    personnes? gens visages? textes? mots sous-titres voitures? bateaux? animaux musique foule
    personas? gente rostros caras textos? palabras letras subtítulos logotipos? coches? barcos?
    animales música voces voz agujas sangre pessoas? rostos palavras legendas carros? animais
    person[ae] volt[oi] test[oi] parol[ae] sottotitoli macchin[ae] barc(?:a|he) animal[ei] musica
    mensen gezichten tekst woorden auto's boten dieren muziek
    voce parlato voix paroles
    تعليق نص أشخاص موسيقى شعارات كلام
    голоса? закадрового людей людей? лиц текста? надписей логотипов? машин лодок животных музыки
"""
_THING = "(?:" + "|".join(sorted(_THINGS.split(), key=len, reverse=True)) + ")"
_STATE = (
    r"(?:looking|appearing|being\s+(?:seen|shown|visible)|visible|shown|in\s+(?:shot|frame|view)|"
    r"im\s+bild|à\s+l'écran|en\s+pantalla|na\s+tela|in\s+beeld|sullo\s+schermo)"
)
_ANY = r"(?:any\s+|the\s+|a\s+|an\s+|visible\s+|real\s+|other\s+|irgendwelche\s+)*"
_NO = (
    r"(?:no|niente|nada\s+de|zero|kein(?:e|en|em|er)?|pas\s+de|pas\s+d'|aucune?s?|sin|"
    r"ningun[oa]?|sem|"
    r"nenhuma?|"
    r"senza|بدون|بلا|"
    r"nessuna?|geen|без)"
)
_WITHOUT = r"(?:without|ohne|sans|sin|sem|senza|zonder|free\s+of|devoid\s+of|без)"
_LIST = r"(?:\s*(?:,|/|&|\b(?:or|and|nor|oder|und|ou|et|ni|o|y|e|en|of|или|и)\b(?:\s+d[e'])?)\s*)"

# An order to leave something out, to the end of its clause or sentence.
_ORDER = re.compile(
    r"(?:^|(?<=[,;:.!?(–—-])|(?<=\band)|(?<=\bbut)|(?<=\bund)|(?<=\bet)|(?<=\by)|(?<=[。、，]))\s*"
    r"(?:please\s+|but\s+|bitte\s+|also\s+)*(?:"
    r"(?:do\s+not|don['’]?t|never|must\s+not|should\s+not|shouldn['’]?t|mustn['’]?t)\s+(?:ever\s+)?"
    r"(?:show|make|claim|say|include|use|add|feature|have|put|depict|display|contain|draw|render|"
    r"film|mention|sound|look\s+like|feel\s+like|be|go|name|translate|change|rewrite|cite|say|quote|"
    r"overlay|write|reveal|spoil|focus\s+on|zoom)\b"
    r"|(?<=please\s)no\b|(?<=bitte\s)keine?[nmr]?\b"
    r"|(?:por\s+favor,?\s+(?:sin|nada\s+de|sem|ningun[oa]?)|s['’]il\s+(?:vous|te)\s+plaît,?\s+"
    r"pas\s+d[e'’]|per\s+favore,?\s+(?:niente|senza))\b"
    r"|(?:there\s+)?(?:should|must|may)\s+be\s+no\b|(?:there\s+)?(?:is|are)\s+to\s+be\s+no\b"
    r"|(?:i|we)\s+(?:do\s+not|don['’]?t)\s+(?:want|need)\b|"
    r"avoid\b|exclude\b|leave\s+out\b|omit\b|skip\b|keep\s+out\b"
    r"|(?:it|this)\s+(?:is|should)\s+not\s+(?:be\s+)?(?:an?\s+)?(?:film|video|ad|advert|spot|"
    r"commercial)\b"
    r"|(?:zeige?n?|verwende|benutze|nutze)\s+(?:bitte\s+)?(?:keine?[nmr]?|nicht)\b"
    r"|(?:bitte\s+)?keine?[nmr]?\s+(?:[\w-]+\s+){1,3}(?:zeigen|verwenden|benutzen|einblenden|"
    r"filmen)\b"
    r"|(?:bitte\s+)?(?:vermeide|verzichte\s+auf)\b"
    r"|(?:ne\s+(?:pas\s+)?(?:montre[zr]?|affiche[zr]?|mets|mettre|utilise[zr]?)|évite[zr]?)\b"
    r"|(?:no\s+(?:muestres|mostrar|muestre|uses|usar|incluyas|incluir|pongas)|"
    r"(?:que\s+)?no\s+(?:aparezcan?|se\s+vean?|salgan?|haya)|evita[r]?)\b"
    r"|(?:não\s+(?:mostre|mostrar|use|usar|inclua)|evite)\b"
    r"|(?:non\s+(?:mostrare|usare|includere)|evita(?:re)?)\b"
    r"|(?:toon|gebruik|laat)\s+geen\b|vermijd\b"
    r"|не\s+(?:показывай(?:те)?|показывать|используй(?:те)?|добавляй(?:те)?)\b"
    r"|不要(?:出现|出現|显示|顯示|有|使用|加)?|请勿|請勿|禁止|لا\s+(?:تظهر|تعرض|تستخدم)"
    rf")(?:[^.;!?。！？\n]*?,?\s*\b(?:or|nor|oder|ni|noch|или)\b[^,.;!?。！？\n]*"
    rf"|[^,.;!?。，、！？\n]*(?:,\s*(?:(?:and|no)\s+)?{_ANY}(?:[\w-]+\s+)?{_THING}\b[^,.;!?\n]*)*)",
    re.IGNORECASE,
)
_CJK_ORDER = re.compile(  # from the start of a clause: from anywhere, it takes seconds
    r"(?:^|(?<=[。、，,！？\n]))[^。、，,！？\n]*(?:は|を|が)?(?:映さない|見せない|入れない|出さない|表示しない|使わない|なし)"
    r"(?:で|こと|でください|ください)?(?=[。、，,！？\n]|$)"
)
_NOTHING = (
    r"(?:nothing|not|never)\s+(?:too\s+)?(?:gory|fancy|cheesy|salesy|corny|scary|sad|violent|"
    r"flashy|busy|fast|complicated|"
    r"loud|over-the-top|sexual|political|graphic|childish|serious|dark)(?=\s*(?:[,.;:!?)]|$|"
    r"\bor\b))"
)
_NO_THINGS = rf"{_NO}\s+{_ANY}(?:[\w-]+\s+){{0,2}}?{_THING}\b"
_EXCLUSION = re.compile(
    rf"(?:^|(?<=[\s,;:(–—-]))(?:(?:and|with|but|mit|und|et|avec|con|y|com|e)\s+)?"
    rf"(?:{_NO_THINGS}|{_NOTHING}|{_WITHOUT}\s+(?:[\w'’-]+\s+){{1,3}}?{_STATE}\b[^,.;!?]*|"
    rf"{_WITHOUT}\s+{_ANY}(?:[\w-]+\s+)?{_THING}\b)"
    rf"(?:\s+d(?:e\s+|u\s+|['’])[\w-]+)?"
    rf"(?:{_LIST}(?:{_NO}\s+)?{_ANY}(?:[\w-]+\s+)?{_THING}\b)*"
    r"(?:\s+(?:at\s+all|whatsoever|anywhere|visible|in\s+(?:the\s+)?(?:frame|shot|picture|view|"
    r"video|image)|"
    r"على\s+الشاشة|on\s+(?:the\s+)?screen|please|im\s+bild|à\s+l'écran|en\s+(?:la\s+)?pantalla|"
    r"na\s+tela|"
    r"in\s+beeld|sullo\s+schermo))*(?:\s+[^\W\d]+(?=\s*(?:[.!?,;]|$)))?",
    re.IGNORECASE,
)
# Little words after `no` that begin an idiom, in which nothing is denied to the eye.
_IDIOM = (
    r"(?!(?:matter|one|longer|more|less|time|doubt|wonder|way|end|problem|only|just|other|"
    r"later|sooner|idea|stopping|strings|limits?|better|yet|always|really|so)\b)"
)
_PROMISE = re.compile(
    rf"(?:^|(?<=[\s,;:(–—-]))(?:(?:and|with|but|or|mit|und|et|avec|con|y|com|e)\s+)?(?:"
    rf"(?:no|zero|kein(?:e|en|em|er)?|pas\s+de|aucune?|ningun[oa]?|nenhuma?|nessuna?|"
    rf"geen)\s+{_IDIOM}"
    r"(?:[\w'’-]+\s+){0,2}?[\w'’-]+(?=\s*(?:[,.;:!?)–—]|$|\b(?:and|or|but|und|et|y|e|in|on|at|for|"
    r"to|"
    r"until|from|with)\b))"
    rf"|{_WITHOUT}\s+(?:(?:a|an|the|any|your|his|her|their|its|eine?n?|une?|un[ao]?)\s+)?"
    r"(?!(?:end|limits?|doubt|saying|stopping|worry|fear)\b)[\w'’-]+(?:\s*,?\s+(?:or|and|nor|oder|"
    r"und|noch|ou|ni|o|y|e)\s+[\w'’-]+)?"
    r"|(?:never|not)\s+(?!only\b|just\b)(?:[\w-]+ed|crowded|full|busy)\b"
    r"|not\s+(?:an?|the|any)\s+(?:[\w-]+\s+)??[\w-]+(?:\s+in\s+sight)?"
    r")",
    re.IGNORECASE,
)


# Words before an English `no`.
_BEFORE_NO = frozenset(
    [
        "with",
        "and",
        "or",
        "but",
        "are",
        "is",
        "was",
        "were",
        "has",
        "have",
        "had",
        "be",
        "been",
        "there",
        "there's",
        "need",
        "needs",
        "takes",
        "take",
        "costs",
        "of",
        "at",
        "for",
        "in",
        "by",
        "you",
        "we",
        "they",
        "it",
        "just",
        "absolutely",
        "literally",
        "so",
        "ask",
        "asks",
        "charge",
        "charges",
        "means",
        "leave",
        "leaves",
        "make",
        "makes",
        "get",
        "gets",
        "want",
        "wants",
        "know",
        "knows",
        "see",
        "sees",
        "say",
        "says",
        "i",
    ]
)


def copy_words(text: str) -> str:
    """The text without what the film is to leave out: promises stay, orders and exclusions go."""
    return tidy(_EXCLUSION.sub(" ", _CJK_ORDER.sub("", _ORDER.sub(" ", text))), text)


def picture_words(text: str) -> str:
    """The text without anything that it denies: what is left can be shown. May be empty."""
    return tidy(_PROMISE.sub(_denied, copy_words(text)), text)


def _denied(match: re.Match[str]) -> str:
    """Nothing, in place of a denial; Portuguese `no`, behind any word, is `in the` and stays."""
    before = re.findall(r"[\w'’]+(?=\s*$)", match.string[: match.start()])
    inside = match[0].strip().casefold().startswith("no ") and before
    return match[0] if inside and before[0].casefold() not in _BEFORE_NO else " "


def excluded(text: str) -> tuple[str, ...]:
    """The orders and exclusions of a text, as they stand there."""
    phrases = [match[0] for pattern in (_ORDER, _CJK_ORDER) for match in pattern.finditer(text)]
    rest = _CJK_ORDER.sub("", _ORDER.sub(" ", text))
    phrases += [match[0] for match in _EXCLUSION.finditer(rest)]
    return tuple(words.strip(" ,;:(–—-") for words in phrases if words.strip(" ,;:(–—-"))


def tidy(text: str, original: str) -> str:
    """Separators closed up where something was taken out; an untouched text stays as it is."""
    if text == original:
        return original
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\(\s*\)", "", text)
    text = re.sub(r"(?:\s*[,;、，]\s*)+(?=[,.;!?。、，)]|$)", "", text)
    text = re.sub(r"^[\s,;:.、，。)–—-]+", "", text)
    text = re.sub(r"\s+([,.;!?])", r"\1", text)
    text = re.sub(r"(?:,\s*|\s+)(?:and|or|but|with|und|oder|et|y|e)\s*([.!?]|$)", r"\1", text)
    return text.strip(" ,;:–—-")
