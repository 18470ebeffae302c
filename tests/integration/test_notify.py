"""Notifications: told at least once, under one id, by webhook, Slack and mail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from lotus.db import records
from lotus.db import tables as t
from lotus.errors import InvalidInput, LotusError, SettingsError, UnknownName
from lotus.money.budgets import set_budget
from lotus.notify import channels, delivery, occasions, rules
from lotus.notify.channels import NotDelivered
from lotus.notify.messages import message_of
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import seed
from tests.driving import inside, start
from tests.receivers import MailBox, Receiver, mail_server, receiver

SECRET = "a secret of thirty-two characters or more"
JOB = {"kind": "ad", "prompt": "Aurora & <friends>", "provider": "animatic", "planner": "template"}
ERROR = {"code": "work_failed", "message": "the model refused", "remedy": "write it otherwise"}


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as box:
        yield box


@pytest.fixture(scope="module")
def box() -> Iterator[MailBox]:
    with mail_server() as one:
        yield one


@pytest.fixture
def workspace(home: Path, box: MailBox) -> Iterator[Workspace]:
    box.mails.clear()
    settings = Settings(
        LOTUS_HOME=home,
        LOTUS_NOTIFY_SECRET=SECRET,
        LOTUS_SMTP_URL=box.url,
        LOTUS_MAIL_FROM="lotus@example.com",
        LOTUS_PUBLIC_URL="https://lotus.example.org",
    )
    made = Workspace.open(settings)
    made.db.ready()
    yield made
    made.db.close()


def rule(workspace: Workspace, channel: str, target: str, *events: str, **more: Any) -> Any:
    return rules.add_rule(
        workspace.db, channel, events, channel, target, **{"internal": True, **more}
    )


def end(workspace: Workspace, status: str = "completed", **values: Any) -> str:
    """A job that ends so, as all jobs do."""

    def ended(connection: sa.Connection) -> str:
        job_id = records.create_job(connection, brief={}, **JOB, **values)
        data = {"cost": {"actual_usd": "0.30"}}
        records.add_event(
            connection, job_id, status, data | ({"error": ERROR} if status == "failed" else {})
        )
        return job_id

    return workspace.db.run(ended)


def due_now(workspace: Workspace) -> None:
    """Time goes by."""
    waits = t.notifications.c.next_at.is_not(None)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    change = t.notifications.update().where(waits).values(next_at=past)
    workspace.db.run(sa.Connection.execute, change)


def test_a_webhook_is_signed_and_repeated_under_its_id_until_it_is_taken(
    workspace: Workspace, hook: Receiver
) -> None:
    made = rule(workspace, "webhook", hook.url, "job.completed", "job.failed")
    job = end(workspace, external_id="order/42")
    hook.statuses = [500, 302, 503]
    for _ in range(6):
        delivery.turn(workspace)
        due_now(workspace)
    assert len(hook.requests) == 4, "taken once, so never sent again; a redirect is not followed"
    assert {one.path for one in hook.requests} == {"/hook"}
    assert len({one.headers["webhook-id"] for one in hook.requests}) == 1
    last = hook.requests[-1]
    known = Webhook(rules.signing_secret(workspace.settings, made.id))
    document = known.verify(last.body, last.headers)
    assert document["type"] == "job.completed"
    assert document["data"]["id"] == job
    assert document["data"]["external_id"] == "order/42"
    [row] = delivery.recent(workspace)
    assert (row["status"], row["attempts"], row["error"]) == ("delivered", 4, None)
    assert SECRET not in str(workspace.db.ask(_everything))


def _everything(connection: sa.Connection) -> Any:
    tables = (t.notification_rules, t.notifications)
    return [connection.execute(sa.select(table)).all() for table in tables]


def test_a_message_outlives_the_process_that_was_sending_it(
    workspace: Workspace, hook: Receiver, home: Path
) -> None:
    rule(workspace, "webhook", hook.url, "job.failed")
    end(workspace, "failed")
    hook.hold.clear()  # it takes the message, and the process dies before it hears so
    child = start(
        "notify", "run", home=home, log=home.parent / "notify.log", LOTUS_NOTIFY_SECRET=SECRET
    )
    assert hook.arrived.wait(30)
    child.kill()
    child.wait()
    hook.hold.set()
    delivery.turn(workspace)
    assert len(hook.requests) == 1, "another process leaves it alone for a while"
    due_now(workspace)
    delivery.turn(workspace)
    assert len(hook.requests) == 2
    assert len({one.headers["webhook-id"] for one in hook.requests}) == 1, "known as a repetition"


def test_an_event_is_told_or_did_not_happen(workspace: Workspace, hook: Receiver) -> None:
    rule(workspace, "webhook", hook.url, "job.completed")

    def rolled_back(connection: sa.Connection) -> None:
        job_id = records.create_job(connection, brief={}, **JOB)
        records.add_event(connection, job_id, "completed", {})
        raise RuntimeError("the process dies before it commits")

    with pytest.raises(RuntimeError):
        workspace.db.run(rolled_back)
    assert delivery.turn(workspace) == 0
    end(workspace)
    assert delivery.turn(workspace) == 1


def test_what_is_never_taken_is_given_up_and_tried_again_when_somebody_says_so(
    workspace: Workspace, hook: Receiver
) -> None:
    rule(workspace, "webhook", hook.url, "job.completed")
    end(workspace)
    hook.statuses = [500] * (len(delivery.DELAYS) + 1)
    for _ in range(12):
        delivery.turn(workspace)
        due_now(workspace)
    assert len(hook.requests) == len(delivery.DELAYS) + 1
    assert delivery.recent(workspace)[0]["status"] == "given up"
    assert "500" in delivery.recent(workspace)[0]["error"]
    assert delivery.retry(workspace) == 1
    delivery.turn(workspace)
    assert delivery.recent(workspace)[0]["status"] == "delivered"
    assert min(b / a for a, b in zip(delivery.DELAYS, delivery.DELAYS[1:], strict=False)) >= 4


def test_old_messages_of_jobs_go_and_what_was_told_of_budgets_stays(
    workspace: Workspace, hook: Receiver
) -> None:
    rule(workspace, "webhook", hook.url, "job.completed", "budget.80")
    workspace.db.run(set_budget, "month", "", Decimal(10))
    facts = {"key": "k", "job_id": "j", "provider": "p", "model": "m", "request": {}}
    spent = t.predictions.insert().values(**facts, reserved_usd=Decimal(9))
    workspace.db.run(sa.Connection.execute, spent)
    end(workspace)
    delivery.turn(workspace)
    early = t.notifications.update().values(created_at=t.now() - timedelta(days=100))
    workspace.db.run(sa.Connection.execute, early)
    for _ in range(2):
        delivery.turn(workspace)
    assert [row["event"] for row in delivery.recent(workspace)] == ["budget.80"]
    assert len(hook.requests) == 2


def test_a_receiver_that_is_gone_pauses_its_rule(workspace: Workspace, hook: Receiver) -> None:
    rule(workspace, "webhook", hook.url, "job.completed")
    hook.statuses = [410]
    end(workspace)
    end(workspace)
    delivery.turn(workspace)
    [kept] = rules.list_rules(workspace.db)
    assert kept.paused_at is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/hook",
        "http://10.1.2.3/hook",
        "http://example.com:8080/hook",
        "http://user:secret@example.com/hook",
    ],
)
def test_no_rule_of_a_page_reaches_inside_the_network(workspace: Workspace, url: str) -> None:
    inside = rule(workspace, "webhook", url, "job.completed", internal=False)
    with pytest.raises(NotDelivered) as refused:
        delivery.send_test(workspace, inside)
    assert "the address" in refused.value.message


def test_a_receiver_that_answers_byte_by_byte_holds_up_nobody(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SECONDS", 0.3)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.02):
                    connection.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        with pytest.raises(NotDelivered, match="no answer"):
            delivery.send_test(workspace, rule(workspace, "webhook", url, "job.failed"))
        over.set()  # only now does it end by itself


def test_slack_is_told_in_words_that_mention_nobody(workspace: Workspace, hook: Receiver) -> None:
    rule(workspace, "slack", hook.url, "job.failed")
    end(workspace, "failed")
    delivery.turn(workspace)
    text = json.loads(hook.requests[0].body)["text"]
    assert "*Failed: Aurora &amp; &lt;friends&gt;*" in text
    assert "the model refused" in text
    assert "<https://lotus.example.org/dashboards/job?id=" in text


def test_mail_is_one_mail_and_headers_take_no_lines(workspace: Workspace, box: MailBox) -> None:
    rule(workspace, "mail", "ada@example.com", "job.completed")
    end(workspace)
    box.answers = ["451 later"]
    delivery.turn(workspace)
    assert box.mails == []
    due_now(workspace)
    delivery.turn(workspace)
    [mail] = box.mails
    assert mail["Subject"] == "Finished: Aurora & <friends>"
    assert (mail["To"], mail["From"]) == ("ada@example.com", "lotus@example.com")
    assert "/dashboards/job?id=" in mail.get_content()
    message = message_of("job.completed", {"prompt": "a\r\nBcc: eve@example.com", "id": "x"})
    assert "\n" not in message.title
    for wrong in ("a@b\nBcc: c@d", "a@b, c@d", "nobody", "<a@b>"):
        with pytest.raises(InvalidInput):
            rule(workspace, "mail", wrong, "job.completed")


def test_a_password_is_not_sent_in_the_clear(workspace: Workspace, box: MailBox) -> None:
    url = box.url.replace("smtp://", "smtp://ada:hunter2@")
    settings = Settings(LOTUS_SMTP_URL=url, LOTUS_MAIL_FROM="lotus@example.com")
    object.__setattr__(workspace, "settings", settings)
    with pytest.raises(NotDelivered) as refused:
        delivery.send_test(workspace, rule(workspace, "mail", "ada@example.com", "job.failed"))
    assert "hunter2" not in str(refused.value)


def test_rules_choose_jobs_by_campaign_and_token(workspace: Workspace, hook: Receiver) -> None:
    campaign = seed(workspace.db)["spring"]
    for path, more in {
        "plain": {},
        "any": {"campaign": "*"},
        "one": {"campaign": campaign},
        "other": {"campaign": "0" * 36},
        "token": {"token": "of-ada"},
    }.items():
        rule(workspace, "webhook", f"{hook.url}/{path}", "job.completed", **more)
    end(workspace, campaign=campaign)
    end(workspace, token="of-ada")
    delivery.turn(workspace)
    paths = sorted(one.path.rpartition("/")[2] for one in hook.requests)
    assert paths == ["any", "one", "plain", "token"]


def test_a_budget_is_told_at_80_and_at_100_per_cent_once(
    workspace: Workspace, hook: Receiver
) -> None:
    rule(workspace, "webhook", hook.url, "budget.80", "budget.100")
    workspace.db.run(set_budget, "month", "", Decimal(10))
    told = []
    for amount in ("7.99", "0.02", "1.00", "1.00", "1.00"):
        prediction = {"key": t.new_id(), "job_id": "j", "provider": "p", "model": "m"}
        row = {**prediction, "request": {}, "reserved_usd": Decimal(amount)}
        workspace.db.run(sa.Connection.execute, t.predictions.insert().values(**row))
        for _ in range(2):
            delivery.turn(workspace)
        told.append([json.loads(one.body)["type"] for one in hook.requests])
    assert told == [[], ["budget.80"], ["budget.80"], *[["budget.80", "budget.100"]] * 2]
    workspace.db.run(set_budget, "month", "", Decimal(12))
    delivery.turn(workspace)
    assert json.loads(hook.requests[-1].body)["data"]["limit_usd"] == "12.00", "another limit"


def test_a_job_that_a_budget_refused_is_told_although_the_sums_are_below_it(
    workspace: Workspace, hook: Receiver
) -> None:
    rule(workspace, "webhook", hook.url, "budget.100")
    error = {**ERROR, "code": "budget_exceeded", "message": "this month has $0.10 left"}
    for _ in range(3):
        job = end(workspace, "failed")
        values = {"status": "failed", "error": error, "finished_at": t.now()}
        workspace.db.run(records.update_job, job, **values)
    delivery.turn(workspace)
    [one] = hook.requests
    assert json.loads(one.body)["data"]["message"] == "this month has $0.10 left"


def test_campaigns_that_ended_or_wait_for_approval_are_told(
    workspace: Workspace, hook: Receiver
) -> None:
    rule(workspace, "webhook", hook.url, "campaign.finished", "campaign.waiting")
    campaign = seed(workspace.db)["spring"]
    delivery.turn(workspace)
    assert hook.requests == [], "a row of it is queued"
    draft = {"approved": False, "draft": "runs/x", "finished_at": t.now()}
    queued = t.runs.update().where(t.runs.c.status == "queued")
    workspace.db.run(sa.Connection.execute, queued.values(**draft))
    for _ in range(2):
        delivery.turn(workspace)
    [one] = hook.requests
    assert json.loads(one.body)["data"] == {"campaign": campaign, "name": "spring.csv", "drafts": 1}
    ended = {"status": "completed", "finished_at": t.now()}
    workspace.db.run(sa.Connection.execute, t.runs.update().values(status="completed"))
    workspace.db.run(sa.Connection.execute, t.campaigns.update().values(**ended))
    delivery.turn(workspace)
    assert json.loads(hook.requests[-1].body)["type"] == "campaign.finished"


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("report.daily", ("2026-11-30", "2026-11-30")),
        ("report.weekly", ("2026-11-23", "2026-11-29")),
        ("report.monthly", ("2026-11-01", "2026-11-30")),
    ],
)
def test_a_report_is_of_the_newest_period_that_is_over(event: str, days: tuple[str, str]) -> None:
    now = datetime(2026, 12, 1, 6, tzinfo=UTC)
    [one] = occasions.report_periods(event, now)
    assert (one.data["since"], one.data["until"]) == days
    assert one.since <= now


def test_a_report_comes_by_mail_with_its_figures_and_a_file(
    workspace: Workspace, box: MailBox
) -> None:
    seed(workspace.db, now=t.now() - timedelta(days=1))
    made = rule(workspace, "mail", "finance@example.com", "report.daily")
    delivery.turn(workspace)
    assert box.mails == [], "what was over before the rule was made is not told"
    early = t.now() - timedelta(days=3)
    workspace.db.run(sa.Connection.execute, t.notification_rules.update().values(created_at=early))
    for _ in range(2):
        delivery.turn(workspace)
    [mail] = box.mails
    day = f"{t.now() - timedelta(days=1):%Y-%m-%d}"
    assert mail["Subject"] == f"Costs of {day}"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Spent: $" in body.get_content()
    page = mail.get_body(("html",))
    assert page is not None
    assert "Costs by model" in page.get_content()
    [file] = mail.iter_attachments()
    assert file.get_filename() == f"costs-{day}-{day}.csv"
    assert made.id in {one.id for one in rules.list_rules(workspace.db)}


def test_addresses_with_secrets_are_in_the_environment_and_shown_to_nobody(
    workspace: Workspace, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_NOTIFY_TEAM", hook.url)
    made = rule(workspace, "slack", "env:LOTUS_NOTIFY_TEAM", "job.failed")
    delivery.send_test(workspace, made)
    assert len(hook.requests) == 1
    monkeypatch.delenv("LOTUS_NOTIFY_TEAM")
    with pytest.raises(SettingsError):
        delivery.send_test(workspace, made)
    with pytest.raises(InvalidInput):
        rule(workspace, "slack", "env:DATABASE_URL", "job.failed")
    literal = rule(workspace, "slack", "https://hooks.slack.com/services/T1/B2/xyzw", "job.failed")
    assert literal.shown_target == "https://hooks.slack.com/…xyzw"


def test_rules_that_cannot_be_are_refused(workspace: Workspace) -> None:
    for wrong in (
        (UnknownName, "mail", "a@b.c", "job.finished"),
        (UnknownName, "fax", "1", "job.failed"),
    ):
        kind, channel, target, event = wrong
        with pytest.raises(kind):  # type: ignore[arg-type]
            rule(workspace, channel, target, event)  # type: ignore[arg-type]
    with pytest.raises(LotusError):
        rule(workspace, "webhook", "ftp://example.com", "job.failed")
    with pytest.raises(LotusError):
        rule(workspace, "webhook", "https://example.com/" + "x" * 600, "job.failed")
    for target in ("http://[", "http://[x]/", "https://", "https://example.com:0/", "http://a:b/"):
        with pytest.raises(LotusError, match="is not an http or https address"):
            rule(workspace, "webhook", target, "job.failed")
    with pytest.raises(LotusError, match="not a variable of this kind"):
        rule(workspace, "slack", "env:LOTUS_NOTIFY_SECRET", "job.failed")


def test_a_rule_of_before_whose_address_is_none_is_listed(workspace: Workspace) -> None:
    stored = rule(workspace, "webhook", "https://example.com/secret", "job.failed")
    assert stored.shown_target == "https://example.com/…cret"
    assert stored.model_copy(update={"target": "http://[abc"}).shown_target == "http:///…[abc"


def test_the_command_adds_tests_lists_and_removes(
    home: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_NOTIFY_SECRET", SECRET)

    def notify(*args: str) -> Any:
        answer = inside("notify", *args, "--json")
        assert answer.code == 0, answer.err
        return answer.json

    options = ("--on", "job.failed", "--on", "budget.80", "--internal")
    made = notify("add", "webhook", hook.url, *options)
    assert made["secret"].startswith("whsec_")
    assert notify("secret", made["id"]) == {"secret": made["secret"]}
    notify("test", made["id"])
    assert json.loads(hook.requests[0].body)["type"] == "test"
    [listed] = notify("list")["rules"]
    assert listed["events"] == ["job.failed", "budget.80"]
    assert notify("pause", made["id"])["paused_at"] is not None
    assert notify("resume", made["id"])["paused_at"] is None
    assert notify("run") == {"tried": 0}
    assert notify("retry") == {"retried": 0}
    notify("remove", made["id"])
    assert notify("list") == {"rules": []}
    assert notify("log") == {"messages": []}
    assert inside("notify", "test", made["id"]).code == 2
