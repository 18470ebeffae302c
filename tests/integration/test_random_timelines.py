"""Random timelines of real clips, rendered in pieces, agree with a single pass of ffmpeg in every
pixel.
"""

from __future__ import annotations

import shutil
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import lotus
from lotus.composition.picture.camera import MOVES
from lotus.composition.picture.transitions import TRANSITIONS
from lotus.settings import Settings
from tests.benchmarks.single_pass import single_pass
from tests.clips import numbered
from tests.driving import clip

SIZE = (96, 54)
# those that ffmpeg makes as they should be; the others are held by test_transitions
PLAIN = [kind for kind, way in TRANSITIONS.items() if not way.early and way.through is None]
SOURCES = ("bikes.mp4", "bigbuckbunny.mp4", "numbered.mp4")
STEPS = st.integers(0, 30).map(lambda n: n / 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real clips, one of numbered frames at 30 a second, and a logo that is half
    transparent.
    """
    place = tmp_path_factory.mktemp("sources")
    for name in SOURCES[:2]:
        shutil.copy(clip(name), place)
    numbered(place / "numbered.mp4", 200, Fraction(30), SIZE)
    Image.new("RGBA", (64, 32), (224, 142, 69, 160)).save(place / "logo.png")
    return place


@st.composite
def spans(draw: st.DrawFn) -> dict[str, float]:
    start = draw(STEPS)
    return {"start_seconds": start, "end_seconds": start + draw(st.integers(3, 25)) / 10}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Timelines with everything that a single command can do too."""
    clips = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "source": st.sampled_from(SOURCES),
                    "start_seconds": st.sampled_from([0.0, 0.04, 0.5, 1.0, 1.37]),
                    "duration_seconds": st.sampled_from([0.5, 0.9, 1.3, 2.2]),
                    "speed": st.sampled_from([1.0, 1.0, 0.5, 1.5]),
                    "fit": st.sampled_from(["cover", "contain", "blur"]),
                    "camera": st.sampled_from(["static", "static", *MOVES]),
                    "transition": st.fixed_dictionaries(
                        {
                            "kind": st.sampled_from(PLAIN),
                            "duration_seconds": st.sampled_from([0.04, 0.1, 0.2]),
                        }
                    ),
                }
            ),
            min_size=1,
            max_size=4,
        )
    )
    styles = st.sampled_from(["default", "title", "karaoke", "lower_third", "subtitle"])
    captions = draw(st.lists(st.tuples(spans(), styles), max_size=2))
    logos = draw(st.lists(st.tuples(spans(), st.sampled_from([0.0, 0.2])), max_size=1))
    said = {"text": "First light on the harbour"}
    logo = {"source": "logo.png", "opacity": 0.8}
    return {
        "width": SIZE[0],
        "height": SIZE[1],
        "fps": draw(st.sampled_from(["24", "25", "30000/1001"])),
        "background": "#1b3a4b",
        "clips": clips,
        "captions": [{**span, **said, "style": style} for span, style in captions],
        "overlays": [{**span, **logo, "fade_seconds": fade} for span, fade in logos],
        "encoding": {"quality": "lossless"},
    }


def absolute(document: dict[str, Any], folder: Path) -> lotus.Timeline:
    for item in (*document["clips"], *document["overlays"]):
        item["source"] = str(folder / Path(item["source"]).name)
    return lotus.Timeline.model_validate(document)


def pictures(path: Path) -> Any:
    with av.open(str(path)) as container:
        return np.stack(
            [
                frame.to_ndarray(format="yuv420p").astype(np.int16)
                for frame in container.decode(video=0)
            ]
        )


def agrees(document: dict[str, Any], folder: Path) -> None:
    line = absolute(document, folder)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        workspace = lotus.Workspace(Settings.read(LOTUS_HOME=work / "home"))
        made = lotus.compose(line, work / "pieces.mp4", workspace=workspace)
        single_pass(line, work / "whole.mp4", work / "scratch")
        pieces = pictures(work / "pieces.mp4")
        whole = pictures(work / "whole.mp4")
    assert len(pieces) == len(whole) == made.frames
    apart = np.abs(pieces - whole).max(axis=(1, 2))
    assert apart.max() == 0, f"frames {np.nonzero(apart)[0].tolist()} differ by up to {apart.max()}"


ALIKE = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@settings(ALIKE, max_examples=2)
@given(documents())
def test_pieces_of_a_random_timeline_equal_a_single_pass(
    folder: Path, document: dict[str, Any]
) -> None:
    agrees(document, folder)


@pytest.mark.slow
@settings(ALIKE, max_examples=60)
@given(documents())
def test_pieces_of_many_random_timelines_equal_a_single_pass(
    folder: Path, document: dict[str, Any]
) -> None:
    agrees(document, folder)
