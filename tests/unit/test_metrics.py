"""Metrics of videos: planted faults are seen, clean clips are not blamed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pytest

import lotus
from lotus.errors import InvalidInput, MediaError, UnknownName
from lotus.experiments.measure import Measurements, parse_limits
from lotus.experiments.metrics import METRICS, default_metrics
from tests.clips import ffmpeg
from tests.driving import clip, inside
from tests.faulty_clips import FAULTS, alarms, clean, detected, sound, write

Build = Callable[[str], Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("clips")
    built: dict[str, Path] = {}

    def one(fault: str) -> Path:
        if fault not in built:
            frames = clean(1)
            wave = sound(1)
            if fault:
                frames, wave = FAULTS[fault][0](frames, wave, np.random.default_rng(1))
            built[fault] = write(folder / f"{len(built)}.mp4", frames, wave)
        return built[fault]

    return one


@pytest.fixture(scope="module")
def measured(build: Build) -> Callable[[str], Measurements]:
    """Each clip is measured once."""
    return cache(lambda fault: lotus.measure(build(fault)))


@pytest.fixture(scope="module")
def before(measured: Callable[[str], Measurements]) -> Measurements:
    return measured("")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen_by_its_metric(
    fault: str, measured: Callable[[str], Measurements], before: Measurements
) -> None:
    assert detected(fault, measured(fault).values, before.values)


def test_a_clean_clip_raises_no_alarm(before: Measurements) -> None:
    assert alarms(before.values) == []
    assert before.frames == 48
    assert (before.width, before.height, before.fps) == (320, 180, 24.0)


def test_a_share_is_the_share_that_was_planted(measured: Callable[[str], Measurements]) -> None:
    assert measured("black").values["black"] == pytest.approx(12 / 48)
    assert measured("frozen").values["frozen"] == pytest.approx(23 / 48, abs=0.03)
    assert measured("on twos").values["duplicated"] == pytest.approx(0.5, abs=0.03)
    assert measured("cut").values["cuts"] == 1


def test_a_clip_that_a_flag_turns_has_the_values_of_what_is_seen(
    build: Build, tmp_path: Path
) -> None:
    """Phones store an upright video lying, with a flag."""
    turned, upright = tmp_path / "turned.mp4", tmp_path / "upright.mp4"
    ffmpeg("-display_rotation", 90, "-i", build(""), "-c", "copy", turned)
    ffmpeg("-i", turned, "-c:v", "libx264", "-qp", 1, "-c:a", "copy", upright)
    names = [n for n in default_metrics() if n not in ("jerk", "blockiness", "sound_lag")]
    flag, pixels = (lotus.measure(path, names) for path in (turned, upright))
    assert (flag.width, flag.height) == (pixels.width, pixels.height) == (180, 320)
    assert flag.values == pytest.approx(pixels.values, rel=0.03, abs=0.002)


def test_a_video_without_sound_has_no_values_of_sound(tmp_path: Path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = np.full((64, 64, 3), 120, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    values = lotus.measure(path).values
    assert values["sound_clipping"] is None
    assert values["motion"] is None
    assert values["black"] == 0


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"nothing")
    with pytest.raises(MediaError):
        lotus.measure(tmp_path / "x.mp4")
    with pytest.raises(InvalidInput, match="a NoneType has no video"):
        lotus.measure(None)
    with pytest.raises(UnknownName, match="did you mean 'frozen'"):
        lotus.measure(tmp_path / "x.mp4", metrics=["frozn"])


def test_limits_are_read_and_held() -> None:
    limits = parse_limits("frozen<0.02, brightness>=0.1")
    assert [str(limit) for limit in limits] == ["frozen<0.02", "brightness>=0.1"]
    assert limits[0].holds(0.01)
    assert not limits[0].holds(0.02)
    assert not limits[0].holds(None)
    assert parse_limits("") == ()
    for wrong in ("frozen", "frozen=1", "frozen<<1", "frozen<1e9", "frozen<0.1;black<1"):
        with pytest.raises(InvalidInput, match="is not a limit"):
            parse_limits(wrong)
    with pytest.raises(UnknownName):
        parse_limits("frozn<1")


def test_the_command_fails_for_a_video_that_does_not_keep_a_limit(build: Build) -> None:
    good, bad = str(build("")), str(build("frozen"))
    assert inside("measure", good, "--accept", "frozen<0.1").code == 0
    done = inside("measure", good, bad, "--accept", "frozen<0.1", "--json")
    assert done.code == 1
    videos = done.json["videos"]
    assert [video["broken"] for video in videos] == [[], ["frozen<0.1"]]
    assert inside("measure", bad, "--accept", "nonsense").code == 2
    assert inside("measure").code == 2


def test_each_metric_says_what_it_is_and_what_it_gets_wrong() -> None:
    for name, metric in METRICS.items():
        assert name == metric.name
        assert metric.about.endswith(".")
        assert metric.unit
        assert metric.source
        assert metric.fails_for
        assert metric.better in ("lower", "higher", "neither")


def test_a_metric_of_ones_own_is_measured_and_its_fault_is_one_line(build: Build) -> None:
    @lotus.metric("first_pixel", better="lower")
    def first_pixel(clip: lotus.Clip) -> float:
        """The red of the first pixel."""
        return float(clip.frames(every=100)[0, 0, 0, 0])

    result = lotus.measure(build(""), ["first_pixel", "black"])
    assert 0 <= (result.values["first_pixel"] or 0) <= 255
    assert METRICS["first_pixel"].about == "The red of the first pixel."
    assert not parse_limits("first_pixel<300")[0].holds(None)

    @lotus.metric("first_pixel", version=2)
    def broken(clip: lotus.Clip) -> float:
        return 1 / 0

    with pytest.raises(MediaError, match="first_pixel raised ZeroDivisionError"):
        lotus.measure(build(""), ["first_pixel"])
    for name, wrong in (("black", "one of lotus' own"), ("A b", "is not a name")):
        with pytest.raises(InvalidInput, match=wrong):
            lotus.metric(name)(first_pixel)
    from lotus.experiments import metrics

    metrics._ADDED.clear()


def test_loudness_is_that_of_ffmpeg(build: Build, measured: Callable[[str], Measurements]) -> None:
    for fault in ("", "distorted", "mute"):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(build(fault))]
        command += ["-af", "ebur128=framelog=quiet", "-f", "null", "-"]
        log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        reading = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1])
        assert measured(fault).values["loudness"] == pytest.approx(reading, abs=0.15), fault


@pytest.mark.parametrize(("frames_late", "seconds"), [(0, 0.0), (6, 0.25), (-5, -0.208)])
def test_sound_that_comes_late_or_early_is_seen(
    tmp_path: Path, frames_late: int, seconds: float
) -> None:
    """A box jumps and knocks at odd moments; the camera stands still."""
    rng = np.random.default_rng(3)
    frames = np.full((48, 180, 320, 3), 90, np.uint8)
    wave = rng.normal(0, 1e-4, 96_000).astype(np.float32)
    for event in (7, 16, 22, 33, 40):
        x = int(rng.integers(10, 250))
        frames[event:] = 90
        frames[event:, 60:120, x : x + 60] = 220
        at = (event + frames_late) * 2000
        wave[at : at + 1500] += rng.normal(0, 0.3, 1500).astype(np.float32)
    path = write(tmp_path / "knocks.mp4", frames, wave)
    lag = lotus.measure(path, ["sound_lag"]).values["sound_lag"]
    assert lag == pytest.approx(seconds, abs=0.06)


def test_sound_without_a_common_rhythm_has_no_lag(before: Measurements) -> None:
    assert before.values["sound_lag"] is None


@pytest.mark.slow
def test_stray_text_is_read_and_is_not_looked_for_unless_it_is_named(
    tmp_path: Path, before: Measurements, build: Build
) -> None:
    assert "stray_text" not in before.values
    assert lotus.measure(build(""), ["stray_text"]).values == {"stray_text": 0.0}
    frames = clean(2)[:12]
    for frame in frames[4:]:
        cv2.putText(frame, "SALE ends NOW", (30, 100), 0, 1, (250, 250, 250), 2)
    path = write(tmp_path / "text.mp4", frames, sound(2, 0.5))
    assert lotus.measure(path, ["stray_text"]).values["stray_text"] == 3


@pytest.fixture(scope="module")
def man() -> Any:
    """A second of a man who talks in a car, (24, 180, 320, 3)."""
    with av.open(str(clip("carphone_pristine.mp4"))) as container:
        frames = [f.to_ndarray(format="rgb24") for f in islice(container.decode(video=0), 24)]
    return np.stack([cv2.resize(frame[10:109], (320, 180)) for frame in frames])


def _jumping(man: Any) -> Any:
    """The face is much smaller in each other quarter of a second."""
    frames = man.copy()
    for i in (*range(6, 12), *range(18, 24)):
        frames[i] = cv2.copyMakeBorder(
            cv2.resize(man[i], (160, 90)), 30, 60, 80, 80, cv2.BORDER_REPLICATE
        )
    return frames


@pytest.mark.parametrize(
    ("change", "faces", "size", "stability"),
    [
        (lambda man: man, 1, 0.61, 1.0),
        (lambda man: np.where(np.arange(24)[:, None, None, None] % 12 < 6, man, 30), 0, None, 0.0),
        (_jumping, 0, None, 0.0),
        (lambda man: clean(3)[:24], 0, None, None),
    ],
    ids=["talks", "comes and goes", "jumps", "texture"],
)
def test_faces_are_counted_and_those_that_do_not_last_are_not_stable(
    man: Any, change: Callable[[Any], Any], faces: int, size: Any, stability: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "face.mp4", change(man).astype(np.uint8), sound(1, 1))
    values = lotus.measure(path, ["faces", "face_size", "face_stability"]).values
    assert values["faces"] == faces
    assert values["face_size"] == (size if size is None else pytest.approx(size, abs=0.05))
    assert values["face_stability"] == stability


def test_faces_of_a_phone_that_was_held_upright_are_seen(man: Any, tmp_path: Path) -> None:
    """Phones store pictures lying down, and how to turn them."""
    lying = np.stack([cv2.resize(np.rot90(frame[:, 110:211]), (320, 180)) for frame in man[:14]])
    path = write(tmp_path / "lying.mp4", lying, sound(1, 0.6))
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", -90, "-i", path, "-c", "copy", turned)
    flat, upright = (lotus.measure(p, ["faces", "face_size"]) for p in (path, turned))
    assert (flat.height, upright.height) == (180, 320)
    assert (flat.values["faces"], upright.values["faces"]) == (0, 1)
    assert upright.values["face_size"] == pytest.approx(0.6, abs=0.08)


def test_the_share_of_a_palette_is_that_of_its_colours(tmp_path: Path) -> None:
    frames = np.zeros((5, 180, 320, 3), np.uint8)
    frames[:, :, :80] = (0x1B, 0x3A, 0x4B)
    frames[:, :, 80:120] = (0xF4, 0xA2, 0x61)
    frames[:, :, 120:] = (20, 200, 40)
    path = write(tmp_path / "colours.mp4", frames, sound(1, 0.2))
    values = lotus.measure(path, ["black"], palette=["#1b3a4b", "#F4A261"]).values
    assert values["palette"] == pytest.approx(120 / 320, abs=0.02)
    with pytest.raises(InvalidInput, match="'red' is not a colour"):
        lotus.measure(path, palette=["red"])


def test_videos_are_held_against_a_reference(build: Build, tmp_path: Path) -> None:
    same = lotus.similarity(build(""), build(""))
    blurred = lotus.similarity(build("blurred"), build(""))
    assert same.ssim == 1
    assert blurred.ssim < 0.97
    assert same.vmaf is not None
    assert blurred.vmaf is not None
    assert same.vmaf > 95 > blurred.vmaf
    short = write(tmp_path / "short.mp4", clean(1)[:20], sound(1, 0.8))
    with pytest.raises(InvalidInput, match="has 20 frames, and the reference 48"):
        lotus.similarity(short, build(""))
    done = inside("measure", build("blurred"), "--reference", build(""), "--metric", "black")
    assert "vmaf" in done.out
    colours = ("--palette", "#1b3a4b", "--metric", "black", "--json")
    assert "palette" in inside("measure", build(""), *colours).json["videos"][0]["values"]
