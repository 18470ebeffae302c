"""Treatments: what a style's words mean for light, colour, texture and grain; and the look of one
scene.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lotus.providers.animatic.board import Board, fold, random_for, tokens
from lotus.providers.animatic.light import AUTUMN
from lotus.providers.animatic.palette import (
    Colour,
    from_hex,
    lightness,
    mix,
    rotate,
    saturation,
    tone,
)

__all__ = ["TREATMENTS", "BoardLook", "Treatment", "look_of", "treatment_of"]


@dataclass(frozen=True)
class Treatment:
    """How a style draws: `key` dark, mid or light; strengths around 0..1, `grain` in
    luma levels.
    """

    key: str
    chroma: float
    duotone: float
    grain: int
    vignette: float
    sky: str  # which backdrop: glow, wash, plain, grid, rays, bokeh
    glow: float = 0.0
    rim: float = 0.25
    shadow: float = 0.4
    paper: float = 0.0
    palettes: tuple[tuple[str, ...], ...] = ()


TREATMENTS: dict[str, Treatment] = {
    "cinematic": Treatment(
        "dark",
        0.95,
        0.42,
        3,
        0.42,
        "glow",
        glow=0.35,
        rim=0.5,
        palettes=(
            ("#0f4c5c", "#e36414", "#fb8b24"),
            ("#1b3a4b", "#d9a441", "#c8553d"),
            ("#22223b", "#e07a5f", "#f2cc8f"),
        ),
    ),
    "watercolor": Treatment(
        "light",
        0.85,
        0.30,
        0,
        0.10,
        "wash",
        rim=0.0,
        shadow=0.16,
        paper=1.0,
        palettes=(
            ("#7fb7be", "#e8a87c", "#d3649f"),
            ("#8ab17d", "#e9c46a", "#e76f51"),
            ("#6d9dc5", "#f2b5a7", "#80ced7"),
        ),
    ),
    "documentary": Treatment(
        "mid",
        0.60,
        0.34,
        3,
        0.30,
        "glow",
        rim=0.25,
        palettes=(
            ("#6b705c", "#cb997e", "#ddbea9"),
            ("#577590", "#c9ada7", "#e9c46a"),
            ("#588157", "#dda15e", "#a3b18a"),
        ),
    ),
    "synthwave": Treatment(
        "dark",
        1.45,
        0.45,
        2,
        0.30,
        "grid",
        glow=1.0,
        rim=0.8,
        shadow=0.2,
        palettes=(
            ("#5a189a", "#ff2e88", "#00e5ff"),
            ("#3a0ca3", "#f72585", "#4cc9f0"),
            ("#240046", "#ff6d00", "#e0aaff"),
        ),
    ),
    "minimal": Treatment(
        "light",
        0.95,
        0.16,
        0,
        0.0,
        "plain",
        rim=0.0,
        shadow=0.28,
        palettes=(
            ("#2a9d8f", "#f4a261", "#264653"),
            ("#3d5a80", "#ee6c4d", "#98c1d9"),
            ("#ef476f", "#ffd166", "#118ab2"),
        ),
    ),
    "retro": Treatment(
        "mid",
        0.95,
        0.40,
        3,
        0.22,
        "rays",
        rim=0.1,
        shadow=0.5,
        paper=0.5,
        palettes=(
            ("#d1603d", "#ddb967", "#2f6690"),
            ("#bc4749", "#f2e8cf", "#386641"),
            ("#e09f3e", "#9e2a2b", "#335c67"),
        ),
    ),
    "luxury": Treatment(
        "dark",
        0.70,
        0.48,
        2,
        0.42,
        "bokeh",
        glow=0.45,
        rim=0.7,
        palettes=(
            ("#3c2a4d", "#d4af37", "#b76e79"),
            ("#1f2a38", "#c9a227", "#e5d9c3"),
            ("#3b1c32", "#e0a96d", "#6a1e55"),
        ),
    ),
    "noir": Treatment(
        "dark",
        0.10,
        0.85,
        5,
        0.55,
        "glow",
        glow=0.3,
        rim=0.7,
        palettes=(("#3a3f47", "#c8ccd2"), ("#40382f", "#d8cfc0")),
    ),
    "vivid": Treatment(
        "mid",
        1.15,
        0.24,
        2,
        0.18,
        "glow",
        rim=0.3,
        palettes=(
            ("#3a86ff", "#ffbe0b", "#ff006e"),
            ("#06d6a0", "#ffd166", "#ef476f"),
            ("#8338ec", "#ff9f1c", "#2ec4b6"),
        ),
    ),
}

STYLE_WORDS: dict[str, str] = {
    "cinematic": "cinematic film filmic movie dramatic epic moody thriller anamorphic blockbuster "
    "trailer",
    "watercolor": "watercolor watercolour aquarelle aquarell acuarela painterly painting painted "
    "gouache "
    "illustration storybook handdrawn sketch pastel ghibli soft dreamy",
    "documentary": "documentary natural realistic authentic reportage handheld candid honest photo "
    "photorealistic lifestyle dokumentation documental organic",
    "synthwave": "synthwave neon cyberpunk vaporwave retrowave eighties futuristic scifi glitch "
    "club electro",
    "minimal": "minimal minimalist minimalistic clean flat simple modern corporate scandinavian "
    "vector tech",
    "retro": "retro vintage poster seventies sixties screenprint letterpress risograph nostalgic "
    "comic pop",
    "luxury": "luxury luxurious elegant premium glamour glamorous noble editorial fashion gold "
    "refined",
    "noir": "noir monochrome bw grayscale greyscale blackandwhite",
    "vivid": "vivid bright playful bold colorful colourful fun energetic happy fresh cheerful kids",
}
STYLE_OF = {word: name for name, words in STYLE_WORDS.items() for word in words.split()}

# Lightness of: top of the sky, its foot, far, middle and near shapes, the light itself, and the
# accent.
KEYS = {
    "dark": (0.19, 0.40, 0.31, 0.23, 0.15, 0.84, 0.72),
    "mid": (0.55, 0.80, 0.62, 0.47, 0.33, 0.94, 0.72),
    "light": (0.93, 0.965, 0.86, 0.77, 0.64, 0.99, 0.68),
}
WARM = (1.0, 0.62, 0.28)


@dataclass(frozen=True)
class BoardLook:
    """The colours of one scene, from its sky to its nearest shapes."""

    treatment: Treatment
    top: Colour
    low: Colour
    far: Colour
    middle: Colour
    near: Colour
    glow: Colour
    accent: Colour


def treatment_of(board: Board) -> Treatment:
    """The treatment that the style's words name; unknown words choose one, always the same."""
    styles = [STYLE_OF[word] for word in tokens(fold(board.style[:400])) if word in STYLE_OF]
    if styles:
        return TREATMENTS[styles[0]]
    if not board.style.strip():
        return TREATMENTS["vivid"]
    names = sorted(set(TREATMENTS) - {"noir", "synthwave"})
    return TREATMENTS[names[int(random_for("style", board.style).integers(len(names)))]]


