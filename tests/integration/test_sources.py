"""Sources of every kind come out right: pixels, colours, levels, lengths and sounds are
measured.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import lotus
from lotus.composition.graphs import poster_args
from lotus.media.probe import probe
from lotus.settings import Settings
from tests.clips import FFMPEG, ffmpeg, luma, numbered, numbers
from tests.driving import clip

Pictures = npt.NDArray[np.int16]
Samples = npt.NDArray[np.float32]
RED = (192, 64, 32)
TAGGED = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", 0)


class Bench:
    """Composes clips and gives back what is seen and heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = lotus.Workspace(Settings.read(LOTUS_HOME=folder / "home"))

    def compose(
        self, *clips: dict[str, Any], size: tuple[int, int] = (320, 180), **more: Any
    ) -> Path:
        shape = {"width": size[0], "height": size[1], "fps": "24", "encoding": {"codec": "ffv1"}}
        placed = [{**one, "source": str(one["source"])} for one in clips]
        out = self.folder / "out.mkv"
        line = lotus.Timeline.model_validate({**shape, "clips": placed, **more})
        lotus.compose(line, out, workspace=self.workspace)
        return out

    def seen(self, *clips: dict[str, Any], **more: Any) -> Pictures:
        """Frames x height x width x RGB."""
        with av.open(str(self.compose(*clips, **more))) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return np.stack(frames).astype(np.int16)

    def heard(self, *clips: dict[str, Any], **more: Any) -> Samples:
        """Samples x 2."""
        with av.open(str(self.compose(*clips, **more))) as container:
            resampler = av.AudioResampler(format="flt", layout="stereo", rate=48_000)
            parts = [
                part.to_ndarray().reshape(-1, 2)
                for frame in container.decode(audio=0)
                for part in resampler.resample(frame)
            ]
        return np.concatenate(parts)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def off(found: Any, wanted: tuple[int, ...]) -> int:
    return int(np.abs(np.asarray(found) - wanted).max())


# time


def test_a_variable_rate_shows_each_frame_from_its_time_on(bench: Bench) -> None:
    """30 frames at 24 a second, then one every 2.5 frames: each begins at the nearest frame of the
    grid.
    """
    plain = numbered(bench.folder / "plain.mp4", 90, Fraction(24))
    slowing = "setpts='if(lt(N,30),N,30+(N-30)*2.5)/24/TB'"
    vfr = bench.folder / "vfr.mkv"
    ffmpeg(
        "-i", plain, "-vf", slowing, "-fps_mode", "vfr", "-enc_time_base", "1/1000", *LOSSLESS, vfr
    )
    begins = [n if n < 30 else math.floor(30 + (n - 30) * 2.5 + 0.5) for n in range(90)]
    found = numbers(bench.compose({"source": vfr, "end_seconds": 5}))
    wanted = [max(n for n, begin in enumerate(begins) if begin <= k) for k in range(120)]
    assert len(found) == 120
    late = [k for k in range(120) if found[k] != wanted[k]]
    assert all(found[k] in (wanted[k], wanted[k] + 1) and begins[found[k]] - k <= 1 for k in late)
    # Matroska's clock is in milliseconds: a half frame may fall to either side
    assert len(late) <= 12


def test_a_source_whose_clock_does_not_start_at_zero_starts_at_its_first_frame(
    bench: Bench,
) -> None:
    file = numbered(bench.folder / "plain.mp4", 60, Fraction(24))
    late = bench.folder / "late.ts"
    ffmpeg("-i", file, "-c", "copy", "-output_ts_offset", 30, late)
    assert numbers(bench.compose({"source": late, "end_seconds": 2})) == list(range(48))
    found = numbers(bench.compose({"source": late, "start_seconds": 1, "end_seconds": 2}))
    assert found == list(range(24, 48))


def woven(path: Path, bar_at: Callable[[int], int]) -> Path:
    """Two seconds of 25 interlaced frames: rows by turns show a bar at one and at the next field's
    time.
    """
    frames = []
    for n in range(50):
        picture = np.full((180, 320), 16, np.uint8)
        for field in (0, 1):
            picture[field::2, bar_at(2 * n + field) :][:, :40] = 235
        frames.append(picture.tobytes() + np.full(2 * 90 * 160, 128, np.uint8).tobytes())
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "320x180", "-r", "25", "-i", "-")
    flags = ("-vf", "setfield=tff", "-flags", "+ildct+ilme", "-x264opts", "tff=1")
    command = [FFMPEG, "-v", "error", *raw, *flags, *map(str, LOSSLESS), str(path)]
    subprocess.run(command, input=b"".join(frames), check=True)
    return path


