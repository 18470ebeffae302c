"""Videos and sounds with every kind of clock: the frame whose time is the last at or before, each
stream in its place, and sound that goes on where players go on.
"""

from __future__ import annotations

import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import lotus
from lotus.documents.timeline import Timeline
from lotus.errors import LotusError
from lotus.media.ffmpeg import FFmpeg
from lotus.media.probe import frame_times, probe
from lotus.media.sound import decoded_sound
from lotus.providers.base import Tools
from lotus.providers.footage import Footage, cut_request, look_at
from lotus.system.stop import Stop
from tests.clips import ffmpeg, numbers
from tests.integration.test_sources import Bench, off
from tests.strange_files import (
    RATE,
    SOUND_RATE,
    count,
    flash_and_beep,
    flat,
    mux,
    piped,
    sound,
    tone,
    video,
    write,
)

AT_25 = {"fps": "25"}
SMALL = {"width": 320, "height": 180, **AT_25}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that several tests read."""
    return tmp_path_factory.mktemp("strange")


def shown(bench: Bench, source: Path, start: float, end: float, **more: Any) -> list[int]:
    clip = {"source": source, "start_seconds": start, "end_seconds": end, **more}
    return numbers(bench.compose(clip, **AT_25))


# pictures


@pytest.mark.parametrize("name", ["screen.mp4", "screen.mkv", "screen.webm"])
def test_a_frame_that_is_held_shows_until_the_next(name: str, bench: Bench) -> None:
    """A screen recorder writes nothing while nothing moves: frame 25 stands from 1 to 5 s."""
    times = [Fraction(k, 25) for k in range(26)] + [5 + Fraction(k, 25) for k in range(25)]
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = write(bench.folder / name, count(0, 51), times=times, codec=codec)
    assert shown(bench, path, 3.2, 5.4) == [25] * 45 + list(range(26, 36))
    assert shown(bench, path, 5.2, 5.6) == list(range(31, 41))
    twice = {"source": path, "start_seconds": 2.4, "end_seconds": 5.4, "speed": 2}
    fast = numbers(bench.compose(twice, **AT_25))
    assert fast[:32] == [25] * 32
    assert set(fast[33:]) <= set(range(26, 36))


def test_slides_and_time_lapse_are_found_at_any_start(bench: Bench) -> None:
    times = [Fraction(3 * k) for k in range(6)]
    path = write(bench.folder / "slides.mp4", count(0, 6), times=times)
    for start in (2.96, 3.0, 7.4, 11.96, 14.0):
        assert shown(bench, path, start, start + 0.4)[0] == int(start // 3)


def test_only_what_was_missed_has_another_key(bench: Bench) -> None:
    times = [Fraction(k, 25) for k in range(26)] + [5 + Fraction(k, 25) for k in range(60)]
    path = write(bench.folder / "screen.mp4", count(0, 86), times=times)
    known = frame_times(path, probe(path))
    assert [bool(known.corrections(Fraction(at))) for at in (0, 1, 2, 3, 4, 5, 6, 7)] == [
        *[False] * 3,
        *[True] * 2,
        *[False] * 3,
    ]


@pytest.fixture(scope="session")
def rare_keys(files: Path) -> Path:
    """A transport stream with a key frame every 10 s."""
    return Path(write(files / "rare.ts", count(0, 350), start=10, every=250))


def test_a_transport_stream_is_decoded_from_a_key_frame(rare_keys: Path, bench: Bench) -> None:
    for start in (5, 8.48, 11):
        wanted = list(range(round(start * 25), round(start * 25) + 10))
        assert shown(bench, rare_keys, start, start + 0.4) == wanted


def test_a_video_that_changes_its_size_is_not_late(bench: Bench) -> None:
    """A call that a browser recorded: the picture becomes smaller when the network does."""
    path = bench.folder / "call.webm"
    with av.open(str(path), "w") as file, av.open(str(bench.folder / "2.webm"), "w") as second:
        packets = video(file, count(0, 25), codec="libvpx")
        small = [np.ascontiguousarray(picture[::2, ::2]) for picture in count(25, 25)]
        rest = video(second, small, start=1, codec="libvpx")
        for packet in rest:
            packet.stream = file.streams.video[0]
        mux(file, packets + rest)
    assert probe(path).resized
    assert shown(bench, path, 0, 2) == list(range(50))
    assert shown(bench, path, 1.2, 1.6) == list(range(30, 40))


def test_a_recording_without_a_duration_plays_to_its_end(bench: Bench) -> None:
    path = piped(bench.folder / "browser.webm", count(0, 50), codec="libvpx", container="webm")
    assert numbers(bench.compose({"source": path}, **AT_25)) == list(range(50))
    assert shown(bench, path, 1.2, 1.6) == list(range(30, 40))
    assert float(look_at(path).seconds) == pytest.approx(2, abs=0.05)


def test_sound_that_outlasts_the_picture_makes_no_pictures(bench: Bench) -> None:
    path = write(bench.folder / "long.mkv", count(0, 50), tone(440, 4.5))
    assert numbers(bench.compose({"source": path}, **AT_25)) == list(range(50))


def _joined(path: Path, starts: list[float]) -> Path:
    data = b""
    for part, start in enumerate(starts):
        write(path.with_name("part.ts"), count(25 * part, 25), start=start)
        data += path.with_name("part.ts").read_bytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("starts", [[10, 11, 12], [10, 10, 10]], ids=["goes on", "begins anew"])
def test_transport_streams_joined_with_cat_are_one_video(starts: list[float], bench: Bench) -> None:
    path = _joined(bench.folder / "joined.ts", starts)
    assert float(probe(path).seconds) == pytest.approx(3, abs=0.1)
    assert shown(bench, path, 0, 2.8) == list(range(70))
    assert shown(bench, path, 1.6, 2.6) == list(range(40, 65))


def test_tape_of_camcorders_is_read(bench: Bench) -> None:
    path = bench.folder / "tape.dv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=720x576:r=25:d=1", "-target", "pal-dv", path)
    assert len(numbers(bench.compose({"source": path, "end_seconds": 0.4}, **AT_25))) == 10


@pytest.mark.parametrize("fits", [("cover", "cover"), ("cover", "contain")])
def test_a_clip_may_dissolve_into_its_own_continuation(fits: Any, bench: Bench) -> None:
    path = write(bench.folder / "take.mp4", count(0, 100))
    change = {"kind": "dissolve", "duration_seconds": 1}
    first = {"source": path, "end_seconds": 2, "transition": change, "fit": fits[0]}
    then = {"source": path, "start_seconds": 1, "end_seconds": 3, "fit": fits[1]}
    assert numbers(bench.compose(first, then, **AT_25)) == list(range(75))


@pytest.mark.parametrize("fit", ["contain", "cover", "blur"])
@pytest.mark.parametrize("size", [(8, 1920), (4096, 2)])
def test_strips_are_seen(size: tuple[int, int], fit: str, bench: Bench) -> None:
    path = write(bench.folder / "strip.mkv", [flat(255, size)] * 5, codec="ffv1")
    frame = bench.seen({"source": path, "end_seconds": 0.2, "fit": fit}, **AT_25)[2]
    bright = frame.mean(axis=2) > 200
    if fit == "contain":
        assert bright.sum() == pytest.approx(2 * (180 if size[0] == 8 else 320), rel=0.2)
    else:
        assert bright[90, 160]


def test_wide_gamut_without_hdr_arrives_in_bt709(bench: Bench) -> None:
    """The curve of BT.709 with other primaries (ITU-R BT.2087; P3 by its chromaticities)."""
    red = np.array((192, 64, 32)) / 255
    linear = np.where(red < 0.081, red / 4.5, ((red + 0.099) / 1.099) ** (1 / 0.45))
    to_2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    to_p3 = [[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]]
    for matrix, (kr, kb), tags in (
        (to_2020, (0.2627, 0.0593), (9, 14, 9, 1)),
        (to_p3, (0.2126, 0.0722), (12, 1, 1, 1)),
    ):
        light = matrix @ linear
        r, g, b = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)
        y = kr * r + (1 - kr - kb) * g + kb * b
        coded = (16 + 219 * y, 128 + 112 * (b - y) / (1 - kb), 128 + 112 * (r - y) / (1 - kr))
        picture = np.stack([flat(round(plane)) for plane in coded])
        for name, grey in (
            ("wide.mp4", picture),
            ("grey.mp4", np.stack([flat(126), *[flat(128)] * 2])),
        ):
            path = write(bench.folder / name, [grey] * 5, pix_fmt="yuv444p", colour=tags)
            got = bench.seen({"source": path, "end_seconds": 0.2}, **AT_25)[2, 90, 160]
            # by the screen's curve (gamma 2.4) instead of the camera's, red is (187, 60, 23)
            assert off(got, (192, 64, 32)) <= 12 if name == "wide.mp4" else off(got, [128] * 3) <= 1


def _in_xyz(*chromaticities: float) -> Any:
    """RGB of these primaries (x and y of red, green and blue) and of D65 in XYZ (SMPTE RP 177)."""
    xy = np.array(chromaticities).reshape(3, 2)
    primaries = np.column_stack([xy, 1 - xy.sum(axis=1)]).T
    white = np.array((0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290))
    return primaries * np.linalg.solve(primaries, white)


@pytest.mark.parametrize(
    ("tags", "chromaticities"),
    [
        ((6, 6, 6, 1), (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),  # BT.601 of 525 lines
        ((5, 6, 5, 1), (0.640, 0.330, 0.290, 0.600, 0.150, 0.060)),  # of 625
    ],
)
@pytest.mark.parametrize("rgb", [(190, 60, 50), (90, 170, 90), (60, 70, 190), (128, 128, 128)])
def test_the_primaries_of_sd_arrive_in_bt709(
    tags: tuple[int, int, int, int], chromaticities: tuple[float, ...], rgb: Any, bench: Bench
) -> None:
    """By the curve of screens (ITU-R BT.1886), as BT.2087 has it for what is shown on them."""
    to_sd = np.linalg.inv(_in_xyz(*chromaticities)) @ _in_xyz(0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    r, g, b = np.maximum(to_sd @ (np.array(rgb) / 255) ** 2.4, 0) ** (1 / 2.4)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    planes = (16 + 219 * y, 128 + 112 * (b - y) / 0.886, 128 + 112 * (r - y) / 0.701)
    picture = np.stack([flat(round(plane)) for plane in planes])
    path = write(bench.folder / "sd.mp4", [picture] * 5, pix_fmt="yuv444p", colour=tags)
    got = bench.seen({"source": path, "end_seconds": 0.2}, **AT_25)[2, 90, 160]
    assert off(got, rgb) <= 3


# sound


def _beeps(heard: Any) -> list[float]:
    level = np.abs(heard[:, 0])
    loud = np.flatnonzero(level > 0.3 * level.max())
    return list(loud[np.diff(loud, prepend=-SOUND_RATE) > SOUND_RATE // 10] / SOUND_RATE)


def _flashes(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        bright = [
            frame.to_ndarray(format="gray").mean() > 128 for frame in container.decode(video=0)
        ]
    return [k / RATE for k in range(1, len(bright)) if bright[k] and not bright[k - 1]]


def _check_sync(bench: Bench, clip: dict[str, Any], at: list[float], slack: float = 0.03) -> None:
    heard = bench.heard(clip, **AT_25)
    assert _flashes(bench.folder / "out.mkv") == pytest.approx(at, abs=0.041)
    assert _beeps(heard) == pytest.approx(_flashes(bench.folder / "out.mkv"), abs=slack)


@pytest.mark.parametrize(
    "name",
    [
        "late.mp4",
        pytest.param("late.mov", marks=pytest.mark.slow),  # as mp4
        pytest.param("late.mkv", marks=pytest.mark.slow),
        "late.ts",
    ],
)
def test_sound_that_begins_late_stays_in_its_place(name: str, bench: Bench) -> None:
    path = flash_and_beep(bench.folder / name, sound_start=0.5)
    _check_sync(bench, {"source": path, "end_seconds": 3.6}, [1, 2, 3])
    _check_sync(bench, {"source": path, "start_seconds": 0.4, "end_seconds": 2.6}, [0.6, 1.6])
    _check_sync(bench, {"source": path, "start_seconds": 1.8, "end_seconds": 3.4}, [0.2, 1.2])


def test_pictures_that_begin_late_stay_in_their_place(bench: Bench) -> None:
    path = bench.folder / "tv.ts"
    with av.open(str(path), "w") as file:
        pictures = [flat(255 if 25 <= k < 27 else 20) for k in range(75)]
        beep = tone(1000, 4)
        beep[: round(1.6 * SOUND_RATE)] = 0
        beep[round(1.7 * SOUND_RATE) :] = 0
        mux(file, video(file, pictures, start=10.6) + sound(file, beep, 10))
    assert float(probe(path).start) == pytest.approx(0.6, abs=0.05)
    _check_sync(bench, {"source": path, "end_seconds": 3}, [1.6], slack=0.05)


def test_a_brief_s_footage_keeps_sound_in_its_place(tmp_path: Path) -> None:
    path = flash_and_beep(tmp_path / "late.mp4", sound_start=0.5)
    cut = {"start_seconds": 0.4, "camera": "static", "fit": "cover"}
    request = cut_request(path, "d", cut, (320, 180), Fraction(25), 55)
    out = tmp_path / "clip.mp4"
    Footage().make(request, out, Tools(FFmpeg(), tmp_path, Stop(), lambda frames: None))
    heard = np.concatenate([*decoded_sound(out)])
    assert _flashes(out) == pytest.approx([0.6, 1.6], abs=0.041)
    assert _beeps(heard) == pytest.approx([0.6, 1.6], abs=0.04)


@pytest.mark.parametrize(
    ("name", "codec", "sound_codec"),
    [
        ("tv.ts", "mpeg2video", "mp2"),
        ("disc.mpg", "mpeg2video", "mp2"),
        ("new.ts", "libx264", "ac3"),
    ],
)
def test_broadcasts_and_discs_are_heard_from_any_time(
    name: str, codec: str, sound_codec: str, bench: Bench
) -> None:
    path = flash_and_beep(bench.folder / name, codec=codec, sound_codec=sound_codec)
    _check_sync(bench, {"source": path, "end_seconds": 3.6}, [1, 2, 3], slack=0.05)
    _check_sync(bench, {"source": path, "start_seconds": 2.5, "end_seconds": 3.6}, [0.5], 0.05)


def _hertz(heard: Any, start: float) -> int:
    part = heard[round(start * SOUND_RATE) :, 0][:SOUND_RATE]
    return int(np.abs(np.fft.rfft(part, SOUND_RATE)).argmax()) if np.abs(part).max() > 0.01 else 0


def test_sound_that_changes_from_mono_to_stereo_goes_on(bench: Bench) -> None:
    path = bench.folder / "tv.ts"
    with av.open(str(path), "w") as file, av.open(str(bench.folder / "2.ts"), "w") as second:
        packets = video(file, [flat(90)] * 100)
        packets += sound(file, tone(440, 2), codec="ac3")
        stereo = sound(second, np.stack([tone(880, 2)] * 2), start=2, codec="ac3")
        for packet in stereo:
            packet.stream = file.streams.audio[0]
        mux(file, packets + stereo)
    heard = bench.heard({"source": path, "end_seconds": 3.8}, **AT_25)
    assert [_hertz(heard, 0.5), _hertz(heard, 2.5)] == [440, 880]


def _damaged(path: Path, packets: tuple[int, ...]) -> Path:
    times = np.arange(4 * SOUND_RATE) / SOUND_RATE
    beeps = tone(1000, 4) * ((times % 1 < 0.08) & (times >= 1))
    write(path, [flat(90)] * 100, beeps + tone(300, 4) / 10)
    with av.open(str(path)) as file:
        places = [(packet.pos, packet.size) for packet in file.demux(audio=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in packets:
        at, size = places[number]
        data[at : at + size] = random.Random(1).randbytes(size)
    path.write_bytes(data)
    return path


def test_damaged_packets_are_left_out_counted_and_what_follows_is_in_time(bench: Bench) -> None:
    path = _damaged(bench.folder / "card.mp4", (70, 71, 120))
    clip = {"source": str(path), "end_seconds": 3.6}
    line = Timeline.model_validate(
        {"width": 320, "height": 180, "fps": "25", "encoding": {"codec": "ffv1"}, "clips": [clip]}
    )
    done = lotus.compose(line, bench.folder / "out.mkv", workspace=bench.workspace)
    assert done.warnings == (
        "card.mp4: 3 damaged packets of sound were left out; what follows keeps its time",
    )
    assert done.model_dump(mode="json")["warnings"] == list(done.warnings)
    heard = np.concatenate([*decoded_sound(bench.folder / "out.mkv")])
    times = [time for time in _beeps(heard) if any(abs(time - at) < 0.1 for at in (1, 2, 3))]
    assert times == pytest.approx([1, 2, 3], abs=0.015)


def test_damaged_packets_of_a_brief_s_footage_are_counted_too(tmp_path: Path) -> None:
    path = _damaged(tmp_path / "card.mp4", (70, 71, 120))
    with av.open(str(path)) as file:
        at, size = [(packet.pos, packet.size) for packet in file.demux(video=0) if packet.size][60]
    data = bytearray(path.read_bytes())
    data[at : at + size] = random.Random(1).randbytes(size)
    path.write_bytes(data)
    cut = {"start_seconds": 0.0, "camera": "static", "fit": "cover"}
    request = cut_request(path, "d", cut, (320, 180), Fraction(25), 90)
    out = tmp_path / "clip.mp4"
    messages: list[str] = []
    tools = Tools(FFmpeg(), tmp_path, Stop(), lambda frames: None, messages.append)
    Footage().make(request, out, tools)
    assert messages == [
        "card.mp4: 1 damaged packet of pictures was left out; what follows keeps its time",
        "card.mp4: 3 damaged packets of sound were left out; what follows keeps its time",
    ]


@pytest.mark.parametrize("name", ["cut.wav", "cut.mp3", "cut.m4a", "cut.flac", "cut.wv"])
def test_music_that_is_cut_off_is_heard_as_far_as_it_goes_and_named(
    name: str, bench: Bench
) -> None:
    music = bench.folder / name
    brief = ("-f", "lavfi", "-i", "sine=440:d=6", "-movflags", "+faststart")
    ffmpeg(*brief, *(("-f", "ipod") if name.endswith("m4a") else ()), music)
    whole = [*decoded_sound(music, on_damage=pytest.fail)]
    assert sum(map(len, whole)) == pytest.approx(6 * SOUND_RATE, abs=SOUND_RATE / 10)
    music.write_bytes(music.read_bytes()[: music.stat().st_size * 4 // 10])
    take = write(bench.folder / "take.mp4", [flat(90)] * 100)
    line = {"clips": [{"source": str(take)}], "audio": [{"source": str(music)}], **SMALL}
    out = bench.folder / "out.mp4"
    done = lotus.compose(Timeline.model_validate(line), out, workspace=bench.workspace)
    (message,) = (warning for warning in done.warnings if "cut off" in warning)
    pattern = rf"{name}: is cut off: its sound ends 3\.\d s before the file says; copy or export.*"
    assert re.fullmatch(pattern, message)


def test_characters_without_a_glyph_are_named(bench: Bench) -> None:
    take = write(bench.folder / "take.mp4", count(0, 10))
    line = Timeline.model_validate(
        {
            "width": 320,
            "height": 180,
            "fps": "25",
            "clips": [{"source": str(take)}],
            "captions": [
                {"text": "so \U00013000 it is 1\u20e3", "start_seconds": 0, "end_seconds": 1}
            ],
        }
    )
    done = lotus.compose(line, bench.folder / "out.mp4", workspace=bench.workspace)
    assert done.warnings == (
        "captions: no font has \U00013000 (U+13000); boxes stand in their place",
    )


def test_sound_that_cannot_be_decoded_is_refused_before_anything_is_rendered(bench: Bench) -> None:
    take = write(bench.folder / "take.mp4", count(0, 10))
    music = bench.folder / "music.mp3"
    music.write_bytes(random.Random(2).randbytes(20_000))
    steps: list[Any] = []
    bench.workspace.ffmpeg.run = lambda *a, **k: steps.append(a)  # type: ignore[method-assign]
    with pytest.raises(LotusError, match=r"music\.mp3"):
        bench.compose({"source": take}, audio=[{"source": str(music)}])
    silent = write(bench.folder / "silent.mp4", count(0, 10))
    with pytest.raises(LotusError, match=r"audio\[0\]\.source: '.*silent\.mp4' has no sound"):
        bench.compose({"source": take}, audio=[{"source": str(silent)}])
    assert steps == []


KINDS = {
    "a.caf": ("-c:a", "pcm_s16le"),
    "a.amr": ("-c:a", "libopencore_amrnb", "-ar", 8000, "-ac", 1),
    "a.ac3": (),
    "a.eac3": (),
    "a.dts": ("-c:a", "dca", "-strict", -2),
    "a.mp2": (),
    "a.au": (),
    "a.w64": (),
    "a.wv": (),
    "a.tta": (),
    "a.wma": (),
    "a.opus": (),
    "a.aiff": (),
}


@pytest.mark.parametrize("name", KINDS)
def test_music_of_any_kind_is_heard(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=1.5", *KINDS[name], path)
    media = probe(path)
    assert media.kind == "audio"
    assert float(media.seconds) == pytest.approx(1.5, abs=0.1)
    heard = np.concatenate([*decoded_sound(path)])
    assert abs(_hertz(heard, 0.2) - 440) <= 1


@pytest.mark.parametrize("speed", [0.1, 0.25, 0.4, 2.5])
def test_any_speed_keeps_pitch_and_place(speed: float, bench: Bench) -> None:
    path = flash_and_beep(bench.folder / "take.mp4")
    clip = {"source": path, "start_seconds": 0.7, "end_seconds": 1.3, "speed": speed}
    heard = bench.heard(clip, **AT_25)
    assert len(heard) == pytest.approx(0.6 / speed * SOUND_RATE, abs=1920)
    beeps = _beeps(heard)
    assert beeps[0] == pytest.approx(0.3 / speed, abs=max(0.05, 0.05 / speed))
    assert abs(_hertz(heard[round(beeps[0] * SOUND_RATE) :], 0) - 1000) <= 15


def _steady(heard: Any, window: float, end: float = 3.8) -> float:
    """The lowest level of a steady tone, measured against the middle one."""
    size = round(window * SOUND_RATE)
    part = heard[round(0.2 * SOUND_RATE) : round(end * SOUND_RATE), 0]
    level = np.sqrt((part[: len(part) // size * size].reshape(-1, size) ** 2).mean(1))
    return float(level.min() / np.median(level))


def test_sound_goes_on_evenly_through_touching_stretches(bench: Bench) -> None:
    path = bench.folder / "take.mov"
    write(path, [flat(90)] * 100, tone(1000, 4), sound_codec="pcm_s16le")
    for length in (0.5, 0.1):
        starts = [round(k * length, 3) for k in range(round(4 / length))]
        clips = [
            {"source": path, "start_seconds": t, "end_seconds": round(t + length, 3)}
            for t in starts
        ]
        assert _steady(bench.heard(*clips, **AT_25), 0.002) >= 0.85
    jump = [{"source": path, "end_seconds": 1}, {"source": path, "start_seconds": 2}]
    assert _steady(bench.heard(*jump, **AT_25), 0.002, end=2.8) < 0.7  # a real cut has its fades


def test_a_loop_of_aac_has_no_gap(bench: Bench) -> None:
    path = bench.folder / "loop.m4a"
    with av.open(str(path), "w") as file:
        mux(file, sound(file, tone(1000, 1, 44_100), rate=44_100))
    grey = bench.folder / "grey.png"
    Image.new("RGB", (320, 180), (90, 90, 90)).save(grey)
    still = {"source": grey, "duration_seconds": 4}
    heard = bench.heard(still, audio=[{"source": str(path), "loop": True}], **AT_25)
    assert _steady(heard, 0.005) >= 0.7


def test_a_short_sound_fades_before_its_own_end(bench: Bench) -> None:
    path = write(bench.folder / "music.wav", samples=tone(1000, 2), sound_codec="pcm_s16le")
    grey = bench.folder / "grey.png"
    Image.new("RGB", (320, 180), (90, 90, 90)).save(grey)
    still = {"source": grey, "duration_seconds": 4}
    track = {"source": str(path), "fade_out_seconds": 1, "start_seconds": 0.5}
    heard = bench.heard(still, audio=[track], **AT_25)[:, 0]

    def level(start: float, end: float) -> float:
        part = heard[round(start * SOUND_RATE) : round(end * SOUND_RATE)]
        return float(np.sqrt((part**2).mean()))

    assert level(2.38, 2.42) / level(0.9, 1.1) == pytest.approx(0.16, abs=0.05)  # sin(9 degrees)
    assert level(1.98, 2.02) / level(0.9, 1.1) == pytest.approx(0.71, abs=0.05)


def test_the_default_stream_is_heard(bench: Bench) -> None:
    path = bench.folder / "film.mkv"
    with av.open(str(path), "w") as file:
        packets = video(file, [flat(90)] * 50)
        packets += sound(file, tone(300, 2)) + sound(file, tone(440, 2))
        file.streams.audio[0].disposition = av.stream.Disposition.comment
        file.streams.audio[1].disposition = av.stream.Disposition.default
        mux(file, packets)
    assert _hertz(bench.heard({"source": path}, **AT_25), 0.5) == 440
    cut = {"start_seconds": 0.0, "camera": "static", "fit": "cover"}
    request = cut_request(path, "d", cut, (320, 180), Fraction(25), 50)
    out = bench.folder / "clip.mp4"
    Footage().make(request, out, Tools(FFmpeg(), bench.folder, Stop(), lambda frames: None))
    assert _hertz(np.concatenate([*decoded_sound(out)]), 0.5) == 440


def test_sound_far_over_full_scale_is_brought_to_its_loudness(bench: Bench) -> None:
    path = bench.folder / "loud.wav"
    with av.open(str(path), "w") as file:
        mux(file, sound(file, 100 * tone(1000, 4), codec="pcm_f32le"))
    grey = bench.folder / "grey.png"
    Image.new("RGB", (320, 180), (90, 90, 90)).save(grey)
    heard = bench.heard(
        {"source": grey, "duration_seconds": 4}, audio=[{"source": str(path)}], **AT_25
    )
    # a sine of 1 kHz in both channels has as many LUFS as dB of its peak (ITU-R BS.1770, note 1)
    peak = float(np.abs(heard[SOUND_RATE : 3 * SOUND_RATE]).max())
    assert 20 * np.log10(peak) == pytest.approx(-14, abs=0.5)
