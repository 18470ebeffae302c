"""Every transition: it begins with the outgoing clip, ends with the incoming one, and is seen in
between.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from lotus.composition.graphs import GraphCanvas, GraphInput, segments_args
from lotus.composition.layout import lay_out
from lotus.composition.picture.transitions import CUT, TRANSITIONS
from lotus.composition.segments import Segment, segments
from lotus.documents.timeline import Encoding, Timeline
from lotus.media.conform import SourceFile
from lotus.media.ffmpeg import FFmpeg
from lotus.media.probe import probe
from tests.clips import ffmpeg

Pictures = npt.NDArray[np.int16]  # frames x height x width x RGB
RATE = Fraction(24)
FRAMES = 12
SIZE = (96, 64)
KINDS = [kind for kind in TRANSITIONS if kind != CUT]


class Stage:
    """Two soft pictures, one dark and moving, one light, and what a transition makes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canvas = GraphCanvas(*SIZE, RATE, "#000000", Encoding(codec="ffv1"), "")
        self.files = [folder / "a.mkv", folder / "b.mkv"]
        for file, source in zip(
            self.files,
            (
                "gradients=s=96x64:r=24:d=3:c0=0x102080:c1=0x205030:n=2:seed=1:speed=0.02",
                "gradients=s=96x64:r=24:d=3:c0=0xf0d060:c1=0xe08090:n=2:seed=2:speed=0.0001",
            ),
            strict=True,
        ):
            color = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
            color += "setparams=colorspace=bt709"
            ffmpeg("-f", "lavfi", "-i", f"{source},{color}", "-c:v", "ffv1", file)
        self.a, self.b = (self.pictures(self.piece(side=side)) for side in (0, 1))

    def piece(self, kind: str = "dissolve", side: int | None = None, **transition: Any) -> Segment:
        """The transition, or what one of its sides shows meanwhile."""
        change = {"kind": kind, "duration_seconds": FRAMES / 24, **transition}
        clips = [{"source": str(f), "end_seconds": 2, "transition": change} for f in self.files]
        shape = {"width": SIZE[0], "height": SIZE[1], "fps": "24"}
        line = Timeline.model_validate({**shape, "clips": clips})
        found = next(piece for piece in segments(line, lay_out(line, {})) if len(piece.shots) == 2)
        assert found.frames == FRAMES
        return found if side is None else Segment(0, FRAMES, (found.shots[side],), CUT)

    def pictures(self, piece: Segment) -> Pictures:
        sources = {str(f): SourceFile(f, probe(f)) for f in self.files}
        out = self.folder / "piece.mkv"
        FFmpeg().run(segments_args([GraphInput(piece, out)], self.canvas, sources), what="piece")
        with av.open(str(out)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(frames) == FRAMES
        return np.stack(frames).astype(np.int16)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


def apart(one: Any, other: Any) -> float:
    return float(np.abs(one - other).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_a_transition_leads_from_one_clip_to_the_other(kind: str, stage: Stage) -> None:
    found = stage.pictures(stage.piece(kind))
    whole = apart(stage.a, stage.b)
    assert np.array_equal(found[0], stage.a[0]), "frame 0 is not the outgoing clip"
    assert apart(found[-1], stage.b[-1]) < 0.25 * whole, (
        "the last frame is far from the incoming clip"
    )
    assert apart(found[1], stage.a[1]) < 0.45 * whole, "it begins with a jump"
    middle = found[FRAMES // 2]
    assert (
        min(apart(middle, stage.a[FRAMES // 2]), apart(middle, stage.b[FRAMES // 2])) > 0.1 * whole
    )


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#e08e45", "#1b3a4b"])
def test_a_fade_goes_through_its_color(color: str, stage: Stage) -> None:
    found = stage.pictures(stage.piece("fade", color=color))
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    plain = [i for i, picture in enumerate(found) if np.abs(picture - wanted).max() <= 3]
    assert plain == [FRAMES // 2]


def test_fades_of_a_name_go_through_the_color_of_the_name(stage: Stage) -> None:
    for kind, color in (("fade", "#000000"), ("fade_white", "#ffffff")):
        named = stage.pictures(stage.piece(kind))
        assert np.array_equal(named, stage.pictures(stage.piece("fade", color=color)))


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (f"{way}{to}", side)
        for way in ("slide", "push", "wipe")
        for to, side in (("", "right"), ("_right", "left"), ("_up", "bottom"), ("_down", "top"))
    ],
)
def test_the_incoming_clip_enters_from_the_side_that_the_name_says(
    kind: str, side: str, stage: Stage
) -> None:
    early = stage.pictures(stage.piece(kind))[FRAMES // 4].mean(axis=2)
    third = {"left": early[:, :12], "right": early[:, -12:], "top": early[:8], "bottom": early[-8:]}
    light = {name: float(part.mean()) for name, part in third.items()}
    assert max(light, key=lambda name: light[name]) == side


def test_a_transition_of_one_frame_is_the_outgoing_clip(stage: Stage) -> None:
    pair = stage.piece("fade").shots
    one = Segment(
        0, 1, tuple(type(shot)(**{**shot.__dict__, "frames": 1}) for shot in pair), "fade"
    )
    sources = {str(f): SourceFile(f, probe(f)) for f in stage.files}
    out = stage.folder / "one.mkv"
    FFmpeg().run(segments_args([GraphInput(one, out)], stage.canvas, sources), what="piece")
    with av.open(str(out)) as container:
        [frame] = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.array_equal(frame, stage.a[0])
