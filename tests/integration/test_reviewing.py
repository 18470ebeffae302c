"""What stakeholders do on pages beside looking: comments, versions, links, downloads, budgets."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lotus.db import records
from lotus.db import tables as t
from lotus.reports import videos
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import seed
from tests.driving import eventually, inside_home, rows
from tests.serving import Served, pattern, serving

pytest.importorskip("voila")

BASE = "/dashboards"
SCOPES = ("read", "review", "all")
secrets: dict[str, str] = {}
ids: dict[str, str] = {}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two versions of a video that are there, and a job that failed."""
    folder = tmp_path_factory.mktemp("reviewing")
    made = Workspace.open(Settings(LOTUS_HOME=folder / "home"))
    made.db.ready()
    ids.update(seed(made.db, now=t.now()))
    (folder / "final.mp4").write_bytes(pattern(folder))
    (folder / "captions.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    first, second = ids["Aurora opens at dawn"], ids["A bicycle in the rain"]
    ids.update(first=first, second=second)
    for job in (first, second):
        for name in ("final.mp4", "captions.srt"):
            made.store.put(folder / name, f"compositions/{job}/{name}")
        made.db.run(_complete, job, None if job == first else first)
    yield made
    made.db.close()


def _complete(connection: sa.Connection, job: str, parent: str | None) -> None:
    scenes = [{"description": f"Scene of {'one' if parent is None else 'two'}"}]
    values = {"status": "completed", "parent": parent, "storyboard": {"scenes": scenes}}
    records.update_job(connection, job, **values)
    facts = {"key": job, "width": 160, "height": 160, "fps": "4", "frames": 16, "size_bytes": 5000}
    facts |= {"segments_total": 1, "segments_rendered": 1, "elapsed_seconds": 1.0}
    key = f"compositions/{job}/final.mp4"
    connection.execute(t.compositions.insert().values(job_id=job, object_key=key, **facts))


@pytest.fixture(scope="module")
def served(workspace: Workspace) -> Iterator[Served]:
    home = workspace.settings.home
    for scope in SCOPES:
        made = inside_home(home, "tokens", "create", scope.title(), "--scope", scope)
        secrets[scope] = made["secret"]
    options = ("--pages", "--tokens", "--reviews")
    env = {"LOTUS_MAX_CONCURRENT_JOBS": 0, "LOTUS_RATE_LIMIT": 10_000}
    with serving(home, *options, LOTUS_NOTIFY_SECRET="x" * 40, **env) as one:
        yield one


@contextmanager
def viewer(served: Served, scope: str = "") -> Iterator[httpx.Client]:
    """Somebody with a token of this scope, or a stranger."""
    with httpx.Client(base_url=served.url, timeout=60) as client:
        if scope:
            client.get(f"{BASE}/results", params={"token": secrets[scope]})
            assert client.get(f"{BASE}/results").status_code == 200
        yield client


def send(client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    mark = client.cookies.get("_xsrf", "")
    return client.post(f"{BASE}/{path}", data={**fields, "_xsrf": mark})


def page(client: httpx.Client, job: str = "first") -> str:
    answer = client.get(f"{BASE}/job", params={"id": ids[job]})
    assert answer.status_code == 200
    return answer.text


def test_comments_stand_at_their_moment_are_answered_and_resolved(
    served: Served, workspace: Workspace
) -> None:
    first = ids["first"]
    with viewer(served, "review") as maya:
        late = {"text": "The logo <b>here</b>", "time": "0:02.50", "region": "100,200,300,400"}
        assert send(maya, "comment", id=first, **late, author="Mallory").status_code == 303
        assert send(maya, "comment", id=first, text="Louder", time="1").status_code == 303
        assert send(maya, "comment", id=first, text="All of it is too long").status_code == 303
        threads = videos.video(workspace, first)["comments"]
        assert [one["frame"] for one in threads] == [None, 4, 10]
        assert threads[2]["region"] == [100, 200, 300, 400]
        assert {one["author"] for one in threads} == {"Review"}, "no name that was typed"
        logo = threads[2]["id"]
        send(maya, "comment", id=first, thread=logo, text="Smaller then?")
        send(maya, "comment", id=first, thread=logo, kind="resolved")
        html = page(maya)
        assert "&lt;b&gt;here&lt;/b&gt;" in html
        assert 'data-frame="10" data-region="100,200,300,400">0:02.50' in html
        assert "2 open comments" in html
        [logo_thread] = [o for o in videos.video(workspace, first)["comments"] if o["id"] == logo]
        assert logo_thread["resolved"]
        assert [reply["text"] for reply in logo_thread["replies"]] == ["Smaller then?"]
        send(maya, "comment", id=first, thread=logo, kind="reopened")
        assert "3 open comments" in page(maya)
        wrong: tuple[dict[str, str], ...] = (
            {"text": ""},
            {"text": "x", "time": "noon"},
            {"text": "x", "region": "900,0,200,10"},
            {"text": "x", "region": "0,0,0,0"},
            {"text": "x", "thread": "0" * 36},
            {"text": "x" * 5000},
            {"kind": "resolved"},
            {"kind": "deleted", "thread": logo},
        )
        for fields in wrong:
            assert send(maya, "comment", id=first, **fields).status_code == 400, fields
        failed = ids["Aurora, the second cup"]
        assert send(maya, "comment", id=failed, text="x").status_code == 400
    with viewer(served, "read") as reader:
        assert "Louder" in page(reader)
        assert 'action="comment"' not in page(reader)
        assert send(reader, "comment", id=first, text="x").status_code == 403


def test_versions_are_listed_compared_and_one_is_approved(
    served: Served, workspace: Workspace
) -> None:
    with viewer(served, "review") as maya:
        send(maya, "review", id=ids["second"], verdict="approved")
        html = page(maya)
        assert "Version 1, this one" in html
        assert f'href="job?id={ids["second"]}">Version 2' in html
        both = {"job": [ids["first"], ids["second"]]}
        compared = maya.get(f"{BASE}/compare", params=both).text
        assert "Scene 1: description" in compared
        assert "Scene of one" in compared
        assert "Scene of two" in compared
    assert [one["review"] for one in videos.video(workspace, ids["first"])["versions"]] == [
        None,
        "approved",
    ]


def link(client: httpx.Client, **fields: Any) -> str:
    answer = send(client, "share", id=ids["first"], **{"days": "7", **fields})
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="(http://[^"]+/shared/[\w-]+)"', answer.text)
    assert found is not None
    return found[1]


