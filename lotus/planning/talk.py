"""Talk about the film, told by its words: a piece is talk if it names the film, its form, its look
or its sound, and holds nothing else. `half a minute`, `moody, in 4k`, `a short film`. Pure.

Data: a language is some words in each table. A strong word makes a piece talk; a weak one may stand
beside it; any other word is something to be seen or said, and keeps the whole piece.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["ABOUT", "PIECE", "film_request_end", "is_look", "is_talk", "names_film"]

# Lengths, shapes, resolutions: never anything to be seen.
_UNITS = (
    r"seconds?|secs?|s|minutes?|mins?|frames?|fps|sekunden?|sekündig\w*|minuten?|secondes?|"
    r"segundos?|minutos?|"
    r"secondi|minuti|seconden|секунд\w*|минут\w*"
)
_COUNT = (
    r"\d+(?:[.,]\d+)?|half\s+an?|one|two|five|six|eight|ten|twelve|fifteen|twenty|thirty|forty|"
    r"forty-five|sixty|ninety|"
    r"zehn|fünfzehn|zwanzig|dreißig|quinze|vingt|trente|quince|veinte|treinta"
)
_MEASURES = re.compile(
    rf"(?<![\w$€£])(?:{_COUNT})(?:\s*(?:-|–|to|bis|à)\s*\d+)?[\s-]*(?:{_UNITS})(?![\w])|"
    rf"\b\d{{1,2}}\s*[:x]\s*\d{{1,2}}\b(?!\s*(?:am|pm|uhr|h)\b)|"
    r"\b(?:[48]k|uhd|(?:full\s+)?hd|\d{3,4}p|\d{3,4}\s*x\s*\d{3,4})\b|\b(?:tik\s?tok|instagram|"
    r"youtube|facebook|linkedin|"
    r"snapchat|pinterest|whatsapp)\b",
    re.IGNORECASE,
)
# What people ask for.
_FILM_NOUNS = """
    video videos vid vids film movie ad ads advert advertisement commercial spot clip reel reels
    trailer teaser promo explainer preroll pre-roll bumper montage animation tiktok werbevideo
    werbespot werbefilm erklärvideo kurzfilm imagefilm anzeige vidéo publicité pub court-métrage
    vídeo anuncio anúncio cortometraje filmato видео ролик реклама
"""
# Other words for the film, its parts and its form.
_FILM = """
    runtime insta paysage endcard films short shorts b-roll footage intro outro voiceover
    voice-over voice-overs narrator narration soundtrack storyboard screenplay script subtitles
    captions caption overlay overlays typography font fonts watermark watermarks aspect ratio
    format vertical horizontal portrait landscape widescreen square resolution fps hochformat
    querformat hochkant untertitel sprecher clips sous-titres carrée carré verticale cuadrado
    quadrado subtítulos legendas sottotitoli quadrato verticaal титры субтитры формат
"""
_SOUND = """
    talking speaking stimme stimmen locutor locutora voz voces voix voice voices voiceovers
    lautstärke music soundtrack soundtracks song songs audio beat beats sfx sound sounds jingle
    musik musique música musica muziek музыка музыкой музыки
"""
# How it looks and feels: said of all pictures, and kept for the models.
_LOOK = """
    cinematic photorealistic photoreal hyperrealistic realistic slow-motion slow-mo slowmo
    timelapse time-lapse hyperlapse monochrome sepia grayscale greyscale handheld anamorphic
    bokeh stop-motion claymation anime pixar-style lo-fi vhs noir tone vibe vibes aesthetic mood
    style look feel palette lighting grading close-ups close-up wide-angle steadicam dolly
    kinematisch filmisch zeitlupe zeitraffer schwarzweiß schwarz-weiß stil ton stimmung ralenti
    cinématographique ambiance cinematográfico cámara tono estilo moody atmospheric dreamy
