"""The look that all scenes share, in words that a model of pictures understands."""

from __future__ import annotations

import colorsys
import difflib
import re
from collections.abc import Sequence

from lotus.documents.brief import Brief
from lotus.documents.scene import Look
from lotus.planning.copywriting import OFFER, copy_line
from lotus.planning.ideas import NOTHING, join, read
from lotus.planning.mood import mood_of
from lotus.planning.negatives import excluded, picture_words
from lotus.planning.scripts import cut, sentence_case

__all__ = ["STYLES", "colour_name", "known_style", "make_look", "misspelt_style", "style_words"]

STYLES = {  # what people mean by a word; any other style is said as it is
    "cinematic": "Cinematic film look, natural light, shallow depth of field",
    "documentary": "Documentary footage, available light, true colours",
    "photorealistic": "Photorealistic, natural light, fine detail",
    "watercolor": "Watercolour painting, soft washes, paper grain",
    "anime": "Anime, clean line art, painted backgrounds",
    "noir": "Film noir, hard light, deep shadows",
    "minimal": "Minimal studio shot, plain background, soft light",
    "retro": "Retro film stock, faded colours, fine grain",
}
_SPELLINGS = {
    "watercolour": "watercolor",
    "water color": "watercolor",
    "water colour": "watercolor",
    "aquarelle": "watercolor",
    "film noir": "noir",
    "photo realistic": "photorealistic",
    "photoreal": "photorealistic",
    "minimalist": "minimal",
    "minimalistic": "minimal",
}
_SETTING_CHARS = 160
_HUES = (  # where each begins, in degrees
    (0, "red"),
    (14, "orange"),
    (42, "yellow"),
    (70, "green"),
    (165, "teal"),
    (190, "blue"),
    (255, "violet"),
    (290, "magenta"),
    (335, "red"),
)


def make_look(brief: Brief) -> Look:
    """The brief's style, its brand's colours, its reference picture, and the words for
    all of it.
    """
    palette = brief.brand.colors if brief.brand else ()
    setting = _setting(brief)
    words = style_words(brief.style, palette)
    return Look(
        style=brief.style,
        palette=palette,
        seed=brief.seed,
        words=f"{words}. Setting: {setting}" if is_setting(setting) else words,
        subject=_subject(brief) or setting,
        reference=brief.reference,
        avoid=_avoided(brief),
        mood=mood_of(brief),
        reads=4,
        captions_below=True,
    )


def _avoided(brief: Brief) -> tuple[str, ...]:
    """What the prompt and the user's scenes want to be left out."""
    texts = (brief.prompt, *(scene.description for scene in brief.scenes))
    return tuple(dict.fromkeys(words for text in texts for words in excluded(text)))


def _setting(brief: Brief) -> str:
    """The first sentence of pictures: a scene that is told alone still plays where the others do.

    Nothing that sells, asks or may instruct, if there is any other.
    """
    ideas = read(brief.prompt).ideas
    told: list[tuple[bool, str]] = []
    for sentence in dict.fromkeys(idea.sentence for idea in ideas):
        group = tuple(idea for idea in ideas if idea.sentence == sentence)
        words = picture_words(join(group))
        if words:
            plain = not any(idea.unsure or idea.asks or copy_line(idea) for idea in group)
            told.append((plain, cut(sentence_case(words), _SETTING_CHARS)))
    texts = [text for plain, text in told if plain] or [text for _, text in told]
    return next(filter(is_setting, texts), texts[0] if texts else NOTHING)


def _subject(brief: Brief) -> str:
    """What the video is about: its first sentence that neither asks, offers nor may instruct."""
    ideas = read(brief.prompt).ideas
    for sentence in dict.fromkeys(idea.sentence for idea in ideas):
        group = tuple(idea for idea in ideas if idea.sentence == sentence)
        lines = [line for idea in group if (line := copy_line(idea)) is not None]
        words = picture_words(join(group))
        sells = any(line.rank >= OFFER for line in lines)
        if words and not sells and not any(idea.unsure or idea.asks for idea in group):
            return cut(sentence_case(words), _SETTING_CHARS)
    return ""


# A place, a time of day or of the year, weather or light.
_SETTING = re.compile(
    r"\b(?:in|at|on|inside|under|beneath|near|beside|by|along|across|through|above|over|behind|between)\s+"
    r"(?:an?|the|his|her|their|our|old|empty|[a-z]+)\b|"
    r"\b(?:dawn|dusk|sunrise|sunset|morning|noon|evening|night|midnight|spring|summer|autumn|winter|rain|"
    r"snow|fog|mist|storm|sun|light|street|room|kitchen|beach|forest|city|town|village|field|mountains?|"
    r"desert|sea|ocean|lake|river|garden|house|cabin|studio|workshop|office|school|caf[eé])\b|"
    r"\b(?:im|in|am|an|auf|bei|unter|vor|über|dans|sur|sous|chez|à|au|en|bajo|al|sobre|junto|no|na|nos|nas|"
    r"sob|nel|nella|sul|sulla|sotto|op|bij|aan|w|na|nad|pod|в|на|под|у)\s+\w|[^\u0000-\u024f\u0400-\u04ff]",
    re.IGNORECASE,
)


def is_setting(text: str) -> bool:
    """Whether words say where or when something plays, or in which light."""
    return text != NOTHING and _SETTING.search(text) is not None


def style_words(style: str, palette: Sequence[str]) -> str:
    """What the prompt of every scene begins with: `Cinematic film look, ..., deep blue and orange
    tones`.
    """
    name = style.strip()
    words = STYLES.get(known_style(name), f"{name} style" if name else "")
    names = list(dict.fromkeys(colour_name(colour) for colour in palette))
    tones = (
        f"{' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))} tones" if names else ""
    )
    return ", ".join(filter(None, (words, tones))) or "Natural look"


def known_style(style: str) -> str:
    """The style as lotus spells it: `Watercolour` is `watercolor`."""
    name = style.strip().casefold().replace("-", " ")
    return _SPELLINGS.get(name, name)


def misspelt_style(style: str) -> str | None:
    """The style that was probably meant by a word that is nearly one; any other word is a style."""
    name = known_style(style)
    if name in STYLES or not name.isalpha():
        return None
    near = difflib.get_close_matches(name, STYLES, n=1, cutoff=0.82)
    return near[0] if near else None


def colour_name(colour: str) -> str:
    """A #rrggbb colour as people say it: `deep blue`, `off-white`."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    if light < 0.08 or light > 0.92:
        return "black" if light < 0.08 else "off-white"
    depth = "deep " if light < 0.3 else "pale " if light > 0.75 else ""
    if saturation < 0.12:
        return f"{depth}grey"
    name = next(name for start, name in reversed(_HUES) if hue * 360 >= start)
    return f"{depth}brown" if name == "orange" and light < 0.4 else depth + name
