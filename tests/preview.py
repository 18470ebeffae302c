"""The picture at the top of the README, rendered by lotus itself: `python -m tests.preview`.

Four frames of the example ad, and one each of two briefs in other languages, shapes and styles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from PIL import Image

import lotus
from lotus.settings import Settings
from tests.contact_sheets import save

EXAMPLES = Path(lotus.__file__).with_name("examples")
AD_SECONDS = (2.5, 7.6, 10.4, 14.5)  # when the example ad is looked at
TALL: tuple[tuple[dict[str, Any], float], ...] = (
    (
        {
            "prompt": "東京の小さなラーメン屋。夜の街に赤い提灯、湯気の立つスープ、職人の手。",
            "style": "retro",
            "brand": {"name": "らーめん暁", "colors": ["#9b2226", "#ee9b00", "#001219"]},
            "cta": "ご来店ください",
        },
        5.4,
    ),
    (
        {
            "prompt": "Yoga for beginners in a quiet studio by the park. Breathe, drink tea, sleep "
            "better.",
            "style": "watercolor",
            "brand": {"name": "Stillwater", "colors": ["#0f7173", "#f4a261"]},
            "cta": "First lesson free",
        },
        1.8,
    ),
)
CELL = (448, 252)
GAP = 6


def shots(request: Any, seconds: Sequence[float], workspace: lotus.Workspace) -> list[Image.Image]:
    """Frames of a rendered brief at these times."""
    job = lotus.render(request, workspace=workspace)
    assert job.output is not None
    wanted = {round(at * float(job.fps)) for at in seconds}
    with av.open(str(job.output)) as container:
        return [
            frame.to_image() for i, frame in enumerate(container.decode(video=0)) if i in wanted
        ]


def layout(wide: Sequence[Image.Image], tall: Sequence[Image.Image]) -> Image.Image:
    """Four wide pictures in a square, tall ones beside them."""
    (width, height) = CELL
    both = 2 * CELL[1] + GAP
    narrow = both * 9 // 16
    made = Image.new("RGB", (2 * (width + GAP) + len(tall) * (narrow + GAP) - GAP, both), "white")
    for i, picture in enumerate(wide):
        at = (i % 2 * (width + GAP), i // 2 * (height + GAP))
        made.paste(picture.resize(CELL, Image.Resampling.LANCZOS), at)
    for i, picture in enumerate(tall):
        at = (2 * (width + GAP) + i * (narrow + GAP), 0)
        made.paste(picture.resize((narrow, both), Image.Resampling.LANCZOS), at)
    return made


def main() -> None:
    """Render, and write the picture."""
    with tempfile.TemporaryDirectory() as name:
        workspace = lotus.Workspace(Settings.read(LOTUS_HOME=Path(name) / "home"))
        wide = shots(EXAMPLES / "ad.yaml", AD_SECONDS, workspace)
        tall = []
        for fields, at in TALL:
            brief = {
                **fields,
                "aspect_ratio": "9:16",
                "duration_seconds": 6,
                "music": "none",
                "seed": 3,
            }
            tall += shots(lotus.Brief.model_validate(brief), [at], workspace)
        save("preview.jpg", layout(wide, tall), ["lotus"])


if __name__ == "__main__":
    main()
