"""Videos ready for platforms: shape around the subject, loudness, limits, captions, thumbnail."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import lotus
from lotus.cli import app
from lotus.composition.layout import lay_out
from lotus.delivery.checks import DeliveryFacts, refusals
from lotus.delivery.deliver import check_delivery, deliver_to
from lotus.delivery.platforms import Platform, platforms, platforms_named
from lotus.delivery.reframe import rate_for
from lotus.errors import UnknownName
from lotus.media.loudness import measure_loudness
from lotus.media.subject import subject_of
from lotus.settings import Settings
from tests.clips import ffmpeg, frame_count, said

RED = (200, 40, 40)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> lotus.Workspace:
    return lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path_factory.mktemp("home")))


def balls(folder: Path, name: str, x: float, y: float = 0.5, **how: Any) -> Path:
    """A second of a red ball in a meadow of grass."""
    size = how.get("size", (192, 108))
    rng = np.random.default_rng(3)
    grass = np.dstack([rng.integers(60, 90, size[::-1]), rng.integers(90, 130, size[::-1])])
    grass = np.dstack([grass, rng.integers(40, 70, size[::-1])]).astype(np.uint8)
    down, across = np.mgrid[0 : size[1], 0 : size[0]]
    for n in range(24):
        picture = grass.copy()
        centre = (x * size[0] + n / 12, y * size[1])
        picture[np.hypot(across - centre[0], down - centre[1]) < min(size) / 6] = RED
        Image.fromarray(picture).save(folder / f"{name}-{n:02}.png")
    path = folder / f"{name}.mp4"
    ffmpeg("-framerate", 24, "-i", folder / f"{name}-%02d.png", "-pix_fmt", "yuv420p", path)
    for file in folder.glob(f"{name}-*.png"):
        file.unlink()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sources")
    balls(place, "left", 0.2)
    balls(place, "right", 0.75)
    balls(place, "low", 0.5, 0.8, size=(108, 192))
    chord = "+".join(f"sin({hz}*2*PI*t)" for hz in (220, 277, 330, 880))
    beats = f"aevalsrc=0.1*({chord})*(0.3+0.7*exp(-8*mod(t\\,0.5))):d=6:s=48000"
    ffmpeg("-f", "lavfi", "-i", beats, "-ac", 2, place / "music.wav")
    return place


def small(name: str) -> Platform:
    """A platform with a tenth of its pixels a side, for quick tests."""
    whole = platforms()[name]
    sides = {"width": whole.width // 20 * 2, "height": whole.height // 20 * 2}
    return whole.model_copy(update={**sides, "seconds_least": 1})


def line(folder: Path, *names: str, **more: Any) -> lotus.Timeline:
    clips = [{"source": str(folder / f"{name}.mp4"), "duration_seconds": 1} for name in names]
    audio = [{"source": str(folder / "music.wav")}]
    captions = [
        {"text": "Fresh grass", "start_seconds": 0.2, "end_seconds": 0.9},
        {"text": "Come and see", "start_seconds": 1, "end_seconds": 2, "style": "cta"},
    ]
    document = {"width": 192, "height": 108, "fps": "24", "clips": clips, "audio": audio}
    return lotus.Timeline.model_validate({**document, "captions": captions, **more})


@pytest.mark.parametrize(
    ("name", "shape", "ball"),
    [
        ("left", 9 / 16, (0.2, 0.5)),
        ("right", 9 / 16, (0.79, 0.5)),
        ("right", 1.0, (0.79, 0.5)),
        ("low", 16 / 9, (0.54, 0.8)),
    ],
)
def test_a_crop_holds_the_whole_of_what_stands_out(
    name: str, shape: float, ball: tuple[float, float], folder: Path
) -> None:
    sides = (108, 192) if name == "low" else (192, 108)
    crop = (min(1, sides[1] * shape / sides[0]), min(1, sides[0] / shape / sides[1]))
    focus = subject_of(folder / f"{name}.mp4", 0, 1, shape)
    for place, at, part, side in zip(focus, ball, crop, sides, strict=True):
        middle = min(max(place, part / 2), 1 - part / 2)  # as far as the picture goes
        radius = 108 / 6 / side
        assert middle - part / 2 <= at - radius * 0.8
        assert at + radius * 0.8 <= middle + part / 2


def test_an_even_picture_stays_where_it_is_and_a_turned_one_is_looked_at_upright(
    folder: Path, tmp_path: Path
) -> None:
    even = tmp_path / "even.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=192x108:d=1", even)
    assert subject_of(even, 0, 1, 9 / 16) == (0.5, 0.5)
    turned = tmp_path / "turned.mp4"  # stored lying; shown upright, the ball is below the middle
    ffmpeg("-display_rotation", "-90", "-i", folder / "right.mp4", "-c", "copy", turned)
    x, y = subject_of(turned, 0, 1, 16 / 9)
    assert (x, y > 0.6) == (0.5, True)


def red(path: Path, at: int) -> tuple[float, float]:
    """How much of a frame is the ball, and where its middle is across the frame."""
    with av.open(str(path)) as container:
        frames = [
            frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)
        ]
    ball = (frames[at][:, :, 0] - frames[at][:, :, 1]) > 90
    across = np.nonzero(ball)[1]
    return float(ball.mean()), float(across.mean() / ball.shape[1]) if len(across) else 0.0


def independent(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak of a file, by a pass of ffmpeg's own meter."""
    log = said("-i", path, "-af", "ebur128=peak=true", "-f", "null", "-", cwd=path.parent)
    whole, peak = (
        re.findall(rf"{name}:\s+(-?[\d.]+) {unit}", log)[-1]
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    return float(whole), float(peak)


def test_a_tall_delivery_keeps_the_subject_of_each_clip(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    source = line(folder, "left", "right", captions=[])
    done = deliver_to(source, small("reels"), tmp_path, workspace)
    assert done.refused == ()
    assert (done.width, done.height) == (108, 192)
    assert done.output == tmp_path / "reels.mp4"
    assert frame_count(done.output) == 48
    for at in (2, 22, 26, 46):
        much, across = red(done.output, at)
        assert much > 0.1  # of a whole ball 0.155
        assert 0.25 < across < 0.75
    middle = deliver_to(  # what a crop of the middle would keep
        source.model_copy(
            update={
                "clips": tuple(c.model_copy(update={"focus": (0.5, 0.5)}) for c in source.clips)
            }
        ),
        small("reels"),
        tmp_path,
        workspace,
    )
    assert red(middle.output, 2)[0] < 0.02  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["youtube", "reels", "linkedin", "tv"])
def test_each_platform_gets_its_loudness_shape_and_rate(
    name: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    platform = small(name)
    platform = platform.model_copy(update={"bytes_least": 0})
    long = line(folder, "left", "right", "left", "right", "left", "right")
    done = deliver_to(long, platform, tmp_path, workspace)
    assert done.refused == ()
    assert done.output is not None
    loudness, peak = independent(done.output)
    assert loudness == pytest.approx(platform.loudness_lufs, abs=0.2)
    assert done.loudness_lufs == pytest.approx(loudness, abs=0.1)
    assert peak <= -0.9
    with av.open(str(done.output)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (platform.width, platform.height)
        assert stream.average_rate == (25 if name == "tv" else 24)
        assert stream.codec_context.name == ("prores" if name == "tv" else "h264")
    assert frame_count(done.output) == (150 if name == "tv" else 144)
    subtitles = tmp_path / f"{name}.srt"
    assert subtitles.exists() == (platform.captions != "burned")
    assert done.subtitles == (subtitles if subtitles.exists() else None)
    assert (done.thumbnail is None) == (name == "tv")
    if done.thumbnail is not None:
        with Image.open(done.thumbnail) as picture:
            assert picture.size == (platform.width, platform.height)


def test_captions_are_burned_or_beside_and_cards_stay(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    source = line(folder, "left", "right", audio=[])
    frames = {}
    for how in ("burned", "beside"):
        done = deliver_to(source, small("youtube"), tmp_path, workspace, captions=how)  # type: ignore[arg-type]
        assert (done.subtitles is not None) == (how == "beside")
        assert done.loudness_lufs == float("-inf")  # silent, which no limit refuses
        assert done.refused == ()
        with av.open(str(done.output)) as container:
            frames[how] = [
                f.to_ndarray(format="gray").astype(int) for f in container.decode(video=0)
            ]
    apart = [np.abs(a - b).max() for a, b in zip(frames["burned"], frames["beside"], strict=True)]
    assert apart[12] > 60  # the caption
    assert max(apart[26:]) < 30  # the card is in both
    assert "Fresh grass" in (tmp_path / "youtube.srt").read_text()


FINE = DeliveryFacts(30, Fraction(25), 1080, 1920)
LIMITS = [
    ("reels", {}, None),
    ("shorts", {"seconds": 179}, None),
    ("shorts", {"seconds": 181}, "181 s is longer than 180 s"),
    ("tiktok", {"seconds": 601}, "601 s is longer than 600 s"),
    ("reels", {"seconds": 2}, "2 s is shorter than 3 s"),
    ("reels", {"seconds": 1000}, "1000 s is longer than 900 s"),
    ("reels", {"fps": Fraction(12)}, "12 frames a second are not 23 to 60"),
    ("reels", {"width": 1920}, "1920x1920 is not 1080x1920"),
    ("reels", {"size_bytes": 400_000_000}, "400.0 MB is more than 300 MB"),
    ("reels", {"kbps": 30_000}, "30.0 Mbit/s is more than 25 Mbit/s"),
    ("reels", {"loudness_lufs": -20.0}, "-20.0 LUFS is not -14 by 1 LU"),
    ("reels", {"loudness_lufs": float("-inf")}, None),
    ("reels", {"thumbnail_bytes": 9_000_000}, "a thumbnail of 9.0 MB is more than 8 MB"),
]


@pytest.mark.parametrize(("name", "changes", "line"), LIMITS)
def test_what_a_platform_would_refuse_is_one_line_each(
    name: str, changes: dict[str, Any], line: str | None
) -> None:
    found = refusals(replace(FINE, **changes), platforms()[name])
    assert found == (() if line is None else (line,))


def test_television_is_strict_about_level_and_rate() -> None:
    tv = platforms()["tv"]
    facts = DeliveryFacts(20, Fraction(24), 1920, 1080, None, None, -22.5, -0.5, -15.0)
    assert refusals(facts, tv) == (
        "24 frames a second are not 25 or 50",
        "-22.5 LUFS is not -23 by 0.2 LU",
        "a true peak of -0.5 dBTP is more than -1 dBTP",
        "its loudest three seconds, -15.0 LUFS, are more than -18 LUFS",
    )
    rates = {24: 25, 25: 25, 30: 25, 50: 50, 60: 50}
    assert {rate: rate_for(Fraction(rate), tv) for rate in rates} == rates
    assert rate_for(Fraction(60_000, 1001), platforms()["linkedin"]) == Fraction(30_000, 1001)


def test_what_is_refused_before_rendering_is_not_rendered(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    short = line(folder, "left", captions=[])
    reels = small("reels").model_copy(update={"seconds_least": 3})
    out = tmp_path / "out"
    out.mkdir()
    for done in (deliver_to(short, reels, out, workspace), check_delivery(short, reels, workspace)):
        assert done.refused == ("1 s is shorter than 3 s",)
        assert done.output is None
    assert list(out.iterdir()) == []


def test_every_fact_has_a_source_and_a_day() -> None:
    for platform in platforms().values():
        assert platform.facts
        for fact in platform.facts:
            assert fact.source.startswith("https://")
            assert fact.read.year >= 2026
    assert [one.name for one in platforms_named("youtube, tv,youtube")] == ["youtube", "tv"]
    with pytest.raises(UnknownName, match="no platform 'youtub'; did you mean 'youtube'"):
        platforms_named("youtub")


def test_loudness_is_that_of_the_reference_signals(
    tmp_path: Path, workspace: lotus.Workspace
) -> None:
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS measures -23 LUFS."""
    path = tmp_path / "tone.wav"
    tone = "sine=1000:d=8:r=48000,volume=8*0.07079457,pan=stereo|c0=c0|c1=c0"
    ffmpeg("-f", "lavfi", "-i", tone, "-ac", 2, "-c:a", "pcm_s24le", path)
    level = measure_loudness(path, workspace.ffmpeg, tmp_path)
    assert level.integrated_lufs == pytest.approx(-23, abs=0.1)
    assert level.short_term_lufs == pytest.approx(-23, abs=0.1)
    assert level.true_peak_dbtp == pytest.approx(-23, abs=0.2)


def test_a_focus_changes_the_crop_and_no_key_without_it(folder: Path) -> None:
    from lotus.composition.segments import segment_facts, segments

    plain = line(folder, "left", captions=[], audio=[])
    aimed = plain.model_copy(
        update={"clips": (plain.clips[0].model_copy(update={"focus": (0.2, 0.5)}),)}
    )
    facts = [
        segment_facts(segments(one, lay_out(one, {}))[0], digest=str, canvas={}, text={})
        for one in (plain, aimed)
    ]
    assert "focus" not in facts[0]["shots"][0]
    assert facts[1]["shots"][0].pop("focus") == (0.2, 0.5)
    assert facts[0] == facts[1]
    assert "focus" not in plain.model_dump_json()


def test_the_command_checks_without_rendering(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "line.json"
    path.write_text(line(folder, "left", captions=[]).model_dump_json())
    arguments = ["deliver", str(path), "--for", "youtube,reels", "--check", "--json"]
    done = CliRunner().invoke(app("deliver"), arguments)
    assert done.exit_code == 1
    assert '"1 s is shorter than 3 s"' in done.stdout
    plain = CliRunner().invoke(app("deliver"), arguments[:-1])
    assert "  refused: 1 s is shorter than 3 s" in plain.stdout
    wrong = CliRunner().invoke(app("deliver"), ["deliver", str(path), "--for", "vine"])
    assert wrong.exit_code == 2
