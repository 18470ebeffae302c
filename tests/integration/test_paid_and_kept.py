"""Paid work is kept, whatever comes back; and it is paid once, whatever the answers look like."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lotus.db import predictions
from lotus.db import tables as t
from lotus.documents.storyboard import Storyboard
from lotus.errors import Cancelled
from lotus.generation.plan import clip_object
from lotus.generation.predictions import patience
from lotus.media.probe import probe
from lotus.reports.cost_groups import costs_by
from lotus.workspace import Workspace
from tests.paying import (
    balanced,
    line_of,
    make_clips,
    open_rows,
    planned,
    sums,
    video_of,
    workspace_for,
)
from tests.replicate_account import Account, Made, Outcome
from tests.replicate_server import Fault, Replicate

ONE = video_of(1)


def with_reference(board: Storyboard, picture: Path, aspect: str = "16:9") -> Storyboard:
    """The storyboard, led by a picture."""
    look = board.look.model_copy(update={"reference": str(picture)})
    brief = board.brief.model_copy(update={"aspect_ratio": aspect})
    return board.model_copy(update={"look": look, "brief": brief})


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photo of 4:3."""
    path = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((160, 120)).convert("RGB").save(path)
    return path


def clips_of(workspace: Workspace, board: Storyboard, model: str | None = None) -> list[Any]:
    """The clips as they lie in the store."""
    plans = planned(workspace, board, model)
    return [probe(workspace.store.path(clip_object(plan.key))) for plan in plans]


# --- shape and length
# ---------------------------------------------------------------------------


def test_a_picture_of_another_shape_is_cropped_before_it_is_sent(
    server: Replicate, workspace: Workspace, picture: Path
) -> None:
    board = with_reference(video_of(3), picture)
    warnings: list[str] = []
    make_clips(workspace, board, model="kling-v2.1", on_warning=warnings)
    assert server.created == 3
    assert server.account.bill == Decimal("0.75")
    assert warnings == []
    assert all(plan.cached for plan in planned(workspace, board, "kling-v2.1"))
    assert {(clip.width, clip.height) for clip in clips_of(workspace, board, "kling-v2.1")} == {
        board.brief.size
    }
    assert balanced(workspace, server)


def test_a_clip_of_another_shape_is_kept_and_cropped_with_a_warning(
    server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome(output="tall")]
    warnings: list[str] = []
    make_clips(workspace, ONE, on_warning=warnings)
    assert len(warnings) == 1
    assert "another shape than the video's" in warnings[0]
    [clip] = clips_of(workspace, ONE)
    assert (clip.width, clip.height) == ONE.brief.size
    assert server.created == 1
    assert balanced(workspace, server)


def test_a_clip_is_long_enough_if_it_carries_its_scene(
    server: Replicate, workspace: Workspace
) -> None:
    """The model makes 5 s, and served 4.4; the scene needs 3."""
    board = video_of(1, seconds=3.0)
    server.account.outcomes = [Outcome(output="shorter")]
    warnings: list[str] = []
    make_clips(workspace, board, model="kling-v2.6", on_warning=warnings)
    assert warnings == []
    assert server.created == 1
    assert balanced(workspace, server)


def test_a_clip_that_is_a_little_short_is_slowed_down_with_a_warning(
    server: Replicate, workspace: Workspace
) -> None:
    board = video_of(1, seconds=5.0, fps="12")
    server.account.outcomes = [Outcome(output="shorter")]
    warnings: list[str] = []
    make_clips(workspace, board, model="kling-v2.6", on_warning=warnings)
    assert len(warnings) == 1
    assert "4.4" in warnings[0]
    assert "times its speed" in warnings[0]
    [clip] = clips_of(workspace, board, "kling-v2.6")
    assert clip.seconds == 5
    assert balanced(workspace, server)


@pytest.mark.parametrize("output", ["short", "cut"])
def test_a_clip_that_is_much_too_short_is_kept_and_offered(
    output: str, server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome(output=output)]
    for _ in range(2):  # it is not paid for again
        said = line_of(workspace, ONE)
        assert "of the 1.00 s that the scene needs; the clip is kept as clips/" in said
        assert "($0.02 was spent); shorten the scene to 0." in said
    assert server.created == 1
    assert balanced(workspace, server)
    shorter = ONE.model_copy(
        update={"scenes": (ONE.scenes[0].model_copy(update={"duration_seconds": 0.25}),)}
    )
    make_clips(workspace, shorter)  # as the remedy says
    assert server.created == 1
    assert balanced(workspace, server)


