"""The pictures of the vocabulary in the README, rendered by lotus itself.

    python -m tests.contact_sheets

Each sheet says in its JPEG comment what it shows, in order; a test compares that with the registry.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageDraw, ImageFont

import lotus
from lotus.composition.captions.styles import STYLES
from lotus.composition.picture.camera import MOVES
from lotus.composition.picture.transitions import CUT, TRANSITIONS
from lotus.composition.text.fonts import default_fonts
from lotus.settings import Settings

FOLDER = Path(lotus.__file__).with_name("docs") / "images"
PAPER = "#ffffff"
INK = "#222222"
SECONDS = 3.0

Strip = tuple[str, list[Image.Image]]  # a name and the frames that show it


def boards(workspace: lotus.Workspace, folder: Path) -> list[Path]:
    """Two clips that lotus drew."""
    scenes = [
        {
            "description": "A coffee roaster opens at dawn in a harbour town",
            "duration_seconds": SECONDS,
        },
        {
            "description": "A cyclist rides through green hills in the sun",
            "duration_seconds": SECONDS,
        },
        {"description": "Friends laugh at a table in the evening", "duration_seconds": SECONDS},
    ]
    brief = {
        "prompt": "A small coffee roaster in a harbour town",
        "duration_seconds": 9,
        "scenes": scenes,
    }
    job = lotus.render(
        lotus.Brief.model_validate({**brief, "music": "none", "seed": 3}), workspace=workspace
    )
    found = []
    for i, scene in enumerate(job.scenes[:2]):
        found.append(folder / f"{i}.mp4")
        key = scene.clip_key
        found[-1].write_bytes(workspace.store.path(f"clips/{key[:2]}/{key}.mp4").read_bytes())
    return found


def frames(
    line: dict[str, Any], numbers: Iterable[int], workspace: lotus.Workspace
) -> list[Image.Image]:
    """Frames of a timeline by number."""
    wanted = list(numbers)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out.mp4"
        lotus.compose(lotus.Timeline.model_validate(line), out, workspace=workspace)
        with av.open(str(out)) as container:
            shown = [
                f.to_image() for i, f in enumerate(container.decode(video=0)) if i in set(wanted)
            ]
    assert len(shown) == len(set(wanted))
    return shown


def transitions(files: Sequence[Path], workspace: lotus.Workspace) -> list[Strip]:
    """Five frames of each transition."""
    kinds = [kind for kind in TRANSITIONS if kind != CUT]
    clips = []
    numbers = []
    overlap = 13
    for i, kind in enumerate(kinds):
        change = {"kind": kind, "duration_seconds": overlap / 24}
        pair = [{"source": str(f), "start_seconds": 1, "duration_seconds": 30 / 24} for f in files]
        clips += [{**pair[0], "transition": change}, pair[1]]
        numbers += [i * (60 - overlap) + 30 - overlap + at for at in (0, 3, 6, 9, 12)]
    line = {"width": 320, "height": 180, "fps": "24", "clips": clips}
    shown = frames(line, numbers, workspace)
    return [(kind, shown[5 * i : 5 * i + 5]) for i, kind in enumerate(kinds)]


def framing(files: Sequence[Path], workspace: lotus.Workspace) -> list[Strip]:
    """How a wide picture fits a tall frame, and the first, middle and last frame of each camera
    move.
    """
    still = files[0].with_name("still.png")
    with av.open(str(files[0])) as container:
        list(container.decode(video=0))[60].to_image().save(still)
    fits = ("cover", "contain", "blur")
    clips = [{"source": str(still), "duration_seconds": 0.5, "fit": fit} for fit in fits]
    tall = {"width": 180, "height": 320, "fps": "24", "background": "#1b3a4b", "clips": clips}
    strips: list[Strip] = [
        (name, [picture])
        for name, picture in zip(fits, frames(tall, (6, 18, 30), workspace), strict=True)
    ]
    moves = list(MOVES)
    clips = [{"source": str(still), "duration_seconds": 1, "camera": move} for move in moves]
    numbers = [24 * i + at for i in range(len(moves)) for at in (0, 12, 23)]
    shown = frames({"width": 320, "height": 180, "fps": "24", "clips": clips}, numbers, workspace)
    return strips + [(move, shown[3 * i : 3 * i + 3]) for i, move in enumerate(moves)]


SAYS = {
    "default": "First light over the harbour",
    "title": "Aurora Coffee",
    "lower_third": "Maya Chen\nHead roaster",
    "cta": "Aurora Coffee\nOrder at aurora.example",
    "title_card": "The first roast\nA morning in five cups",
    "karaoke": "Every cup begins at dawn",
    "subtitle": "We start before the town wakes up.",
}


def captions(files: Sequence[Path], workspace: lotus.Workspace) -> list[Strip]:
    """Each style in a wide, a square and a tall video."""
    strips: list[Strip] = []
    for style in STYLES:
        shown = []
        for width, height in ((640, 360), (480, 480), (360, 640)):
            middle = "center" if style in ("cta", "title", "title_card") else "bottom"
            text = {"text": SAYS[style], "style": style, "position": middle, "end_seconds": 2}
            clips = [{"source": str(files[0]), "end_seconds": 2}]
            size = {"width": width, "height": height, "fps": "24"}
            theme = {"colors": ["#f4a261", "#1b3a4b"]}
            line = {**size, "clips": clips, "captions": [text], "theme": theme}
            shown += frames(line, [26], workspace)
        strips.append((style, shown))
    return strips


def sheet(strips: Sequence[Strip], columns: int, height: int) -> Image.Image:
    """Strips under their names, read from top to bottom, column by column."""
    gap = 10
    text = 22
    font = ImageFont.truetype(
        str(default_fonts(Path("unused")).face("Source Sans 3", 600).path), 15
    )
    rows = -(-len(strips) // columns)
    widths = [sum(height * p.width // p.height for p in shown) for _, shown in strips]
    lefts = [gap]
    for first in range(0, len(strips), rows):
        lefts.append(lefts[-1] + max(*widths[first : first + rows], 70) + gap)
    made = Image.new("RGB", (lefts[-1], rows * (height + text + gap) + gap), PAPER)
    draw = ImageDraw.Draw(made)
    for i, (name, shown) in enumerate(strips):
        x = lefts[i // rows]
        y = gap + i % rows * (height + text + gap)
        draw.text((x, y), name, INK, font)
        for picture in shown:
            width = height * picture.width // picture.height
            made.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (x, y + text))
            x += width
    return made


def save(name: str, picture: Image.Image, shows: Iterable[str]) -> None:
    """A small JPEG that says what it shows."""
    picture.save(
        FOLDER / name, quality=76, optimize=True, progressive=True, comment=" ".join(shows).encode()
    )


def main() -> None:
    """Make every sheet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = lotus.Workspace(Settings.read(LOTUS_HOME=folder / "home"))
        files = boards(workspace, folder)
        for file, strips, columns, height in (
            ("transitions.jpg", transitions(files, workspace), 3, 45),
            ("captions.jpg", captions(files, workspace), 2, 170),
            ("framing.jpg", framing(files, workspace), 4, 96),
        ):
            save(file, sheet(strips, columns, height), (kind for kind, _ in strips))


if __name__ == "__main__":
    main()
