"""Pages and API from one port: the dashboards as a part of the service."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lotus.reports import videos
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import NOW, seed
from tests.driving import eventually, inside_home, strays
from tests.serving import serving

pytest.importorskip("voila")
pytestmark = pytest.mark.slow


def test_the_dashboards_and_the_api_come_from_one_port(home: Path) -> None:
    with serving(home, "--pages", LOTUS_MAX_CONCURRENT_JOBS=0) as served:
        start = served.get("/")
        assert (start.status_code, start.headers["Location"]) == (302, "/dashboards/")
        shown = served.client.get("/dashboards/results", follow_redirects=True)
        assert shown.status_code == 200
        assert "lotus" in shown.text
        assert served.get("/api/v1/models").status_code == 200
        assert served.get("/health/ready").status_code == 200
        assert served.get("/nothing").json()["error"]["code"] == "not_found"
        assert served.stop() == 0
    assert strays(home) == []


def test_viewers_show_a_token_of_the_service_and_the_log_does_not(home: Path) -> None:
    secret = inside_home(home, "tokens", "create", "viewer", "--scope", "read")["secret"]
    with serving(home, "--pages", "--tokens", LOTUS_MAX_CONCURRENT_JOBS=0) as served:
        nobody = served.get("/dashboards/costs.csv")
        assert (nobody.status_code, "login" in nobody.headers["Location"]) == (302, True)
        with httpx.Client(base_url=served.url, timeout=60) as viewer:
            wrong = viewer.get("/dashboards/job", params={"id": "x", "token": secret + "x"})
            assert wrong.status_code == 302
            assert viewer.get("/dashboards/costs.csv", params={"token": secret}).status_code == 200
            assert viewer.get("/dashboards/costs.csv").status_code == 200, (
                "a cookie says it from then on"
            )
        assert secret not in served.log.read_text()


def test_a_viewer_signs_in_reviews_as_the_token_and_leaves_with_it(home: Path) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    job = seed(workspace.db)["Aurora opens at dawn"]
    scopes = ("read", "write", "review")
    made = {s: inside_home(home, "tokens", "create", "Marketing", "--scope", s) for s in scopes}
    token = made["review"]
    options = ("--pages", "--tokens", "--reviews")
    with (
        serving(home, *options, LOTUS_MAX_CONCURRENT_JOBS=0) as served,
        httpx.Client(base_url=served.url, timeout=60, follow_redirects=True) as viewer,
    ):
        for address in ("/dashboards/costs?by=brand", "/dashboards/no-such-page"):
            form = viewer.get(address)
            assert "Sign in to lotus" in form.text
            assert "Jupyter" not in form.text
        target = f"/dashboards/login?next=%2Fdashboards%2Fjob%3Fid%3D{job}"
        mark = viewer.cookies["_xsrf"]
        wrong = viewer.post(target, data={"secret": "guess", "_xsrf": mark})
        assert (wrong.status_code, "This token is not valid" in wrong.text) == (401, True)
        narrow = viewer.post(target, data={"secret": made["write"]["secret"], "_xsrf": mark})
        assert narrow.status_code == 401, "it sees only what it made, and pages show all"
        with httpx.Client(base_url=served.url, timeout=60) as reader:
            address = {"id": job, "token": made["read"]["secret"]}
            page = reader.get("/dashboards/job", params=address, follow_redirects=True)
            assert "Approve" not in page.text
            reader.get("/dashboards/results")
            said = {"id": job, "verdict": "approved", "_xsrf": reader.cookies["_xsrf"]}
            assert reader.post("/dashboards/review", data=said).status_code == 403
        page = viewer.post(target, data={"secret": token["secret"], "_xsrf": mark})
        assert page.url.path == "/dashboards/job"
        assert "Aurora opens at dawn" in page.text
        review = {"id": job, "verdict": "approved", "reviewer": "Mallory", "_xsrf": mark}
        reviewed = viewer.post("/dashboards/review", data=review)
        assert '<b dir="auto">Marketing</b>' in reviewed.text
        assert "Mallory" not in reviewed.text
        assert videos.video(workspace, job)["review"] == "approved"
        viewer.post("/dashboards/review", data={**review, "verdict": "withdrawn"})
        assert videos.video(workspace, job)["review"] is None
        inside_home(home, "tokens", "revoke", token["id"])
        ended = eventually(
            lambda: "Sign in to lotus" in viewer.get("/dashboards/results").text, "it has ended"
        )
        assert ended
        outside = {"secret": "guess", "_xsrf": viewer.cookies["_xsrf"]}
        answers = [viewer.post(target, data=outside).status_code for _ in range(6)]
        assert answers[-1] == 429, "wrong tokens are slowed down"
        assert served.stop() == 0


def test_a_job_that_failed_is_not_approved(home: Path) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    job = seed(workspace.db)["Aurora, the second cup"]
    with (
        serving(home, "--pages", "--reviews", LOTUS_MAX_CONCURRENT_JOBS=0) as served,
        httpx.Client(base_url=served.url, timeout=60) as viewer,
    ):
        viewer.get("/dashboards/results")
        form = {"id": job, "verdict": "approved", "reviewer": "Maya"}
        answer = viewer.post("/dashboards/review", data=form | {"_xsrf": viewer.cookies["_xsrf"]})
        assert answer.status_code == 400
        assert "is failed: there is no video to review" in answer.text
    assert videos.video(workspace, job)["reviews"] == []


@pytest.mark.parametrize("options", [(), ("--reviews",)])
def test_viewers_of_the_service_review_videos_where_it_says_so(
    home: Path, options: tuple[str, ...]
) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    job = seed(workspace.db)["Aurora opens at dawn"]
    said = {"id": job, "verdict": "approved", "reviewer": "Maya", "comment": "warm"}
    with serving(home, "--pages", *options, LOTUS_MAX_CONCURRENT_JOBS=0) as served:
        with httpx.Client(base_url=served.url, timeout=60) as viewer:
            page = viewer.get("/dashboards/results")  # which sets the mark that a form needs
            assert "Aurora opens at dawn" in page.text
            mark = viewer.cookies["_xsrf"]
            answer = viewer.post("/dashboards/review", data={**said, "_xsrf": mark})
        assert answer.status_code == (303 if options else 404)
        assert served.stop() == 0
    shown = videos.videos(workspace, videos.VideoQuery(review="approved"), now=NOW)
    assert shown["total"] == len(options)