def test_a_link_shows_one_video_to_somebody_without_an_account_and_nothing_else(
    served: Served, workspace: Workspace
) -> None:
    with viewer(served, "review") as maya, viewer(served) as guest:
        address = link(maya, name="The client")
        shown = guest.get(address)
        assert shown.status_code == 200
        assert shown.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in shown.headers["X-Robots-Tag"]
        for secret_of_ours in ("Aurora opens", "Louder", "$0.30", "nav class", "p-video"):
            assert secret_of_ours not in shown.text
        part = guest.get(f"{address}/final.mp4", headers={"Range": "bytes=0-99"})
        assert (part.status_code, len(part.content)) == (206, 100)
        assert "no-store" in part.headers["Cache-Control"]
        assert guest.get(f"{address}/captions.srt").text.startswith("1\n")
        assert guest.head(f"{address}/final.mp4").status_code == 200
        for name in ("timeline.json", "storyboard.json", "poster.jpg", "lotus.db"):
            assert guest.get(f"{address}/{name}").status_code == 404
        for path in ("results", f"job?id={ids['first']}", "media/compositions/x/final.mp4"):
            assert guest.get(f"{BASE}/{path}").status_code == 302
        guest.get(address)
        [share] = videos.video(workspace, ids["first"])["shares"]
        assert (share["views"], share["created_by"]) == (2, "Review")
        eventually(lambda: "2 views" in page(maya), "an answer is shared for a moment")
        assert "The client" in page(maya)
        stored = str(rows(workspace.settings.home, "SELECT * FROM shares"))
        secret = address.rpartition("/")[2]
        assert secret not in stored
        assert secret not in served.log.read_text(), "no log holds the secret"
        end = {"revoke": share["id"]}
        assert send(maya, "share", id=ids["second"], **end).status_code == 400
        assert send(maya, "share", id=ids["first"], **end).status_code == 303
        assert guest.get(address).status_code == 404
        assert guest.get(f"{address}/final.mp4").status_code == 404
    with viewer(served, "read") as reader:
        assert send(reader, "share", id=ids["first"], days="7").status_code == 403


