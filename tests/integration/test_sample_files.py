"""Real files that packages carry, of phones, cameras, discs, recorders and browsers: what comes out
is what another program decodes.
"""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from lotus.media.facts import Media
from lotus.media.probe import probe
from lotus.media.report import media_report
from lotus.media.sound import read_mono
from tests.integration.test_sources import Bench

AT = 5.3  # seconds into each video
EACH = 10  # frames
SIZE = (160, 90)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def _folder(package: str, *parts: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*parts)


SAMPLES = _folder("iscc_samples", "files")
# of demo.ogv (Theora) this ffmpeg decodes a quarter, and so does PyAV
VIDEOS = [p for p in sorted(SAMPLES.glob("video/demo.*")) if p.suffix not in (".ogv", ".ogg")]
PHOTOS = [p for p in sorted(SAMPLES.glob("image/demo.*")) if p.suffix != ".py"]
SOUNDS = sorted(SAMPLES.glob("audio/demo.*"))


def _shown(path: Path, media: Media, at: float) -> Image.Image:
    """The last picture at or before a time, by PyAV from the file's start."""
    if media.kind == "image":
        return Image.open(path).convert("RGB")
    with av.open(str(path)) as container:
        begin = Fraction(container.start_time or 0, 1_000_000)
        for number, frame in enumerate(container.decode(video=0)):
            time = number / 24 if frame.time is None else frame.time - float(begin)
            if time > at:
                break
            last = frame
    picture: Image.Image = last.to_image()  # type: ignore[no-untyped-call]
    return picture


@pytest.mark.slow
def test_videos_and_photos_of_many_kinds_look_as_they_are(bench: Bench) -> None:
    assert len({path.suffix for path in VIDEOS}) >= 15
    assert len({path.suffix for path in PHOTOS}) >= 6
    clips: list[dict[str, Any]] = [
        {"source": path, "start_seconds": AT, "end_seconds": AT + EACH / 25, "fit": "contain"}
        if path.stat().st_size > 1 << 20
        else {"source": path, "duration_seconds": EACH / 25, "fit": "contain"}
        for path in [*VIDEOS, *PHOTOS]
    ]
    frames = bench.seen(*clips, size=SIZE, fps="25")
    assert len(frames) == EACH * len(clips)
    for number, clip in enumerate(clips):
        media = probe(clip["source"])
        at = clip.get("start_seconds", 0) + 5 / 25
        # the picture at that time, or the one that begins within half a frame of the video; the
        # times of a bare stream are guesses
        lates = (0.001, 0.019) if clip["source"].suffix != ".m1v" else (0.001, 0.045)
        pictures = [_shown(clip["source"], media, at + late) for late in lates]
        share = min(SIZE[0] / media.width, SIZE[1] / media.height)
        width, height = round(media.width * share), round(media.height * share)
        left, top = (SIZE[0] - width) // 2, (SIZE[1] - height) // 2
        got = frames[number * EACH + 5][top : top + height, left : left + width]
        right = (np.asarray(picture.resize((width, height)), np.int16) for picture in pictures)
        assert min(np.abs(got - one).mean() for one in right) < 12, clip["source"].name


@pytest.mark.parametrize("path", SOUNDS, ids=lambda path: path.suffix[1:])
def test_sound_of_many_kinds_is_the_same_sound(path: Path) -> None:
    right = read_mono(SAMPLES / "audio" / "demo.wav", 8000, 20)
    got = read_mono(path, 8000, 20)
    assert len(got) == pytest.approx(len(right), abs=800)
    # an AAC stream without a container does not say how its encoder began
    lags = range(0, 520, 40) if path.suffix == ".aac" else [0]
    fits = [_likeness(got[lag : lag + 112_000], right[:112_000]) for lag in lags]
    assert max(fits) > 0.97


def _likeness(one: Any, other: Any) -> float:
    """Correlation of the loudness of each twentieth of a second."""
    levels = [np.sqrt((samples.reshape(-1, 400) ** 2).mean(axis=1)) for samples in (one, other)]
    return float(np.corrcoef(*levels)[0, 1])


def test_sound_files_of_odd_make_are_read_or_refused_in_one_line() -> None:
    reports = {
        path.name: media_report(path)
        for path in sorted(_folder("scipy", "io", "tests", "data").glob("*.wav"))
    }
    read = [name for name, report in reports.items() if not report["refused"]]
    assert len(read) >= 10
    refused = [report["refused"] for report in reports.values() if report["refused"]]
    assert all(why["remedy"] and "\n" not in why["reason"] for why in refused)
