"""Pictures of every kind: photos of phones, cameras and scanners, drawings, stickers, cut-outs."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import lotus
from lotus.errors import LotusError
from lotus.media.probe import probe
from lotus.providers.footage import look_at
from tests.integration.test_sources import Bench, off
from tests.strange_files import DISPLAY_P3, RATE, as_srgb, box, write

RED = (192, 64, 32)
BLUE = (32, 64, 192)
STORED_COLOR = (200, 60, 60)
STILL = {"duration_seconds": 0.2}
pillow_heif.register_heif_opener()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def photo(bench: Bench, name: str, color: Any = RED, size: Any = (320, 180), **how: Any) -> Path:
    path = bench.folder / name
    Image.new("RGB" if len(color) == 3 else "RGBA", size, color).save(path, **how)
    return path


def shown(bench: Bench, source: Path, x: float = 0.5, y: float = 0.5, **more: Any) -> Any:
    """The colour at a place of a clip's first frame."""
    frame = bench.seen({"source": source, **STILL, **more})[0]
    return frame[int(y * frame.shape[0]), int(x * frame.shape[1])]


@pytest.mark.parametrize("name", ["photo.heic", "photo.avif", "photo.webp", "photo.tif"])
def test_a_photo_of_any_kind_is_a_photo(name: str, bench: Bench) -> None:
    path = photo(bench, name, **({"quality": 95} if name != "photo.tif" else {}))
    assert look_at(path).kind == "image"
    assert off(shown(bench, path), RED) <= 6


def test_what_a_file_is_called_does_not_count(bench: Bench) -> None:
    """A messenger renames an HEIC to .jpg."""
    path = photo(bench, "photo.heic", quality=95).rename(bench.folder / "photo.jpg")
    assert off(shown(bench, path), RED) <= 6


def _tiles(path: Path, **how: Any) -> Path:
    picture = Image.new("RGB", (1024, 512), RED)
    picture.paste(BLUE, (512, 0, 1024, 512))
    pillow_heif.options.GRID_TILE_SIZE = 512
    try:
        picture.save(path, quality=95, **how)
    finally:
        pillow_heif.options.GRID_TILE_SIZE = 0
    assert b"grid" in path.read_bytes()
    return path


def test_the_tiles_of_an_iphone_s_photo_are_one_picture(bench: Bench) -> None:
    path = _tiles(bench.folder / "tiles.heic")
    assert off(shown(bench, path, 0.2), RED) <= 10
    assert off(shown(bench, path, 0.8), BLUE) <= 10
    under = photo(bench, "under.png", (90, 90, 90))
    over = {"source": str(path), "end_seconds": 0.2, "position": "center", "width_fraction": 0.5}
    frame = bench.seen({"source": under, **STILL}, overlays=[over])[0]
    assert off(frame[90, 100], RED) <= 10
    assert off(frame[90, 220], BLUE) <= 10


def test_a_portrait_photo_of_an_iphone_stands_upright(bench: Bench) -> None:
    """Stored lying, with a rotation (`irot`): what was left is on top."""
    path = _tiles(bench.folder / "portrait.heic")
    data = path.read_bytes()
    bits = bytes([0, 0, 0, 16]) + b"pixi" + bytes([0, 0, 0, 0, 3, 8, 8, 8])
    assert bits in data
    quarter = bytes([0, 0, 0, 16]) + b"irot" + bytes([3]) + bytes(7)  # anticlockwise quarters
    path.write_bytes(data.replace(bits, quarter))
    media = probe(path)
    assert (media.width, media.height) == (512, 1024)
    assert off(shown(bench, path, 0.5, 0.2, fit="contain"), RED) <= 10
    assert off(shown(bench, path, 0.5, 0.8, fit="contain"), BLUE) <= 10


@pytest.mark.parametrize("name", ["photo.jpg", "photo.heic", "photo.png"])
def test_a_photo_in_display_p3_keeps_its_colours(name: str, bench: Bench) -> None:
    how = {"icc_profile": DISPLAY_P3, "quality": 98}
    path = photo(bench, name, STORED_COLOR, **how)
    assert off(shown(bench, path), as_srgb(STORED_COLOR, DISPLAY_P3)) <= 4
    assert probe(path).profile


