"""The dashboards as people use them: Debian's Chromium, a server of its own, a video that lotus
made.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

import lotus
from lotus.db import records
from lotus.db import tables as t
from lotus.db.tables import now
from lotus.documents.brief import Brief
from lotus.money.budgets import set_budget
from lotus.reviews.verdicts import add_review
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import HOSTILE, seed
from tests.driving import done, eventually
from tests.site import Looking, Site, looking, serving

pytestmark = pytest.mark.slow  # needs Chromium

VIEWERS = 2  # of notebooks
SERIOUS = ("serious", "critical")
ids: dict[str, str] = {}


@pytest.fixture(scope="module")
def furnished(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a seeded database and one video that was really rendered."""
    home = tmp_path_factory.mktemp("dashboards")
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    ids.update(seed(workspace.db, now=now()))
    with workspace.db.begin() as connection:
        set_budget(connection, "month", "", Decimal(200))
    brief = Brief(
        prompt="A small coffee roaster opens at dawn in a harbour town", duration_seconds=5, fps="6"
    )
    job = lotus.render(brief, workspace=workspace, listener=lambda event: None)
    ids["rendered"] = job.id
    workspace.db.close()
    return home


@pytest.fixture(scope="module")
def site(furnished: Path) -> Iterator[Site]:
    """The server, with a folder of notebooks; a kernel is started when somebody looks, so that
    nothing is started for nobody.
    """
    (folder := furnished / "pages").mkdir()
    options = ("--viewers", str(VIEWERS), "--warm", "0", "--reviews")
    with serving(furnished, *options, LOTUS_DASHBOARDS=str(folder)) as up:
        yield up


@pytest.fixture
def seen(chromium: Any) -> Iterator[Looking]:
    """A viewer at a desk."""
    with looking(chromium) as viewer:
        yield viewer


def _open(seen: Looking, site: Site, path: str) -> Any:
    seen.page.goto(site.at(path), wait_until="load")
    seen.page.locator("h1").wait_for()
    return seen.page


def _open_notebook(seen: Looking, site: Site, name: str) -> Any:
    """A notebook's page, when its cells have run."""

    def here() -> bool:
        heard = len(seen.said)
        free = seen.page.goto(site.at(f"notebooks/{name}"), wait_until="load").status != 503
        if not free:  # who looked before has not left yet
            del seen.said[heard:]
        return free

    eventually(here, "a place is free")
    seen.page.locator("[data-complete]").wait_for(state="attached")
    return seen.page


def _until(page: Any, condition: str) -> None:
    """Wait until an expression holds; pages allow no `eval`, which Playwright's own wait needs."""
    eventually(lambda: page.wait_for_timeout(50) or page.evaluate(condition), condition)


def _axe(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0].get('failureSummary', '')[:200]}"
        for v in found
        if v["impact"] in SERIOUS
    ]


def _of_elsewhere(seen: Looking, site: Site) -> list[str]:
    root = site.url.partition("?")[0]
    own = (root, root.replace("http:", "ws:"), "data:", "blob:")
    return [url for url in seen.asked if not url.startswith(own)]


def test_last_nights_dearest_failure_and_its_cause_are_found_by_clicking(
    seen: Looking, site: Site
) -> None:
    page = _open(seen, site, "results")
    page.get_by_label("When").select_option("last 24 hours")
    page.get_by_label("Status").select_option("failed")
    page.get_by_label("Sort").select_option("most expensive first")
    first = page.locator(".card").first
    first.get_by_text("$2.75").wait_for()
    assert page.locator(".count").inner_text() == "1 to 2 of 2"
    first.get_by_role("link").click()
    page.get_by_text("Why it failed in scene 2").wait_for()
    assert page.get_by_text("change the description of the scene").is_visible()
    assert seen.said == []
    assert _of_elsewhere(seen, site) == []


