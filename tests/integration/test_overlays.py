"""Logos and badges: where they stand, their colour, opacity and fade, moving ones, vectors, and odd
sizes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import lotus
from lotus.errors import LotusError, MediaError
from lotus.media.svg import svg_to_png
from lotus.settings import Settings
from tests.clips import ffmpeg
from tests.driving import inside

BACK = (27, 58, 75)
RED = (192, 64, 32)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{}</svg>'
Pictures = npt.NDArray[np.int16]


class Bench:
    """Three seconds of one colour at 320x180, and what overlays make of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = lotus.Workspace(Settings.read(LOTUS_HOME=folder / "home"))
        self.logo = self.picture(64, 64)
        plain = "color=0x1b3a4b:s=320x180:r=24:d=3,format=gbrp"
        plain += ",scale=out_color_matrix=bt709:out_range=tv"
        ffmpeg(
            "-f",
            "lavfi",
            "-i",
            f"{plain},format=yuv420p",
            "-colorspace",
            "bt709",
            "-qp",
            0,
            folder / "back.mp4",
        )

    def picture(self, width: int, height: int, alpha: int = 255) -> Path:
        path = self.folder / "logo.png"
        Image.new("RGBA", (width, height), (*RED, alpha)).save(path)
        return path

    def seen(self, source: Path | None = None, **overlay: Any) -> Pictures:
        """All frames; the overlay shows from frame 24 to 48."""
        placed = {
            "source": str(source or self.logo),
            "start_seconds": 1,
            "end_seconds": 2,
            "position": "center",
        }
        document = {
            "width": 320,
            "height": 180,
            "fps": "24",
            "encoding": {"codec": "ffv1"},
            "clips": [{"source": str(self.folder / "back.mp4"), "end_seconds": 3}],
            "overlays": [{**placed, **overlay}],
        }
        out = self.folder / "out.mkv"
        lotus.compose(lotus.Timeline.model_validate(document), out, workspace=self.workspace)
        with av.open(str(out)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return np.stack(frames).astype(np.int16)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def is_red(picture: Any) -> Any:
    return np.abs(picture - RED).max(axis=2) < 12


def box(mask: Any) -> tuple[int, int, int, int]:
    """Left, top, right, bottom."""
    rows, columns = np.nonzero(mask)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_an_overlay_shows_in_its_frames_alone_and_in_its_own_color(bench: Bench) -> None:
    found = bench.seen()
    assert [n for n, picture in enumerate(found) if is_red(picture).any()] == list(range(24, 48))
    assert np.abs(found[36, 90, 160] - RED).max() <= 4
    assert np.abs(found[36, 5, 5] - BACK).max() <= 4


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("top-left", (9, 9)),
        ("top-right", (267, 9)),
        ("bottom-right", (267, 127)),
        ("left", (9, 68)),
        ("bottom", (138, 127)),
        ("upper", (138, 32)),
    ],
)
def test_an_overlay_stands_where_its_position_says(
    position: str, corner: tuple[int, int], bench: Bench
) -> None:
    """44 pixels wide (0.14 of 320), nine from the edge (a twentieth of the short side)."""
    left, top, right, bottom = box(is_red(bench.seen(position=position)[36]))
    assert (right - left, bottom - top) == pytest.approx((44, 44), abs=2)
    assert (left, top) == pytest.approx(corner, abs=2)


@pytest.mark.parametrize(("alpha", "opacity"), [(255, 0.5), (128, 1.0)])
def test_opacity_and_transparency_let_the_picture_through(
    alpha: int, opacity: float, bench: Bench
) -> None:
    found = bench.seen(bench.picture(64, 64, alpha), opacity=opacity)
    mixed = [(a + b) / 2 for a, b in zip(RED, BACK, strict=True)]
    assert np.abs(found[36, 90, 160] - mixed).max() <= 4