def test_an_overlay_in_display_p3_keeps_its_colours(bench: Bench) -> None:
    path = photo(bench, "badge.png", STORED_COLOR, icc_profile=DISPLAY_P3)
    under = photo(bench, "under.png", (90, 90, 90))
    over = {"source": str(path), "end_seconds": 0.2, "position": "center", "width_fraction": 0.5}
    frame = bench.seen({"source": under, **STILL}, overlays=[over])[0]
    assert off(frame[90, 160], as_srgb(STORED_COLOR, DISPLAY_P3)) <= 4


def test_an_srgb_profile_changes_no_key(bench: Bench) -> None:
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert probe(photo(bench, "photo.jpg", icc_profile=srgb)).corrections == {}
    assert probe(photo(bench, "plain.png", (9, 9, 9, 255))).corrections == {}


@pytest.mark.parametrize("name", ["scan.png", "scan.tif"])
def test_grey_of_16_bits_keeps_its_levels(name: str, bench: Bench) -> None:
    ramp = np.tile(np.linspace(0, 65535, 320).astype(np.uint16), (180, 1))
    path = bench.folder / name
    Image.fromarray(ramp).save(path)
    row = bench.seen({"source": path, **STILL})[0][90]
    assert [int(row[x].mean()) for x in (40, 160, 280)] == pytest.approx([32, 128, 224], abs=3)
    under = photo(bench, "under.png", (90, 90, 90))
    over = {"source": str(path), "end_seconds": 0.2, "position": "center", "width_fraction": 1}
    row = bench.seen({"source": under, **STILL}, overlays=[over])[0][90]
    assert [int(row[x].mean()) for x in (40, 160, 280)] == pytest.approx([32, 128, 224], abs=3)


def test_a_transparent_photo_lies_on_the_background(bench: Bench) -> None:
    path = bench.folder / "logo.png"
    Image.fromarray(box()).save(path)
    for fit in ("cover", "contain"):
        frame = bench.seen({"source": path, "fit": fit, **STILL}, background="#2040c0")[0]
        assert off(frame[10, 10], BLUE) <= 4
        assert off(frame[90, 160], (255, 0, 0)) <= 4


def test_a_transparent_gif_lies_on_the_background(bench: Bench) -> None:
    frames = [Image.fromarray(box()), Image.fromarray(np.roll(box(), 60, axis=1))]
    path = bench.folder / "sticker.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200, disposal=2)
    frame = bench.seen({"source": path, "end_seconds": 0.2}, background="#2040c0")[0]
    assert off(frame[10, 10], BLUE) <= 6
    assert off(frame[90, 160], (255, 0, 0)) <= 25


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("vp8.webm", "libvpx", "yuva420p"),
        ("vp9.webm", "libvpx-vp9", "yuva420p"),
        ("4444.mov", "prores_ks", "yuva444p10le"),
        ("qt.mov", "qtrle", "argb"),
    ],
)
def test_moving_cut_outs_are_transparent_as_clips_and_over_clips(
    name: str, codec: str, pix_fmt: str, bench: Bench
) -> None:
    path = write(bench.folder / name, [box()] * 10, codec=codec, pix_fmt=pix_fmt)
    clip = {"source": path, "end_seconds": 0.2}
    frame = bench.seen(clip, background="#2040c0")[2]
    assert off(frame[10, 10], BLUE) <= 6
    assert off(frame[90, 160], (255, 0, 0)) <= 25
    under = photo(bench, "under.png", (90, 90, 90))
    over = {"source": str(path), "end_seconds": 0.2, "position": "center", "width_fraction": 1}
    frame = bench.seen({"source": under, **STILL}, overlays=[over])[2]
    assert off(frame[10, 10], (90, 90, 90)) <= 6
    assert off(frame[90, 160], (255, 0, 0)) <= 25


COLORS = [(224, 32, 32), (32, 160, 32), (32, 32, 224), (224, 224, 224)]


def _animation(path: Path, durations: Any = 200, **how: Any) -> Path:
    first, *rest = (Image.new("RGB", (320, 180), color) for color in COLORS)
    first.save(path, save_all=True, append_images=rest, duration=durations, **how)
    return path