def test_a_video_plays_in_place_and_is_streamed(seen: Looking, site: Site) -> None:
    page = _open(seen, site, "results?text=roaster")
    video = page.locator("video.screen").first
    video.wait_for()
    assert _axe(page) == []
    assert not [url for url in seen.asked if url.endswith(".mp4")], (
        "no video before somebody plays it"
    )
    with page.expect_response(lambda response: response.url.endswith("final.mp4")) as answered:
        video.evaluate("video => video.play()")
    _until(page, "document.querySelector('video.screen').currentTime > 0.3")
    video.evaluate("video => { video.currentTime = 3 }")
    _until(page, "document.querySelector('video.screen').currentTime >= 3")
    part = page.request.get(answered.value.url, headers={"Range": "bytes=100-199"})
    assert (part.status, len(part.body())) == (206, 100)
    assert part.headers["content-type"] == "video/mp4"
    assert seen.said == []


def test_pages_work_without_a_script(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.at("results?status=failed&sort=cost"))
    assert page.locator(".card h2").first.inner_text() == "A bicycle on the quay"
    page.get_by_label("Search").fill("quay")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".count").inner_text() == "1 to 1 of 1"
    page.goto(site.at("operations"))
    page.get_by_role("link", name="Show what takes a moment longer").first.click()
    page.get_by_text(re.compile(r"\d+ checks")).wait_for()
    context.close()


def test_what_a_viewer_chooses_is_in_the_address_and_goes_back(seen: Looking, site: Site) -> None:
    page = _open(seen, site, "results")
    when = page.locator("time").first
    eventually(lambda: not when.inner_text().endswith("UTC"), "times are of the viewer's zone")
    page.get_by_label("Status").focus()
    page.get_by_label("Status").select_option("failed")
    page.locator(".count", has_text="1 to 3 of 3").wait_for()
    assert page.url.endswith("/results?status=failed&sort=newest"), (
        "what is not chosen is not in the address"
    )
    assert page.evaluate("document.activeElement.name") == "status", "who chooses goes on choosing"
    page.get_by_label("Search").fill("quay")
    page.keyboard.press("Enter")
    page.locator(".count", has_text="1 to 1 of 1").wait_for()
    assert page.locator(".card h2").all_inner_texts() == ["A bicycle on the quay"]
    page.reload()
    assert page.locator(".card h2").all_inner_texts() == ["A bicycle on the quay"]
    assert page.get_by_label("Search").input_value() == "quay"
    page.go_back()
    page.locator(".count", has_text="1 to 3 of 3").wait_for()
    assert page.get_by_label("Search").input_value() == ""
    page.go_back()
    page.locator(".count", has_text=re.compile("of [89]$")).wait_for()
    assert page.get_by_label("Status").input_value() == ""
    page.go_forward()
    page.locator(".count", has_text="1 to 3 of 3").wait_for()
    assert seen.said == []


def test_a_page_whose_server_went_says_so_and_recovers(chromium: Any, site: Site) -> None:
    with looking(chromium) as seen:
        page = _open(seen, site, "operations")
        page.route("**/operations*", lambda route: route.abort())
        page.get_by_role("alert").get_by_text("The server does not answer.").wait_for()
        page.unroute("**/operations*")
        page.locator("#stale").wait_for(state="detached")


def test_a_running_job_is_followed_until_its_video_is_there(seen: Looking, site: Site) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=site.home))
    with workspace.db.begin() as connection:
        job = records.get_job(connection, ids["rendered"])
        records.update_job(connection, job["id"], status="composing")
        row = connection.execute(sa.select(t.compositions)).mappings().one()
        connection.execute(t.compositions.delete())
        records.add_event(connection, job["id"], "progress", {"percent": 60.0})
    page = _open(seen, site, f"job?id={job['id']}")
    page.get_by_text("60 %").wait_for()
    other = page.context.new_page()
    other.goto(site.at("results?text=roaster"))
    other.get_by_text("60 %").wait_for()
    with workspace.db.begin() as connection:
        connection.execute(t.compositions.insert().values(**row))
        records.update_job(connection, job["id"], status="completed")
    for place in (page, other):
        place.locator("video.screen").wait_for()
        place.locator(".badge.completed").first.wait_for()
    assert seen.said == []