def test_interlaced_fields_are_woven_without_a_comb(bench: Bench) -> None:
    """A bar that moves stands in two places in neighbouring rows of an interlaced frame; in ours in
    one.
    """
    file = woven(bench.folder / "woven.mp4", lambda field: 20 + 2 * field)
    assert probe(file).interlaced

    def comb(pictures: Any) -> float:
        rows = np.stack(pictures)[5:40].astype(int)
        return float(np.abs(2 * rows[:, 2:-2] - rows[:, 1:-3] - rows[:, 3:-1]).mean())

    found = list(luma(bench.compose({"source": file, "end_seconds": 2}, fps="25")))
    assert len(found) == 50
    assert comb(found) < 0.15 * comb(list(luma(file)))
    for n in range(5, 40, 7):
        columns = np.nonzero(found[n][90] > 125)[0]
        assert abs(len(columns) - 40) <= 4
        assert abs(int(columns[0]) - (20 + 4 * n)) <= 4


# shape


@pytest.mark.parametrize("size", [(641, 361), (319, 179), (127, 333)])
def test_odd_sizes_fill_the_frame_to_its_edges(size: tuple[int, int], bench: Bench) -> None:
    file = bench.folder / "odd.mkv"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        f"color=0xc04020:s={size[0]}x{size[1]}:r=24:d=1,format=bgr0",
        "-c:v",
        "ffv1",
        file,
    )
    found = bench.seen({"source": file, "end_seconds": 0.5})
    assert found.shape == (12, 180, 320, 3)
    assert off(found[6], RED) <= 4


QUARTERS = {
    "red": (200, 30, 30),
    "green": (30, 180, 30),
    "blue": (40, 40, 200),
    "white": (235, 235, 235),
}


def quartered(path: Path, *options: object) -> Path:
    """Red, green over blue, white; 160x90 each."""
    boxes = [
        f"drawbox=x={x}:y={y}:w=160:h=90:t=fill:color=0x{r:02x}{g:02x}{b:02x}"
        for (r, g, b), (x, y) in zip(
            QUARTERS.values(), ((0, 0), (160, 0), (0, 90), (160, 90)), strict=True
        )
    ]
    picture = f"color=black:s=320x180:r=24:d=1,format=gbrp,{','.join(boxes)}"
    to_yuv = "scale=out_color_matrix=bt709:out_range=tv,format=yuv444p"
    ffmpeg("-f", "lavfi", "-i", f"{picture},{to_yuv}", *TAGGED, *LOSSLESS, *options, path)
    return path


