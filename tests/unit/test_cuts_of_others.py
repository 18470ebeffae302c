"""Cuts as other tools write them: what can be shown as it is comes in, all else is one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import lotus
from lotus.composition.layout import lay_out
from lotus.errors import InvalidInput
from lotus.interchange.reading import read_cut
from tests.clips import ffmpeg, numbered

SIZE = (96, 54)
Written = Callable[..., Path]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sources")
    numbered(place / "a.mp4", 120, Fraction(24), SIZE)
    numbered(place / "b c.mp4", 150, Fraction(30), SIZE)
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=5", "-ac", 2, place / "music.wav")
    tagged = ("-c", "copy", "-timecode", "01:00:00:00")
    ffmpeg("-i", place / "a.mp4", *tagged, place / "camera.mov")
    Image.new("RGBA", SIZE, (224, 142, 69, 90)).save(place / "logo.png")
    return place


@pytest.fixture
def written(sources: Path, tmp_path: Path) -> Written:
    def write(text: str | bytes | dict[str, Any], suffix: str = "otio") -> Path:
        path = tmp_path / f"cut.{suffix}"
        text = json.dumps(text) if isinstance(text, dict) else text
        text = text.replace("@", str(sources)) if isinstance(text, str) else text
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def read(path: Path, **more: Any) -> tuple[lotus.Timeline, str]:
    line, left_out = read_cut(path, path.parent / "cache", **more)
    return line, " | ".join(left_out)


def stands(line: lotus.Timeline) -> list[tuple[str, int, int, float]]:
    """Each clip's file, where it stands, its frames and its in-point in frames of the timeline."""
    placed = lay_out(line, {})
    return [
        (Path(c.source).name, c.at_frame, c.frames, round(float(c.start * placed.rate), 3))
        for c in placed.clips
    ]


def time(value: float, rate: float = 24) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": rate}


def span(start: float, length: float, rate: float = 24) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(start, rate),
        "duration": time(length, rate),
    }


def clip(name: str, start: float, length: float, rate: float = 24, **more: Any) -> dict[str, Any]:
    reference = {"OTIO_SCHEMA": "ExternalReference.1", "target_url": f"file://localhost@/{name}"}
    return {
        "OTIO_SCHEMA": "Clip.1",
        "name": f"shot of {name}",
        "source_range": span(start, length, rate),
        "media_reference": reference,
        **more,
    }


def gap(length: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "Gap.1", "source_range": span(0, length)}


def track(*children: Any, kind: str = "Video", **more: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "Track.1", "kind": kind, "children": [*children], **more}


def stack(*children: Any, **more: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "Stack.1", "children": [*children], **more}


def otio(*tracks: Any, **more: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "Timeline.1", "name": "x", "tracks": stack(*tracks), **more}


def test_gaps_are_black_and_an_old_file_s_schemas_are_known(written: Written) -> None:
    sequence = {"OTIO_SCHEMA": "Sequence.1", "kind": "Video"}
    sequence["children"] = [
        {"OTIO_SCHEMA": "Filler.1", "source_range": span(0, 12)},
        clip("a.mp4", 10, 24),
        gap(6),
        clip("b%20c.mp4", 30, 45, 30),  # 45 frames of 30 are 36 of 24
    ]
    line, left_out = read(written(otio(sequence)))
    assert stands(line) == [
        ("black.png", 0, 12, 0),
        ("a.mp4", 12, 24, 10),
        ("black.png", 36, 6, 0),
        ("b c.mp4", 42, 36, 24),
    ]
    assert (line.width, line.height, line.fps, left_out) == (*SIZE, 24, "")


