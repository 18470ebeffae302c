"""The mood of a brief: how it is cut, how the camera moves, which bed plays. Pure.

A brief whose words have no mood is told in one of several calm ways, by its words. Data: a mood is
an entry, a language more words in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lotus.documents.brief import Brief, Camera

__all__ = ["MOODS", "Choreography", "Mood", "choreography_of", "mood_of"]

Mood = Literal["", "energetic", "playful", "elegant", "tender", "tense"]


@dataclass(frozen=True)
class Choreography:
    """Moves of the camera, kinds and lengths of transitions, how many of three cuts are hard, and
    how much lengths of scenes vary.
    """

    moves: tuple[Camera, ...]
    transitions: tuple[str, ...]
    seconds: tuple[float, ...]
    hard_cuts: int
    variation: tuple[float, ...]
    bed: str | None = None


MOODS: Mapping[Mood, Choreography] = {
    "energetic": Choreography(
        ("handheld", "pan_right", "zoom_in", "pan_left", "tilt_up", "orbit"),
        ("slide", "wipe"),
        (0.25, 0.3),
        2,
        (0.75, 1.0, 1.25),
        "driving",
    ),
    "playful": Choreography(
        ("pan_right", "tilt_up", "zoom_in", "pan_left", "orbit", "tilt_down"),
        ("slide", "wipe", "dissolve"),
        (0.35, 0.4),
        1,
        (0.85, 1.0, 1.15),
        "bright",
    ),
    "elegant": Choreography(
        ("orbit", "zoom_in", "tilt_up", "zoom_out", "pan_right"),
        ("fade", "dissolve"),
        (0.5, 0.6),
        0,
        (0.95, 1.0, 1.1),
    ),
    "tender": Choreography(
        ("zoom_in", "pan_left", "zoom_out", "tilt_down", "pan_right"),
        ("dissolve",),
        (0.5, 0.6),
        0,
        (0.95, 1.0, 1.08),
    ),
    "tense": Choreography(
        ("handheld", "zoom_in", "tilt_down", "pan_left", "zoom_out"),
        ("fade", "dissolve"),
        (0.3, 0.5),
        1,
        (0.8, 1.0, 1.3),
    ),
}
_WORDS: Mapping[Mood, str] = {
    "energetic": (
        r"fast\w*|speed\w*|rac(?:e|es|ing)|sprint\w*|jump\w*|gym|workout|sweat|sale|party|"
        r"festival|energetic|skate\w*|"
        r"adrenaline|punch\w*|marathon|drums?|techno|rush\w*|football|match point|weights|"
        r"schnell\w*|rennen|springt|energiegeladen|rasant\w*|rapide|vitesse|course|rápid\w*|"
        r"carrera|veloc\w*|corsa|"
        r"быстр\w*|гонк\w*|энерги\w*"
    ),
    "playful": (
        r"playful\w*|fun|funny|laugh\w*|kids|children|toys?|balloons?|puppy|puppies|pupp\w+|"
        r"ice\scream|colou?rful|cheerful|"
        r"bright colou?rs|circus|tickle\w*|dogs?|silly|giggle\w*|candy|"
        r"kinder|lachen|lacht|spielen|spielzeug|bunt\w*|fröhlich\w*|enfants|joue\w*|rire\w*|"
        r"jouets?|niñ[oa]s|jug\w+|risas?|"
        r"crianças|brinc\w+|bambini|gioc\w+|дети|игруш\w*|весел\w*|весёл\w*|孩子|子供"
    ),
    "elegant": (
        r"perfume|silk|velvet|gold(?:en)?|jewel\w*|diamonds?|elegan\w+|luxur\w+|champagne|couture|"
        r"gallery|marble|pearls?|"
        r"orchestra|opera|haute|watchmak\w+|crystal|moonlit|jasmine|"
        r"parfum|seide|samt|edel|luxus|soie|velours|bijou\w*|élégan\w*|seda|terciopelo|elegante|"
        r"joyas?|seta|velluto|"
        r"шелк|шёлк|духи|элегант\w*"
    ),
    "tender": (
        r"grandmother|grandfather|granddaughter|grandson|mother|father|baby|babies|newborn|"
        r"lullab\w+|love|memor\w+|tender\w*|"
        r"hospice|wedding|goodbye|together again|hold hands|"
        r"großmutter|oma|opa|mutter|liebe|erinnerung\w*|grand-mère|amour|souvenir\w*|abuel[oa]|"
        r"madre|amor|recuerdos?|"
        r"avó|mãe|nonna|ricord\w+|бабушк\w*|мама|любов\w*"
    ),
    "tense": (
        r"storm\w*|danger\w*|dirty\swater|falls\sill|war|flood\w*|drought|hunger|fear\w*|lost|"
        r"alone|emergency|fire\salarm|"
        r"ambulance|wreck\w*|burning|crisis|homeless|"
        r"sturm|gefahr|hunger|angst|krieg|tempête|danger|guerre|peur|tormenta|peligro|guerra|"
        r"miedo|tempesta|pericolo|"
        r"буря|опасн\w*|война|страх\w*"
    ),
}
_PATTERNS = {
    mood: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for mood, words in _WORDS.items()
}
_LEAST = 2  # words of a mood that make it one
_STRONG: Mapping[Mood, str] = {  # words that make it one alone
    "energetic": r"gym|fitnessstudio|festival|marathon|techno|boxing",
    "playful": r"circus|toys?|playground|spielplatz|kindergarten|puppy|puppies",
    "elegant": r"perfume|parfum|profumo|opera|jewel\w*|couture|diamonds?|schmuck|bijou\w*",
    "tender": r"weddings?|hochzeit\w*|newborn|mariage|boda|matrimonio|hospice",
    "tense": r"homeless|hunger|war|crisis|drought|obdachlos\w*|sleep on our streets",
}
_STRONG_PATTERNS = {
    mood: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for mood, words in _STRONG.items()
}
# How briefs without a mood are told: one by the words of the prompt.
CALM: tuple[Choreography, ...] = (
    Choreography(
        ("zoom_out", "tilt_up", "zoom_in", "pan_right"),
        ("dissolve",),
        (0.4, 0.5),
        1,
        (0.9, 1.0, 1.12),
    ),
    Choreography(
        ("pan_right", "zoom_in", "pan_left", "orbit"),
        ("slide", "dissolve"),
        (0.35, 0.45),
        1,
        (0.9, 1.0, 1.1),
    ),
    Choreography(
        ("tilt_down", "pan_left", "zoom_out", "zoom_in", "tilt_up"),
        ("fade", "dissolve"),
        (0.4, 0.6),
        0,
        (0.95, 1.0, 1.15),
    ),
    Choreography(
        ("zoom_in", "orbit", "pan_right", "tilt_up", "zoom_out"),
        ("wipe", "dissolve"),
        (0.35, 0.4),
        1,
        (0.85, 1.0, 1.15),
    ),
    Choreography(
        ("orbit", "pan_left", "tilt_up", "zoom_in"),
        ("dissolve", "fade"),
        (0.5, 0.6),
        1,
        (0.9, 1.0, 1.2),
    ),
)


def mood_of(brief: Brief) -> Mood:
    """The mood that most words of the prompt have, if there are two of it at least, or a strong
    one.
    """
    counts = {
        mood: len({match[0].casefold() for match in pattern.finditer(brief.prompt)})
        + _LEAST * bool(_STRONG_PATTERNS[mood].search(brief.prompt))
        for mood, pattern in _PATTERNS.items()
    }
    best = max(counts, key=lambda mood: counts[mood])
    return best if counts[best] >= _LEAST else ""


def choreography_of(brief: Brief) -> tuple[Choreography | None, str]:
    """How a brief is told, None for a music video; and what its choices are seeded by."""
    if brief.kind != "ad":
        return None, ""
    mood = mood_of(brief)
    digest = hashlib.sha256(brief.prompt.encode("utf-8", "backslashreplace")).digest()
    choreography = MOODS[mood] if mood else CALM[digest[0] % len(CALM)]
    return choreography, f"{mood}/{brief.prompt}"
