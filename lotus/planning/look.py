"""The look that all scenes share, in words that a model of pictures understands."""

from __future__ import annotations

import colorsys
import difflib
from collections.abc import Sequence

from lotus.documents.brief import Brief
from lotus.documents.scene import Look
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
    return Look(
        style=brief.style,
        palette=palette,
        seed=brief.seed,
        words=f"{style_words(brief.style, palette)}. Setting: {setting}",
        subject=setting,
        reference=brief.reference,
        avoid=_avoided(brief),
        mood=mood_of(brief),
        reads=3,
        captions_below=True,
    )


def _avoided(brief: Brief) -> tuple[str, ...]:
    """What the prompt and the user's scenes want to be left out."""
    texts = (brief.prompt, *(scene.description for scene in brief.scenes))
    return tuple(dict.fromkeys(words for text in texts for words in excluded(text)))


def _setting(brief: Brief) -> str:
    """The prompt's first sentence: a scene that is told alone still plays where the others do."""
    ideas = read(brief.prompt).ideas
    for sentence in dict.fromkeys(idea.sentence for idea in ideas):
        words = picture_words(join(tuple(idea for idea in ideas if idea.sentence == sentence)))
        if words:
            return cut(sentence_case(words), _SETTING_CHARS)
    return NOTHING


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