def test_a_failure_says_what_the_whole_job_has_spent(server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home, LOTUS_MAX_CONCURRENT_CLIPS=1)
    server.account.outcomes = [Outcome(), Outcome(), Outcome(output="short")]
    said = line_of(workspace, video_of(3))
    assert "($0.02 was spent) ($0.06 by the job so far)" in said
    assert balanced(workspace, server)


# --- passing answers
# -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(output="late"),
        Outcome(running_status="queued"),
        Outcome(running_status="aborting"),
        Outcome(output="words"),
        Outcome(output="beside"),
    ],
    ids=lambda outcome: outcome.output + outcome.running_status,
)
def test_an_answer_in_another_form_is_understood(
    outcome: Outcome, server: Replicate, workspace: Workspace
) -> None:
    server.account.run_seconds = 0.3
    server.account.outcomes = [outcome]
    make_clips(workspace, ONE)
    assert server.created == 1
    assert all(plan.cached for plan in planned(workspace, ONE))
    assert balanced(workspace, server)


def test_a_status_that_is_not_known_does_not_break_the_look_up(
    server: Replicate, workspace: Workspace
) -> None:
    server.account.run_seconds = 0.3
    strange = server.account.create("prunaai/p-video", "hidden", {"prompt": "other"}, None)
    strange.outcome = Outcome("processing", running_status="queued")
    server.misbehave("create", Fault(500, after=True))
    make_clips(workspace, ONE)
    assert server.created == 2  # the strange one and ours


def test_a_404_just_after_it_was_created_is_looked_at_again(
    server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome(visible_after=1.2)]
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("output", ["empty", "pictures"])
def test_an_output_without_a_video_is_settled(
    output: str, server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome(output=output)]
    said = line_of(workspace, ONE)
    assert "($0.02 was spent); run again to make a new one" in said
    assert open_rows(workspace) == []
    assert balanced(workspace, server)


# --- lost answers
# --------------------------------------------------------------------------------