def brand_colours(board: Board, treatment: Treatment) -> list[Colour]:
    """At least three colours: the brand's, completed from its strongest; else the
    treatment's own.
    """
    hexes = board.palette
    if not hexes and board.light == "autumn":
        hexes = AUTUMN
    if not hexes:
        hexes = treatment.palettes[
            int(random_for("palette", board.seed).integers(len(treatment.palettes)))
        ]
    colours = [from_hex(text) for text in hexes[:5]]
    strongest = max(colours, key=saturation)
    for degrees in (-38.0, 150.0):
        if len(colours) < 3:
            colours.append(
                rotate(tone(strongest, min(0.75, max(0.5, lightness(strongest)))), degrees)
            )
    return colours


def brightened(treatment: Treatment) -> Treatment:
    """A treatment by day: one step lighter, with less of a vignette."""
    if treatment.key == "light":
        return treatment
    key = "mid" if treatment.key == "dark" else "light"
    vignette = treatment.vignette * 0.4
    return replace(treatment, key=key, vignette=vignette, chroma=treatment.chroma * 1.1)


def look_of(board: Board, night: bool, warm: bool) -> BoardLook:
    """The scene's colours; scenes of one storyboard share the palette and take turns in
    what leads.
    """
    treatment = treatment_of(board)
    if board.light == "bright":
        treatment = brightened(treatment)
    if night and treatment.key == "mid":
        treatment = replace(treatment, key="dark", glow=max(0.3, treatment.glow))
    colours = brand_colours(board, treatment)
    vivid = sorted(colours, key=saturation, reverse=True)
    lead = colours[board.index % len(colours)]
    second = colours[(board.index + 1) % len(colours)]
    accent = next((c for c in vivid if c not in (lead,)), vivid[0])
    if saturation(lead) < 0.03 and treatment.chroma > 0.3:
        lead = mix(lead, vivid[0], 0.35)
    deep = min(colours, key=lightness) if treatment.key == "dark" else lead
    top, low, far, middle, near, glow, bright = KEYS[treatment.key]
    chroma = treatment.chroma
    light = tone(mix(second, WARM, 0.75 if warm else 0.45), glow, chroma)
    foot = mix(tone(mix(lead, second, 0.30), low, chroma), light, 0.40 if warm else 0.12)
    return BoardLook(
        treatment,
        tone(mix(deep, lead, 0.25), top, chroma * 0.95),
        foot,
        tone(mix(lead, second, 0.2), far, chroma),
        tone(lead, middle, chroma),
        tone(mix(deep, lead, 0.4), near, chroma * 0.9),
        light,
        tone(accent, bright, chroma * 1.1),
    )