def test_an_overlay_fades_in_and_out(bench: Bench) -> None:
    shown = bench.seen(fade_seconds=0.25)[24:48, 90, 160, 0]
    assert list(shown[:7]) == sorted(shown[:7])
    assert list(shown[17:]) == sorted(shown[17:], reverse=True)
    assert abs(int(shown[3]) - (RED[0] + BACK[0]) // 2) < 12
    assert np.ptp(shown[7:17]) <= 2


@pytest.mark.parametrize(
    ("size", "overlay", "wanted"),
    [
        ((2000, 1500), {"width_fraction": 0.14}, (44, 34)),
        ((2000, 1126), {"width_fraction": 1.0}, (320, 180)),
        ((100, 3000), {"width_fraction": 0.2}, (6, 162)),
        ((301, 57), {"width_fraction": 0.33}, (106, 20)),
    ],
)
def test_a_picture_of_any_size_stays_whole_in_the_frame(
    size: tuple[int, int], overlay: dict[str, Any], wanted: tuple[int, int], bench: Bench
) -> None:
    found = bench.seen(bench.picture(*size), **overlay)
    left, top, right, bottom = box(np.abs(found[36] - BACK).max(axis=2) > 30)
    assert (right - left, bottom - top) == pytest.approx(wanted, abs=2)


def moving(path: Path) -> Path:
    """Half a second of a red square that jumps from left to right; around it nothing."""
    pictures = [Image.new("RGBA", (80, 40)) for _ in range(2)]
    for at, picture in enumerate(pictures):
        picture.paste((*RED, 255), (40 * at, 0, 40 * at + 40, 40))
    if path.suffix in (".gif", ".png"):
        options: dict[str, Any] = {"disposal": 2} if path.suffix == ".gif" else {"disposal": 1}
        pictures[0].save(
            path, save_all=True, append_images=pictures[1:], duration=250, loop=0, **options
        )
        return path
    for at, picture in enumerate(pictures):
        picture.save(path.with_name(f"{at}.png"))
    prores = ("-c:v", "prores_ks", "-profile:v", 4, "-pix_fmt", "yuva444p10le")
    ffmpeg("-framerate", 4, "-i", path.with_name("%d.png"), *prores, path)
    return path


@pytest.mark.parametrize("name", ["badge.gif", "badge.png", "badge.mov"])
def test_a_moving_overlay_moves_and_begins_again(name: str, bench: Bench) -> None:
    found = bench.seen(moving(bench.folder / name), width_fraction=0.25)

    def side(n: int) -> str:
        left, _, right, _ = box(np.abs(found[n] - RED).max(axis=2) < 40)
        assert right - left == pytest.approx(40, abs=4)
        return "left" if (left + right) / 2 < 160 else "right"

    assert [side(n) for n in (26, 32, 38, 44)] == ["left", "right", "left", "right"]


def test_a_vector_is_drawn_sharp_and_transparent(bench: Bench) -> None:
    logo = bench.folder / "logo.svg"
    logo.write_text(SVG.format('<circle cx="10" cy="10" r="10" fill="#c04020"/>'))
    found = bench.seen(logo, width_fraction=0.5)
    left, top, right, bottom = box(is_red(found[36]))
    assert (right - left, bottom - top) == pytest.approx((80, 80), abs=3)
    assert np.abs(found[36, top + 2, left + 2] - BACK).max() <= 6
    assert np.abs(found[36, 90, 230] - BACK).max() <= 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('<image href="file:///etc/hostname" width="9" height="9"/>', "names other files"),
        (
            '<use xlink:href="other.svg#a" xmlns:xlink="http://www.w3.org/1999/xlink"/>',
            "names other files",
        ),
        ("<text>Aurora</text>", "has text"),
        ("<circle", "is not an SVG that can be drawn"),
    ],
)
def test_a_vector_that_is_not_whole_in_itself_is_refused(
    content: str, says: str, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG.format(content))
    with pytest.raises(MediaError, match=says):
        svg_to_png(logo)


def test_a_vector_may_use_its_own_parts_and_embedded_pictures(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"
        "DwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    inner = '<defs><rect id="a" width="9" height="9"/></defs><use href="#a"/>'
    logo.write_text(
        SVG.format(f'{inner}<image href="data:image/png;base64,{pixel}" width="9" height="9"/>')
    )
    assert svg_to_png(logo).startswith(b"\x89PNG")


def test_a_brand_may_have_a_vector_for_a_logo(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    brief = {"prompt": "A small coffee roaster opens at dawn in a harbour town, steam and light."}
    path = tmp_path / "brief.json"
    path.write_text(json.dumps({**brief, "brand": {"name": "Aurora", "logo": "logo.svg"}}))
    logo.write_text(SVG.format("<text>Aurora</text>"))
    refused = inside("plan", path)
    assert (refused.code, "logo.svg: brand.logo: has text" in refused.err) == (2, True)
    logo.write_text(SVG.format('<rect width="40" height="20"/>'))
    assert inside("plan", path).code == 0


def test_an_overlay_that_is_no_picture_is_named(bench: Bench) -> None:
    text = bench.folder / "logo.png"
    text.write_text("no picture")
    with pytest.raises(LotusError, match=r"logo\.png"):
        bench.seen(text)
