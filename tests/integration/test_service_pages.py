"""Pages and API from one port: the dashboards as a part of the service."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lotus.reports import videos
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import NOW, seed
from tests.driving import done, strays
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
    secret = done("tokens", "create", "viewer", "--scope", "read", "--json", home=home).json[
        "secret"
    ]
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