def test_a_link_ends_at_its_time_and_is_not_guessed(served: Served, workspace: Workspace) -> None:
    with viewer(served, "all") as maya, viewer(served) as guest:
        address = link(maya)
        early = t.now() - timedelta(days=8)
        change = t.shares.update().values(expires_at=early)
        workspace.db.run(sa.Connection.execute, change)
        assert guest.get(address).status_code in (404, 429)
        guesses = [guest.get(f"{BASE}/shared/{'g' * 43}").status_code for _ in range(6)]
        assert guesses[-1] == 429
        for wrong in ({"days": "0"}, {"days": "400"}, {"days": "x"}, {"password": "short"}):
            answer = send(maya, "share", id=ids["first"], **{"days": "7", **wrong})
            assert answer.status_code == 400


def test_a_password_guards_page_and_files_and_guesses_are_slow(
    served: Served, workspace: Workspace
) -> None:
    with viewer(served, "all") as maya, viewer(served) as guest, viewer(served) as thief:
        address = link(maya, password="harbour at dawn")
        path = address.removeprefix(served.url).removeprefix(f"{BASE}/")
        asked = guest.get(address)
        assert "This video has a password" in asked.text
        assert "<video" not in asked.text
        assert guest.get(f"{address}/final.mp4").status_code == 404
        assert asked.headers["Referrer-Policy"] == "same-origin", "else browsers hide the origin"
        assert send(guest, path, password="harbour at dawn").status_code == 303
        assert "<video" in guest.get(address).text
        assert guest.get(f"{address}/final.mp4").status_code == 200
        thief.get(address)
        statuses = [send(thief, path, password=f"guess {n}").status_code for n in range(6)]
        assert statuses[-1] == 429
        assert send(thief, path, password="harbour at dawn").status_code == 429, "a right one too"
        assert "harbour" not in str(rows(workspace.settings.home, "SELECT * FROM shares"))
        assert "harbour" not in served.log.read_text()
        another = link(maya, password="another one").rpartition("/")[2]
        assert guest.get(f"{BASE}/shared/{another}/final.mp4").status_code == 404


def test_several_videos_come_as_one_zip(served: Served, workspace: Workspace) -> None:
    with viewer(served, "read") as reader:
        jobs = [ids["first"], ids["second"], ids["Aurora, the second cup"]]
        answer = reader.get(f"{BASE}/videos.zip", params={"job": jobs})
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        names = archive.namelist()
        assert [Path(name).suffix for name in names] == [".mp4", ".srt"] * 2
        assert names[0].startswith("Aurora-opens-at-dawn-")
        video = workspace.store.path(f"compositions/{ids['first']}/final.mp4").read_bytes()
        assert archive.read(names[0]) == video
        for wrong in ([], ["nothing"], [f"{n:036}" for n in range(30)], [jobs[2]]):
            assert reader.get(f"{BASE}/videos.zip", params={"job": wrong}).status_code == 404
    with viewer(served) as stranger:
        assert stranger.get(f"{BASE}/videos.zip", params={"job": jobs}).status_code == 302


