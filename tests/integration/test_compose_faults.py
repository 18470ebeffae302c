"""`lotus compose` on bad days: each fault is one line that names the clip, and nothing half-made
stays.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

import lotus
from lotus.errors import FFmpegError
from lotus.media.ffmpeg import FFmpeg
from lotus.rendering.locks import FileLocks
from lotus.settings import Settings
from tests import driving
from tests.clips import ffmpeg
from tests.conftest import Mount
from tests.driving import Said, ended, eventually, inside, leftovers, program, start, strays

SHAPE = {"width": 160, "height": 90, "fps": "24"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds that are not easily packed, the index in front."""
    path = tmp_path_factory.mktemp("clip") / "good.mp4"
    picture = (
        "-f",
        "lavfi",
        "-i",
        "mandelbrot=s=320x180:r=24",
        "-t",
        6,
        "-c:v",
        "libx264",
        "-g",
        24,
    )
    ffmpeg(*picture, "-preset", "veryfast", "-movflags", "+faststart", path)
    return path


@pytest.fixture
def timeline(clip: Path, tmp_path: Path) -> Path:
    """Four segments of 60 frames."""
    clips = [{"source": str(clip), "start_seconds": n, "end_seconds": n + 2.5} for n in range(4)]
    path = tmp_path / "timeline.json"
    path.write_text(json.dumps({**SHAPE, "clips": clips}))
    return path


def written(path: Path, *sources: object, **clip: object) -> Path:
    clips = [{"source": str(source), **clip} for source in sources]
    path.write_text(json.dumps({**SHAPE, "clips": clips}))
    return path


def composed(timeline: Path, home: Path, **env: object) -> Said:
    """Compose to out.mp4, which must fail in one line and leave nothing there."""
    out = timeline.parent / "out.mp4"
    said = driving.lotus("compose", timeline, "-o", out, home=home, **env)
    assert said.code in (1, 2), said.err
    assert said.error
    assert not out.exists()
    assert strays(home) == []
    assert leftovers(home) == []
    return said


def kept(home: Path) -> list[Path]:
    """Segments in the store: each holds pictures or sound."""
    found = [path for path in (home / "store").rglob("*") if path.is_file()]
    for path in found:
        with av.open(str(path)) as container:
            assert any(packet.size for packet in container.demux())
    return found


# sources