def test_what_appears_seconds_after_a_gateway_gave_up_is_found(
    server: Replicate, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(patience.LOOK_AFTER_SECONDS) > 10  # outside of tests
    monkeypatch.setattr(patience, "LOOK_AFTER_SECONDS", (0.0, 0.2, 0.4, 0.8))
    server.account.outcomes = [Outcome(visible_after=1.0)]
    server.misbehave("create", Fault(504, "Gateway Timeout", after=True))
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_the_look_up_goes_on_as_long_as_the_list_does(
    server: Replicate, workspace: Workspace
) -> None:
    server.page_size = 1
    server.misbehave("create", Fault(500, after=True))

    def crowd(made: Made) -> None:
        server.on_created = lambda made: None
        for n in range(8):
            server.account.create("prunaai/p-video", "hidden", {"prompt": f"later {n}"}, None)

    server.on_created = crowd
    make_clips(workspace, ONE)
    mine = [one for one in server.account.made.values() if "Pattern" in one.input["prompt"]]
    assert len(mine) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("rewrites", [False, True])
def test_another_picture_with_the_same_words_is_another_prediction(
    rewrites: bool, server: Replicate, workspace: Workspace, picture: Path, tmp_path: Path
) -> None:
    """Another laptop asks for the same words and another product, and an answer is lost."""
    server.account.rewrites_files = rewrites
    board = with_reference(ONE, picture)

    def other(made: Made) -> None:
        server.on_created = lambda made: None
        [name] = [name for name, value in made.input.items() if str(value).startswith("data:")]
        theirs = {**made.input, name: "data:image/png;base64,iVBORw0KGgo="}
        server.account.made.pop(made.id)  # ours was never created
        server.account.create(made.model, made.version, theirs, None)

    server.on_created = other
    server.misbehave("create", Fault(500, after=True))
    make_clips(workspace, board, model="kling-v2.1")
    assert server.created == 2
    assert sums(workspace)["settled"] == Decimal("0.25")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("rewrites", [False, True])
def test_a_prediction_with_the_same_picture_is_found_again(
    rewrites: bool, server: Replicate, workspace: Workspace, picture: Path
) -> None:
    server.account.rewrites_files = rewrites
    server.misbehave("create", Fault(500, after=True))
    make_clips(workspace, with_reference(ONE, picture), model="kling-v2.1")
    assert server.created == 1
    assert balanced(workspace, server)


# --- waiting
# -------------------------------------------------------------------------------------


def test_waiting_for_leave_is_not_running(server: Replicate, home: Path) -> None:
    """Each scene is told to come back later, for longer than a prediction may take."""
    workspace = workspace_for(
        server,
        home,
        REPLICATE_TIMEOUT_SECONDS=1.5,
        REPLICATE_MAX_RETRIES=5,
        LOTUS_MAX_CONCURRENT_CLIPS=1,
    )
    busy = Fault(429, "Request was throttled.", retry_after="1")
    server.misbehave("create", busy, busy)
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_the_time_to_wait_may_be_in_the_body(server: Replicate, workspace: Workspace) -> None:
    server.misbehave("create", Fault(429, "Too many", more={"retry_after": 0.1}))
    make_clips(workspace, ONE)
    assert server.created == 1


# --- accounts
# ------------------------------------------------------------------------------------


def other_account(server: Replicate) -> Account:
    """A second account on the same server."""
    other = Account("r8_" + "0ther" * 7, "somebody-else")
    server.accounts.append(other)
    return other


def leave_one_running(server: Replicate, home: Path) -> None:
    """A process that is interrupted while its prediction runs."""
    workspace = workspace_for(server, home)
    server.account.run_seconds = 60.0

    def interrupt(step: str, row: Any) -> None:
        if step == "named":
            workspace.stop.set("interrupted")

    with pytest.raises(Cancelled):
        make_clips(workspace, ONE, on_step=interrupt)
    for made in server.account.made.values():
        made.run_seconds = 0.0
    server.account.run_seconds = 0.05


@pytest.mark.usefixtures("impatient")
def test_rows_of_another_account_are_left_alone(server: Replicate, home: Path) -> None:
    leave_one_running(server, home)
    theirs = other_account(server)
    workspace = workspace_for(server, home, REPLICATE_API_TOKEN=theirs.token)
    make_clips(workspace, video_of(1, seed=9))  # collects what is left behind, but not this
    assert [row["account"] for row in open_rows(workspace)] == ["tester"]
    said = line_of(workspace, ONE)
    assert "another account, tester, is making this clip" in said
    assert len(theirs.made) == 1
    make_clips(workspace_for(server, home), ONE)  # with the first token again
    assert server.created == 1
    assert open_rows(workspace) == []
    assert sums(workspace)["settled"] == server.account.bill + theirs.bill


@pytest.mark.usefixtures("impatient")
def test_a_row_whose_account_did_not_come_back_makes_way_after_an_hour(
    server: Replicate, home: Path
) -> None:
    leave_one_running(server, home)
    theirs = other_account(server)
    workspace = workspace_for(server, home, REPLICATE_API_TOKEN=theirs.token)
    with workspace.db.begin() as connection:
        [row] = predictions.open_predictions(connection)
        long_ago = row["posted_at"] - timedelta(hours=2)
        connection.execute(t.predictions.update().values(posted_at=long_ago))
    make_clips(workspace, ONE)
    assert len(theirs.made) == 1
    assert sums(workspace)["lost"] == Decimal("0.02")
    assert open_rows(workspace) == []


@pytest.mark.usefixtures("impatient")
def test_lost_dollars_are_a_part_of_what_was_spent(server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome(output="none")]
    line_of(workspace, ONE)
    make_clips(workspace, ONE)
    assert (sums(workspace)["settled"], sums(workspace)["lost"]) == (
        Decimal("0.04"),
        Decimal("0.02"),
    )
    [row] = costs_by(workspace, "model")["rows"]
    assert (row["actual_usd"], row["lost_usd"]) == ("0.04", "0.02")
    assert balanced(workspace, server)