def _tab_to(page: Any, wanted: str) -> None:
    """Press Tab until what has the focus is called so."""
    named = "(e => e.labels?.[0]?.innerText || e.innerText || '')(document.activeElement)"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(named).strip() == wanted:
            return
    raise AssertionError(f"Tab does not lead to {wanted!r}")


def test_a_failure_is_found_by_keyboard_alone(seen: Looking, site: Site) -> None:
    page = _open(seen, site, "results")
    _tab_to(page, "Skip to content")
    page.keyboard.press("Enter")
    _tab_to(page, "Status")
    page.keyboard.type("failed")
    page.locator(".count", has_text="1 to 3 of 3").wait_for()
    _tab_to(page, "A bicycle on the quay")
    page.keyboard.press("Enter")
    page.get_by_text("free some space").wait_for()
    assert seen.said == []


RUN = """async (code) => {
  const config = document.getElementById("jupyter-config-data").textContent;
  const { baseUrl, kernelId } = JSON.parse(config);
  const socket = new WebSocket(`ws://${location.host}${baseUrl}api/kernels/${kernelId}/channels`);
  await new Promise((done) => { socket.onopen = done; });
  const say = (msg_type, content) => socket.send(JSON.stringify({
    channel: "shell", parent_header: {}, metadata: {}, buffers: [], content,
    header: {
      msg_id: msg_type, msg_type, username: "", session: "mallory", version: "5.3", date: "",
    },
  }));
  const answers = [];
  const known = new Promise((done) => { socket.onmessage = ({ data }) => {
    const { parent_header, msg_type } = JSON.parse(data);
    answers.push(parent_header.msg_id);
    if (msg_type === "kernel_info_reply" && parent_header.msg_id === "kernel_info_request") done();
  }; });
  say("execute_request", { code, silent: false, store_history: false, user_expressions: {} });
  say("kernel_info_request", {});
  await known;
  return answers;
}"""  # what a viewer with the browser's console may try


def test_a_viewer_can_run_no_code(seen: Looking, site: Site) -> None:
    page = _open_notebook(seen, site, "results")
    written = site.home / "written"
    answers = page.evaluate(RUN, f"open({str(written)!r}, 'w').close()")
    assert "kernel_info_request" in answers, "the kernel was asked"
    assert "execute_request" not in answers
    assert not written.exists()
    assert page.locator(".card").count() > 5, "Voilà runs the notebook of the page"
    assert "open_dashboard" not in page.content(), "no source of the notebook"


def test_pages_keep_to_themselves(site: Site) -> None:
    for path in ("results", f"job?id={ids['rendered']}", "notebooks/results"):
        headers = eventually(lambda path=path: _answer(site.at(path)), "a place is free").headers
        policy = dict(
            part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == "'none'"
        assert ("unsafe" in policy["script-src"]) == path.startswith("notebooks")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in headers["Cache-Control"]


def test_a_page_stays_light(seen: Looking, site: Site) -> None:
    weight: list[int] = []
    seen.page.on(
        "requestfinished", lambda request: weight.append(request.sizes()["responseBodySize"])
    )
    page = _open(seen, site, "costs")
    page.locator(".chart svg").nth(2).wait_for()
    assert sum(weight) < 150_000
    assert seen.said == []


OWN_NOTEBOOK = {
    "a table": """from dashboards import open_dashboard
from lotus.display.kit import table, usd

page = open_dashboard(days=30, by="brand")""",
    "filters": "page.form(days=[7, 30], by=['brand', 'model'])",
    "rows": """spent = page.ask("spending", **page.values)
rows = [[row["name"], usd(row["actual_usd"])] for row in spent["rows"]]
table(f"Spent by {spent['by']}", [spent["by"], "spent"], rows, right=["spent"])""",
    "a widget": """import ipywidgets
button = ipywidgets.Button(description="count")
label = ipywidgets.Label("none yet")
button.on_click(lambda _: setattr(label, "value", "counted by the kernel"))
ipywidgets.VBox([button, label])""",
    "secrets": """import os
print([name for name in os.environ if "DATABASE" in name or "TOKEN" in name])""",
    "an error": "1 / 0",
}


def test_a_notebook_that_is_dropped_into_the_folder_is_a_page(seen: Looking, site: Site) -> None:
    import nbformat

    cells = [nbformat.v4.new_code_cell(source) for source in OWN_NOTEBOOK.values()]
    cells.insert(0, nbformat.v4.new_markdown_cell("# Our brands\n\nFor the *board*, $5 each."))
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, site.home / "pages" / "Our brands.ipynb")
    page = _open(seen, site, "results")
    page.get_by_role("link", name="Our brands").click()
    page.locator("h1", has_text="Our brands").wait_for()
    rows = page.get_by_role("region", name="Spent by brand")
    rows.get_by_text("Velo").wait_for()
    page.get_by_text("[]").wait_for()
    page.get_by_text("This part of the page failed.").wait_for()
    assert "ZeroDivisionError" not in page.content()
    page.get_by_role("button", name="count").click()
    page.get_by_text("counted by the kernel").wait_for()
    assert _axe(page) == []
    page.get_by_label("By", exact=True).select_option("model")
    page.get_by_role("region", name="Spent by model").wait_for()
    assert page.url.endswith("?days=30&by=model")
    assert page.get_by_role("link", name="Our brands").get_attribute("aria-current") == "page"
    assert [text for text in seen.said if "favicon" not in text] == []
    assert _of_elsewhere(seen, site) == []


