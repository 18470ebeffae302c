"""The light of a scene: of its words, of the video's subject, else of its mood."""

from __future__ import annotations

import re

from lotus.providers.animatic.board import fold

__all__ = ["AUTUMN", "light_for", "light_of"]

AUTUMN = ("#8a4b2a", "#d9822b", "#c9a227")  # of an autumn without colours of a brand
_LIGHTS = (
    (
        "night",
        r"nights?|midnight|moonlit|moonlight|after\sdark|nachts?|mitternacht|nuits?|minuit|"
        r"noches?|medianoche|noites?|notti?|notte|mezzanotte|nacht|ночь\w*|ночью|"
        r"полноч\w*|gece|noc|nocy",
    ),
    (
        "evening",
        r"evening|dusk|dawn|daybreak|sunrise|candle\w*|twilight|morgengrauen|aube|alba|amanecer|"
        r"рассвет\w*|sunset|abends?|soir|tarde|sera|avond|вечер\w*",
    ),
    (
        "bright",
        r"bright|sunny|sunlit|sunlight|daylight|airy|noon|midday|summer\sday|hell(?:e|er|es)?|"
        r"sonnig\w*|sommer\w*|mittags?|lumineu\w+|ensoleill\w+|midi|luminos[oa]s?|solead[oa]s?|"
        r"ensolarad[oa]|soleggiat[oa]|mezzogiorno|zonnig\w*|светл\w*|солнечн\w*",
    ),
    (
        "autumn",
        r"autumn|fall\sleaves|october|november|herbst\w*|automne|otono|outono|autunno|herfst|"
        r"осен\w*",
    ),
)
_PATTERNS = [(name, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for name, words in _LIGHTS]
_UNSPACED = (
    ("night", re.compile("夜|深夜|ليل|밤")),
    ("bright", re.compile("明るい|明亮|阳光|مشرق|밝은")),
    ("autumn", re.compile("秋|خريف|가을")),
)


# moods whose boards stay dark by themselves; all others play by day
_DARK_MOODS = frozenset({"elegant", "tense"})
# styles that say nothing of the light
_OPEN_STYLES = frozenset({"", "cinematic", "documentary", "photorealistic"})


def light_of(text: str) -> str:
    """`night`, `bright` or `autumn`; empty where the words speak of no light, or of an evening,
    which boards light by themselves.
    """
    light = _light_in(text)
    return "" if light == "evening" else light


def light_for(description: str, subject: str, mood: str, style: str) -> str:
    """The light of a scene: as its own words say, else its video's, else day, unless mood or style
    are dark.
    """
    light = _light_in(description) or _light_in(subject)
    if not light and mood not in _DARK_MOODS and style.casefold() in _OPEN_STYLES:
        return "bright"
    return "" if light == "evening" else light


def _light_in(text: str) -> str:
    folded = fold(text)
    light = next((name for name, pattern in _PATTERNS if pattern.search(folded)), "")
    return light or next((name for name, pattern in _UNSPACED if pattern.search(text)), "")