def test_nested_stacks_become_what_they_show(written: Written) -> None:
    inner = stack(
        track(clip("a.mp4", 0, 48)),
        track(gap(12), clip("b%20c.mp4", 0, 15, 30)),  # covers frames 12 to 24
        source_range=span(6, 36),
        name="nested",
    )
    line, left_out = read(written(otio(track(clip("a.mp4", 60, 12), inner))))
    assert stands(line) == [
        ("a.mp4", 0, 12, 60),
        ("a.mp4", 12, 6, 6),
        ("b c.mp4", 18, 12, 0),
        ("a.mp4", 30, 18, 24),
    ]
    assert left_out == ""


def test_a_transition_that_another_clip_covers_is_left_out(written: Written) -> None:
    fade = {"OTIO_SCHEMA": "Transition.1", "in_offset": time(4), "out_offset": time(4)}
    below = track(clip("a.mp4", 10, 24), fade, clip("a.mp4", 60, 24))
    line, left_out = read(written(otio(below, track(gap(22), clip("b%20c.mp4", 0, 10)))))
    assert left_out == "1 transitions are hidden by clips above them"
    assert [c.transition.kind for c in line.clips] == ["cut"] * 3
    line, left_out = read(written(otio(below)))
    assert [(c.transition.kind, left_out) for c in line.clips] == [("dissolve", ""), ("cut", "")]
    assert stands(line) == [("a.mp4", 0, 28, 10), ("a.mp4", 20, 28, 56)]


def test_a_still_over_a_track_is_an_overlay_and_sound_is_placed(written: Written) -> None:
    sound = clip("music.wav", 48_000, 96_000, 48_000)  # in samples
    tracks = [track(clip("a.mp4", 0, 72)), track(gap(24), clip("logo.png", 0, 24))]
    line, _ = read(written(otio(*tracks, track(gap(12), sound, kind="Audio"))))
    [over] = line.overlays
    assert (over.start_seconds, over.end_seconds) == (1, 2)
    [heard] = line.audio
    assert (heard.start_seconds, heard.in_seconds, heard.duration_seconds) == (0.5, 1, 2)


def test_speed_is_kept_and_what_is_no_speed_is_refused(written: Written) -> None:
    def warped(**effect: Any) -> Path:
        return written(otio(track(clip("a.mp4", 12, 24, effects=[effect]))))

    line, _ = read(warped(OTIO_SCHEMA="LinearTimeWarp.1", time_scalar=2.0))
    assert (line.clips[0].speed, line.clips[0].start_seconds) == (2, 0.5)
    assert lay_out(line, {}).frames == 24
    _, left_out = read(warped(OTIO_SCHEMA="Effect.1", effect_name="Lens Flare"))
    assert left_out == "'shot of a.mp4': Lens Flare is left out"
    wrong = {
        "stands still": {"OTIO_SCHEMA": "FreezeFrame.1", "time_scalar": 0},
        "runs at -1 times its speed": {"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": -1},
        "changes its speed": {"OTIO_SCHEMA": "TimeEffect.1"},
    }
    for reason, effect in wrong.items():
        with pytest.raises(InvalidInput, match=f"shot of a.mp4: {reason}; render it"):
            read(warped(**effect))


@pytest.mark.parametrize(
    ("rate", "means"),
    [
        (23.976, "24000/1001"),
        (23.98, "24000/1001"),
        (29.97002997, "30000/1001"),
        (59.94, "60000/1001"),
        (12.5, "25/2"),
    ],
)
def test_rounded_rates_mean_exact_ones(rate: float, means: str, written: Written) -> None:
    line, _ = read(written(otio(track(clip("a.mp4", 0, 20, rate)))))
    assert line.fps == Fraction(means)
    assert lay_out(line, {}).frames == 20


def test_a_camera_s_timecode_is_taken_off(written: Written) -> None:
    hour = 3600 * 24
    seen = clip("camera.mov", hour + 30, 24)
    assert stands(read(written(otio(track(seen))))[0]) == [("camera.mov", 0, 24, 30)]
    known = {**seen["media_reference"], "available_range": span(hour, 120)}
    line, _ = read(written(otio(track({**seen, "media_reference": known}))))
    assert stands(line) == [("camera.mov", 0, 24, 30)]