@pytest.mark.parametrize(
    ("name", "how"), [("a.webp", {"lossless": True}), ("a.avif", {"quality": 95}), ("a.png", {})]
)
def test_animations_move_at_their_own_times(name: str, how: Any, bench: Bench) -> None:
    path = _animation(bench.folder / name, [100, 300, 200, 200], **how)
    media = probe(path)
    assert media.kind == "video"
    assert float(media.seconds) == pytest.approx(0.8, abs=0.01)
    frames = bench.seen({"source": path, "end_seconds": 0.8})
    assert [off(frames[k, 90, 160], COLORS[n]) <= 6 for k, n in ((1, 0), (4, 1), (8, 1), (12, 2))]
    assert off(frames[18, 90, 160], COLORS[3]) <= 6
    later = bench.seen({"source": path, "start_seconds": 0.45, "end_seconds": 0.75})
    assert off(later[0, 90, 160], COLORS[2]) <= 6
    over = {"source": str(path), "end_seconds": 0.8, "position": "center", "width_fraction": 1}
    under = photo(bench, "under.png", (90, 90, 90))
    frames = bench.seen({"source": under, "duration_seconds": 0.8}, overlays=[over])
    assert off(frames[12, 90, 160], COLORS[2]) <= 6


def test_a_preview_that_lotus_wrote_is_a_clip(bench: Bench) -> None:
    still = {"source": str(photo(bench, "red.png")), "duration_seconds": 1}
    line = lotus.Timeline.model_validate(
        {"width": 320, "height": 180, "fps": "24", "clips": [still]}
    )
    preview = bench.folder / "preview.webp"
    lotus.compose(line, preview, workspace=bench.workspace)
    assert off(shown(bench, preview), RED) <= 8


@pytest.mark.parametrize("name", ["logo.gif", "one.apng"])
def test_an_animation_of_one_frame_is_a_photo(name: str, bench: Bench) -> None:
    how: dict[str, Any] = {"format": "PNG", "save_all": True} if name == "one.apng" else {}
    path = photo(bench, name, **how)
    assert probe(path).kind == "image"
    assert off(shown(bench, path), RED) <= 3


def test_a_drawing_is_a_clip(bench: Bench) -> None:
    path = bench.folder / "logo.svg"
    size = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"'
    path.write_text(f'<svg {size}><rect x="100" y="60" width="120" height="60" fill="red"/></svg>')
    frame = bench.seen({"source": path, **STILL}, background="#2040c0")[0]
    assert off(frame[10, 10], BLUE) <= 4
    assert off(frame[90, 160], (255, 0, 0)) <= 4


def test_a_photo_of_108_megapixels_is_read_reduced(bench: Bench) -> None:
    path = photo(bench, "huge.jpg", (90, 90, 90), (12000, 9000), quality=50)
    assert probe(path).width == 6000
    assert off(shown(bench, path), (90, 90, 90)) <= 3


def test_a_bomb_is_refused_by_what_decoding_would_take(bench: Bench) -> None:
    path = photo(bench, "bomb.png", (0, 0, 0), (8, 8))
    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    data = path.read_bytes()
    path.write_bytes(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])
    with pytest.raises(LotusError, match=r"40000x40000 pixels .*decoding takes 4,578 MiB"):
        bench.compose({"source": path, **STILL})


@pytest.mark.parametrize(("size", "color"), [((2, 4000), RED), ((4000, 2), RED)])
def test_a_strip_of_a_photo_is_seen_whole(
    size: tuple[int, int], color: tuple[int, int, int], bench: Bench
) -> None:
    path = photo(bench, "strip.png", color, size)
    for fit in ("contain", "cover", "blur"):
        frame = bench.seen({"source": path, "fit": fit, **STILL})[0]
        assert off(frame[90, 160], color) <= 60


def test_a_kind_that_is_not_read_is_refused_with_the_command_that_converts_it(bench: Bench) -> None:
    path = bench.folder / "photo.jxl"
    path.write_bytes(b"\xff\x0a" + bytes(64))
    with pytest.raises(LotusError, match=r"is JPEG XL.*ffmpeg -i 'photo.jxl' 'photo.png'"):
        bench.compose({"source": path, **STILL})


def test_an_animation_with_transparency_lies_on_the_background(bench: Bench) -> None:
    frames = [Image.fromarray(box()), Image.fromarray(np.roll(box(), 60, axis=1))]
    path = bench.folder / "sticker.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200, lossless=True)
    frame = bench.seen({"source": path, "end_seconds": 1 / RATE * 4}, background="#2040c0")[0]
    assert off(frame[10, 10], BLUE) <= 4
    assert off(frame[90, 160], (255, 0, 0)) <= 4
