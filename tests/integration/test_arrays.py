"""Arrays as clips, clips as arrays, and providers in a cell."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lotus
from lotus.documents.storyboard import Storyboard
from lotus.errors import Cancelled, ClipFailed, Interrupted, InvalidInput, MediaError
from lotus.generation.plan import plan_clips
from lotus.pipeline.attempt import nobody
from lotus.providers.functions import _REGISTERED
from lotus.workspace import Workspace

PROMPT = "A small coffee roaster opens at dawn"
NOISE = np.random.default_rng(7).integers(0, 256, (60, 48, 64, 3), dtype=np.uint8)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 120, 40), (128, 128, 128)]


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """No provider of one test is there in the next."""
    yield
    _REGISTERED.clear()


def _board(**fields: Any) -> Storyboard:
    brief = {"prompt": PROMPT, "duration_seconds": 5, "fps": 6, "music": "none"}
    return lotus.plan(lotus.Brief(**{**brief, **fields}))


def _bars(frames: int) -> Any:
    """Five bars of colour, as large as a small video."""
    bars = np.repeat(np.array(COLOURS, np.uint8), 256, axis=0)
    return np.broadcast_to(bars, (frames, 720, 1280, 3))


@pytest.mark.parametrize("size", [(48, 64), (45, 61)], ids=str)
def test_an_array_comes_out_again_with_every_pixel(size: tuple[int, int]) -> None:
    array = NOISE[:, : size[0], : size[1]]
    clip = lotus.Clip.from_numpy(array, fps=24)
    assert np.array_equal(clip.frames(), array)
    assert np.array_equal(clip.frames(every=12, start=5), array[5::12])
    assert (clip.frame_count, clip.fps, clip.size) == (60, 24, (size[1], size[0]))
    assert np.array_equal(np.asarray(clip.pil(1.0)), array[24])


def test_the_same_array_is_the_same_clip_whatever_holds_it() -> None:
    class Tensor:
        """Channels first and floats, somewhere else: what PyTorch would hand over."""

        def __init__(self, array: Any) -> None:
            self.array = array

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return self.array

        def numel(self) -> int:
            return int(self.array.size)

        def cpu(self) -> Tensor:
            return self

    floats = (np.moveaxis(NOISE, 3, 1) / 255).astype(np.float32)
    clips = [
        lotus.Clip.from_numpy(NOISE, fps=24),
        lotus.Clip.from_numpy(NOISE[None], fps="24"),
        lotus.Clip.from_frames((Image.fromarray(frame) for frame in NOISE), fps=24),
        lotus.Clip.from_frames([Tensor(frame) for frame in floats], fps=24),
    ]
    assert len({clip.source for clip in clips}) == 1


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (NOISE.astype(np.int32), "values are int32"),
        (NOISE.astype(float), "values go from 0 to 255"),
        (np.full((2, 8, 8, 3), np.nan), "values go from nan to nan"),
        (np.zeros((2, 8, 8, 4), np.uint8), "a frame has the shape 8x8x4"),
        (np.zeros((8, 8), np.uint8), "a video has the shape 8x8"),
        ([], "there are no frames"),
        ([NOISE[0], NOISE[0][:20]], "frame 1 has another size"),
        (7, "int is not a video"),
        (NOISE.tobytes(), "bytes is not a video"),
        (NOISE[0], r"is the shape of one picture; .*picture\[None\]"),
        ([NOISE[0], "b.png"], "a frame is of type str"),
        ((one if one is NOISE[0] else 1 / 0 for one in NOISE), "frame 0 raised ZeroDivisionError"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_no_video_is_refused(frames: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        lotus.Clip.from_frames(frames)


VIEWS = {
    "backwards": lambda video: video[::-1],
    "mirrored and thinned": lambda video: video[:, ::2, ::-2],
    "BGR": lambda video: video[..., ::-1],
    "in Fortran's order": np.asfortranarray,
    "float16": lambda video: (video / 255).astype(np.float16),
    "a buffer": memoryview,
}


@pytest.mark.parametrize("view", VIEWS)
def test_views_and_other_holders_keep_every_pixel(view: str) -> None:
    video = VIEWS[view](NOISE[:3])
    exact = NOISE[:3] if view == "float16" else np.asarray(video)
    clip = lotus.Clip.from_numpy(video, fps=np.int64(24))
    assert np.array_equal(clip.frames(), exact)
    assert clip.fps == 24


def test_frames_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = lotus.Clip.from_numpy(NOISE)
    monkeypatch.setattr("lotus.pipeline.clips.free_bytes", lambda: NOISE.nbytes)
    with pytest.raises(InvalidInput, match="one at a time with iter_frames"):
        clip.frames()
    assert sum(1 for _ in clip.iter_frames()) == 60


def test_an_array_becomes_a_scene_and_its_job_has_arrays(home: Path) -> None:
    board = _board().with_clip(1, lotus.Clip.from_numpy(_bars(13), fps=6))
    board = board.with_scene(1, camera="static")
    assert board.scenes[0].duration_seconds <= 13 / 6
    job = lotus.render(board, listener=nobody)
    frame = job.scenes[0].clip.frames(every=6)[0]
    seen = frame[300, 128::256].astype(int)
    assert np.abs(seen - COLOURS).max() <= 2, "BT.709 there and back"
    assert job.storyboard is not None
    assert job.storyboard.scenes[0].source == board.scenes[0].source, "by content, without a path"
    assert job.timeline.clips[0].source.startswith("store:clips/")
    assert job.audio().shape == (round(job.duration_seconds * 48_000), 2)
    assert job.contact_sheet(columns=2).width == 2 * 328 + 8
    again = pickle.loads(pickle.dumps(job))
    assert again == job
    assert again.scenes[0].clip.frame_count == job.scenes[0].clip.frame_count
    edited = lotus.render(job.with_scene(2, caption="Open"), listener=nobody)
    assert all(scene.cached for scene in edited.scenes)


def test_a_clip_in_place_of_a_clip_is_needed() -> None:
    with pytest.raises(InvalidInput, match=r"Clip\.from_numpy"):
        _board().with_clip(1, NOISE)  # type: ignore[arg-type]


def _mine(calls: list[dict[str, Any]], **options: Any) -> None:
    @lotus.provider("mine", **options)
    def mine(prompt: str, seed: int, frames: int, width: int, height: int) -> Any:
        calls.append({"prompt": prompt, "seed": seed, "frames": frames})
        return np.full((frames, height // 8, width // 8, 3), 40 + seed, np.uint8)


def test_a_function_is_a_provider() -> None:
    calls: list[dict[str, Any]] = []
    _mine(calls, version="1")
    board = _board()
    estimate = lotus.estimate(board, provider="mine")
    assert [scene.provider for scene in estimate.scenes] == ["mine"] * len(board.scenes)
    assert (estimate.total_usd, calls) == (Decimal(0), []), "an estimate calls nothing"
    job = lotus.render(board, provider="mine", listener=nobody)
    assert len(calls) == len(board.scenes)
    assert {scene.provider for scene in job.scenes} == {"mine"}
    assert job.cost.actual_usd == estimate.total_usd
    assert job.scenes[1].clip.frames(every=100)[0].mean() == pytest.approx(41, abs=2)
    again = lotus.render(board, provider="mine", listener=nobody)
    assert all(scene.cached for scene in again.scenes)
    assert len(calls) == len(board.scenes), "made once"


def _keys(board: Storyboard) -> list[str]:
    workspace = Workspace.open()
    plans = plan_clips(board, workspace.store, workspace.providers, "mine")
    return [plan.key for plan in plans]


def test_a_function_that_is_defined_again_counts_at_once() -> None:
    board = _board()
    _mine([], version="1")
    first = _keys(board)
    _mine([], version="1")
    assert _keys(board) == first
    _mine([], version="2")
    assert set(_keys(board)).isdisjoint(first)
    _mine([])
    assert set(_keys(board)).isdisjoint(first), "without a version its text counts"


def test_only_what_a_function_takes_is_in_the_key() -> None:
    board = _board()

    @lotus.provider("mine", version="1")
    def mine(frames: int) -> Any:
        return NOISE[:frames]

    assert _keys(board) == _keys(board.with_scene(1, description="Another").with_seed(9))


def test_a_class_that_is_defined_again_is_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import tests.integration.test_arrays as here
    from lotus import providers

    home = {**providers.PROVIDERS, "cell": "tests.integration.test_arrays:Cell"}
    monkeypatch.setattr(providers, "PROVIDERS", home)
    workspace = Workspace.open()
    monkeypatch.setattr(here, "Cell", type("Cell", (), {}), raising=False)
    first = workspace.providers.get("cell")
    assert workspace.providers.get("cell") is first
    monkeypatch.setattr(here, "Cell", type("Cell", (), {}), raising=False)
    assert workspace.providers.get("cell") is not first


def _broken(function: Callable[..., Any]) -> ClipFailed:
    lotus.provider("mine", version="1")(function)
    with pytest.raises(ClipFailed) as failure:
        lotus.render(_board(), provider="mine", listener=nobody)
    return failure.value


def test_a_bug_of_a_provider_names_the_scene_and_the_line() -> None:
    def bug(scene: int = 0) -> Any:
        return [][scene]

    error = _broken(bug)
    assert error.facts["scene"] in (1, 2, 3)
    assert "IndexError: list index out of range (test_arrays.py, line" in str(error)
    assert "return [][scene]" in str(error)
    assert len(error._render_traceback_()) == 1


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "returned nothing"),
        ("nowhere.mp4", "which is not a file"),
        (NOISE[:3], "made 3 frames, 0.50 s; the clip takes"),
        (NOISE.astype(float), "values go from 0 to 255"),
    ],
    ids=["nothing", "no file", "too short", "floats"],
)
def test_what_a_function_returns_is_looked_at(result: Any, message: str) -> None:
    assert message in str(_broken(lambda: result))


def test_a_function_may_return_a_file() -> None:
    Path("text.mp4").write_text("not a video")
    assert "not a video" in str(_broken(lambda: "text.mp4"))
    assert issubclass(MediaError, Exception)


def test_a_parameter_that_lotus_cannot_fill_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"mine\.guidance: is not an argument that lotus fills"):
        lotus.provider("mine")(lambda prompt, guidance: None)
    with pytest.raises(InvalidInput, match="one of lotus' own"):
        lotus.provider("animatic")(lambda: None)


def test_the_stop_button_reaches_a_function_through_its_progress() -> None:
    workspace = Workspace.open()
    begun = threading.Event()

    @lotus.provider("mine", version="1")
    def mine(frames: int, progress: Any) -> Any:
        begun.set()
        workspace.stop.set("interrupted")
        progress(1)
        raise AssertionError("it went on")

    with pytest.raises(Interrupted, match=r"lotus\.resume\('"):
        lotus.render(_board(), provider="mine", workspace=workspace, listener=nobody)
    assert begun.is_set()
    assert not issubclass(Interrupted, Exception), "no loop swallows it"
    assert not isinstance(Interrupted(), Cancelled)
    assert not workspace.stop, "the workspace serves the next cell"