def corners(picture: Any) -> list[str]:
    """Which colour stands top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    at = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    at += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [min(QUARTERS, key=lambda name: off(picture[y, x], QUARTERS[name])) for y, x in at]


@pytest.mark.parametrize(
    ("degrees", "wanted"),
    [
        (0, ["red", "green", "blue", "white"]),
        (90, ["green", "white", "red", "blue"]),
        (180, ["white", "blue", "green", "red"]),
        (270, ["blue", "red", "white", "green"]),
    ],
)
def test_a_turned_clip_stands_upright(degrees: int, wanted: list[str], bench: Bench) -> None:
    plain = quartered(bench.folder / "plain.mp4")
    turned = bench.folder / "turned.mp4"
    ffmpeg("-display_rotation", degrees, "-i", plain, "-c", "copy", turned)
    size = (320, 180) if degrees % 180 == 0 else (180, 320)
    found = bench.seen({"source": turned, "end_seconds": 0.5}, size=size)
    assert corners(found[6]) == wanted


@pytest.mark.parametrize(
    ("aspect", "shown"), [("16/15", 1.0667), ("64/45", 1.4222), ("8/9", 0.8889)]
)
def test_pixels_that_are_not_square_are_stretched(aspect: str, shown: float, bench: Bench) -> None:
    """A square of pixels is shown as wide as the pixels are."""
    file = bench.folder / "anamorphic.mp4"
    square = "color=black:s=360x288:r=24:d=1,drawbox=x=130:y=94:w=100:h=100:color=white:t=fill"
    ffmpeg("-f", "lavfi", "-i", f"{square},setsar={aspect}", *LOSSLESS, file)
    picture = bench.seen({"source": file, "end_seconds": 0.5, "fit": "contain"}, size=(720, 288))[6]
    rows, columns = np.nonzero(picture[:, :, 1] > 125)
    ratio = (columns.max() - columns.min() + 1) / (rows.max() - rows.min() + 1)
    assert ratio == pytest.approx(shown, rel=0.03)
    assert abs((columns.max() + columns.min() + 1) / 2 - 360) <= 2


@pytest.mark.parametrize("kind", ["clip", "photo"])
def test_fits_fill_letterbox_and_blur(kind: str, bench: Bench) -> None:
    """A wide picture in a square frame: 56 % of the height are its own."""
    file = quartered(bench.folder / "plain.mp4")
    if kind == "photo":
        with av.open(str(file)) as container:
            next(container.decode(video=0)).to_image().save(bench.folder / "photo.png")
        file = bench.folder / "photo.png"
    clips = [
        {"source": file, "duration_seconds": 0.5, "fit": fit}
        for fit in ("cover", "contain", "blur")
    ]
    found = bench.seen(*clips, size=(180, 180), background="#1b3a4b")
    cover, contain, blur = (found[at] for at in (6, 18, 30))
    assert corners(cover) == list(QUARTERS)
    assert off(contain[:30], (0x1B, 0x3A, 0x4B)) <= 4
    assert off(contain[-30:], (0x1B, 0x3A, 0x4B)) <= 4
    inside = contain[45:135]
    assert corners(inside) == list(QUARTERS)
    assert corners(blur[45:135]) == list(QUARTERS)
    top = blur[:30].astype(int)
    assert np.abs(np.diff(top, axis=1)).max() < 25, "the copy behind is not blurred"
    assert top[15, 40, 0] > top[15, 140, 0], "behind is not the picture itself"


# colour


def flat(path: Path, chain: str, *options: object) -> Path:
    source = f"color=0xc04020:s=320x180:r=24:d=1,format=gbrp,{chain}"
    ffmpeg("-f", "lavfi", "-i", source, *options, path)
    return path


def yuv(matrix: str, pixels: str, full: bool = False) -> str:
    return f"scale=out_color_matrix={matrix}:out_range={'pc' if full else 'tv'},format={pixels}"


COLORS: dict[str, tuple[str, tuple[object, ...]]] = {
    "bt709.mp4": (yuv("bt709", "yuv420p"), (*TAGGED, *LOSSLESS)),
    "bt601.mp4": (
        yuv("smpte170m", "yuv420p"),
        (
            "-colorspace",
            "smpte170m",
            "-color_primaries",
            "smpte170m",
            "-color_trc",
            "smpte170m",
            *LOSSLESS,
        ),
    ),
    "small and untagged.mp4": (yuv("smpte170m", "yuv420p"), LOSSLESS),
    "full range.mp4": (
        yuv("bt709", "yuvj420p", full=True),
        (*TAGGED, "-color_range", "pc", *LOSSLESS),
    ),
    "10 bit 4:2:2.mov": (
        yuv("bt709", "yuv422p10le"),
        (*TAGGED, "-c:v", "prores_ks", "-profile:v", 3),
    ),
    "10 bit 4:2:0.mp4": (
        yuv("bt709", "yuv420p10le"),
        (*TAGGED, "-c:v", "libx265", "-x265-params", "lossless=1:log-level=error"),
    ),
    "12 bit 4:4:4.mkv": (yuv("bt709", "yuv444p12le"), (*TAGGED, "-c:v", "ffv1", "-level", 3)),
    "4:4:4.mp4": (yuv("bt709", "yuv444p"), (*TAGGED, *LOSSLESS)),
    "rgb.mp4": ("format=gbrp", ("-c:v", "libx264rgb", "-qp", 0)),
    "rgb.mov": ("format=rgb24", ("-c:v", "qtrle")),
    "vp9.webm": (yuv("bt709", "yuv420p"), (*TAGGED, "-c:v", "libvpx-vp9", "-lossless", 1)),
    "motion jpeg.avi": (yuv("smpte170m", "yuvj420p", full=True), ("-c:v", "mjpeg", "-q:v", 2)),
    "photo.png": ("format=rgb24", ("-frames:v", 1)),
    "photo.webp": ("format=bgra", ("-frames:v", 1, "-lossless", 1)),
}


@pytest.mark.parametrize("name", COLORS)
def test_a_color_is_the_same_from_every_kind_of_file(name: str, bench: Bench) -> None:
    chain, options = COLORS[name]
    file = flat(bench.folder / name, chain, *options)
    found = bench.seen({"source": file, "duration_seconds": 0.5})
    assert off(found[6, 90, 160], RED) <= 4, found[6, 90, 160]
    assert off(found[6, 2, 2], RED) <= 4


def test_a_poster_has_the_colors_of_the_video(bench: Bench) -> None:
    file = flat(bench.folder / "a.mp4", yuv("bt709", "yuv420p"), *TAGGED, *LOSSLESS)
    bench.workspace.ffmpeg.run(poster_args(file, 0.5, bench.folder / "poster.jpg"), what="poster")
    with Image.open(bench.folder / "poster.jpg") as poster:
        assert off(poster.getpixel((160, 90)), RED) <= 6


def test_ten_bits_keep_a_fine_ramp(bench: Bench) -> None:
    """Rounding, not cutting off: on average a ramp of 10 bits loses nothing in 8."""
    file = bench.folder / "ramp.mkv"
    ramp = "color=black:s=320x180:r=24:d=1,format=yuv420p10le,geq=lum='64+X*2.5':cb=512:cr=512"
    ffmpeg(
        "-f", "lavfi", "-i", ramp, *TAGGED, "-color_range", "tv", "-c:v", "ffv1", "-level", 3, file
    )
    out = bench.compose({"source": file, "end_seconds": 0.5})
    with av.open(str(out)) as container:
        rows = next(container.decode(video=0)).to_ndarray()[:180].astype(float)
    wanted = (64 + np.arange(320) * 2.5) / 4
    assert abs(float((rows.mean(axis=0) - wanted).mean())) < 0.2
    assert np.abs(rows.mean(axis=0) - wanted).max() <= 1


NITS = (0, 1, 10, 50, 100, 203, 400, 1000)


def pq(nits: float) -> float:
    """SMPTE ST 2084."""
    y = (nits / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)


def hlg(nits: float) -> float:
    """ITU-R BT.2100 on a display of 1000 nits: inverse system gamma, then the transfer function."""
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return math.sqrt(3 * scene)
    return 0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073


def steps(path: Path, curve: Callable[[float], float], transfer: str) -> Path:
    """Eight grey bars of so many nits, 10 bits, BT.2020."""
    grey = np.repeat([round(64 + curve(n) * 876) for n in NITS], 40).astype("<u2")
    frame = np.tile(grey, (180, 1)).tobytes() + np.full(2 * 90 * 160, 512, "<u2").tobytes()
    tags = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer)
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", "320x180", "-r", "24")
    codec = ("-c:v", "libx265", "-x265-params", "lossless=1:log-level=error")
    command = [
        FFMPEG,
        "-v",
        "error",
        *raw,
        *tags,
        "-color_range",
        "tv",
        "-i",
        "-",
        *tags,
        *codec,
        str(path),
    ]
    subprocess.run(command, input=frame * 24, check=True)
    return path


@pytest.mark.parametrize(
    ("curve", "transfer"), [(pq, "smpte2084"), (hlg, "arib-std-b67")], ids=["PQ", "HLG"]
)
def test_hdr_is_brought_to_an_ordinary_screen(
    curve: Callable[[float], float], transfer: str, bench: Bench
) -> None:
    """Black stays black, white (203 nits, ITU-R BT.2408) is bright, highlights differ and greys are
    grey.
    """
    file = steps(bench.folder / "hdr.mp4", curve, transfer)
    found = bench.seen({"source": file, "end_seconds": 0.5})[6, 90, 20::40]
    grey = found.mean(axis=1)
    assert np.ptp(found, axis=1).max() <= 2
    assert grey[0] <= 2
    assert list(grey) == sorted(grey)
    assert 175 <= grey[NITS.index(203)] <= 215
    assert grey[-1] - grey[NITS.index(203)] >= 20
    assert 40 <= grey[NITS.index(10)] <= 90


# sound

CLICK = "if(between(t\\,1\\,1.002)\\,0.8\\,0.2*sin(2*PI*440*t))"


def sounding(path: Path, rate: int, channels: int, *codec: object) -> Path:
    """Four seconds of grey with a tone of 440 Hz and a click at one second."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    tone = f"aevalsrc='{'|'.join([CLICK] * channels)}':s={rate}:c={layout}:d=4"
    grey = "color=gray:s=320x180:r=24:d=4"
    ffmpeg("-f", "lavfi", "-i", grey, "-f", "lavfi", "-i", tone, *LOSSLESS, *codec, "-t", 4, path)
    return path