def test_the_template_notebook_is_a_page(seen: Looking, site: Site) -> None:
    with urllib.request.urlopen(site.at("template.ipynb")) as answer:
        (site.home / "pages" / "brands.ipynb").write_bytes(answer.read())
    page = _open_notebook(seen, site, "brands")
    page.get_by_role("region", name="Spent").get_by_text("Aurora").wait_for()
    assert page.locator(".tile").count() == 1
    assert _axe(page) == []


def test_a_page_whose_kernel_died_says_so(seen: Looking, site: Site) -> None:
    with urllib.request.urlopen(site.at("template.ipynb")) as answer:
        (site.home / "pages" / "brands.ipynb").write_bytes(answer.read())
    page = _open_notebook(seen, site, "brands")
    page.get_by_role("region", name="Spent").get_by_text("Aurora").wait_for()
    children = psutil.Process(site.process.pid).children(recursive=True)
    for child in children:
        if "ipykernel_launcher" in " ".join(child.cmdline()):
            child.kill()
    page.get_by_role("alert").get_by_text("kernel has ended").wait_for()


def test_results_are_filtered_by_what_was_said_of_them(seen: Looking, site: Site) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=site.home))
    add_review(workspace.db, ids["A bicycle in the rain"], "rejected", reviewer="Kim")
    page = _open(seen, site, "results")
    page.get_by_label("Review").select_option("rejected")
    page.locator(".count", has_text="1 to 1 of 1").wait_for()
    assert page.locator(".card h2").all_inner_texts() == ["A bicycle in the rain"]
    with workspace.db.begin() as connection:
        connection.execute(t.reviews.delete())


def test_costs_of_some_days_are_shown_and_in_the_file(seen: Looking, site: Site) -> None:
    day = (now() - timedelta(days=5)).date().isoformat()
    page = _open(seen, site, "costs?by=kind")
    assert page.get_by_role("region", name="Dollars by kind").get_by_text("storage").is_visible()
    kept = page.get_by_role("region", name="What the store holds").locator(
        "tr", has_text="compositions"
    )
    kept.get_by_text("90 days").wait_for()
    page.get_by_label("or from").fill(day)
    page.get_by_label("to", exact=True).fill(day)
    page.locator(".tile", has_text=day).get_by_text("$20.00").wait_for()
    with page.expect_download() as got:
        page.get_by_role("link", name="CSV").click()
    assert Path(got.value.path()).read_text().splitlines()[1].startswith("provider")
    assert "20.00" in Path(got.value.path()).read_text()
    assert seen.said == []