def with_media(**reference: Any) -> dict[str, Any]:
    return otio(track({**clip("a.mp4", 0, 24), "media_reference": reference}))


DEEP: Any = track(clip("a.mp4", 0, 24))
for _ in range(60):
    DEEP = track(stack(DEEP))
BAD: list[tuple[Any, str]] = [
    ("{not json", r"is not JSON"),
    ("[" * 100_000, r"is not JSON"),
    ('{"a": 1}', r"is not a timeline of OpenTimelineIO but something else"),
    ("[]", r"is not a timeline"),
    (b"\xff\xfe\x00", r"is not"),
    (b"\x00\x01\x80", r"is not text in UTF-8"),
    ({"OTIO_SCHEMA": "Clip.2"}, r"is not a timeline of OpenTimelineIO but Clip"),
    ({"OTIO_SCHEMA": "SerializableCollection.1", "children": []}, r"holds 0 timelines"),
    ({"OTIO_SCHEMA": "Timeline.1", "tracks": None}, r"has no clips"),
    (otio(), r"has no clips"),
    (otio(track(gap(12))), r"has no clips|has no video clips"),
    (otio(DEEP), r"nests more than 40 stacks"),
    (otio(track(*[clip("a.mp4", 0, 1)] * 6000)), r"has more than 5000 clips"),
    (otio(track(*[clip("a.mp4", 0, 1)] * 2500)), r"clips.*2000|more than 2000"),
    (otio(track(clip("gone.mp4", 0, 24))), r"'gone\.mp4' is not there; put the file beside"),
    (otio(track(clip("a.mp4", 0, 24, 0))), r"frames a second"),
    (otio(track(clip("a.mp4", 0, 24, 500))), r"500 frames a second"),
    (otio(track(clip("a.mp4", 0, 1e300))), r"has the time"),
    (otio(track(clip("a.mp4", 0, float("nan")))), r"has the time 'nan'"),
    (otio(track(clip("a.mp4", 110, 24))), r"is 5\.00 s long"),
    (with_media(OTIO_SCHEMA="MissingReference.1"), r"'shot of a\.mp4' is not there"),
    (with_media(OTIO_SCHEMA="ImageSequenceReference.1"), r"is a sequence of pictures"),
    (
        with_media(OTIO_SCHEMA="ExternalReference.1", target_url="https://example.com/a.mp4"),
        r"is an address on a network",
    ),
    (with_media(OTIO_SCHEMA="ExternalReference.1", target_url="file:///etc/passwd"), r"passwd"),
    (otio(track({"OTIO_SCHEMA": "Odd.7"})), r"is a Odd, which lotus does not read|no clips"),
]


@pytest.mark.parametrize(("document", "message"), BAD, ids=[message for _, message in BAD])
def test_a_cut_that_cannot_be_shown_is_one_line_and_leaves_nothing(
    document: Any, message: str, written: Written, tmp_path: Path
) -> None:
    path = written(document)
    workspace = lotus.Workspace.open()
    with pytest.raises(lotus.LotusError, match=message) as failure:
        lotus.compose(path, tmp_path / "out.mp4", workspace=workspace)
    assert str(failure.value).startswith(str(path)) or "clips[" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not (tmp_path / "out.mp4").exists()


def test_a_cut_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.otio"
    with path.open("wb") as file:
        file.truncate(1 << 31)
    with pytest.raises(InvalidInput, match="is larger than 64 MiB"):
        read(path)


