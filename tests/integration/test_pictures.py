"""Pictures that hosted clips begin on or follow: the look's reference, and the end of the clip
before.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, ProviderError
from lotus.generation.plan import ClipPlan, clip_object, in_turn
from lotus.media.probe import save_last_frame
from lotus.providers.replicate.pictures import MAX_BYTES, data_uri
from lotus.workspace import Workspace
from tests.paying import balanced, make_clips, planned, video_of
from tests.replicate_server import Replicate


@pytest.fixture
def mood(tmp_path: Path) -> Path:
    Image.effect_noise((1500, 1000), 80).convert("RGB").save(tmp_path / "mood.png")
    return tmp_path / "mood.png"


def looking(storyboard: Storyboard, **look: Any) -> Storyboard:
    return storyboard.model_copy(update={"look": storyboard.look.model_copy(update=look)})


def told(server: Replicate, name: str) -> list[Any]:
    """What each prediction was sent as this input, in the order in which they were created."""
    return [made.input.get(name) for made in server.account.made.values()]


def picture(uri: str) -> Image.Image:
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_the_first_clip_begins_on_the_reference(
    server: Replicate, workspace: Workspace, mood: Path
) -> None:
    make_clips(workspace, looking(video_of(2), reference=str(mood)))
    sent = [image for image in told(server, "image") if image]
    assert len(sent) == 1
    assert picture(sent[0]).size[0] in (640, 960, 1280)
    assert balanced(workspace, server)


def test_the_reference_is_in_the_key_by_what_it_holds(workspace: Workspace, mood: Path) -> None:
    def keys(**look: Any) -> list[str]:
        return [plan.key for plan in planned(workspace, looking(video_of(2), **look))]

    before = keys(reference=str(mood))
    plain = keys()
    copy = mood.with_name("copy.png")
    copy.write_bytes(mood.read_bytes())
    assert keys(reference=str(copy)) == before
    assert [a == b for a, b in zip(before, plain, strict=True)] == [False, True]
    Image.new("RGB", (64, 36), "red").save(mood)
    assert keys(reference=str(mood))[0] not in (before[0], plain[0])


def test_a_model_that_takes_references_follows_it_in_every_scene(
    workspace: Workspace, mood: Path
) -> None:
    plans = planned(workspace, looking(video_of(2), reference=str(mood)), model="seedance-2.0-fast")
    for plan in plans:
        [mark] = plan.request.inputs["reference_images"]
        assert plan.request.pictures == {mark: str(mood)}
        assert "image" not in plan.request.inputs


def test_a_chained_clip_follows_the_frame_where_a_model_takes_no_references_beside_it(
    workspace: Workspace, mood: Path
) -> None:
    chained = looking(video_of(2), reference=str(mood), chained=True)
    first, second = (
        p.request.inputs for p in planned(workspace, chained, model="seedance-2.0-fast")
    )
    assert ("reference_images" in first, "image" in first) == (True, False)
    assert ("reference_images" in second, "image" in second) == (False, True)


def test_a_model_that_needs_a_picture_says_so(workspace: Workspace, mood: Path) -> None:
    with pytest.raises(InvalidInput, match="give the brief a reference picture"):
        planned(workspace, video_of(1), model="kling-v2.1")
    plans = planned(workspace, looking(video_of(2), reference=str(mood)), model="kling-v2.1")
    assert all(plan.request.inputs["start_image"].startswith("sha256:") for plan in plans)


def test_a_chained_clip_begins_on_the_last_frame_of_the_one_before(
    server: Replicate, workspace: Workspace
) -> None:
    storyboard = looking(video_of(3), chained=True)
    plans = planned(workspace, storyboard)
    assert [plan.request.begins_on for plan in plans] == [None, plans[0].key, plans[1].key]
    assert [len(group) for group in in_turn(plans)] == [3]
    make_clips(workspace, storyboard)
    images = told(server, "image")
    assert images[0] is None
    for image, before in zip(images[1:], plans, strict=False):
        end = _last_frame(workspace, before)
        begin = picture(image).resize(end.size)
        assert _difference(begin, end) < 6
    assert balanced(workspace, server)
    make_clips(workspace, storyboard)
    assert server.created == 3


def _last_frame(workspace: Workspace, plan: ClipPlan) -> Image.Image:
    with av.open(str(workspace.store.path(clip_object(plan.key)))) as container:
        *_, last = container.decode(video=0)
        return last.to_image()


def _difference(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.convert("L").tobytes(), other.convert("L").tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height)


def test_a_change_makes_the_clips_after_it_anew_and_no_others(workspace: Workspace) -> None:
    storyboard = looking(video_of(3), chained=True)
    scenes = list(storyboard.scenes)
    scenes[1] = scenes[1].model_copy(update={"description": "Something else"})
    edited = storyboard.model_copy(update={"scenes": tuple(scenes)})
    pairs = zip(planned(workspace, storyboard), planned(workspace, edited), strict=True)
    assert [a.key == b.key for a, b in pairs] == [True, False, False]


def test_a_model_that_begins_on_no_picture_cannot_be_chained(workspace: Workspace) -> None:
    wide = video_of(2).brief.model_copy(update={"aspect_ratio": "16:9"})
    storyboard = looking(video_of(2), chained=True).model_copy(update={"brief": wide})
    with pytest.raises(InvalidInput, match=r"look.chained: wan-2.2-t2v-fast takes no first frame"):
        planned(workspace, storyboard, model="wan-2.2-t2v-fast")


def test_a_picture_is_sent_no_larger_than_a_request_should_hold(mood: Path) -> None:
    assert mood.stat().st_size > 2 * MAX_BYTES
    assert len(data_uri(mood)) < MAX_BYTES * 4 / 3 + 100
    Image.new("RGB", (3000, 1000), "red").save(mood)
    assert picture(data_uri(mood)).size == (1280, 427)


def test_a_picture_that_is_gone_is_named_before_anything_is_paid(
    server: Replicate, workspace: Workspace, mood: Path
) -> None:
    storyboard = looking(video_of(1), reference=str(mood))
    plans = planned(workspace, storyboard)
    mood.unlink()
    with pytest.raises(ProviderError, match=r"mood.png is not a picture"):
        plans[0].maker.create(plans[0].request, workspace.stop)  # type: ignore[attr-defined]
    assert server.created == 0


def test_the_last_frame_is_the_last(
    tmp_path: Path, server: Replicate, workspace: Workspace
) -> None:
    make_clips(workspace, video_of(1, seconds=3.0))
    [plan] = planned(workspace, video_of(1, seconds=3.0))
    save_last_frame(workspace.store.path(clip_object(plan.key)), tmp_path / "last.jpg")
    with Image.open(tmp_path / "last.jpg") as saved:
        assert _difference(saved, _last_frame(workspace, plan)) < 3