def test_who_may_stops_a_job_and_tries_it_again(served: Served, workspace: Workspace) -> None:
    waiting = ids["Waiting for its turn"]
    with viewer(served, "review") as maya:
        assert 'action="action"' not in page(maya, "Waiting for its turn")
        assert send(maya, "action", id=waiting, do="cancel").status_code == 403
    with viewer(served, "all") as owner:
        assert ">Stop</button>" in page(owner, "Waiting for its turn")
        assert send(owner, "action", id=waiting, do="cancel").status_code == 303
        assert videos.video(workspace, waiting)["status"] == "cancelled"
        prompt = "A boat leaves the harbour at dawn"
        made = inside_home(workspace.settings.home, "plan", prompt)
        values = {"storyboard": made, "provider": "animatic", "model": None}
        workspace.db.run(records.update_job, waiting, **values)
        assert send(owner, "action", id=waiting, do="retry").status_code == 303
        assert videos.video(workspace, waiting)["status"] == "queued"
        assert send(owner, "action", id=waiting, do="retry").status_code == 400, "it waits already"
        assert send(owner, "action", id=waiting, do="delete").status_code == 400
    answer = served.post(
        f"/api/v1/generations/{ids['first']}/retry",
        headers={"Authorization": f"Bearer {secrets['all']}"},
    )
    assert answer.status_code == 409


def test_budgets_and_rules_are_set_by_who_may(served: Served, workspace: Workspace) -> None:
    with viewer(served, "review") as maya:
        assert "manage" not in page(maya)
        assert maya.get(f"{BASE}/manage").status_code == 403
        assert send(maya, "manage", do="set budget", scope="day", usd="1").status_code == 403
    with viewer(served, "all") as owner:
        assert ">Manage</a>" in page(owner)
        assert (
            "The budget is set."
            in send(owner, "manage", do="set budget", scope="month", usd="200").text
        )
        shown = owner.get(f"{BASE}/manage").text
        assert "of $200.00" in shown
        assert (
            "The budget is removed" in send(owner, "manage", do="lift budget", scope="month").text
        )
        for wrong in (
            {"do": "set budget", "scope": "year", "usd": "1"},
            {"do": "set budget", "scope": "day", "usd": "sNaN"},
            {"do": "drop table"},
            {"do": "add rule", "channel": "mail", "target": "nobody", "event": "job.failed"},
            {"do": "add rule", "channel": "mail", "target": "a@b.example"},
            {"do": "add rule", "channel": "mail", "target": "a@b..", "event": "job.failed"},
            {"do": "add rule", "channel": "slack", "target": "http://[", "event": "job.failed"},
            {"do": "remove rule", "rule": ""},
            {"do": "approve", "campaign": "nothing"},
        ):
            assert send(owner, "manage", **wrong).status_code == 400, wrong
        rule = {"channel": "webhook", "target": "http://127.0.0.1/x", "event": "job.failed"}
        added = send(owner, "manage", do="add rule", name="<i>mine</i>", **rule).text
        assert "whsec_" in added
        assert "&lt;i&gt;mine" in added
        [row] = rows(workspace.settings.home, "SELECT id, internal FROM notification_rules")
        assert row[1] == 0, "a page reaches nothing inside the network"
        refused = send(owner, "manage", do="test rule", rule=row[0])
        assert refused.status_code == 400, "the receiver's fault is none of the service"
        assert "is not on the public internet" in refused.text
        assert "The rule is removed" in send(owner, "manage", do="remove rule", rule=row[0]).text
        change = t.runs.update().where(t.runs.c.status == "queued")
        waits = {"approved": False, "draft": "runs/x", "finished_at": t.now()}
        workspace.db.run(sa.Connection.execute, change.values(**waits))
        assert "spring.csv" in owner.get(f"{BASE}/manage").text
        approved = send(owner, "manage", do="approve", campaign=ids["spring"])
        assert "Rows approved: 1" in approved.text
