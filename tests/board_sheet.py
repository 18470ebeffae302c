"""The boards of briefs of many trades in three shapes, as stills with their captions.

    python -m tests.board_sheet            writes the picture of the page on prompts
    python -m tests.board_sheet FOLDER     writes all briefs in all shapes there, to be looked at

Boards are drawn small and once a scene: nothing is rendered.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from PIL import Image

import lotus
from lotus.composition.assemble import assemble, clip_frames
from lotus.composition.captions.captions import LAYOUTS
from lotus.composition.captions.stage import CaptionStage, PlacedCaption
from lotus.composition.captions.styles import caption_style
from lotus.composition.segments import place_captions
from lotus.composition.text.ass import AssEvent, document
from lotus.composition.text.contrast import scheme
from lotus.composition.text.fonts import FontBook, default_fonts
from lotus.documents.storyboard import Storyboard
from lotus.media.ffmpeg import FFmpeg
from lotus.providers.animatic.draw import frame_of
from lotus.providers.animatic.provider import Animatic
from lotus.providers.painters import board_of
from tests.contact_sheets import save

BRIEFS: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "trades.yaml").read_text("utf-8")
)
SIZES = {"16:9": (480, 270), "1:1": (360, 360), "9:16": (270, 480)}
# Rows of the picture of the documentation: briefs in one shape, and the height of their stills.
ROWS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("16:9", ("airline",), 116),
    ("16:9", ("museum",), 116),
    ("16:9", ("game",), 116),
    ("1:1", ("festival",), 170),
    ("1:1", ("bank",), 205),
    ("9:16", ("perfume", "tea house"), 198),
    ("9:16", ("wedding", "flats by the sea"), 160),
)
AT = 0.6  # of a scene's time
GAP = 6
WIDTH = 1064


def stills(fields: dict[str, Any], shape: str, fonts: FontBook) -> list[Image.Image]:
    """A still of each scene of a brief, with its caption."""
    board = lotus.plan(lotus.Brief.model_validate({**fields, "aspect_ratio": shape}))
    width, height = SIZES[shape]
    counts = clip_frames(board)
    captions = place_captions(assemble(board, [f"{i}.mp4" for i in range(len(counts))]))
    pictures, events, start = [], [], 0
    colors = board.brief.brand.colors if board.brief.brand else ()
    stage = CaptionStage(width, height, board.brief.fps, fonts, scheme(colors))
    for i, (scene, count) in enumerate(zip(board.scenes, counts, strict=True)):
        number = int(count * AT)
        pictures.append(_picture(board, i, count, number, (width, height)))
        now = [_at(caption, stage, start + number, i) for caption in captions]
        events += [event for some in now for event in some]
        start += round(scene.duration_seconds * board.brief.fps)
    return _lettered(pictures, events, fonts)


def _picture(
    board: Storyboard, index: int, count: int, number: int, size: tuple[int, int]
) -> np.ndarray:
    request = Animatic().request(board.scenes[index], board, count, lambda path: "")
    facts = {**request.facts, **Animatic.shows(request), "width": size[0], "height": size[1]}
    planes = np.frombuffer(bytes(frame_of(board_of(facts), number)), np.uint8)
    return cv2.cvtColor(planes.reshape(size[1] * 3 // 2, size[0]), cv2.COLOR_YUV2BGR_I420)


def _at(caption: PlacedCaption, stage: CaptionStage, frame: int, index: int) -> list[AssEvent]:
    """What is seen of a caption at a frame, as the frame of this index."""
    if not caption.start_frame <= frame < caption.end_frame:
        return []
    style = caption_style(caption.style)
    return [
        replace(event, start_frame=index, end_frame=index + 1)
        for event in LAYOUTS[style.layout](caption, style, stage)
        if event.start_frame <= frame < event.end_frame
    ]


def _lettered(
    pictures: Sequence[np.ndarray], events: Sequence[AssEvent], fonts: FontBook
) -> list[Image.Image]:
    height, width = pictures[0].shape[:2]
    base = fonts.face(fonts.files[0][0], 600).name
    text = document(events, width=width, height=height, fps=Fraction(10), font=base)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "captions.ass"
        path.write_text(text, encoding="utf-8")
        raw = ["-f", "rawvideo", "-s", f"{width}x{height}", "-r", "10", "-pix_fmt"]
        graph = f"ass=filename={path}:fontsdir={fonts.directory_for(text)}"
        out = ["-vf", graph, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        process = subprocess.run(
            [str(FFmpeg().program), "-v", "error", *raw, "bgr24", "-i", "-", *out],
            input=b"".join(picture.tobytes() for picture in pictures),
            stdout=subprocess.PIPE,
            env={**os.environ, **fonts.environment()},
            check=True,
        )
    frames = np.frombuffer(process.stdout, np.uint8).reshape(-1, height, width, 3)
    return [Image.fromarray(frame) for frame in frames]


def sheet(rows: Sequence[tuple[list[Image.Image], int]], width: int) -> Image.Image:
    """Rows of stills of the same height below each other."""
    paper = Image.new("RGB", (width, sum(height + GAP for _, height in rows) + GAP), "white")
    top = GAP
    for pictures, height in rows:
        left = GAP
        for picture in pictures:
            wide = height * picture.width // picture.height
            paper.paste(picture.resize((wide, height), Image.Resampling.LANCZOS), (left, top))
            left += wide + GAP
        top += height + GAP
    return paper


def shows() -> list[str]:
    """What the picture of the documentation shows, row by row."""
    names = (f"{brief}/{shape}" for shape, briefs, _ in ROWS for brief in briefs)
    return [name.replace(" ", "_") for name in names]


def main(arguments: Sequence[str]) -> None:
    """Write the picture of the documentation, or everything into a folder."""
    with tempfile.TemporaryDirectory() as name:
        fonts = default_fonts(Path(name))
        if arguments:
            for shape, height in (("16:9", 180), ("1:1", 230), ("9:16", 356)):
                rows = [(stills(fields, shape, fonts), height) for fields in BRIEFS.values()]
                picture = sheet(rows, 6 * (height * SIZES[shape][0] // SIZES[shape][1] + GAP) + GAP)
                picture.save(Path(arguments[0]) / f"{shape.replace(':', 'x')}.jpg", quality=85)
            return
        rows = [
            ([one for brief in briefs for one in stills(BRIEFS[brief], shape, fonts)], height)
            for shape, briefs, height in ROWS
        ]
        save("boards.jpg", sheet(rows, WIDTH), shows())


if __name__ == "__main__":
    main(sys.argv[1:])
