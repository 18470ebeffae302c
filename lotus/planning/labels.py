"""Parts of a prompt that a label names: `Length: 20s`, `Tagline - Fresh from the lake`. Pure.

Data: a kind is an entry, a language more words in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["INSTRUCTING", "Label", "apart", "each_quote", "label_of", "names_copy"]

# The words of each kind. `look` describes all pictures, `narration` is spoken, `copy` stands on
# the screen, `picture` is seen; the others only instruct.
_KINDS: Mapping[str, str] = {
    "look": (
        r"style|genre|tone(?:\s+of\s+voice)?|mood|look(?:\s*(?:and|&)\s*feel)?|feel|vibes?|"
        r"atmosphere|aesthetics?|colou?rs?(?:\s+(?:palette|grad(?:e|ing)))?|palette|light(?:ing)?|"
        r"pac(?:e|ing)|tempo|energy|camera(?:\s+(?:work|move(?:ment|s)?|angles?))?|lens|framing|"
        r"movement|motion|art\s+direction|grading|ton|ambiance|couleurs?|lumière|caméra|"
        r"estilo|tono|tom|colores|cores|cámara|stil|stimmung|farben|licht|kamera|stile|colori|luce|"
        r"стиль|тон|настроение|风格|色调|スタイル|トーン|스타일|분위기|النمط|الأسلوب|शैली"
    ),
    "duration_seconds": (
        r"how\s+long|len|duration|length|run(?:ning)?\s*time|runtime|dauer|länge|durée|longueur|"
        r"duración|duração|"
        r"durata|lengte|длительность|хронометраж|时长|時長|長さ|尺|길이|المدة"
    ),
    "aspect_ratio": (
        r"(?:aspect\s+)?ratio|ar|aspect|formats?|orientation|shape|dimensions?|size|"
        r"seitenverhältnis|"
        r"formato|formaat|формат|格式|画幅|比例|フォーマット|형식|비율|التنسيق"
    ),
    "music": (
        r"music|sound(?:track|\s+design|s)?|audio|sfx|score|bgm|ambien(?:ce|t\s+sound)|musik|"
        r"musique|"
        r"música|musica|muziek|музыка|音乐|音楽|음악|الموسيقى|संगीत"
    ),
    "audience": (
        r"audience|target(?:\s+(?:audience|group|market|customers?))?|demographics?|personas?|"
        r"viewers?|zielgruppe|public(?:\s+cible)?|cible|público(?:\s+objetivo|-alvo)?|doelgroep|"
        r"аудитория|受众|ターゲット|대상|الجمهور"
    ),
    "brand": (
        r"brand(?:\s+name)?|company(?:\s+name)?|business(?:\s+name)?|client|customer|"
        r"product\s+name|"
        r"marke|firma|kunde|marque|marca|cliente?|merk|бренд|品牌名?|产品名|ブランド|브랜드|العلامة"
    ),
    "cta": (
        r"cta|call[\s-]to[\s-]action|end[\s-]?card|(?:closing|final)\s+card|end\s+frame|"
        r"handlungsaufruf|appel\s+à\s+l'action|llamada\s+a\s+la\s+acción|призыв|行动号召"
    ),
    "narration": (
        r"voice[\s-]?overs?|v\.?o\.?|(?:[\w .]{1,30})?\(\s*v\.?\s?o\.?\s*\)|narrat(?:or|ion)|"
        r"off-?stimme|sprecher(?:in)?|voix[\s-]off|voz\s+en\s+off|locução|narração|"
        r"voce\s+(?:fuori\s+campo|narrante)|off-?text|закадровый\s+голос|диктор|旁白|ナレーション|내레이션|"
        r"التعليق\s+الصوتي"
    ),
    "language": r"languages?|sprache|langue|idioma|lingua|taal|язык|语言|言語|언어|اللغة",
    "excluded": (
        r"don['’]?ts?|do\s+nots?|avoid|not\s+(?:approved|allowed|wanted|in\s+the\s+video)|forbidden|taboos?|verboten|nicht\s+erlaubt|interdit|prohibido|proibido|vietato|"
        r"exclude|negatives?(?:\s+prompts?)?|no-?gos?|no|nein|never|"
        r"nicht(?:\s+zeigen)?|vermeiden|à\s+éviter|éviter|evitar|da\s+evitare|vermijden|исключить|"
        r"不要|避免|NG"
    ),
    "note": (
        r"brief(?:ing)?|mandator(?:y|ies)|must[\s-]haves?|objectives?|goals?|aims?|purpose|kpis?|"
        r"why|voice|speaker|industry|sector|type|category|metrics?|campaign(?:\s+name)?|"
        r"project(?:\s+name)?|version|references?|refs?|inspiration|"
        r"output|rating|resolution|fps|frame\s+rate|quality|model|seed|steps(?=\s*[:=]\s*\d)|cfg|guidance|"
        r"hashtags?|"
        r"specs?|"
        r"tags|keywords?|budget|costs?|credits?|due(?:\s+date)?|deadline|deliver(?:y|ables?)|"
        r"timeline|platforms?|channels?|placements?|media|usage|insights?|competition|"
        r"competitors?|legal|disclaimers?|logo|fonts?|typography|transitions?|edit(?:ing)?|"
        r"subtitles?|"
        r"ziel|kanal|plattform|referenz|objectif|plateforme|objetivo|plataforma|obiettivo|"
        r"piattaforma|notes?|hinweis|remarque|nota|примечание|备注"
    ),
    "copy": (
        r"title|text(?:\s+on[\s-]screen)?|on[\s-]screen(?:\s+(?:text|copy))?|supers?|captions?|"
        r"says?|write|lema|lemma|texte(?:\s+(?:final|à\s+l'écran))?|texto(?:\s+(?:final|"
        r"en\s+pantalla))?|testo(?:\s+finale)?|closing\s+line|end\s+line|usps?|benefits?|features?|"
        r"offers?|deals?|promo(?:tion)?|promoción|oferta|promoção|promozione|offre|aktion|"
        r"discount|prices?|dates?|(?:opening\s+)?hours|"
        r"sub-?line|end\s?line|signature|fecha|wo|où|dónde|onde|dove|gdzie|nerede|где|adresse|address|dirección|endereço|indirizzo|"
        r"adres|datum|horario|öffnungszeiten|names?|venue|promise|"
        r"points?|title\s?card|headings?|tag|frase\s+final|phrase\s+finale|frase\s+finale|テロップ|"
        r"字幕|コピー|자막|proof(?:\s+points?)?|reasons?\s+to\s+(?:believe|buy)|body(?:\s+copy)?|copy|"
        r"script|nutzen|"
        r"vorteile?|angebot|preis|message|headline|sub-?headline|tag\s?line|strap\s?line|slogan|文案|"
        r"claim|quote|punchline|payoff|sign-?off|kernbotschaft|botschaft|bildtext|message\s+clé|"
        r"accroche|prix|mensaje(?:\s+clave)?|precio|mensagem|preço|messaggio|prezzo|überschrift|"
        r"заголовок|слоган|标语|标题|メッセージ|キャッチコピー"
    ),
    "picture": (
        r"product|subject|setting|story(?:line)?|logline|synopsis|plot|concept|idea|action|"
        r"visuals?|"
        r"prompt|location|hero|hook|opening|open|start|beginning|middle|ending|end|close|closing|"
        r"problem|solution|twist|result|show|need|wanted|request|task|description|topic|theme|"
        r"who|what|where|scene\s+heading|heading|slug\s?line|before|after|picture|image|footage|"
        r"place|zu\s+sehen|man\s+sieht|environment|background|foreground|characters?|cast|props?|"
        r"weather|season|details?|"
        r"(?:scene|shot|frame|panel|clip|slide|act|step|part|take)s?(?:\s*#?\s*\d{1,2}[a-z]?)?|"
        r"shot\s?list|storyboard|video|szenen?(?:\s*\d{1,2})?|scènes?(?:\s*\d{1,2})?|"
        r"plans?\s*\d{1,2}|escenas?(?:\s*\d{1,2})?|cenas?(?:\s*\d{1,2})?|scen[ae](?:\s*\d{1,2})?|"
        r"produkt|motiv|thema|handlung|ort|idee|produit|sujet|lieu|idée|time|when|moment|producto|"
        r"tema|lugar|produto|prodotto|soggetto|luogo|onderwerp|продукт|сюжет|产品|主题|商品|テーマ"
    ),
}
INSTRUCTING = frozenset(_KINDS) - {"copy", "picture"}
# Words that make a label of any few words that end or begin with them: `Single-minded proposition`,
# `Texteinblendungen`, `Accroche finale`. The first that fits counts.
_HEADS: Mapping[str, str] = {
    "excluded": r"(?:do\s?nots?|don['’]?ts?|no-?gos?|[ée]viter|evitar|evitare|vermeiden|avoid|"
    r"negatives?)",
    "narration": r"(?:vo|v\.o\.?|voice-?over|narrator|narration|narración|narração|narrazione|"
    r"voix|locución|"
    r"locução|\w*sprecher(?:in)?|\w*off-?text|диктор|озвучка)",
    "duration_seconds": r"(?:\w*dauer|\w*länge|duration|length|runtime|durée|duración|duração|"
    r"durata|"
    r"длительность|хронометраж)",
    "aspect_ratio": r"(?:\w*format|formato|ratio|seitenverhältnis|формат)",
    "music": r"(?:\w*musik|music|musique|música|musica|audio|sound\w*|son|sonido|som|suono|\w*ton|"
    r"bgm|sfx|"
    r"музыка|звук)",
    "audience": r"(?:audience|kitle|docelowa|målgrupp\w*|kohderyhmä|दर्शक|"
    r"\w*zielgruppe|público|pubblico|аудитория)",
    "look": r"(?:tone|tonalität|ton|tono|tom|style|\w*stil|estilo|stile|mood|\w*stimmung|look|"
    r"palette|"
    r"\w*licht|lighting|light|luz|luce|couleurs|cores|colores|colori|farben|\w*farbe|aesthetic|"
    r"camera|"
    r"kamera\w*|cámara|câmera|стиль|настроение|lens|movement|motion)",
    "copy": r"(?:\w*einblendung(?:en)?|\w*aussage|\w*botschaft|\w*slogan|\w*claim|\w*schriftzug|"
    r"\w*titel|\w*text|\w*zeile|proposition|message|punch\s?line|tag\s?line|headline|line|"
    r"accroche|phrase|"
    r"frase|mensaje|mensagem|messaggio|texte|texto|testo|título|titre|titolo|credits?|copy|slogan|"
    r"claim|"
    r"supers?|captions?|overlays?|superimpose|lines|card|slide|cartela|"
    r"abspann|abbinder|words|\w*sottotitolo|(?:ال)?شعار|"
    r"(?:ال)?نص|слоган|надпись|текст|фраза|\w*angebot|\w*preis|oferta|offre|offer)",
    "picture": r"(?:inhalt|contenu|contenido|conteúdo|contenuto|inhoud|treść|içerik|content|"
    r"variation|variante?|version|option|akt|acte?|acto|atto|context|kontext|"
    r"contexte|contexto|contesto|beat|setup|scene|szene|"
    r"scène|escena|cena|shot|einstellung|plano?|frame|bild|image|visuals?|action|subject|story|"
    r"opening|"
    r"hook|prompt|кадр|сцена|сюжет|картинка)",
    "note": r"(?:note|notes|notiz|hinweis|hinweise|remarque|nota|deliverables?|mandator(?:y|ies)|"
    r"insight|"
    r"objective|goal|ziel|budget|deadline|kanal|platform\w*|agent|contact|kontakt|legal|"
    r"pflicht\w*|editor|"
    r"director|crew|client|language|sprache|langue|idioma|lingua|язык)",
}
_HEAD = re.compile(
    r"(?!(?:an?|the|eine?|une?|una?|une|der|die|das|la|el|os?|il)\s)(?P<head>[^\W\d_][\w.'’/&-]*"
    r"(?:\s+[\w'’/&#-]+){0,4})\s*(?:\([^():]{0,40}\)\s*)?[:：](?!\d|//)\s*"
)
_MODIFIER = (
    r"(?:the|our|your|my|key|main|core|single|primary|secondary|overall|general|visual|video|ad|"
    r"campaign|creative|desired|intended|preferred|target|final|closing|opening|total|exact|big|"
    r"whispered|female|male|brand|business|product|short|first|last|next|then|background|"
    r"animation|content|max(?:imum)?)"
)
_WORDS = "|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items())
_LABEL = re.compile(
    rf"(?:(?:{_MODIFIER}\s+){{0,2}}?|(?:[\w'-]+\s+){{1,2}}(?=(?:message|headline|tagline|slogan|"
    rf"claim|"
    rf"promise)\s*:))(?:{_WORDS})(?:\s*\([^():]{{0,40}}\))?"
    r"(?:\s+(?:feminina|masculina|femenina|féminine|masculine|weiblich|männlich|female|male|"
    r"femminile|maschile))?"
    r"(?:\s+(?:at\s+(?:the\s+)?end|am\s+ende|à\s+la\s+fin|al\s+final|im\s+bild))?"
    r"(?:\s*[:：=](?!//)\s*|\s+[-–—]+\s+)",
    re.IGNORECASE,
)
_UNMARKED = re.compile(
    r"(?i:(?P<copy>text(?=\s+(?-i:[A-ZÄÖÜ]{2}))|end\s+credits?(?=\s+[\"“'])|tag\s?line|slogan|"
    r"claim|headline|strap\s?line|super)|(?P<cta>cta|call\s+to\s+action(?=\s+[a-z]))|"
    r"(?P<brand>brand|client)(?=\s+[A-ZÄÖÜ][\w&'’ -]{1,30}[.!]?$)|"
    r"(?P<narration>vo|v\.o\.|voice-?over))\s+(?=[\"“„«A-ZÄÖÜ0-9]|(?<=action\s)[a-z])"
)
_BEFORE_QUOTE = re.compile(
    r"(?P<copy>キャッチコピー|コピー|テロップ|スローガン|字幕写?|文案|标语|广告语|자막|카피)[は为是]?\s*(?=[「『“\"])"
)
# Only a colon makes a label of these: `no - thank you`, `Show - don't tell`.
_NEEDS_COLON = re.compile(
    r"(?:no|nein|never|show|time|when|open|start|end|close|video|say|says|write|size|motion|voice|"
    r"cast|text|light|need|logo|tags?|result|action|story|media|model|never|shape)\b",
    re.IGNORECASE,
)
# `... Style: anime`, `; music: techno`, `| Mood: cozy`: a label begins a sentence of its own.
_KEYS = "|".join(_KINDS.values())
_APART = re.compile(
    r"[，、]\s*(?=(?:品牌名?|产品名?|时长|格式|音乐|标语|标题|音楽|尺)[:：])|"
    r"[,;]\s*(?=(?:(?:and|und|et|e|y)\s+)?(?:[\w'’]+\s+){0,3}(?:scriv\w+|escrib\w+|escrev\w+|"
    r"schreib\w*|écri\w+|write|напиш\w*)\s+[\"“„«])|"
    r",\s*(?=(?:text|super|tag\s?line|slogan|caption|title|headline|claim)\s+(?:[\"“„«]|"
    r"[A-ZÄÖÜ]{2,}\s))|"
    r"\s*;\s*(?=(?:brand|client|music|tag\s?line|slogan|cta|vo|super|format|length|style)\s)|"
    rf"(?:(?<=[.!?])\s+|\s*[;|•·]\s*|,\s*|(?<=[\w\"”)])\s+(?=[A-ZÄÖÜ]))"
    rf"(?=(?i:(?:{_MODIFIER}\s+){{0,2}}?(?:{_KEYS})(?:\s*\([^():]{{0,40}}\))?\s*[:：](?!\d|//)))"
)


_QUOTES = re.compile(r"(?:(?<!\w)'[^']+'(?!\w)|[\"“„«‘「][^\"”»“’」]+[\"”»“’」])")


@dataclass(frozen=True)
class Label:
    """What a label names, the words that it labels, and where they begin."""

    kind: str
    value: str
    start: int


_NOTHING = re.compile(
    r"(?:none|no|off|nothing|n/?a|keine?[rn]?|nein|aucune?|non|ningun[oa]|nenhuma?|nessuna?|geen|なし|无|없음)",
    re.IGNORECASE,
)


def label_of(sentence: str) -> Label | None:
    """The label at the start of a sentence."""
    match = _LABEL.match(sentence)
    if match and not match[0].rstrip().endswith((":", "：", "=")) and _NEEDS_COLON.match(sentence):
        match = None
    match = match or _UNMARKED.match(sentence)
    match = match or _BEFORE_QUOTE.match(sentence)
    if match is None or match.lastgroup is None:
        return _headed(sentence)
    value = sentence[match.end() :].strip(" .")
    kind = "note" if _NOTHING.fullmatch(value) else match.lastgroup  # `Captions: none` says nothing
    return Label(kind, value, match.end())


def _headed(sentence: str) -> Label | None:
    """The label whose first or last word says what it is: `Kernaussage: ...`, `Act 2: ...`."""
    match = _HEAD.match(sentence)
    if match is None:
        return None
    words = match["head"].casefold().split()
    ends = {
        word.strip("#.-") for word in (words[-1], words[0]) if len(word) > 1 and not word.isdigit()
    }
    ends.update(words[-2:-1] if words[-1].isdigit() or len(words[-1]) == 1 else ())
    kind = next((k for k, heads in _HEADS.items() if any(re.fullmatch(heads, w) for w in ends)), "")
    return Label(kind, sentence[match.end() :].strip(" ."), match.end()) if kind else None


def apart(line: str) -> str:
    """A line in which each label begins a sentence of its own; so does what `;` parts from them."""
    if line.count(";") > 1 and re.search(rf";\s*(?i:{_KEYS})\s*:", line):
        line = re.sub(r"\s*;\s*", ". ", line)
    return _APART.sub(
        lambda match: " " if match[0].isspace() and _ended(line, match) else ". ", line
    )


def names_copy(words: str) -> bool:
    """Whether one of some words stands for words on the screen: `subtle text every few seconds`."""
    return any(re.fullmatch(_HEADS["copy"], word) for word in re.findall(r"\w+", words.casefold()))


def each_quote(sentence: str) -> list[str]:
    """A sentence for each of several quotations that one label names: `Supers: "Fast", "Free"`."""
    quotes = _QUOTES.findall(sentence)
    label = label_of(sentence.strip()) if len(quotes) > 1 else None
    if label is None or label.kind != "copy" or _QUOTES.sub("", label.value).strip(" ,/;|.&+-"):
        return [sentence]
    return [f"{sentence.strip()[: label.start].strip()} {quote}." for quote in quotes]


def _ended(line: str, match: re.Match[str]) -> bool:
    return line[: match.start()].rstrip()[-1:] in ".!?:"
