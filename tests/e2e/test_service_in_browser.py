"""The service's pages as people use them in a browser: a link for a guest, budgets, a job that is
stopped and tried again, several videos at once.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lotus.db import tables as t
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import seed
from tests.driving import eventually, inside_home, rows
from tests.serving import Served, pattern, request_of, serving
from tests.site import Looking, looking

pytestmark = pytest.mark.slow  # needs Chromium

PASSWORD = "harbour at dawn"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with jobs of all kinds."""
    folder = tmp_path_factory.mktemp("people") / "home"
    workspace = Workspace.open(Settings(LOTUS_HOME=folder))
    workspace.db.ready()
    seed(workspace.db, now=t.now())
    with workspace.db.begin() as connection:  # of which none is for the worker
        of_seed = t.generation_jobs.c.status.in_(("queued", "generating"))
        connection.execute(t.generation_jobs.update().where(of_seed).values(status="failed"))
        draft = {"approved": False, "draft": "runs/x/draft.ipynb", "finished_at": t.now()}
        queued = t.runs.c.status == "queued"
        connection.execute(t.runs.update().where(queued).values(**draft))
    workspace.db.close()
    return folder


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    secret = inside_home(home, "tokens", "create", "Maya", "--scope", "all")["secret"]
    options = ("--pages", "--tokens", "--reviews")
    with serving(home, *options, token=secret, LOTUS_RATE_LIMIT=10_000) as one:
        yield one


@pytest.fixture
def maya(chromium: Any, served: Served) -> Iterator[Looking]:
    """Somebody who has signed in on the page for that."""
    with looking(chromium) as seen:
        seen.page.goto(f"{served.url}/dashboards/costs")
        seen.page.get_by_label("Token").fill(served.token)
        seen.page.get_by_label("Token").press("Enter")
        seen.page.get_by_role("heading", name="Costs").wait_for()
        yield seen
        assert seen.said == []


@pytest.fixture(scope="module")
def video(served: Served, home: Path) -> str:
    """A finished video's id."""
    pattern(home.parent)
    job = served.post("/api/v1/generations", request_of(served, home.parent)).json()["id"]
    assert served.ended(job)["status"] == "completed"
    return str(job)


def open_page(seen: Looking, served: Served, path: str) -> Any:
    seen.page.goto(f"{served.url}/dashboards/{path}")
    return seen.page


def test_a_guest_opens_a_link_by_its_password_until_it_ends(
    chromium: Any, maya: Looking, served: Served, video: str
) -> None:
    page = open_page(maya, served, f"job?id={video}")
    page.get_by_text("Make a link").click()
    form = page.locator("form[action=share]")
    form.locator("[name=name]").fill("For the client")
    form.locator("[name=password]").fill(PASSWORD)
    form.get_by_role("button").click()
    page.get_by_text("Copy it now").wait_for()
    link = next(line for line in page.content().split('"') if "/shared/" in line)
    with looking(chromium) as guest:
        guest.page.goto(link)
        for password, then in (("a guess", "This is not the password."), (PASSWORD, "For the")):
            guest.page.get_by_label("Password").fill(password)
            guest.page.get_by_label("Password").press("Enter")
            guest.page.get_by_text(then).wait_for()
        player = guest.page.locator("video")
        eventually(lambda: player.evaluate("v => v.readyState") >= 1, "the video has come")
        assert guest.page.get_by_role("link", name="Results").count() == 0

        def is_counted() -> bool:
            return "1 view" in open_page(maya, served, f"job?id={video}").content()

        eventually(is_counted, "the view is counted")
        page.get_by_role("button", name="End this link").click()
        page.wait_for_load_state()
        guest.page.reload()
        guest.page.get_by_text("This link has ended").wait_for()