SOUNDS = {
    "mono 44.1 kHz aac.mp4": (44_100, 1, "-c:a", "aac", "-b:a", "160k"),
    "stereo 44.1 kHz mp3.mov": (44_100, 2, "-c:a", "libmp3lame", "-b:a", "192k"),
    "stereo 48 kHz pcm.mov": (48_000, 2, "-c:a", "pcm_s16le"),
    "mono 22 kHz 8 bit.mkv": (22_050, 1, "-c:a", "pcm_u8"),
    "stereo 96 kHz flac.mkv": (96_000, 2, "-c:a", "flac"),
    "5.1 48 kHz.mkv": (48_000, 6, "-c:a", "pcm_s16le"),
    "stereo opus.webm": (48_000, 2, "-c:v", "libvpx-vp9", "-lossless", 1, "-c:a", "libopus"),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_of_every_kind_keeps_its_time_and_pitch(name: str, bench: Bench) -> None:
    rate, channels, *codec = SOUNDS[name]
    file = sounding(bench.folder / name, rate, channels, *codec)
    heard = bench.heard({"source": file, "start_seconds": 0.5, "end_seconds": 3.5})
    assert len(heard) == 3 * 48_000
    loud = np.abs(heard[:, 0])
    click = int(np.argmax(loud > 0.7 * loud.max())) / 48_000
    assert click == pytest.approx(0.5, abs=0.003)
    spectrum = np.abs(np.fft.rfft(heard[48_000:96_000, 0]))
    assert int(spectrum.argmax()) == 440
    assert np.abs(heard[:, 0] - heard[:, 1]).max() < 0.02


@pytest.mark.parametrize(
    ("channel", "left", "right"),
    [(0, 1, 0), (1, 0, 1), (2, 0.707, 0.707), (4, 0.707, 0), (5, 0, 0.707)],
    ids=["front left", "front right", "centre", "back left", "back right"],
)
def test_surround_is_mixed_down_as_broadcasters_do(
    channel: int, left: float, right: float, bench: Bench
) -> None:
    """ITU-R BS.775: centre and surround by 3 dB less; measured against a stereo clip of the same
    level.
    """
    tone = "0.2*sin(2*PI*440*t)"
    tones = "|".join(tone if i == channel else "0" for i in range(6))
    grey = ("-f", "lavfi", "-i", "color=gray:s=320x180:r=24:d=2", "-f", "lavfi", "-i")
    pcm = (*LOSSLESS, "-c:a", "pcm_s16le")
    six = bench.folder / "six.mkv"
    two = bench.folder / "two.mkv"
    ffmpeg(*grey, f"aevalsrc='{tones}':s=48000:c=5.1:d=2", *pcm, six)
    ffmpeg(*grey, f"aevalsrc='{tone}|0':s=48000:c=stereo:d=2", *pcm, two)
    heard = bench.heard({"source": six}, {"source": two})
    level = np.sqrt((heard[24_000:72_000] ** 2).mean(axis=0))
    reference = float(np.sqrt((heard[120_000:168_000, 0] ** 2).mean()))
    assert level / reference == pytest.approx([left, right], abs=0.03)


def test_a_clip_without_sound_is_silent_for_its_length(bench: Bench) -> None:
    file = flat(bench.folder / "mute.mp4", yuv("bt709", "yuv420p"), *TAGGED, *LOSSLESS)
    heard = bench.heard({"source": file})
    assert len(heard) == 48_000
    assert np.abs(heard).max() == 0


# real clips


@pytest.mark.parametrize("name", ["bigbuckbunny.mp4", "bikes.mp4"])
def test_a_real_clip_shows_its_own_frames(name: str, bench: Bench) -> None:
    """Nothing in the source is liker to a frame of the composition than the source's frames of that
    time.
    """
    source = clip(name)
    times = []
    shown = []
    media = probe(source)
    width = 160
    height = round(160 * media.height / media.width / 2) * 2
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            times.append(float((frame.pts - (stream.start_time or 0)) * stream.time_base))
            shown.append(frame.to_ndarray(width=width, height=height, format="gray").astype(int))
    out = bench.compose(
        {"source": source, "start_seconds": 1, "end_seconds": 3}, size=(width, height)
    )
    made = [picture.astype(int) for picture in luma(out)]
    assert len(made) == 48
    near = np.array(times)
    for n in range(0, 48, 5):
        apart = np.array([np.abs(picture - made[n]).mean() for picture in shown])
        here = np.abs(near - (1 + n / 24)) <= 0.75 / 24
        assert apart[here].min() <= apart.min() + 0.2