"""
_LOOK_PHRASES = re.compile(
    r"\b(?:top[\s-]down(?:\s+(?:camera|view|shot))?|overhead\s+(?:camera|view)|depth\s+of\s+field|"
    r"\d+\s?mm|white\s+space|slow\s+motion|time\s+lapse|black\s+(?:and|&)\s+white|b\s?[&/]\s?w|"
    r"low\s+angle|"
    r"high\s+angle|wide\s+angle|shallow\s+depth\s+of\s+field|"
    r"golden\s+hour\s+light(?:ing)?|film\s+grain|stop\s+motion|(?:tracking|aerial|drone|wide|"
    r"close-up|macro)\s+shots?|en\s+noir\s+et\s+blanc|"
    r"blanco\s+y\s+negro|schwarz\s+und\s+weiß|in\s+farbe)\b",
    re.IGNORECASE,
)
_SCREEN_PHRASES = re.compile(
    r"\b(?:(?:nothing|no\s*thing)\s+else(?:\s+(?:on|in)\s+(?:the\s+)?(?:screen|frame|shot|"
    r"picture))?|on[\s-]screen|text\s+overlays?|voice\s+overs?|"
    r"pre[\s-]rolls?|sound\s+effects?|step[\s-]by[\s-]step|end\s+card|voix[\s-]off|voz\s+en\s+off|"
    r"voce\s+(?:fuori\s+campo|narrante)|short\s+films?|music\s+videos?|motion\s+graphics|"
    r"call\s+to\s+action|colou?r\s+grading|"
    r"(?:the\s+)?(?:text|music|sound|logo|font|captions?|colou?rs?)(?=\s+(?:large|big|small|loud|"
    r"quiet|low|high|bold|readable|visible|subtle|bright|soft))|"
    r"(?:instagram\s+)?stor(?:y|ies)\s+format)\b",
    re.IGNORECASE,
)
# May stand beside a strong word without saying anything to be seen.
_WEAK = """
    chaleureuse chaleureux groß große klein kleine bittersweet trustworthy put together brief
    kurzes fürs zum story stories pls plz i'm hopeful hyperreal humoristique 2d 3d flat hello
    team guys tempo pace paced macro ultra highly detailed grainy nostalgic hyper think
    apple-style lots space idea concept promotional promozionale pubblicitario publicitario
    publicitaire promocional promocionais werblich niente nessuna top-down overhead toned feels
    feeling sharp focus depth field hdr quality best masterpiece trending render rendered octane
    unreal engine raw award-winning stunning beautiful gorgeous a an the one this that it its
    it's is are be been being was i we you me us my our your i'd i'll let's and or but then also
    plus with without in on at for of to from by as like about around roughly approximately
    approx circa ca exactly precisely under over between maximum max min minimum total only just
    no not any some more less than up down please kindly thanks thank can could would will
    should must shall may need needs want wants looking have has make makes making made create
    creating generate produce produces shoot design build write prepare craft do does give keep
    keeps ensure use uses using add adds include show set let run runs long length duration last
    lasts lasting high low full good great nice cool catchy really very quite super shorter
    longer quick fast slow simple clean modern warm cold calm soft gentle quiet loud large big
    small bold bright dark upbeat happy sad serious playful friendly funny humorous humour humor
    emotional inspiring inspirational energetic confident professional corporate cheerful
    relaxed relaxing elegant luxurious luxury premium minimal minimalist minimalistic vintage
    retro dramatic epic mysterious romantic cozy cosy positive optimistic dynamic vivid
    colourful colorful pastel neutral natural stylish hip trendy classic classical acoustic
    electronic ambient instrumental orchestral jazzy jazz techno rock pop hip-hop piano guitar
    ukulele strings synth drums background throughout whole entire all overall version
    style-wise something anything somehow there here audience viewers viewer target campaign
    brand company platform social media feed post silence starts start begins begin ends end
    ending finish opening first second third once dialogue dialog text words lettering logo
    screen colours colors colour color red orange yellow green blue purple violet pink black
    white grey gray gold silver teal turquoise beige brown deep light tracking angle angles
    camera shot shots frame ein eine einen einem einer der die das den dem des und oder mit ohne
    im am auf für von zu zur als etwa rund genau maximal höchstens bitte danke ich wir mir uns
    sie brauche brauchen möchte möchten wollen erstelle erstellen mach mache machen mein meine
    unser unsere kurz kurze kurzer kurzen lang lange länge dauer soll sein kein keine keinen
    ruhig ruhige ruhiger ruhigen fröhlich fröhliche moderne warme leise laut un une le la les du
    de d' l' et ou avec sans pour sur en dans au aux environ s'il vous plaît merci je nous veux
    voudrais faites fais faire crée créer créez notre nos mon ma court courte calme doux douce
    joyeuse joyeux pas el los las una uno unos y o con sin para por al del que dure duración
    quiero queremos necesito haz hacer crea crear mi nuestro nuestra corto corta favor gracias
    tranquila tranquilo alegre suave um uma os com sem na nas da faça crie quero precisamos
    nosso nossa curto curta il lo gli di senza per nel nella della che fai vorrei nostro nostra
    breve het een met zonder voor op van maak graag kort korte rustige
