"""Dashboards without a browser: shared answers, views, pages, access, environments of kernels."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lotus.db import tables as t
from lotus.errors import DatabaseError, InvalidInput, LotusError, SettingsError, UnknownName
from lotus.reviews.verdicts import add_review
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import HOSTILE, NOW, seed
from tests.driving import DEADLINE_SECONDS

pytest.importorskip("voila", reason="pip install -e '.[test]'")

from dashboards import open_dashboard
from dashboards.dashboard import Dashboard, of_workspace
from dashboards.errors import NoAnswer, public_error
from dashboards.notebooks import OWN, notebook_page, notebooks_in
from dashboards.questions import QUESTIONS, answer
from dashboards.server import kernels
from dashboards.server.access import access, read_workspace, review_database
from dashboards.server.app import Serving, config_of
from dashboards.server.kernels import Kernels, harmless, left_for
from dashboards.server.state import ServerState
from dashboards.views import accounts, charts, filters, gallery, machine, story
from dashboards.views.accounts import costs_file
from dashboards.views.links import ServedLinks
from dashboards.views.reviews import Reviewer, reviews
from lotus.display import kit
from lotus.reports import csv_files, spending, standing, videos
from lotus.reports.cost_groups import costs_by

LINKS = ServedLinks()


@pytest.fixture
def workspace() -> Workspace:
    return Workspace.open()


@pytest.fixture
def ids(workspace: Workspace) -> dict[str, str]:
    return seed(workspace.db)


def test_viewers_who_ask_the_same_share_one_answer(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ServerState(workspace, viewers=20)
    calls: list[str] = []
    go = threading.Event()

    def work(workspace: Workspace, **parameters: Any) -> int:
        calls.append("asked")
        assert go.wait(10)
        if len(calls) == 2:
            raise DatabaseError(url="x", reason="is restarting")
        return len(calls)

    monkeypatch.setitem(QUESTIONS, "queue", work)  # type: ignore[index]

    async def viewers() -> None:
        waiting = asyncio.gather(*(state.ask("queue") for _ in range(8)))
        await asyncio.sleep(0)
        go.set()
        assert await waiting == [1] * 8
        with pytest.raises(DatabaseError):
            await state.ask("queue", of=2)
        assert await state.ask("queue", of=2) == 3, "an error is not remembered"

    asyncio.run(viewers())
    state.close()


def test_questions_that_are_not_there_are_refused(workspace: Workspace) -> None:
    with pytest.raises(UnknownName, match="no question 'drop'"):
        answer(workspace, "drop", {})
    with pytest.raises(InvalidInput, match="unexpected keyword argument"):
        answer(workspace, "queue", {"where": "1=1"})


@pytest.mark.parametrize(
    "question", sorted(set(QUESTIONS) - {"video", "compared", "doctor", "experiment"})
)
def test_every_question_is_answered_where_there_is_nothing(
    workspace: Workspace, question: str
) -> None:
    assert answer(workspace, question, {}) is not None
    assert not workspace.settings.home.exists(), "looking made something"


def test_text_of_people_is_inert_in_every_view(workspace: Workspace, ids: dict[str, str]) -> None:
    with workspace.db.begin() as connection:
        from lotus.db import records

        error = {
            "code": "x",
            "message": HOSTILE,
            "remedy": HOSTILE,
            "details": {"provider": HOSTILE},
        }
        records.update_job(connection, ids[HOSTILE], status="failed", error=error)
        records.add_event(connection, ids[HOSTILE], "stage", {"stage": HOSTILE})
    found = videos.videos(workspace, now=NOW)
    shown = [
        gallery.gallery(found, LINKS, filtered=False),
        gallery.result_rows(found),
        story.story(videos.video(workspace, ids[HOSTILE]), LINKS),
        machine.failure_list(standing.failures(workspace, hours=48, now=NOW), LINKS, 48),
        machine.queue_view(standing.queue(workspace, now=NOW), LINKS),
        kit.trouble(DatabaseError(url=HOSTILE, reason=HOSTILE)),
        kit.badge(HOSTILE),
    ]
    for view in shown:
        assert isinstance(view, kit.Html)
        assert "<script>" not in view
        assert "<img src=x" not in view
    assert sum("&lt;script&gt;" in view for view in shown) >= 5


def test_a_failed_video_says_why_on_its_card_and_what_to_do_on_its_page(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    job = ids["Aurora, the second cup"]
    found = videos.videos(
        workspace, videos.VideoQuery(status="failed", sort="cost", hours=24), now=NOW
    )
    card = gallery.card(found["videos"][0], LINKS)
    assert "flagged as sensitive" in card
    assert f'href="job?id={job}"' in card
    page = story.story(videos.video(workspace, job), LINKS)
    assert "Why it failed in scene 2" in page
    assert "change the description of the scene" in page
    assert "$2.75 had been spent by then" in page
    assert "Nothing to download" in page
    assert "generating, clips 2, to make 1, frames 48" in page
    executed = {**videos.video(workspace, job), "notebook": "runs/c/r/notebook.ipynb"}
    assert 'href="notebook/runs/c/r/notebook.ipynb"' in story.story(executed, LINKS), (
        "also of what failed"
    )


def test_empty_views_say_what_to_do() -> None:
    nothing: dict[str, Any] = {"videos": [], "total": 0}
    assert "lotus render" in gallery.gallery(nothing, LINKS, filtered=False)
    assert "Set filters to" in gallery.gallery(nothing, LINKS, filtered=True)
    assert "lotus batch run" in machine.campaign_table([], LINKS)
    assert "Nothing failed" in machine.failure_list([], LINKS, 24)
    assert "Tick two to four" in story.comparison([], LINKS)


def test_versions_side_by_side_say_what_changed(workspace: Workspace, ids: dict[str, str]) -> None:
    first, second = (
        {
            **videos.video(workspace, ids["Aurora opens at dawn"]),
            "video": "compositions/x/final.mp4",
        }
        for _ in range(2)
    )
    second["brief"] = {**first["brief"], "style": "noir <b>", "seed": 7}
    page = story.comparison([first, second], LINKS)
    assert ">Style</td>" in page
    assert "noir &lt;b&gt;" in page
    assert ">Seed</td>" in page
    assert ">Aspect ratio</td>" not in page, "it is the same in both"


def test_an_error_that_nobody_expected_shows_no_inside() -> None:
    shown = kit.trouble(ValueError("SELECT secret FROM table"))
    assert "secret" not in shown
    assert "reload the page" in shown
    assert "wait" in kit.trouble(LotusError(reason="x", remedy="wait"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.00", "$0.00"),
        ("0.004", "$0.004"),
        ("0.060001", "$0.06"),
        ("0.005", "$0.005"),
        ("0.00004", "$0.00004"),
        ("-3", "−$3.00"),
        ("1234567890123.45", "$1,234,567,890,123.45"),
        ("1234.5", "$1,234.50"),
        (None, "–"),
    ],
)
def test_amounts_are_short_and_exact_enough(amount: str | None, shown: str) -> None:
    assert kit.usd(amount) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "–"), (5.0, "5 s"), (15.25, "15.2 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")],
)
def test_lengths_are_read_at_a_glance(seconds: float | None, shown: str) -> None:
    assert kit.duration(seconds) == shown


def test_the_charts_hold_what_the_table_holds(workspace: Workspace, ids: dict[str, str]) -> None:
    spent = spending.spending(workspace, days=30, now=NOW)
    chart = charts.days_chart(spent)
    assert round(sum(row["usd"] for row in chart["data"]["values"]), 6) == 45.31
    assert [row["day"] for row in chart["layer"][1]["data"]["values"]] == [
        "2026-11-19",
        "2026-11-23",
        "2026-11-24",
    ]
    labels = chart["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert labels[0] == "2026-10-26"
    assert len(labels) <= 7, "as many as fit on a phone"
    names = charts.names_chart(spent)["data"]["values"]
    assert {row["amount"] for row in names} == {"estimated", "actual", "saved"}
    assert "http" not in str({k: v for k, v in chart.items() if k != "$schema"})


def test_files_hold_exact_amounts_and_no_formula(workspace: Workspace, ids: dict[str, str]) -> None:
    import io

    import pyarrow.parquet as pq

    spent = spending.spending(workspace, days=30, now=NOW)
    spent["rows"][0]["name"] = "=cmd()"
    lines = costs_file(spent, "csv").decode().splitlines()
    amounts = "estimated_usd,reserved_usd,actual_usd,saved_usd"
    assert lines[0] == f"\ufeffmodel,{amounts},currency,since,until"
    assert lines[1].startswith("'=cmd(),")
    assert lines[1].endswith(",USD,2026-10-26,2026-11-24")
    table = pq.read_table(io.BytesIO(costs_file(spent, "parquet")))
    assert str(sum(table["actual_usd"].to_pylist())) == "45.310000"


def test_no_cell_of_an_export_is_a_formula_and_numbers_stay_numbers() -> None:
    for cell in ("=1", "+x", "-x", "@x", " =1", "\t=1", "\n=1", "\uff1dcmd()", "\u00a0+x", "-inf"):
        assert csv_files.harmless(cell) == f"'{cell}", cell
    for cell in ("-0.5", "+1", "-1e5", "a=1", "", " a", 5, None):
        assert csv_files.harmless(cell) == cell


def test_days_at_the_ends_of_the_calendar_are_days(workspace: Workspace) -> None:
    late = {"since": "9999-12-01", "until": "9999-12-31"}
    assert spending.spending(workspace, **late)["until"] == "9999-12-31"
    assert spending.unit_costs(workspace, **late)["videos"] == 0
    assert spending.spending(workspace, until="0001-01-02")["since"] == "0001-01-01"


def test_viewers_are_not_told_where_the_database_is() -> None:
    error = DatabaseError(
        url="postgresql://lotus@10.0.0.5/lotus",
        reason='connection to server at "10.0.0.5" failed: no password for user "lotus"',
    )
    for text in (str(public_error(error)), str(kit.trouble(public_error(error)))):
        assert "10.0.0.5" not in text
        assert "the database refuses, or does not answer" in text
    mistake = InvalidInput(file="", field="days", reason="is not a number", remedy="write 30")
    assert public_error(mistake) is mistake


def test_more_rows_of_costs_than_a_service_answers_are_refused(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    assert len(costs_by(workspace, "job", most=10)["rows"]) > 2
    with pytest.raises(InvalidInput, match="more than 2 rows; choose days by since and until"):
        costs_by(workspace, "job", most=2)


MARK = '"><img src=x onerror=alert(1)>'
NOT_FREE = {"id", "status", "kind", "verdict", "scope", "owner", "fps", "object_key", "clip_key"}


def test_no_text_of_any_column_is_markup_on_a_page(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    job = ids["Aurora opens at dawn"]
    add_review(workspace.db, job, "approved", reviewer="Maya", comment="warm")
    texts = [
        column
        for table in t.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.String)
        and not (column.primary_key or column.foreign_keys or column.unique or column.index)
        and column.name not in NOT_FREE
    ]
    with workspace.db.begin() as connection:
        for column in texts:
            with suppress(sa.exc.IntegrityError), connection.begin_nested():
                connection.execute(sa.update(column.table).values({column.name: MARK}))
    assert len(texts) > 50

    def ask(question: str, **parameters: Any) -> Any:
        return answer(workspace, question, parameters)

    parts = [
        str(part)
        for name in OWN
        for query in ({}, {"by": "campaign", "text": MARK, "status": MARK})
        for part in notebook_page(name).parts(Dashboard(ask, query, waits=False))
    ]
    pages = [
        *parts,
        *(str(story.story(videos.video(workspace, one), LINKS)) for one in list(ids.values())[1:]),
    ]
    assert [page for page in pages if "<img src=x" in page] == []
    assert sum("&lt;img src=x" in page for page in pages) > 10


def test_a_budget_that_is_used_up_is_marked(workspace: Workspace, ids: dict[str, str]) -> None:
    spent = spending.spending(workspace, now=NOW)
    spent["budgets"][0] |= {"committed_usd": "5.00", "left_usd": "0.00"}
    assert 'class="over"' in accounts.budgets(spent)


def test_a_token_is_asked_for_beyond_this_machine() -> None:
    assert access("127.0.0.1", None) == access("localhost", None) == access("::1", None) == ""
    assert len(access("0.0.0.0", None)) >= 32
    assert access("0.0.0.0", None) != access("0.0.0.0", None)
    assert access("127.0.0.1", "a long enough token") == "a long enough token"
    with pytest.raises(InvalidInput, match="fewer than 16"):
        access("0.0.0.0", "short")


def test_kernels_of_viewers_are_given_no_secret() -> None:
    given = {"PATH": "/bin", "DATABASE_URL": "postgresql://u:p@h/d", "AWS_SECRET_ACCESS_KEY": "s"}
    given |= {
        "REPLICATE_API_TOKEN": "r8",
        "LOTUS_DASHBOARD_TOKEN": "t",
        "VOILA_KERNEL_ID": "k",
        "LC_ALL": "C",
    }
    assert harmless(given) == {"PATH": "/bin", "VOILA_KERNEL_ID": "k", "LC_ALL": "C"}


def test_the_read_only_address_is_used_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_workspace().settings.database_url == ""
    monkeypatch.setenv("LOTUS_DASHBOARD_DATABASE_URL", "postgresql://viewer@db/lotus")
    assert read_workspace().settings.database_url == "postgresql://viewer@db/lotus"
    assert Settings.read().database_url == ""


def test_reviews_are_added_shown_and_inert(workspace: Workspace, ids: dict[str, str]) -> None:
    job = ids["Aurora opens at dawn"]
    add_review(workspace.db, job, "rejected", reviewer="Ola", comment=HOSTILE)
    add_review(workspace.db, job, "approved", reviewer="<b>Maya", comment="")
    found = videos.video(workspace, job)
    assert [review["verdict"] for review in found["reviews"]] == ["approved", "rejected"]
    assert (
        videos.videos(workspace, videos.VideoQuery(text="at dawn"))["videos"][0]["review"]
        == "approved"
    )
    page = reviews(found, None)
    assert "&lt;b&gt;Maya" in page
    assert "<script>" not in page
    assert "<form" not in page, "a page that only reads"
    assert "<form" not in reviews(found, Reviewer("mark")), "there is no video to judge"
    finished = {**found, "video": "compositions/x/final.mp4"}
    assert 'value="mark"' in reviews(finished, Reviewer("mark"))
    named = reviews(finished, Reviewer("mark", "<i>Maya", "token-1"))
    assert "&lt;i&gt;Maya" in named
    assert 'name="reviewer"' not in named, "a token says whose it is"
    assert reviews(finished, Reviewer("mark")).count("Withdraw</button>") == 2
    assert "Withdraw" not in reviews(finished, Reviewer("mark", "Ola", "token-1")), "of others"
    failed = reviews({**finished, "status": "failed"}, Reviewer("mark"))
    assert "Approve" not in failed, "a job that failed has nothing to approve"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"verdict": "maybe", "reviewer": "Maya"}, "no verdict 'maybe'"),
        ({"verdict": "approved", "reviewer": " "}, "reviewer: is empty"),
        ({"verdict": "approved", "reviewer": "Maya", "comment": "x" * 2001}, "comment: has 2,001"),
    ],
)
def test_a_review_that_is_wrong_is_not_written(
    workspace: Workspace, ids: dict[str, str], said: dict[str, str], wrong: str
) -> None:
    job = ids["Aurora opens at dawn"]
    with pytest.raises(LotusError, match=wrong):
        add_review(workspace.db, job, **said)
    assert videos.video(workspace, job)["reviews"] == []


def test_reviews_are_written_by_a_role_of_their_own() -> None:
    assert review_database(Settings()).dialect == "sqlite"
    with pytest.raises(SettingsError, match="LOTUS_REVIEW_DATABASE_URL"):
        review_database(Settings(DATABASE_URL="postgresql://lotus@db/lotus"))
    named = {
        "DATABASE_URL": "postgresql://lotus@db/lotus",
        "LOTUS_REVIEW_DATABASE_URL": "postgresql://r@db/l",
    }
    assert review_database(Settings(**named)).shown_url == "postgresql+psycopg://r@db/l"


def test_a_report_stands_alone(workspace: Workspace, tmp_path: Path) -> None:
    from lotus.db.tables import now
    from tests.driving import inside

    seed(workspace.db, now=now())

    page = tmp_path / "costs.html"
    done = inside("report", "costs", "--out", page, "--days", "60", "--by", "brand")
    assert (done.code, done.out.strip()) == (0, f"wrote {page}")
    text = page.read_text()
    assert "Dollars by brand" in text
    assert text.count("<svg") == 2
    assert not re.findall(r"<(?:script|link|iframe|img)|https?://(?!www\.w3\.org)", text)


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    from tests.driving import inside

    done = inside("report", "costs", "--out", tmp_path / "no" / "costs.html")
    assert done.code == 2
    assert "is not there" in done.error


def test_a_place_is_free_when_its_viewer_has_been_gone_for_long_enough() -> None:
    assert list(left_for({"phone": 0.0, "network": 8.0}, 5.0, now=10.0)) == ["phone"]


def test_a_viewers_kernel_loads_no_database() -> None:
    """It asks the server; what it imports is seconds until a page is there, and memory for each
    viewer.
    """
    code = (
        "import sys; from dashboards import dashboard; from dashboards.views import accounts, "
        "gallery, machine; print('sqlalchemy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_pages_and_questions_agree() -> None:
    assert set(filters.ORDERS.values()) == set(videos.SORTS)
    assert filters.GROUPS == spending.BY
    assert gallery.PAGE == videos.PAGE
    assert set(filters.NAME_FIELDS) < {
        field.name for field in dataclasses.fields(videos.VideoQuery)
    }


def page_of(workspace: Workspace, name: str, **query: str) -> str:
    """A page as the server draws it."""
    dashboard = Dashboard(lambda question, **how: answer(workspace, question, how), query, LINKS)
    return "".join(notebook_page(name).parts(dashboard))


@pytest.mark.parametrize("name", OWN)
def test_a_page_has_its_data_and_a_part_that_fails_says_so(
    workspace: Workspace, ids: dict[str, str], name: str
) -> None:
    page = page_of(workspace, name, sort="nonsense", hours="x", days="1e9", offset="9" * 5000)
    assert ('<form class="filters"' in page) == (name != "experiments")
    assert page.count("<svg") == (2 if name == "costs" else 0)
    assert "trouble" not in page
    assert "<script>" not in page
    data = {"results": "The second cup", "costs": "A finished video", "operations": "On its way"}
    data["experiments"] = "No experiments yet"
    assert data[name].lower() in page_of(workspace, name).lower()

    def broken(question: str, **how: object) -> object:
        raise NoAnswer(reason="the database is away", remedy="wait")

    parts = list(notebook_page(name).parts(Dashboard(broken)))
    assert "the database is away" in "".join(parts)
    assert parts[0].startswith('<header class="title">'), "the rest of the page is there"


def test_a_page_is_the_notebook_that_voila_would_run(workspace: Workspace) -> None:
    """One piece of code draws a view: the server runs the cells, whatever they say."""
    import nbformat

    for name in OWN:
        cells = nbformat.read(Path(notebooks_in(Path(open_file()))[name]), as_version=4).cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        assert code[0].endswith("page = open_dashboard()")
        assert len(notebook_page(name).cells) == len(cells)


def open_file() -> str:
    """The folder of the notebooks."""
    import dashboards

    return str(Path(dashboards.__file__).parent)


def test_what_takes_its_time_comes_after_the_page(workspace: Workspace) -> None:
    def ask(question: str, **how: Any) -> Any:
        assert question not in ("doctor", "kept", "storage"), "the page waits for it"
        return answer(workspace, question, how)

    for name in ("costs", "operations"):
        page = "".join(notebook_page(name).parts(Dashboard(ask, waits=False)))
        assert "data-later" in page
        assert "all=1" in page


def test_a_notebook_of_ones_own_has_typed_values_and_filters(workspace: Workspace) -> None:
    dashboard = dataclasses.replace(
        of_workspace(workspace, {"days": "7", "by": "<b>", "hours": "x"}),
        links=LINKS,
        defaults={"days": 30, "by": "brand", "hours": 24, "text": ""},
    )
    assert dashboard.values == {"days": 7, "by": "<b>", "hours": 24, "text": ""}
    form = dashboard.form(days=[7, 30], by=["brand", "model"], hours={"a day": 24})
    assert '<option value="7" selected>7</option>' in form
    assert '<option value="24" selected>a day</option>' in form
    assert 'type="search" name="text"' in form
    assert "<b>" not in form


def test_in_jupyterlab_a_dashboard_asks_the_database(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    page = open_dashboard(days=7)
    assert page.values == {"days": 7}
    assert page.ask("videos")["total"] == 8
    assert page.form(days=[7, 30]) == "", "there is no page to open again"
    shown = gallery.results(page)._repr_html_()
    assert shown.startswith('<div class="lotus mathjax_ignore tex2jax_ignore">')


def test_campaigns_that_are_not_listed_are_counted() -> None:
    def ask(question: str, **how: Any) -> Any:
        return {"campaigns": [], "campaign_count": 90}[question]

    assert "the newest 0 of 90" in machine.campaigns(Dashboard(ask))


def test_costs_of_nothing_are_a_sentence_and_no_empty_chart(workspace: Workspace) -> None:
    page = page_of(workspace, "costs")
    assert page.count("Nothing was spent.") == 2
    assert "<svg" not in page


def test_an_estimate_that_is_near_is_not_called_the_same() -> None:
    spent = {"estimated_usd": "10000.00", "actual_usd": "10028.00"}
    assert accounts._off(spent) == "actual is $28.00 more"
    assert accounts._off({**spent, "actual_usd": "10000.00"}) == "actual is the same"
    assert accounts._off({**spent, "actual_usd": "12000.00"}) == "actual is 20 % more"


def test_the_kernel_of_a_viewer_who_left_is_ended_by_the_clock_that_all_servers_have(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(Serving("127.0.0.1", 0, "", 20, 0, 3600), ServerState(workspace, viewers=20))
    config.MappingKernelManager.cull_interval = 1  # seconds
    monkeypatch.setattr(kernels, "LEFT_SECONDS", 0.1)

    async def looked_at_and_left() -> None:
        kept = Kernels(config=config)
        stays, goes, went = [await kept.start_kernel(env=os.environ) for _ in range(3)]
        for kernel_id in (stays, goes):
            kept.notify_connect(kernel_id)
        kept.notify_disconnect(goes)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while goes in kept:
                await asyncio.sleep(0.05)
        kept.expect(went)
        await kept.free(5.0)
        assert went in kept, "its viewer is expected"
        kept.leave(went)
        await kept.free(5.0)
        assert (went in kept, stays in kept) == (False, True)
        await kept.shutdown_all(now=True)

    asyncio.run(looked_at_and_left())


def test_filters_say_what_the_address_says_and_are_inert() -> None:
    said = {"status": "failed", "brand": HOSTILE, "text": '"><b>', "sort": "<i>", "hours": "7"}
    found = filters.results_filters(
        said, {"status": ["failed", "completed"], "campaign": [["c-1", "spring"]]}
    )
    assert {one.name: one.value for one in found} == filters.results_query(said) | {
        "campaign": "",
        "review": "",
        "model": "",
        "aspect": "",
        "sort": "newest",
    }
    shown = filters.form(found)
    assert '<option value="failed" selected>failed</option>' in shown
    assert '<option value="c-1">spring</option>' in shown
    assert '<option value="7" selected>7</option>' in shown, "also what nobody offers"
    assert "<script>" not in shown
    assert "<b>" not in shown


def test_the_store_says_what_it_holds_and_what_a_month_of_it_costs(
    workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lotus.store.store.Store.billed", True)
        (film := tmp_path / "film.mp4").write_bytes(bytes(3_000_000))
        workspace.store.put(film, "uploads/film.mp4")
        rows = {row["prefix"]: row for row in answer(workspace, "storage", {})}
    assert (rows["uploads"]["size_bytes"], rows["uploads"]["objects"]) == (3_000_000, 1)
    shown = accounts.store_table([*rows.values()])
    assert ">uploads</td>" in shown
    assert "3.0 MB" in shown
    assert "for ever" in shown
    assert "$0.0001" in shown, "0.003 GB for 0.023 dollars a month"