def test_costs_are_drawn_change_with_the_filter_and_are_the_file(seen: Looking, site: Site) -> None:
    page = _open(seen, site, "costs")
    page.locator(".chart svg").nth(2).wait_for()
    assert _axe(page) == []
    page.get_by_label("By", exact=True).select_option("brand")
    page.get_by_role("region", name="Dollars by brand").get_by_text("Velo").wait_for()
    page.locator(".chart svg text", has_text="Velo").first.wait_for()
    page.locator(".chart svg path[aria-roledescription='bar']").last.hover()
    page.locator("#label", has_text="amount: ").wait_for()
    with page.expect_download() as got:
        page.get_by_role("link", name="CSV").click()
    lines = Path(got.value.path()).read_text().splitlines()
    shown = page.get_by_role("region", name="Dollars by brand").locator("tbody tr")
    assert len(lines) - 1 == shown.count()
    assert lines[1].split(",")[0] == shown.first.locator("td").first.inner_text()
    assert seen.said == []
    assert _of_elsewhere(seen, site) == []


def test_operations_follow_what_happens(seen: Looking, site: Site) -> None:
    page = _open(seen, site, "operations")
    page.get_by_text(re.compile(r"\d+ checks")).wait_for()
    assert page.locator(".causes h3").inner_text().startswith("provider error (replicate)")
    assert _axe(page) == []
    with Workspace.open(Settings(LOTUS_HOME=site.home)).db.begin() as connection:
        records.update_job(connection, ids["On its way"], prompt="On its way at last")
    page.get_by_role("link", name="On its way at last").wait_for()
    assert seen.said == []
    assert _of_elsewhere(seen, site) == []


def test_a_phone_shows_everything_without_scrolling_sideways(chromium: Any, site: Site) -> None:
    with looking(chromium, phone=True, dark=True) as seen:
        for path in ("results", "costs", "operations?all=1", f"job?id={ids['rendered']}"):
            page = _open(seen, site, path)
            page.locator("h2, .card").first.wait_for()
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, path
            assert _axe(page) == [], path
        assert seen.said == []


def test_hostile_text_is_shown_and_does_nothing(seen: Looking, site: Site) -> None:
    page = _open(seen, site, f"job?id={ids[HOSTILE]}")
    assert page.locator("h1").inner_text().startswith("<script>window.hacked")
    page = _open(
        seen, site, "results?text=x onerror='window.hacked&sort=<b>&hours=<i>&brand=&status="
    )
    page.locator(".card").first.wait_for()
    assert page.locator(".card h2").inner_text().startswith("<script>window.hacked")
    assert page.evaluate("window.hacked") is None
    assert seen.said == []


def test_a_jobs_page_has_its_scenes_and_downloads(seen: Looking, site: Site) -> None:
    page = _open(seen, site, f"job?id={ids['rendered']}")
    assert page.locator(".scenes > li").count() == 3
    with page.expect_download() as got:
        page.get_by_role("link", name="Storyboard").click()
    assert len(json.loads(Path(got.value.path()).read_text())["scenes"]) == 3
    assert page.locator("time").first.get_attribute("title").endswith("UTC")
    assert _axe(page) == []
    assert seen.said == []


def test_a_video_is_approved_with_a_comment(seen: Looking, site: Site) -> None:
    page = _open(seen, site, f"job?id={ids['rendered']}")
    page.get_by_label("Your name").fill("Maya")
    page.get_by_label("Comment").fill(HOSTILE)
    page.get_by_role("button", name="Reject").click()
    page.locator(".reviews .badge.rejected").wait_for()
    page.get_by_label("Your name").fill("Maya")
    page.get_by_role("button", name="Approve").click()
    page.locator(".reviews .badge.approved").wait_for()
    assert page.locator(".reviews li").count() == 2
    assert page.evaluate("window.hacked") is None
    assert _axe(page) == []
    page = _open(seen, site, "results?text=roaster")
    page.locator(".card .badge.approved").wait_for()
    assert seen.said == []
    form = {"id": ids["rendered"], "reviewer": "Mallory", "verdict": "rejected"}
    for mark in ({}, {"_xsrf": "guess"}):
        assert page.request.post(site.at("review"), form={**form, **mark}).status == 403, (
            "another page's form"
        )
    with Workspace.open(Settings(LOTUS_HOME=site.home)).db.read() as connection:
        assert connection.execute(sa.select(t.reviews.c.reviewer)).scalars().all() == [
            "Maya",
            "Maya",
        ]