"""
# One of these alone says how the film should be.
_TONES = """
    funny humorous serious energetic playful emotional inspiring dramatic cinematic nostalgic
    upbeat elegant luxurious minimal minimalist professional friendly romantic mysterious epic
    witty ironic
"""
_INSTRUMENTS = re.compile(
    r"\b(?:piano|guitar|ukulele|strings|synths?|drums|violin|cello|orchestra|jazz|techno|hip-?hop|"
    r"klavier|gitarre|guitare)\b",
    re.IGNORECASE,
)
_MUSICAL = re.compile(
    r"\b(?:calm|soft|gentle|quiet|slow|upbeat|happy|energetic|relaxing|relaxed|ambient|acoustic|"
    r"dramatic|epic|melancholic|sad|"
    r"background|instrumental|ruhig\w*|sanft\w*|leise\w*|doux|douce|calme|suave|tranquil\w*)\b",
    re.IGNORECASE,
)
# A video game is no film.
_NO_FILM = re.compile(r"\s*(?:games?|calls?|cameras?|stores?|editors?)\b", re.IGNORECASE)
# Words behind which a request names what the film shows.
ABOUT = re.compile(
    r"[\s,]*\b(?:for|about|of|on|showing|that\s+shows|featuring|where|in\s+which|starring|"
    r"promoting|advertising|introducing|"
    r"explaining|fürs?|über|von|zu|pour|sur|à\s+propos\s+d[eu]|de|para|sobre|per|su|di|voor|over|"
    r"van|для|об?|про)\s+"
    r"(?:(?:my|our|the\s+new|unser\w*|mein\w*|notre|nos|mon|ma|mes|nuestr[oa]s?|mis?|noss[oa]s?|"
    r"nostr[oa]|onze?|mijn|"
    r"наш\w*|мо\w{1,3})\s+)?",
    re.IGNORECASE,
)
_AUDIENCE = re.compile(
    r"\bfor\s+(?:(?:busy|young|older|first-time|new|small)\s+)?(?:seniors|kids|children|students|"
    r"teenagers|teens|parents|beginners|adults|"
    r"professionals|millennials|gamers|commuters|travellers|travelers|everyone|customers|clients|"
    r"developers)\s*(?=[:–—-])",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


_NOUNS = _words(_FILM_NOUNS)
_FILMS = _NOUNS | _words(_FILM)
_SOUNDS = _words(_SOUND)
_LOOKS = _words(_LOOK)
_ALONE = _words(_TONES)
_WORD = re.compile(r"[\w'’&%$€£+]+(?:-[\w'’]+)*")
PIECE = re.compile(r"\([^()]*\)|(?:(?! [-–—] )[^,;|，、()])+")
_TALK = "\ue000"  # stands for a measure or a phrase that is talk
_SPOKEN = re.compile(rf"{_TALK}|{_WORD.pattern}")
_QUOTED = re.compile(r"[\"“”„«»「」]")
_STRONG = _FILMS | _SOUNDS | _LOOKS | {_TALK}
_KNOWN = _STRONG | _words(_WEAK)


def _spoken(piece: str) -> list[str]:
    """The words of a piece in small letters; _TALK for each length, shape and phrase of film."""
    text = piece.replace("’", "'").casefold()
    for pattern in (_SCREEN_PHRASES, _LOOK_PHRASES, _MEASURES):
        text = pattern.sub(f" {_TALK} ", text)
    return _SPOKEN.findall(text)


def is_talk(piece: str, beside: bool = False) -> bool:
    """Whether a piece is about the film and nothing else.

    `beside`: another piece of its sentence is talk, so words that are weak are enough.
    """
    words = _spoken(piece)
    if _QUOTED.search(piece):
        return False
    if len(words) == 1 and words[0] in _ALONE:
        return True
    if not words or not _KNOWN.issuperset(words):
        return False
    music = len(words) <= 3 and _INSTRUMENTS.search(piece) and _MUSICAL.search(piece)
    return beside or not _STRONG.isdisjoint(words) or bool(music)


def names_film(head: str) -> bool:
    """Whether the words before a colon only name the film: `Product video: ...`, `Ad idea: ...`."""
    words = _spoken(head)
    unknown = sum(word not in _KNOWN for word in words)
    return not _FILMS.isdisjoint(words) and len(words) <= 4 and unknown <= 1


def is_look(piece: str) -> bool:
    """Whether a piece that is talk says how the pictures look, which a model should be told."""
    words = set(_spoken(piece))
    looks = words & _LOOKS or _LOOK_PHRASES.search(piece)
    return bool(looks) and not words & (_FILMS | _SOUNDS)


def film_request_end(text: str, asks: bool) -> int:
    """Where the words end that ask for a film, at the start of a sentence; 0 where none do.

    `A friendly 45-second explainer for seniors: `, `YouTube pre-roll (6s) for `. Where the sentence
    `asks` by a verb, some words of its own may describe the film; elsewhere none.
    """
    film = _film_word(text, most_unknown=4 if asks else 0)
    if film == 0:
        return 0
    end = _beside_end(text, film)
    audience = _AUDIENCE.match(text[end:].lstrip(" ,"))
    if audience:
        end = len(text) - len(text[end:].lstrip(" ,")) + audience.end()
    colon = re.match(r"\s*[:–—]\s*", text[end:])
    if colon:
        return end + colon.end()
    about = ABOUT.match(text, end)
    if about:
        return about.end()
    rest = text[end:]
    return end if not rest.strip(" .!?") or re.match(r"\s*[,;.]", rest) else 0


def _film_word(text: str, most_unknown: int) -> int:
    """The end of the first word for the film, with few unknown words before it; else 0."""
    head = text[:160]
    measured = {at for match in _MEASURES.finditer(head) for at in range(*match.span())}
    unknown = 0
    for match in _WORD.finditer(head):
        word = match[0].casefold().replace("’", "'")
        if word in _NOUNS and not _NO_FILM.match(text, match.end()):
            return match.end()
        known = word in _KNOWN or word.endswith("-style") or word.isdigit()
        if known or match.start() in measured:
            continue
        unknown += 1
        if unknown > most_unknown:
            return 0
    return 0


def _beside_end(text: str, start: int) -> int:
    """How far talk goes on behind the word for the film: `in a friendly tone`, `(6s)`."""
    end = start
    for clause in _clauses_from(text, start):
        words = _spoken(clause)
        if not words or not _KNOWN.issuperset(words):
            break
        end += len(clause)
    return end


def _clauses_from(text: str, start: int) -> Sequence[str]:
    """Runs of words behind the film's word, each up to the next preposition, comma or bracket."""
    return re.findall(
        r"\s*\([^()]*\)|\s*,?\s*[^\s,;:.!?()]+(?:\s+(?!(?:for|about|of|on|showing|in|with|für|"
        r"über|von|im|mit|pour|sur|de|en|avec|"
        r"para|sobre|con|per|su|di|voor|over|van)\b)[^\s,;:.!?()]+)*",
        text[start:],
    )