def damaged(folder: Path, kind: str, clip: Path) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("this is not a video\n" * 100)
    elif kind == "concat":
        path.write_text(f"ffconcat version 1.0\nfile {clip}\n")
    elif kind == "playlist":
        path.write_text(f"#EXTM3U\n#EXTINF:6,\n{clip}\n#EXT-X-ENDLIST\n")
    elif kind == "sound":
        ffmpeg("-f", "lavfi", "-i", "sine=d=6", "-c:a", "aac", path)
    elif kind == "headless":
        path.write_bytes(clip.read_bytes()[-20_000:])
    return path


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        ("missing", 2, "clips[0].source: '{path}' is not there"),
        ("empty", 1, "{path}: is empty (0 bytes); export the file again"),
        ("text", 1, "{path}: is not a video, picture or sound that can be read"),
        ("concat", 1, "{path}: is not a video, picture or sound that can be read"),
        ("playlist", 1, "{path}: is not a video, picture or sound that can be read"),
        ("headless", 1, "{path}: is not a video, picture or sound that can be read"),
        ("sound", 2, "clips[0].source: '{path}' has sound but no picture"),
    ],
)
def test_a_source_that_cannot_serve_is_named(
    kind: str, code: int, says: str, clip: Path, tmp_path: Path, home: Path
) -> None:
    path = damaged(tmp_path, kind, clip)
    said = inside("compose", written(tmp_path / "t.json", path), "-o", tmp_path / "out.mp4")
    assert said.code == code
    assert says.format(path=path) in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert kept(home) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_source_that_is_cut_off_is_an_error_and_no_frozen_picture(
    suffix: str, clip: Path, tmp_path: Path, home: Path
) -> None:
    whole = tmp_path / f"whole{suffix}"
    cut = tmp_path / f"cut{suffix}"
    index_in_front = ("-movflags", "+faststart") if suffix == ".mp4" else ()
    ffmpeg("-i", clip, "-c", "copy", *index_in_front, whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    said = composed(written(tmp_path / "t.json", cut), home)
    assert (
        f"(cut{suffix}): its source is cut off or damaged in the middle; copy or export it again"
        in said.error
    )
    assert "  ffmpeg: " in said.err
    good = inside(
        "compose", written(tmp_path / "t.json", cut, end_seconds=1), "-o", tmp_path / "out.mp4"
    )
    assert good.code == 0  # what is there can be used


@pytest.mark.parametrize(("start", "end"), [(0, 9), (7, 9)])
def test_a_clip_that_goes_on_after_its_source_is_refused(
    start: int, end: int, clip: Path, tmp_path: Path
) -> None:
    timeline = written(tmp_path / "t.json", clip, start_seconds=start, end_seconds=end)
    said = inside("compose", timeline, "-o", tmp_path / "out.mp4")
    assert said.code == 2
    assert (
        f"{timeline}: clips[0].source: '{clip}' is 6.00 s long, the clip takes {start} to {end} s"
        in said.err
    )


def test_a_source_that_vanishes_after_it_was_read_is_named(
    clip: Path, timeline: Path, home: Path
) -> None:
    gone = timeline.parent / "gone.mp4"
    gone.write_bytes(clip.read_bytes())
    written(timeline, gone)
    vanish = program(timeline.parent / "ffmpeg", [f'case "$*" in *segment-*) rm -f {gone};; esac'])
    said = composed(timeline, home, LOTUS_FFMPEG=vanish)
    missed = (
        "(gone.mp4): a file is missing; put the file back",
        "gone.mp4: the file is missing; put the file back",
    )
    # by its picture or by its sound, whichever comes first
    assert any(line in said.error for line in missed)


@pytest.mark.parametrize(
    "source", ["http://example.invalid/a.mp4", "concat:a.mp4|b.mp4", "file:a.mp4", "pipe:0"]
)
def test_an_address_is_no_source(source: str, tmp_path: Path, home: Path) -> None:
    said = inside("compose", written(tmp_path / "t.json", source), "-o", tmp_path / "out.mp4")
    assert said.code == 2
    assert "is an address; sources are files on this machine" in said.err
    assert not home.exists()


# ffmpeg


def test_a_killed_ffmpeg_is_named_with_its_segment(timeline: Path, home: Path) -> None:
    killed = program(
        timeline.parent / "ffmpeg", ['case "$*" in *segment-00001*) kill -9 $$;; esac']
    )
    said = composed(timeline, home, LOTUS_FFMPEG=killed)
    assert (
        "segment 1 (good.mp4): ffmpeg was killed by SIGKILL; run it again; finished pieces are kept"
        in said.error
    )


def test_an_ffmpeg_without_memory_says_so(timeline: Path, home: Path) -> None:
    """The limit is the child's own: it starts, and then has too little."""
    poor = program(timeline.parent / "ffmpeg", ['case "$*" in *segment-*) ulimit -v 200000;; esac'])
    said = composed(timeline, home, LOTUS_FFMPEG=poor)
    assert "(good.mp4): ffmpeg ran out of memory; give the process more memory" in said.error


def test_an_ffmpeg_that_may_write_no_more_says_so(timeline: Path, home: Path) -> None:
    small = program(timeline.parent / "ffmpeg", ['case "$*" in *segment-*) ulimit -f 8;; esac'])
    said = composed(timeline, home, LOTUS_FFMPEG=small)
    assert "(good.mp4): " in said.error
    assert "raise the limit of `ulimit -f`" in said.error
    assert all(path.suffix == ".m4a" for path in kept(home))


def test_an_ffmpeg_that_hangs_is_ended_by_name(timeline: Path, home: Path, tmp_path: Path) -> None:
    hangs = program(
        tmp_path / "ffmpeg", ['case "$*" in *segment-00000*) exec tail -f /dev/null;; esac']
    )
    workspace = lotus.Workspace(Settings.read())
    workspace.ffmpeg = FFmpeg(hangs, stall_seconds=0.5)
    with pytest.raises(
        FFmpegError, match=r"segment 0 \(good\.mp4\): ffmpeg made no progress for 0\.5 s"
    ):
        lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    assert leftovers(home) == []


def test_an_ffmpeg_that_lies_about_its_frames_is_not_believed(timeline: Path, home: Path) -> None:
    """A segment that holds fewer frames than it should is never kept."""
    swap = (
        'for a; do shift; [ "$last" = -frames:v ] && a=$((a - 1)); last=$a; set -- "$@" "$a"; done'
    )
    short = program(timeline.parent / "ffmpeg", [f'case "$*" in *segment-00000*) {swap};; esac'])
    said = composed(timeline, home, LOTUS_FFMPEG=short)
    assert "segment 0 (good.mp4): came out with 59 frames instead of 60" in said.error


# disks


def test_a_full_disk_for_temporary_files(timeline: Path, home: Path, mount: Mount) -> None:
    mount(home / "temp", "size=64k")
    said = composed(timeline, home)
    assert "free some disk space" in said.error
    assert "the disk is full" in said.error or "No space left on device" in said.error


def test_a_full_store_keeps_whole_segments_only(timeline: Path, home: Path, mount: Mount) -> None:
    store = mount(timeline.parent / "small", "size=60k")
    said = composed(timeline, home, LOTUS_STORE=store)
    assert f"store {store}: No space left on device" in said.error
    for path in store.rglob("*.mp4"):
        with av.open(str(path)) as container:
            assert sum(1 for packet in container.demux(video=0) if packet.size) == 60


def test_a_full_disk_at_the_output_keeps_the_segments(
    timeline: Path, home: Path, mount: Mount
) -> None:
    disk = mount(timeline.parent / "small", "size=40k")
    said = driving.lotus("compose", timeline, "-o", disk / "out.mp4", home=home)
    assert said.code == 1
    assert "out.mp4: No space left on device; free space there, or name another file" in said.error
    assert list(disk.iterdir()) == []
    again = driving.done(
        "compose", timeline, "-o", timeline.parent / "out.mp4", "--json", home=home
    )
    assert again.json["segments"]["rendered"] == 0


# siblings, signals, and two at once


def counting(folder: Path, *lines: str) -> Path:
    """An ffmpeg that writes down which segments it was asked for."""
    note = f'echo "$*" | grep -o "segment-[0-9]*" | sort -u >> {folder / "asked"}'
    return program(folder / "ffmpeg", [note, *lines])


def asked(folder: Path) -> list[str]:
    path = folder / "asked"
    return path.read_text().split() if path.exists() else []


def test_a_failed_segment_keeps_its_siblings(timeline: Path, home: Path) -> None:
    """The last in order fails: what was rendered before is not rendered again."""
    folder = timeline.parent
    broken = counting(folder, 'case "$*" in *segment-00003*) exit 187;; esac')
    composed(timeline, home, LOTUS_FFMPEG=broken)
    done = {path.stem for path in kept(home) if path.suffix == ".mp4"}
    assert len(done) >= 1
    again = driving.done("compose", timeline, "-o", folder / "out.mp4", "--json", home=home).json
    assert again["segments"]["rendered"] == again["segments"]["total"] - len(done)


def test_a_segment_under_way_is_finished_and_kept_when_another_fails(
    timeline: Path, home: Path
) -> None:
    folder = timeline.parent
    first = folder / "first"
    failed = folder / "failed"
    # long enough to be stopped, if it were
    hold = f"until [ -e {failed} ]; do sleep 0.02; done; sleep 0.3"
    lines = (
        f'case "$*" in *segment-*) if mkdir {first}; then {hold}; else : > {failed}; exit 187; '
        "fi;; esac"
    )
    assert composed(timeline, home, LOTUS_FFMPEG=program(folder / "ffmpeg", [lines])).code == 1
    assert len([path for path in kept(home) if path.suffix == ".mp4"]) == 2  # one ffmpeg makes two


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_composition_leaves_no_process_and_no_file(
    sign: signal.Signals, timeline: Path, home: Path
) -> None:
    folder = timeline.parent
    hold = f'case "$*" in *segment-00001*) : > {folder / "reached"}; exec tail -f /dev/null;; esac'
    child = start(
        *("compose", timeline, "-o", folder / "out.mp4"),
        home=home,
        LOTUS_FFMPEG=program(folder / "ffmpeg", [hold]),
    )
    eventually(
        lambda: (folder / "reached").exists() or child.poll() is not None, "a segment is held"
    )
    child.send_signal(sign)
    said = ended(child)
    assert said.code == (-9 if sign == signal.SIGKILL else 1)
    assert sign == signal.SIGKILL or said.err.splitlines()[-1] == "interrupted"
    eventually(lambda: not strays(home), "its processes end")
    assert not (folder / "out.mp4").exists()
    assert (leftovers(home) == []) == (sign != signal.SIGKILL)
    again = driving.done("compose", timeline, "-o", folder / "out.mp4", home=home)
    assert again.code == 0
    assert leftovers(home) == []


def test_two_processes_render_each_segment_once(timeline: Path, home: Path) -> None:
    folder = timeline.parent
    slow = counting(folder, 'case "$*" in *segment-*) sleep 0.4;; esac')
    outs = [folder / "one.mp4", folder / "two.mp4"]
    children = [
        start("compose", timeline, "-o", out, "--json", home=home, LOTUS_FFMPEG=slow)
        for out in outs
    ]
    documents = [ended(child).json for child in children]
    total = documents[0]["segments"]["total"]
    assert sorted(asked(folder)) == sorted(set(asked(folder)))
    assert len(asked(folder)) == total
    assert sum(document["segments"]["rendered"] for document in documents) == total
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert leftovers(home) == []


def test_a_claim_is_given_up_with_the_process_that_holds_it(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from lotus.rendering.locks import FileLocks\n"
    script += (
        "with FileLocks(Path(sys.argv[1])).lock('k') as mine: print(mine, flush=True); "
        "sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "True\n"
    with FileLocks(tmp_path).lock("k") as mine:
        assert not mine
    with FileLocks(tmp_path).lock("other") as mine:
        assert mine
    child.kill()
    child.wait()
    with FileLocks(tmp_path).lock("k") as mine:
        assert mine
    assert list(tmp_path.glob("*.lock")) == []


def test_where_nothing_can_be_locked_work_is_done_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with FileLocks(tmp_path / "file").lock("k") as mine:
        assert mine