def test_a_part_of_the_picture_is_marked_and_shown_again_at_its_moment(
    seen: Looking, site: Site
) -> None:
    page = _open(seen, site, f"job?id={ids['rendered']}")
    video = page.locator(".stage video")
    video.evaluate("video => { video.preload = 'auto'; video.load() }")
    _until(page, "document.querySelector('.stage video').readyState > 1")
    video.evaluate("video => { video.currentTime = 2.6 }")
    _until(page, "document.querySelector('#comment').elements.time.value === '0:02.60'")
    page.get_by_role("button", name="Mark a part").click()
    bounds = page.locator(".cover").bounding_box()
    x, y, wide, high = (bounds[name] for name in ("x", "y", "width", "height"))
    corners = [(x + part * wide, y + part * high) for part in (0.25, 0.5)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[1])
    page.mouse.up()
    form = page.locator("#comment")
    form.get_by_label("Name").fill("Maya")
    form.get_by_label("What you see").fill(HOSTILE)
    form.get_by_role("button", name="Comment", exact=True).click()
    moment = page.locator("a.at")
    moment.wait_for()
    assert moment.get_attribute("data-frame") == "15", "2.6 s at 6 frames a second"
    left, top, width, height = map(int, moment.get_attribute("data-region").split(","))
    assert all(abs(part - 250) < 15 for part in (left, top, width, height))
    moment.click()
    _until(page, "Math.abs(document.querySelector('.stage video').currentTime - 15.5 / 6) < 0.01")
    box, picture = page.locator(".box").bounding_box(), page.locator(".picture").bounding_box()
    assert abs((box["x"] - picture["x"]) / picture["width"] - 0.25) < 0.02
    thread = page.locator(".threads > li").first
    thread.locator("summary").click()
    thread.get_by_label("Name").fill("Noor")
    thread.get_by_role("button", name="Resolve").click()
    page.locator(".threads .badge.ok").wait_for()
    assert page.evaluate("window.hacked") is None
    assert _axe(page) == []
    assert seen.said == []


def test_a_campaign_leads_to_its_videos_and_their_executed_notebooks(
    seen: Looking, site: Site
) -> None:
    manifest = site.home / "harbour.csv"
    columns = "id,prompt,duration_seconds,fps,aspect_ratio,music"
    manifest.write_text(f"{columns}\nboat,A boat leaves the harbour at dawn,5,6,1:1,none\n")
    done("batch", "run", manifest, "--workers", 1, home=site.home)
    page = _open(seen, site, "operations")
    page.get_by_role("link", name="harbour.csv").click()
    page.locator("h1", has_text="harbour.csv").wait_for()
    assert _axe(page) == []
    page.go_back()
    row = page.locator("tr", has_text="harbour.csv")
    row.get_by_role("link", name="videos").click()
    page.locator(".count", has_text="1 to 1 of 1").wait_for()
    page.locator(".card").get_by_role("link").click()
    page.get_by_role("link", name="Executed notebook").click()
    page.get_by_text("completed, 5 s, 720x720").wait_for()
    assert page.locator("img").first.evaluate("image => image.naturalWidth") > 100
    assert page.locator("script").count() == 0
    assert seen.said == []


