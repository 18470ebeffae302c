"""What dashboards ask the database, on each kind of database."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from lotus.db import Database, records
from lotus.db import tables as t
from lotus.db.rollups import rebuild
from lotus.errors import InvalidInput, UnknownName
from lotus.money.budgets import set_budget
from lotus.money.ledger import AWS, STORAGE, pay_aws
from lotus.reports import spending, standing, videos
from lotus.reports.cost_groups import costs_by
from lotus.reports.ledger_lines import ledger_csv, ledger_lines
from lotus.reports.videos import VideoQuery
from lotus.reviews.verdicts import add_review
from lotus.workspace import Workspace
from tests.dashboard_data import HOSTILE, NOW, seed


@pytest.fixture
def workspace(db: Database) -> Workspace:
    made = Workspace.open()
    made.__dict__["db"] = db
    return made


@pytest.fixture
def ids(workspace: Workspace) -> dict[str, str]:
    return seed(workspace.db)


def _prompts(workspace: Workspace, **wanted: Any) -> list[str]:
    return [
        video["prompt"]
        for video in videos.videos(workspace, VideoQuery(**wanted), now=NOW)["videos"]
    ]


@pytest.mark.parametrize("text", ["café", "CAFE", "cafe\u0301", "Über", "uber", "100%_"])
def test_a_search_regards_neither_case_nor_accents(
    workspace: Workspace, ids: dict[str, str], text: str
) -> None:
    with workspace.db.begin() as connection:
        prompt = "Ein Café, ÜBER dem Hafen, 100%_"
        records.update_job(connection, ids["On its way"], prompt=prompt)
    assert _prompts(workspace, text=text) == ["Ein Café, ÜBER dem Hafen, 100%_"]
    assert _prompts(workspace, text=f"{text}x") == []


def test_campaigns_are_counted_beyond_those_that_are_listed(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    assert standing.campaign_count(workspace) == len(standing.campaigns(workspace)) == 1


def test_last_nights_dearest_failure_comes_first(workspace: Workspace, ids: dict[str, str]) -> None:
    found = videos.videos(workspace, VideoQuery(status="failed", hours=24, sort="cost"), now=NOW)
    assert [video["prompt"] for video in found["videos"]] == [
        "Aurora, the second cup",
        "Aurora by the harbour",
    ]
    assert found["total"] == 2
    assert found["videos"][0]["actual_usd"] == "2.75"
    assert "flagged as sensitive" in found["videos"][0]["reason"]
    assert found["videos"][0]["remedy"] == "change the description of the scene"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 8),
        ({"brand": "Velo"}, 5),
        ({"model": "animatic"}, 2),
        ({"model": "p-video"}, 5),
        ({"aspect": "9:16"}, 0),
        ({"text": "BICYCLE"}, 2),
        ({"text": "100%_"}, 0),
        ({"status": "queued", "brand": "Velo"}, 1),
        ({"hours": 1}, 2),
        ({"review": "approved"}, 1),
        ({"review": "rejected"}, 1),
    ],
)
def test_filters_narrow_the_results(
    workspace: Workspace, ids: dict[str, str], wanted: dict[str, Any], count: int
) -> None:
    for prompt, verdict in (
        ("A bicycle on the quay", "rejected"),
        ("A bicycle on the quay", "approved"),  # said later
        ("Aurora opens at dawn", "rejected"),
    ):
        add_review(workspace.db, ids[prompt], verdict=verdict, reviewer="Kim", comment="")
    assert videos.videos(workspace, VideoQuery(**wanted), now=NOW)["total"] == count


def test_a_campaign_is_found_by_its_id_and_shown_by_its_name(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    found = videos.videos(workspace, VideoQuery(campaign=ids["spring"]), now=NOW)
    assert {video["campaign_name"] for video in found["videos"]} == {"spring.csv"}
    assert found["total"] == 3


def test_pages_follow_each_other_and_miss_none(workspace: Workspace, ids: dict[str, str]) -> None:
    pages = [_prompts(workspace, offset=offset, limit=3) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert len({prompt for page in pages for prompt in page}) == 8
    assert _prompts(workspace, sort="oldest") == list(reversed(_prompts(workspace)))


def test_the_longest_video_comes_first_whatever_its_frame_rate(workspace: Workspace) -> None:
    video = {"key": "k", "object_key": "o", "width": 16, "height": 16, "size_bytes": 1}
    video |= {"segments_total": 1, "segments_rendered": 1, "elapsed_seconds": 1.0}
    with workspace.db.begin() as connection:
        for prompt, fps, frames in (("long", "24", 240), ("smooth", "60", 300), ("none", "", 0)):
            facts = {"kind": "ad", "provider": "animatic", "planner": "template", "brief": {}}
            job_id = records.create_job(connection, prompt=prompt, **facts)
            if fps:
                row = {**video, "job_id": job_id, "fps": fps, "frames": frames}
                records.save_composition(connection, row)
    assert _prompts(workspace, sort="length") == ["long", "smooth", "none"]


def test_wrong_filters_are_refused() -> None:
    with pytest.raises(UnknownName, match=r"no sort 'price'.*cost, length, newest, oldest"):
        VideoQuery(sort="price")
    with pytest.raises(UnknownName, match="no status 'broken'"):
        VideoQuery(status="broken")
    with pytest.raises(InvalidInput, match="hours: 'soon' is not a number"):
        VideoQuery.read({"hours": "soon"})
    with pytest.raises(InvalidInput, match="limit: -1 is outside"):
        VideoQuery(limit=-1)
    assert VideoQuery.read({"hours": "24", "page": "7"}) == VideoQuery(hours=24)


def test_choices_name_what_is_there(workspace: Workspace, ids: dict[str, str]) -> None:
    found = videos.choices(workspace)
    assert found["campaign"] == [[ids["spring"], "spring.csv"]]
    assert found["brand"] == ["Aurora", "Velo"]
    assert found["model"] == ["animatic", "kling-v2.6", "p-video"]


def test_one_video_in_full(workspace: Workspace, ids: dict[str, str]) -> None:
    found = videos.video(workspace, ids["Aurora, the second cup"])
    assert found["error"]["remedy"] == "change the description of the scene"
    assert [(s["description"], s["cached"], s["actual_usd"]) for s in found["scenes"]] == [
        ("Steam over a cup", True, "0.00"),
        ("A harbour in fog", False, "2.75"),
    ]
    assert found["events"][0]["data"]["to_make"] == 1
    assert videos.video(workspace, ids[HOSTILE])["prompt"].startswith("<script>")


@pytest.mark.parametrize("job_id", ["", "x", "no-such-job"])
def test_a_video_that_is_not_there_is_refused(
    workspace: Workspace, ids: dict[str, str], job_id: str
) -> None:
    with pytest.raises(InvalidInput):
        videos.video(workspace, job_id)


@pytest.mark.parametrize("by", spending.BY)
def test_spending_adds_up_by_name_and_by_day(
    workspace: Workspace, ids: dict[str, str], by: str
) -> None:
    found = spending.spending(workspace, days=30, by=by, now=NOW)
    for column in ("actual_usd", "saved_usd", "estimated_usd"):
        assert sum(Decimal(row[column]) for row in found["rows"]) == Decimal(found["total"][column])
        assert sum(Decimal(row[column]) for row in found["days"]) == Decimal(found["total"][column])
    assert len(found["days"]) == 30
    assert found["total"]["actual_usd"] == "45.31"


def test_spending_by_brand_names_what_belongs_to_none(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    rows = spending.spending(workspace, days=3, by="brand", now=NOW)["rows"]
    assert {row["name"]: row["actual_usd"] for row in rows} == {
        "Velo": "9.02",
        "Aurora": "3.09",
        "none": "1.20",
    }


def _campaign(connection: sa.Connection, id_: str, name: str) -> None:
    facts = {"manifest": "m", "notebook": "n", "source": "s", "parameters": {}, "options": {}}
    connection.execute(t.campaigns.insert().values(id=id_, name=name, **facts))


def _spend(connection: sa.Connection, usd: str, campaign: str, at: datetime = NOW) -> None:
    facts = {"job_id": "j", "kind": "settled", "provider": "replicate", "model": "m"}
    row = {**facts, "amount_usd": Decimal(usd), "campaign": campaign, "created_at": at}
    records.add_costs(connection, [row])


def test_two_campaigns_of_one_name_are_two_rows_and_none_is_no_name(workspace: Workspace) -> None:
    with workspace.db.begin() as connection:
        for id_, name, usd in (
            ("c-11111111", "spring", "1"),
            ("c-22222222", "spring", "2"),
            ("c-33333333", "none", "4"),
        ):
            _campaign(connection, id_, name)
            _spend(connection, usd, id_)
        _spend(connection, "8", "")
    found = spending.spending(workspace, days=2, by="campaign", now=NOW)
    assert [(row["id"], row["name"], row["actual_usd"]) for row in found["rows"]] == [
        ("", "none", "8.00"),
        ("c-33333333", "“none”", "4.00"),
        ("c-22222222", "spring (22222222)", "2.00"),
        ("c-11111111", "spring (11111111)", "1.00"),
    ]
    assert {row["name"] for row in found["series"]} == {row["name"] for row in found["rows"]}


def _reserve(connection: sa.Connection, key: str, usd: str, days_ago: int, over: bool) -> None:
    """A prediction with its reservation; one that is over was settled a day later."""
    moment = NOW - timedelta(days=days_ago)
    row = {"key": key, "job_id": "j", "provider": "replicate", "model": "p-video", "request": {}}
    row |= {"id": key, "reserved_usd": Decimal(usd), "created_at": moment}
    later = moment + timedelta(days=1)
    closed = {"settled_usd": Decimal(usd), "settled_at": later, "status": "succeeded"}
    connection.execute(t.predictions.insert().values(**row, **(closed if over else {})))
    entry = {"job_id": "j", "provider": "replicate", "model": "p-video", "prediction": key}
    entry |= {"amount_usd": Decimal(usd)}
    entries = [{**entry, "kind": "reserved", "created_at": moment}]
    entries += [{**entry, "kind": "settled", "created_at": later}] if over else []
    records.add_costs(connection, entries)


@pytest.mark.parametrize(
    ("since", "until", "then"), [("", "", "3.00"), ("2026-11-01", "2026-11-23", "2.00")]
)
def test_what_is_reserved_now_is_what_is_open_now_whatever_days_are_chosen(
    workspace: Workspace, since: str, until: str, then: str
) -> None:
    with workspace.db.begin() as connection:
        _reserve(connection, "a", "1", 0, over=False)
        _reserve(connection, "b", "2", 3, over=False)
        _reserve(connection, "c", "16", 5, over=True)
        pay_aws(connection, "j", None, {"fargate": Decimal(7)})  # which reserves and settles
    found = spending.spending(workspace, since=since, until=until, now=NOW)
    assert found["reserved_now_usd"] == "3.00"
    assert found["total"]["reserved_usd"] == then
    assert sum(Decimal(row["reserved_usd"]) for row in found["days"]) == Decimal(then)
    assert sum(Decimal(row["reserved_usd"]) for row in found["rows"]) == Decimal(then)


def test_the_day_before_a_settlement_does_not_show_it_as_reserved(workspace: Workspace) -> None:
    with workspace.db.begin() as connection:
        _reserve(connection, "c", "16", 5, over=True)
    day = (NOW - timedelta(days=5)).date().isoformat()
    found = spending.spending(workspace, since=day, until=day, now=NOW)
    assert found["total"]["reserved_usd"] == "0.00"


def test_lines_of_the_ledger_can_be_laid_beside_an_invoice(workspace: Workspace) -> None:
    with workspace.db.begin() as connection:
        _campaign(connection, "c-1", "=HYPERLINK(1)")
        row = {"key": "k", "id": "p1", "job_id": "j", "provider": "replicate", "model": "p-video"}
        row |= {"request": {}, "reserved_usd": Decimal("0.04"), "prediction_id": "xyz123"}
        connection.execute(t.predictions.insert().values(**row))
        entry = {"job_id": "j", "campaign": "c-1", "provider": "replicate", "model": "p-video"}
        entry |= {"kind": "settled", "amount_usd": Decimal("0.035"), "created_at": NOW}
        entries = [{**entry, "scene": n, "prediction": "p1", "id": f"{n:04}"} for n in range(1500)]
        records.add_costs(connection, entries)
        _spend(connection, "9", "", NOW - timedelta(days=2))
    today = NOW.date()
    lines = list(ledger_lines(workspace, today, today))
    assert [line["scene"] for line in lines] == list(range(1, 1501)), "page after page, in order"
    assert lines[0] == {
        "day": today.isoformat(),
        "at": NOW.isoformat(),
        "job": "j",
        "campaign": "c-1",
        "campaign_name": "=HYPERLINK(1)",
        "scene": 1,
        "provider": "replicate",
        "model": "p-video",
        "kind": "settled",
        "prediction": "xyz123",
        "amount_usd": "0.035",
        "currency": "USD",
    }
    text = "".join(ledger_csv(workspace, today - timedelta(days=2), today))
    assert text.startswith("\ufeffday,at,job,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert sum(Decimal(row["amount_usd"]) for row in rows) == Decimal("61.50")
    assert rows[1]["campaign_name"] == "'=HYPERLINK(1)"


def test_spending_by_kind_names_storage_also_where_it_cost_nothing(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    def kinds() -> dict[str, str]:
        rows = spending.spending(workspace, days=3, by="kind", now=NOW)["rows"]
        return {row["name"]: row["actual_usd"] for row in rows}

    assert kinds() == {"provider": "13.31", "compute": "0.00", "storage": "0.00"}
    with workspace.db.begin() as connection:
        bills = {"fargate": Decimal("0.5"), STORAGE: Decimal("0.25")}
        pay_aws(connection, ids["Aurora opens at dawn"], None, bills)
        connection.execute(
            t.cost_entries.update().values(created_at=NOW).where(t.cost_entries.c.provider == AWS)
        )
        rebuild(connection)
    assert kinds() == {"provider": "13.31", "compute": "0.50", "storage": "0.25"}


def test_spending_from_one_day_to_another(workspace: Workspace, ids: dict[str, str]) -> None:
    found = spending.spending(workspace, since="2026-11-19", until="2026-11-20", now=NOW)
    assert [row["day"] for row in found["days"]] == ["2026-11-19", "2026-11-20"]
    assert found["total"]["actual_usd"] == "21.10"
    assert (
        spending.unit_costs(workspace, since="2026-11-24", now=NOW, until="2026-11-24")["videos"]
        == 0
    )
    with pytest.raises(InvalidInput, match="since: 'soon' is not a day"):
        spending.spending(workspace, since="soon", now=NOW)
    with pytest.raises(InvalidInput, match="until: 2026-11-01 is not"):
        spending.spending(workspace, since="2026-11-19", until="2026-11-01", now=NOW)


def test_a_campaigns_budget_is_shown_by_its_name(workspace: Workspace, ids: dict[str, str]) -> None:
    [budget] = spending.spending(workspace, now=NOW)["budgets"]
    assert (budget["name"], budget["limit_usd"]) == ("spring.csv", "4.00")


def test_a_budget_burns_down_to_what_is_left_of_it(workspace: Workspace) -> None:
    asked = {"job_id": "j", "provider": "replicate", "model": "p-video", "request": {}}
    with workspace.db.begin() as connection:
        set_budget(connection, "month", "", Decimal(20))
        for n, (settled, ago) in enumerate([("3.00", 4), ("1.50", 4), (None, 0), ("9.00", 40)]):
            moment = NOW - timedelta(days=ago)
            row = {**asked, "key": str(n), "reserved_usd": Decimal(5), "created_at": moment}
            row |= {"settled_usd": settled and Decimal(settled), "settled_at": settled and moment}
            connection.execute(t.predictions.insert().values(row))
        pay_aws(connection, "j", None, {STORAGE: Decimal(7)})  # which no budget is asked about
    found = spending.spending(workspace, now=NOW)
    left = [row["left_usd"] for row in found["burn_down"] if row["kind"] == "left"]
    assert (left[0], left[-5], left[-1]) == ("20.00", "15.50", "10.50")
    assert left[-1] == found["budgets"][0]["left_usd"]


def test_the_day_that_stands_out_is_named(workspace: Workspace, ids: dict[str, str]) -> None:
    found = spending.spending(workspace, days=30, now=NOW)["standing_out"]
    assert [row["day"] for row in found] == ["2026-11-19", "2026-11-23", "2026-11-24"]


def test_few_days_or_even_ones_do_not_stand_out() -> None:
    usual = {f"2026-01-{day:02}": Decimal("1") for day in range(1, 11)}
    assert spending.standing_out(usual) == []
    assert spending.standing_out({"2026-01-01": Decimal(1), "2026-01-02": Decimal(100)}) == []
    assert [
        row["day"] for row in spending.standing_out({**usual, "2026-01-11": Decimal("1.5")})
    ] == ["2026-01-11"]


def test_a_month_is_projected_from_its_last_days() -> None:
    spent = {f"2026-11-{day:02}": Decimal(2) for day in range(1, 24)}
    assert spending.month_end(spent, date(2026, 11, 24)) == {
        "spent_usd": "46.00",
        "projected_usd": "58.00",
        "days_left": 6,
    }
    assert spending.month_end({}, date(2026, 11, 30))["projected_usd"] == "0.00"


def test_a_budget_burns_down_and_goes_on_as_lately() -> None:
    spent = {f"2026-11-{day:02}": Decimal(2) for day in range(1, 24)}
    found = spending.burn_down(Decimal(50), spent, date(2026, 11, 24))
    assert [row["kind"] for row in found] == ["left"] * 24 + ["projected"] * 7
    assert (found[0]["left_usd"], found[22]["left_usd"]) == ("48.00", "4.00")
    assert [(row["day"], row["left_usd"]) for row in found[24:26]] == [
        ("2026-11-24", "4.00"),
        ("2026-11-25", "2.00"),
    ]
    assert found[-1] == {"day": "2026-11-30", "left_usd": "-8.00", "kind": "projected"}


def test_nothing_spent_is_nothing_everywhere(workspace: Workspace) -> None:
    found = spending.spending(workspace, now=NOW)
    assert (found["rows"], found["total"]["actual_usd"], found["standing_out"]) == ([], "0.00", [])
    assert spending.unit_costs(workspace, now=NOW)["usd_per_video"] is None
    assert standing.storage_totals(workspace)["hit_rate"] is None
    assert videos.videos(workspace)["total"] == 0


def test_wrong_spending_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UnknownName, match="no grouping 'colour'"):
        spending.spending(workspace, by="colour")
    with pytest.raises(InvalidInput, match="days"):
        spending.spending(workspace, days=0)


def test_the_queue_shows_what_is_under_way(workspace: Workspace, ids: dict[str, str]) -> None:
    found = standing.queue(workspace, now=NOW)
    assert [(job["prompt"], job["status"], job["percent"]) for job in found["jobs"]] == [
        ("On its way", "generating", 35.0),
        ("Waiting for its turn", "queued", 0.0),
    ]
    assert found["jobs"][0]["note"] == "1 of 2 to make"
    assert found["counts"] == {
        "queued": 1,
        "planning": 0,
        "generating": 1,
        "composing": 0,
        "completed": 2,
        "failed": 2,
        "cancelled": 0,
    }


def test_failures_are_grouped_by_cause_with_the_remedy(
    workspace: Workspace, ids: dict[str, str]
) -> None:
    [found] = standing.failures(workspace, hours=24, now=NOW)
    assert (found["cause"], found["jobs"], found["actual_usd"]) == (
        "provider error (replicate)",
        2,
        "2.79",
    )
    assert found["remedy"] == "change the description of the scene"
    assert {row["jobs"] for row in standing.failures(workspace, hours=48, now=NOW)} == {1, 2}


def test_campaigns_say_how_far_they_are(workspace: Workspace, ids: dict[str, str]) -> None:
    [found] = standing.campaigns(workspace, now=NOW)
    assert (found["over"], found["total"], found["runs"]["failed"]) == (3, 4, 2)
    assert found["eta_seconds"] == 3 * 3600
    assert (found["actual_usd"], found["budget_usd"]) == ("3.09", "4.00")


def test_a_reviewers_newest_verdict_counts_until_it_is_withdrawn(workspace: Workspace) -> None:
    job = workspace.db.run(
        records.create_job, kind="ad", prompt="x", provider="animatic", planner="template", brief={}
    )

    def review(verdict: str, who: str, token: str | None = None) -> str | None:
        add_review(workspace.db, job, verdict, reviewer=who, reviewer_id=token)
        [row] = videos.videos(workspace, videos.VideoQuery())["videos"]
        return str(row["review"]) if row["review"] else None

    assert review("approved", "Maya", "token-1") == "approved"
    assert review("rejected", "Ola") == "rejected"
    assert review("withdrawn", "Maya") == "rejected", "a typed name is not the token's bearer"
    assert review("withdrawn", "Ola") == "approved"
    listed = [videos.videos(workspace, videos.VideoQuery(review=v))["total"] for v in t.VERDICTS]
    assert listed == [1, 0, 0]
    assert review("withdrawn", "Maya", "token-1") is None
    counts = [row["counts"] for row in videos.video(workspace, job)["reviews"]]
    assert counts == [False] * 5


@pytest.mark.parametrize("by", ["day", "model", "job"])
def test_costs_of_a_period_are_those_of_its_days(
    workspace: Workspace, ids: dict[str, str], by: str
) -> None:
    days = [row["day"] for row in costs_by(workspace, "day")["rows"]]
    first, second = (date.fromisoformat(day) for day in (days[0], days[-1]))
    assert first < second

    def spent(**period: date) -> Decimal:
        return Decimal(costs_by(workspace, by, **period)["total_usd"])

    rest = spent(since=first + timedelta(days=1))
    assert spent(until=first) + rest == spent()
    assert spent(since=first, until=second) == spent()
    assert spent(since=second + timedelta(days=1)) == 0
