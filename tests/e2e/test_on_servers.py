"""The dashboards as a team has them: PostgreSQL by two narrow roles, videos from a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

import lotus
from lotus.db import Database
from lotus.db import tables as t
from lotus.db.upkeep import grant_readonly, grant_reviews
from lotus.documents.brief import Brief
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests import servers
from tests.driving import eventually
from tests.site import browser, looking, serving

pytestmark = pytest.mark.slow


def _as(url: str, role: str) -> str:
    return (
        sa.make_url(url).set(username=role, password="secret").render_as_string(hide_password=False)
    )


def test_a_video_plays_from_the_bucket_and_a_verdict_is_written_by_its_own_role(
    migrated: servers.Migrated, bucket: servers.Bucket, tmp_path: Path
) -> None:
    with migrated.lent() as url:
        place = {"DATABASE_URL": url, "LOTUS_STORE": bucket.url, **bucket.environment}
        workspace = Workspace.open(Settings(LOTUS_HOME=tmp_path, **place))
        brief = Brief(prompt="A small coffee roaster opens at dawn", duration_seconds=5, fps="6")
        job = lotus.render(brief, workspace=workspace, listener=lambda event: None)
        grant_readonly(workspace.db, "lotus_viewers", "secret")
        grant_reviews(workspace.db, "lotus_judges", "secret")
        place["LOTUS_DASHBOARD_DATABASE_URL"] = _as(url, "lotus_viewers")
        place["LOTUS_REVIEW_DATABASE_URL"] = _as(url, "lotus_judges")
        place["DATABASE_URL"] = (
            "postgresql://nobody@127.0.0.1:1/nothing"  # which the dashboards do not need
        )
        with (
            browser() as running,
            looking(running) as seen,
            serving(tmp_path, "--warm", "0", "--reviews", **place) as site,
        ):
            page = seen.page
            page.goto(site.at(f"job?id={job.id}"))
            with page.expect_response(lambda said: said.status == 206) as part:
                page.locator("video.screen").evaluate("video => video.play()")
            assert part.value.url.startswith(f"{bucket.endpoint_url}/")
            playing = "document.querySelector('video.screen').currentTime > 0.3"
            eventually(lambda: page.evaluate(playing), "the video plays")
            page.get_by_label("Your name").fill("Maya")
            page.get_by_role("button", name="Approve").click()
            page.locator(".reviews .badge.approved").wait_for()
            with page.expect_download() as got:
                page.get_by_role("link", name="Video (MP4)").click()
            assert got.value.suggested_filename == f"{job.id[-12:]}-final.mp4"
            page.goto(site.at("results"))
            page.locator(".card .badge.approved").wait_for()
            assert seen.said == []
        db = Database(servers.psycopg_url(url))
        with db.read() as connection:
            assert connection.execute(
                sa.select(t.reviews.c.reviewer, t.reviews.c.verdict)
            ).all() == [("Maya", "approved")]
        db.close()
        workspace.db.close()