EDL = """TITLE:   REEL 1
FCM: NON-DROP FRAME

001  A001C01  V     C        00:00:00:10 00:00:02:00 01:00:00:00 01:00:01:14
* FROM CLIP NAME:  a.mp4
* COMMENT: first shot
002  A001C01  V     C        00:00:02:00 00:00:02:00 01:00:01:14 01:00:01:14
002  A001C02  V     D    012 00:00:01:00 00:00:03:00 01:00:01:14 01:00:03:14
* FROM CLIP NAME:  a.mp4
* TO CLIP NAME:  b c.mp4
003  AX       V     C        00:00:01:00 00:00:03:00 01:00:04:00 01:00:05:00
M2   AX             048.0                00:00:01:00
* FROM CLIP NAME:  a.mp4
004  AX       A     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME:  music.wav
"""


def test_an_edl_with_a_dissolve_a_speed_and_a_gap(written: Written, sources: Path) -> None:
    path = written(EDL, "edl")
    for name in ("a.mp4", "b c.mp4"):
        (path.parent / name).symlink_to(sources / name)
    with pytest.raises(InvalidInput, match=r"has no frame rate; say .*--fps 25"):
        read(path)  # its files have 24 and 30
    line, left_out = read(path, fps="24")
    assert stands(line) == [
        ("a.mp4", 0, 38 + 12, 10),
        ("b c.mp4", 38, 48, 24),
        ("black.png", 86, 10, 0),
        ("a.mp4", 96, 24, 24),
    ]
    assert [c.speed for c in line.clips] == [1, 1, 1, 2]
    assert line.clips[0].transition.duration_seconds == 0.5
    assert left_out == "1 audio events: an EDL has no levels"
    for broken, message in {
        EDL.replace("     D    012", "     X    012"): r"line 8: is not an event that lotus reads",
        EDL.replace("M2   AX", "* AX"): r"uses more or less of its source than it shows",
        EDL.replace(
            "* FROM CLIP NAME:  a.mp4\n* COMMENT", "* COMMENT"
        ): r"line 4: has no file name",
        "TITLE: nothing\n": r"has no frame rate|has no video events",
    }.items():
        with pytest.raises(InvalidInput, match=message):
            read(written(broken, "edl"), fps=None if "nothing" in broken else "24")


AVID = """TITLE:   AVID CUT
FCM: NON-DROP FRAME

001  A001C01  V     C        01:00:00:10 01:00:02:00 01:00:00:00 01:00:01:14
* FROM CLIP NAME:  camera
"""


def test_an_edl_whose_clips_have_no_endings(written: Written, sources: Path) -> None:
    """Avid writes a clip's name, and the file that it linked has an ending."""
    path = written(AVID, "edl")
    with pytest.raises(InvalidInput, match="'camera' is not there"):
        read(path, fps="24")
    (path.parent / "camera.mov").symlink_to(sources / "camera.mov")
    assert stands(read(path, fps="24")[0]) == [("camera.mov", 0, 38, 10)]
    (path.parent / "camera.mp4").symlink_to(sources / "a.mp4")
    with pytest.raises(InvalidInput, match=r"'camera' may be 'camera.mov' or 'camera.mp4'"):
        read(path, fps="24")


def test_a_list_whose_file_has_lost_its_timecode_is_one_line(
    written: Written, sources: Path
) -> None:
    path = written(AVID, "edl")
    (path.parent / "camera.mp4").symlink_to(sources / "a.mp4")
    with pytest.raises(InvalidInput, match=r"begins 3600.4 s into 'a.mp4', which lasts 5.0 s"):
        read(path, fps="24")


FCPXML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
  <format id="r1" name="FFVideoFormat1080p24" frameDuration="100/2400s" width="1920" height="1080"/>
  <asset id="r2" name="a" start="3600s" duration="5s" hasVideo="1" format="r1">
    <media-rep kind="original-media" src="file://@/camera.mov"/></asset>
  <asset id="r3" name="m" start="0s" duration="5s" hasAudio="1" src="file://@/music.wav"/>