def test_two_videos_play_in_step(seen: Looking, site: Site) -> None:
    page = _open(seen, site, f"compare?job={ids['rendered']}&job={ids['Waiting for its turn']}")
    page.get_by_text("Nothing to compare").wait_for()
    workspace = Workspace.open(Settings(LOTUS_HOME=site.home))
    again = lotus.render(
        Brief(
            prompt="A small coffee roaster opens at dawn in a harbour town",
            duration_seconds=5,
            fps="6",
        ),
        workspace=workspace,
        listener=lambda event: None,
    )
    page = _open(seen, site, f"compare?job={ids['rendered']}&job={again.id}")
    page.locator("video").first.evaluate("video => video.play()")
    _until(page, "[...document.querySelectorAll('video')].every(video => video.currentTime > 0.3)")
    apart = page.evaluate(
        "(([a, b]) => Math.abs(a.currentTime - "
        "b.currentTime))([...document.querySelectorAll('video')])"
    )
    assert apart < 0.35
    assert seen.said == []


def test_one_viewer_too_many_gets_a_plain_page_until_somebody_leaves(
    chromium: Any, site: Site
) -> None:
    with ExitStack() as pages:
        *viewers, late = [pages.enter_context(looking(chromium)) for _ in range(VIEWERS + 1)]
        for viewer in viewers:
            _open_notebook(viewer, site, "results")
        answer = late.page.goto(site.at("notebooks/operations"))
        assert answer.status == 503
        late.page.get_by_text("All notebook slots are in use.").wait_for()
        assert late.page.goto(site.at("operations")).status == 200, "a page needs no place"
        viewers[0].page.context.close()  # as when a phone kills a page: nobody says good-bye
        again = site.at("notebooks/results")
        eventually(lambda: late.page.goto(again).status == 200, "a place is free")
        late.page.locator(".card").first.wait_for()


def _answer(url: str) -> Any:
    """What a page answers, or nothing while all places are taken."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return None
        raise


def _status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=30
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/results.ipynb",
        "voila/files/server.py",
        "voila/render/results.ipynb",
        "voila/tree/",
        "voila/api/contents/results.ipynb",
        "media/../lotus.db",
        "media/compositions/../../lotus.db",
        "media/lotus.db",
        "media/compositions/x/notes.txt",
        "thumbs/..%2f..%2fx.jpg",
        "lotus/../server.py",
        "notebook/runs/../lotus.ipynb",
        "notebooks/..%2fserver",
        "notebooks/nothing-like-it",
        "nothing-like-it",
        "api/contents",
        "api/kernels",
        "job?id=nothing-like-it",
    ],
)
def test_nothing_else_is_served(site: Site, path: str) -> None:
    assert _status(site.at(path)) in (403, 404, 405)


def test_a_strangers_questions_and_names_are_refused(site: Site) -> None:
    body = json.dumps({"question": "videos", "parameters": {}}).encode()
    request = urllib.request.Request(site.at("ask"), data=body, headers={"X-Lotus-Secret": "guess"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=30)
    assert _status(site.at("results"), Host="evil.example") == 403


def test_a_viewer_without_the_token_gets_nothing(chromium: Any, furnished: Path) -> None:
    token = "a token of these tests"
    with serving(furnished, LOTUS_DASHBOARD_TOKEN=token) as site, looking(chromium) as seen:
        bare = site.url.partition("?")[0]
        media = f"{bare}media/compositions/{ids['rendered']}/captions.srt"
        for address in (f"{bare}results", f"{bare}job?id={ids['rendered']}", media):
            with urllib.request.urlopen(address, timeout=30) as answer:
                assert answer.url.startswith(f"{bare}login")
        page = _open(seen, site, f"job?id={ids['rendered']}")
        assert "token" not in page.url
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        [login] = [cookie for name, cookie in cookies.items() if name.startswith("username-")]
        assert (login["httpOnly"], login["sameSite"]) == (True, "Lax")
        assert page.request.get(media).status == 200
        for n in range(2):  # the second is warm, and asks when it is looked at
            with Workspace.open(Settings(LOTUS_HOME=furnished)).db.begin() as connection:
                records.update_job(connection, ids["Waiting for its turn"], prompt=f"Waiting {n}")
            page = _open(seen, site, "results?text=waiting")
            page.get_by_role("link", name=f"Waiting {n}").wait_for()
        assert seen.said == []
