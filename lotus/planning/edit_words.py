"""The words of edits, in six languages. Data, and how words are found in a clause. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = [
    "CLOSE_QUOTED",
    "LAST",
    "NUMBERS",
    "ORDINALS",
    "SCENE",
    "WORDS",
    "has",
    "is_whole",
    "kinds_of",
    "plain",
    "strangers",
    "words_of",
]

# quoted words; a single quote counts where it does not stand within a word
CLOSE_QUOTED = re.compile(
    r"[\"“„«](?P<double>[^\"”“»]*)[\"”“»]|(?<!\w)['‘‚](?P<single>[^'’]*(?:['’]\w[^'’]*)*)['’](?!\w)"
)
SCENE = r"(?:scene|shot|clip|szene|einstellung|scène|plan|escena|toma|cena|scena|line)"
LAST = r"last|final|closing|letzte[nrs]?|dernière|dernier|última|último|ultima|ultimo"


def _from_one(*lines: str) -> dict[str, int]:
    """The words of each line, and the line's number, counted from 1."""
    return {word: number for number, line in enumerate(lines, 1) for word in line.split()}


NUMBERS: Mapping[str, int] = _from_one(
    "one a an ein eine eins einer un une una uno um uma",
    "two zwei deux dos dois duas due",
    "three drei trois tres três tre",
    "four vier quatre cuatro quatro quattro",
    "five fünf cinq cinco cinque",
    "six sechs seis sei",
    "seven sieben sept siete sete sette",
    "eight acht huit ocho oito otto",
    "nine neun neuf nueve nove",
    "ten zehn dix diez dez dieci",
)
ORDINALS: Mapping[str, int] = _from_one(
    "first opening 1st erste ersten erster première premier primera primeira prima primo",
    "second 2nd zweite zweiten zweiter deuxième segunda seconda secondo segundo",
    "third 3rd dritte dritten dritter troisième tercera terceira terza terzo",
    "fourth 4th vierte vierten quatrième cuarta quarta quarto",
    "fifth 5th fünfte fünften cinquième quinta quinto",
    "sixth 6th sechste sechsten sixième sexta sesta",
    "seventh 7th siebte siebten septième séptima sétima settima",
    "eighth 8th achte achten huitième octava oitava ottava",
    "ninth 9th neunte neunten neuvième novena nona",
    "tenth 10th zehnte zehnten dixième décima decima",
)
WORDS: Mapping[str, str] = {
    "shorter": "shorter shorten quicker faster trim tighten speed kürzer kürze kürzen schneller "
    "raccourcis raccourcir raccourcissez courte court rapide accélère acorta corto corta rápido "
    "rápida acelera encurta encurte curta curto accorcia corto breve veloce accelera",
    "longer": "longer lengthen extend slower slow länger verlängere langsamer longue rallonge "
    "ralentis lent lente lento largo larga alarga lenta mais_longa longa longo alonga allunga "
    "lunga lungo rallenta",
    "much": "too zu trop demasiado demasiada demais muito troppo",
    "is_long": "long lang longue larga longa lunga slow langsam lente lenta",
    "is_short": "short kurz courte corta curta fast schnell rapide rápida",
    "mild": "bit slightly little etwas bisschen peu poco pouco po tad",
    "more": "more mehr additional extra weitere",
    "absolute": "to auf à para a",
    "remove": "remove delete drop cut lose weg raus rausnehmen entferne lösche streiche supprime "
    "supprimez enlève retire quita elimina borra tira tire remove remova togli rimuovi elimina",
    "without": "no without ohne sans sin sem senza",
    "swap": "swap switch exchange tausche tausch vertausche échange échangez inverse intercambia "
    "cambia troca troque inverti scambia",
    "reverse": "reverse",
    "merge": "merge combine join vereine fusionne fusionnez une junta unisci",
    "duplicate": "duplicate repeat copy dupliziere wiederhole duplique répète repite duplica "
    "repete repita ripeti",
    "move": "move put bring verschiebe setze stelle mets mettez déplace pon mueve põe coloca move "
    "metti sposta",
    "add": "add append hinzu füge ajoute añade agrega adiciona aggiungi",
    "start": "start front beginning top first anfang début début principio início começo inizio",
    "end": "end last ende fin final fim fine",
    "captions": "caption captions text texts title titles line words subtitle subtitles untertitel "
    "schrift text légende légendes texte sous titres texto textos subtítulo subtítulos legenda "
    "legendas testo testi sottotitoli",
    "says": "read reads say says saying stehen steht lauten diga dice dise dire diz dica",
    "change": "change replace ändere ersetze change changez remplace cambia reemplaza troca troque "
    "substitui sostituisci",
    "music": "music soundtrack bed musik musique música musica",
    "calm": "calm calmer soft softer ruhig ruhiger ruhigere calme calmes tranquila tranquilo calma",
    "bright": "bright brighter happy happier upbeat cheerful fröhlich fröhlicher joyeuse alegre "
    "allegra",
    "driving": "driving energetic energetischer énergique enérgica energica",
    "mute": "mute",
    "square": "square quadratisch quadrat carré cuadrado quadrado quadrato 1:1",
    "tall": "vertical portrait tall upright hochformat hochkant verticale 9:16",
    "wide": "horizontal landscape wide widescreen querformat paysage panorámico orizzontale 16:9",
    "format": "format version shape formato",
    "dissolve": "crossfade crossfades dissolve dissolves überblendung überblendungen fondu "
    "enchaîné disolvencia dissolvenza",
    "cuts": "cuts schnitte cortes tagli coupes",
    "hard": "hard straight harte hart secos netti franches only nur",
    "transitions": "transition transitions between zwischen entre tra übergang übergänge",
    "except": "except außer ausser sauf excepto exceto tranne",
    "protect": "touch change leave keep alone lass anfassen unverändert",
    "negation": "don't dont do not never nicht ne pas não non",
    "rest": "everything else rest others other andere anderen übrigen reste resto outras altre",
    "every": "every each all alle jede jeder toutes tous todas todos tutte tutti",
    "whole": "whole ensemble video film ad everything entire ganze alles tout toute todo toda tudo "
    "tutto vídeo vidéo",
    "middle": "middle mittleren milieu medio meio mezzo order",
    "logo": "logo card",
    "warm": "warmer wärmer chaud",
    "cool": "cooler colder kühler kälter",
    "light": "brighter lighter heller clair",
    "dark": "darker moodier dunkler sombre",
    "night": "night nacht",
    "feed": "feed instagram reels reel tiktok youtube shorts stories story facebook linkedin",
    "time": "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo "
    "secondi long last lasts lang dauern dauert durer dure dura durar durare becomes",
}
_STOP = """
a an the it its this that these those is are was be to of in on at for with and or but then so
please can could you we i me my our us get give make makes made let have has should would want
need one ones just also only down up out by from now use take as back off into every place places
position number scene scenes shot shots clip clips der die das den dem des ein eine einen einer
bitte mal noch soll sollen und im in am an auf mit um zu für dafür dann aber es mach mache machen
nimm szene szenen einstellung le la les l d du de des un une en et à au aux s il te plaît plus
moins passe rends fais scène scènes el los las del al a por con y más favor haz hazlo que escena
escenas o os as um uma da do das dos na no nas nos em e mais deixa para cena cenas il lo i gli di
dal dalla dallo della dello nella nel ed più deve scena per uno plan toma
"""
_CAMERA = """
zoom zooms zooming pan pans panning tilt tilts orbit orbits circle handheld shaky static still
camera push pull closer left right move moves movement
"""
_KNOWN = frozenset(
    word
    for text in (*WORDS.values(), _STOP, _CAMERA, *ORDINALS, *NUMBERS, LAST.replace("|", " "))
    for word in text.replace("_", " ").split()
) | {"letzte", "letzten", "letzter", "letztes", "night", "by"}
_TOKEN = re.compile(r"\d+:\d+|\d+(?:\.\d+)?|[^\W\d_]+(?:n't)?", re.UNICODE)


def plain(clause: str) -> str:
    """A clause without what it quotes."""
    return CLOSE_QUOTED.sub(" ", clause)


def words_of(clause: str) -> list[str]:
    """The words of a clause, folded, without what it quotes."""
    text = plain(clause).casefold().replace("’", "'").replace("don't", "dont")
    return _TOKEN.findall(text)


def has(clause: str, *kinds: str) -> bool:
    """Whether a clause has a word of each of these kinds."""
    there = set(words_of(clause))
    return all(there.intersection(WORDS[kind].split()) for kind in kinds)


def kinds_of(word: str, kinds: Iterable[str]) -> set[str]:
    """Those of these kinds that a folded word is one of."""
    return {kind for kind in kinds if word in WORDS[kind].split()}


def is_whole(clause: str) -> bool:
    """Whether a clause speaks of the whole video rather than of its scenes one by one."""
    return has(clause, "whole") and not has(clause, "every")


def strangers(clause: str) -> list[str]:
    """The words of a clause that no rule knows: it wants more than the grammar can do."""
    return [w for w in words_of(clause) if w not in _KNOWN and not w[0].isdigit()]