def test_the_picture_is_in_sight_when_a_part_of_it_is_to_be_marked(
    maya: Looking, served: Served, video: str
) -> None:
    maya.page.set_viewport_size({"width": 900, "height": 400})
    page = open_page(maya, served, f"job?id={video}")
    button = page.get_by_role("button", name="Mark a part of the picture")
    button.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    button.click()
    area = page.locator(".cover").bounding_box()
    middle = (area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    assert 0 < middle[1] < 400
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 30, middle[1] + 30)
    page.mouse.up()
    assert page.locator("#comment [name=region]").input_value() != ""


def test_a_job_is_stopped_and_tried_again_and_a_budget_set(
    maya: Looking, served: Served, home: Path
) -> None:
    long = {"prompt": "A lighthouse keeper's long night of rain", "duration_seconds": 60}
    job = served.post("/api/v1/generations", {"brief": long}).json()["id"]
    page = open_page(maya, served, f"job?id={job}")
    page.get_by_role("button", name="Stop").click()
    assert served.ended(job)["status"] == "cancelled"
    page = open_page(maya, served, f"job?id={job}")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Stop").click()
    assert served.ended(job)["status"] == "cancelled"
    page = open_page(maya, served, "manage")
    page.locator("[name=usd]").fill("123.45")
    page.get_by_role("button", name="Set the budget").click()
    page.get_by_text("of $123.45").wait_for()
    page.get_by_role("button", name="Lift").first.click()


def test_drafts_of_a_campaign_are_approved_by_a_click(
    maya: Looking, chromium: Any, served: Served, home: Path
) -> None:
    page = open_page(maya, served, "manage")
    waiting = page.locator("section", has=page.get_by_role("heading", name="wait for approval"))
    waiting.get_by_text("spring.csv: 1 draft").wait_for()
    waiting.get_by_role("button", name="Approve all drafts").click()
    page.get_by_role("status").get_by_text("Rows approved: 1").wait_for()
    waiting.get_by_text("None waits.").wait_for()
    drafts = "SELECT approved FROM runs WHERE draft IS NOT NULL"
    assert [bool(one) for (one,) in rows(home, drafts)] == [True]
    reader = inside_home(home, "tokens", "create", "Ben", "--scope", "review")["secret"]
    with looking(chromium) as ben:
        ben.page.goto(f"{served.url}/dashboards/results?token={reader}")
        ben.page.locator(".card").first.wait_for()
        assert ben.page.get_by_role("link", name="Manage").count() == 0
        assert ben.page.request.get(f"{served.url}/dashboards/manage").status == 403


def test_a_job_is_watched_from_the_queue_to_its_player(
    maya: Looking, served: Served, home: Path, video: str
) -> None:
    """`video`: the clip that it is made of has been uploaded."""
    words = {"prompt": "Watched until it can be played.", "seed": 7}
    job = served.post("/api/v1/generations", request_of(served, home.parent, **words)).json()["id"]
    page = open_page(maya, served, f"job?id={job}")
    results = page.context.new_page()
    results.goto(f"{served.url}/dashboards/results?text=watched+until")
    results.locator(".card").wait_for()
    for place in (page, results):
        place.locator("video.screen").wait_for(timeout=180_000)
        place.locator(".badge.completed").first.wait_for()
        assert place.locator("#stale").count() == 0
    player = page.locator("video.screen")
    player.evaluate("video => { video.muted = true; return video.play() }")
    eventually(lambda: player.evaluate("video => video.currentTime") > 0.3, "it plays")


def test_ticked_videos_come_as_one_zip(
    maya: Looking, served: Served, video: str, tmp_path: Path
) -> None:
    page = open_page(maya, served, "results?status=completed")
    page.locator(f".tick input[value='{video}']").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ticked videos").click()
    download.value.save_as(tmp_path / "videos.zip")
    with zipfile.ZipFile(tmp_path / "videos.zip") as archive:
        assert archive.testzip() is None
        assert [name.rpartition(".")[2] for name in archive.namelist()] == ["mp4", "srt"]