</resources><library><event name="e"><project name="p">
<sequence format="r1" duration="4s" tcStart="3600s" tcFormat="NDF"><spine>
  <asset-clip ref="r2" name="one" offset="3600s" start="3601s" duration="2s">
    <asset-clip ref="r3" lane="-1" name="m" offset="7203/2s" start="1s" duration="1s">
      <adjust-volume amount="-6.0206dB"/></asset-clip>
    <marker start="3602s" duration="1/24s" value="fix colour"/>
    <title lane="1" name="Hello" offset="3601s" duration="1s"/>
  </asset-clip>
  <transition name="Cross Dissolve" offset="14407/4s" duration="1/2s"/>
  <asset-clip ref="r2" name="two" offset="3602s" start="3602s" duration="1s">@@</asset-clip>
  <gap name="Gap" offset="3603s" duration="1s"/>
</spine></sequence></project></event></library></fcpxml>
"""


def test_sound_that_hangs_on_a_gap_of_final_cut(written: Written) -> None:
    """The sound of a clip that was pulled off its picture, as Final Cut writes it."""
    clip = (
        '<clip name="m" lane="-1" offset="3602s" duration="1s"><gap name="Gap" duration="1s">'
        '<audio lane="-1" offset="0s" ref="r3" duration="1s" srcCh="1"/></gap></clip>'
    )
    line, _ = read(written(FCPXML.replace("@@", clip), "fcpxml"))
    sounds = [(Path(track.source).name, track.start_seconds) for track in line.audio]
    assert sounds == [("music.wav", 0.5), ("music.wav", 2.0)]


def test_a_project_of_final_cut(written: Written) -> None:
    line, left_out = read(written(FCPXML.replace("@@", ""), "fcpxml"))
    assert stands(line) == [("camera.mov", 0, 54, 24), ("camera.mov", 42, 30, 42)]
    [sound] = line.audio
    assert (sound.start_seconds, sound.in_seconds, sound.duration_seconds) == (0.5, 1, 1)
    assert sound.volume == pytest.approx(0.5, abs=0.001)
    assert (line.width, line.height) == (1920, 1080)
    assert "the title 'Hello' is left out" in left_out
    assert "1 markers are notes of the editor" in left_out
    twice = '<timeMap><timept time="0s" value="0s"/><timept time="1s" value="2s"/></timeMap>'
    fast, _ = read(written(FCPXML.replace("@@", twice), "fcpxml"))
    assert [c.speed for c in fast.clips] == [1, 2]
    three = '<timeMap><timept time="0s"/><timept time="1s"/><timept time="2s"/></timeMap>'
    bad = {
        FCPXML.replace("@@", three): "two: changes its speed",
        FCPXML.replace("<gap", '<ref-clip name="c"/><gap'): "c: is a compound clip",
        FCPXML.replace('ref="r2"', 'ref="r9"'): "one: refers to no asset",
        FCPXML.replace("<spine>", "<spine"): "is not XML",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><fcpxml>&a;</fcpxml>": "declares entities",
        "<html/>": r"is XML of <html>, not a cut",
    }
    for text, message in bad.items():
        with pytest.raises(InvalidInput, match=message):
            read(written(text.replace("@@", ""), "fcpxml"))


def xmeml(items: str, more: str = "") -> str:
    rate = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
    return (
        f'<?xml version="1.0"?><!DOCTYPE xmeml><xmeml version="4"><project><children>'
        f'<sequence id="s"><name>S</name>{rate}<media><video><track>{items}</track></video>'
        f"<audio>{more}</audio></media></sequence></children></project></xmeml>"
    )


def item(name: str, start: int, end: int, first: int, file: str = "", more: str = "") -> str:
    file = file or f'<file id="{name}"><pathurl>file://localhost@/{name}</pathurl></file>'
    return (
        f"<clipitem><name>{name}</name><start>{start}</start><end>{end}</end><in>{first}</in>"
        f"<out>{first + 30}</out>{file}{more}</clipitem>"
    )


def test_a_sequence_of_premiere(written: Written) -> None:
    fade = "<transitionitem><start>25</start><end>35</end><alignment>center</alignment>"
    fade += "<effect><name>Film Dissolve</name></effect></transitionitem>"
    again = '<file id="a.mp4"/>'
    items = item("a.mp4", 0, -1, 10) + fade + item("a.mp4", -1, 60, 40, again)
    level = "<filter><effect><effectid>audiolevels</effectid><parameter><value>0.25</value>"
    level += "</parameter></effect></filter>"
    heard = item("music.wav", 15, 45, 30, more=level)
    channels = "".join(
        f'<track currentExplodedTrackIndex="{n}" totalExplodedTrackCount="2">{heard}</track>'
        for n in (0, 1)
    )
    line, left_out = read(written(xmeml(items, channels), "xml"))
    assert line.fps == Fraction(30_000, 1001)
    assert stands(line) == [("a.mp4", 0, 35, 10), ("a.mp4", 25, 35, 40)]
    [sound] = line.audio
    assert sound.volume == 0.25
    assert sound.start_seconds == pytest.approx(0.5005)
    assert left_out == ""


ON_TRACK = "<media><video><track>{}</track></video></media>"


def test_a_sequence_in_a_sequence_is_what_it_shows(written: Written) -> None:
    inner = f'<sequence id="n">{ON_TRACK.format(item("a.mp4", 0, 40, 5))}</sequence>'
    nested = f"<clipitem><name>n</name><start>10</start><end>30</end><in>4</in>{inner}</clipitem>"
    line, _ = read(written(xmeml(nested), "xml"))
    assert stands(line) == [("black.png", 0, 10, 0), ("a.mp4", 10, 20, 9)]


def test_a_premiere_speed_and_damaged_clips_are_refused(written: Written) -> None:
    remap = "<filter><effect><effectid>timeremap</effectid><parameter>"
    remap += "<parameterid>speed</parameterid><value>200</value></parameter></effect></filter>"
    bad = {
        item("a.mp4", 0, 30, 0, more=remap): "a.mp4: runs at 2 times its speed",
        item("a.mp4", -1, 30, 0): "begins in a transition that is not there",
        item("a.mp4", 0, 30, 0).replace("<start>0</start>", ""): "has no start that is a number",
    }
    for items, message in bad.items():
        with pytest.raises(InvalidInput, match=message):
            read(written(xmeml(items), "xml"))


def test_sequences_that_show_each_other_many_times_are_refused(written: Written) -> None:
    """Thirty sequences, each with the next one twice, would be a thousand million clips."""
    inner = item("a.mp4", 0, 1, 0)
    for n in range(30):
        place = f'<start>0</start><end>1</end><in>0</in><sequence id="q{n}">'
        whole = f"<clipitem><name>n</name>{place}{ON_TRACK.format(inner)}</sequence></clipitem>"
        inner = whole + f"<clipitem><name>n</name>{place[:-1]}/></clipitem>"
    with pytest.raises(InvalidInput, match="has more than 5000 clips"):
        read(written(xmeml(inner), "xml"))


@pytest.mark.parametrize("suffix", ["otio", "fcpxml", "xml", "edl"])
def test_a_damaged_cut_is_refused_or_read_and_nothing_else(suffix: str, written: Written) -> None:
    whole = {
        "otio": json.dumps(otio(track(clip("a.mp4", 0, 24), gap(6), clip("a.mp4", 9, 24)))),
        "fcpxml": FCPXML.replace("@@", ""),
        "xml": xmeml(item("a.mp4", 0, 30, 3) + item("a.mp4", 30, 60, 3)),
        "edl": EDL.replace("FCM: NON-DROP FRAME", "* FRAME RATE: 24"),
    }[suffix]
    step = max(1, len(whole) // 16)
    for at in range(0, len(whole), step):
        for text in (whole[:at], whole[:at] + whole[at + 7 :], whole[:at] + "9" + whole[at + 1 :]):
            with suppress(lotus.LotusError):
                read(written(text, suffix))
