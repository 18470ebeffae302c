"""Parts of the service by themselves: limits, health, what a file is, edits, tokens, the table of
routes.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lotus.checks.base import Finding
from lotus.db import Database
from lotus.documents.brief import Brief
from lotus.errors import InputError, InvalidInput, StoreError
from lotus.pipeline.pipeline import make_storyboard
from lotus.server import health, live
from lotus.server.admission import BURST_SECONDS, CallerLimiter, check_origin
from lotus.server.answer_cache import AnswerCache
from lotus.server.app import greeting
from lotus.server.calls.edits import apply_edit
from lotus.server.calls.sources import file_name
from lotus.server.health import Monitor, PeriodicCheck
from lotus.server.hub import Hub
from lotus.server.live import check_listeners
from lotus.server.logs import log
from lotus.server.openapi import document
from lotus.server.refusals import Refusal, envelope, status_of
from lotus.server.requests import Edit, GenerationRequest, SceneChange
from lotus.server.service import Service
from lotus.server.sniffing import check_room, examine, suffix_of
from lotus.server.table import ROUTES
from lotus.server.tokens import create_token, find_token, list_tokens, revoke_token
from lotus.server.transfers import BodyFile
from lotus.settings import Settings
from lotus.store import Store
from lotus.store.uploads import SUFFIXES, asset_object, local, sources_in
from lotus.workspace import Workspace
from tests.driving import eventually


def test_a_caller_has_a_burst_and_then_its_rate() -> None:
    now = [0.0]
    limiter = CallerLimiter(2.0, clock=lambda: now[0])
    most = int(2.0 * BURST_SECONDS)
    assert [limiter.wait_seconds("a") for _ in range(most)] == [0.0] * most
    assert limiter.wait_seconds("a") == 0.5
    assert limiter.wait_seconds("b") == 0.0, "others are not counted with it"
    now[0] = 0.5
    assert limiter.wait_seconds("a") == 0.0
    assert limiter.wait_seconds("a") == 0.5


def test_a_check_that_hangs_is_said_and_holds_up_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SILENT_SECONDS", 0.05)
    held = threading.Event()

    def hangs() -> Finding:
        held.wait()
        return Finding("ok", "late")

    monitor = Monitor(
        {
            "database": PeriodicCheck(hangs, 1),
            "disk": PeriodicCheck(lambda: Finding("ok", "room"), 1),
        }
    )
    monitor.start()
    try:
        assert monitor.health().status in ("starting", "failing")
        eventually(lambda: monitor.health().status == "failing", "the silence is noticed")
        checks = {check.name: check for check in monitor.health().checks}
        assert (checks["database"].status, checks["disk"].status) == ("fail", "ok")
        assert checks["database"].detail.startswith("no answer for")
        held.set()
        eventually(lambda: monitor.health().status == "ok", "it answers again")
    finally:
        held.set()
        monitor.stop()


def test_a_check_that_fails_says_why_and_not_where() -> None:
    def fails() -> Finding:
        raise StoreError(url="s3://secret-bucket", reason="no such bucket", remedy="make it")

    monitor = Monitor({"store": PeriodicCheck(fails, 1)})
    monitor.start()
    try:
        eventually(lambda: monitor.health().status == "failing", "it fails")
        [check] = monitor.health().checks
        assert (check.detail, check.remedy) == ("no such bucket", "make it")
    finally:
        monitor.stop()


def test_a_token_that_replicate_refuses_is_a_warning_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[dict[str, Any]] = []

    def log(event: str, **facts: Any) -> None:
        if facts["check"] in findings:  # another test's monitor may have a last line
            lines.append(facts)

    monkeypatch.setattr(health, "log", log)
    findings = {
        "replicate": Finding("fail", "it is refused", "set another"),
        "disk": Finding("ok", ""),
    }
    monitor = Monitor(
        {
            "replicate": PeriodicCheck(lambda: findings["replicate"], 0.05, needed=False),
            "disk": PeriodicCheck(lambda: findings["disk"], 0.05),
        }
    )
    monitor.start()
    try:
        eventually(lambda: lines, "the refusal is in the log")
        assert monitor.health().status == "ok", "the load balancer leaves the task alone"
        statuses = {check.name: check.status for check in monitor.health().checks}
        assert statuses == {"replicate": "warn", "disk": "ok"}
        assert lines == [
            {
                "check": "replicate",
                "status": "warn",
                "was": "starting",
                "detail": "it is refused",
                "remedy": "set another",
            }
        ]
        findings["disk"] = Finding("fail", "full")
        eventually(lambda: len(lines) == 2, "so is the disk")
        assert (lines[1]["check"], lines[1]["was"]) == ("disk", "ok")
        assert monitor.health().status == "failing"
    finally:
        monitor.stop()


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (b"\x89PNG\r\n\x1a\n....", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (b"RIFF....WEBPVP8 ", ".webp"),
        (b"RIFF....WAVEfmt ", ".wav"),
        (b"\x00\x00\x00\x20ftypisom", ".mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", ".m4a"),
        (b"\x1aE\xdf\xa3....webm", ".webm"),
        (b'<?xml version="1.0"?><svg/>', ".svg"),
        (b"#EXTM3U\nhttp://169.254.169.254/", None),
        (b"ffconcat version 1.0\nfile /etc/passwd", None),
        (b"<html><script>", None),
        (b"%PDF-1.7", None),
        (b"MZ\x90\x00", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(head: bytes, suffix: str | None) -> None:
    assert suffix_of(head) == suffix


def test_a_file_that_only_begins_like_a_picture_is_refused(tmp_path: Path) -> None:
    posing = tmp_path / "upload"
    posing.write_bytes(b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" * 20)
    with pytest.raises(Refusal) as refused:
        examine(posing)
    assert refused.value.status == 415
    assert str(tmp_path) not in str(refused.value)


def test_a_look_at_a_file_loads_the_decoders_and_nothing_of_the_service() -> None:
    code = "import sys, lotus.server.examiner, lotus.media.probe; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "lotus.media.probe" in done.stdout.split()
    assert not {"pydantic", "sqlalchemy", "tornado", "numpy"} & set(done.stdout.split())


def test_a_body_is_written_and_hashed_as_it_comes_and_not_after_its_end(tmp_path: Path) -> None:
    body = BodyFile(tmp_path / "upload")
    pieces = [bytes([n]) * 700_000 for n in range(5)]
    for piece in pieces:
        if body.add(piece):
            body.write()
    file = body.finish()
    assert file.path.read_bytes() == b"".join(pieces)
    assert file.digest == hashlib.sha256(b"".join(pieces)).hexdigest()
    body.add(b"late")
    body.write()
    assert file.path.stat().st_size == 3_500_000, "its sender had gone"


def test_an_svg_that_names_other_files_is_refused(tmp_path: Path) -> None:
    posing = tmp_path / "upload"
    posing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    )
    with pytest.raises(Refusal, match="names other files"):
        examine(posing)


PROMPT = "A small coffee roaster opens at dawn in a harbour town."


def test_an_edit_changes_what_it_names_and_nothing_else() -> None:
    before = make_storyboard(Brief(prompt=PROMPT))
    after = apply_edit(before, Edit(scenes=(SceneChange(index=1, caption="New"),), order=(1, 0, 2)))
    assert [scene.description for scene in after.scenes] == [
        before.scenes[index].description for index in (1, 0, 2)
    ]
    assert after.scenes[0] == before.scenes[1].model_copy(update={"caption": "New"})
    assert (
        apply_edit(before, Edit(scenes=(SceneChange(index=0, caption=""),))).scenes[0].caption
        is None
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Edit(scenes=(SceneChange(index=9, caption="x"),)), "scenes[0].index"),
        (Edit(order=(0, 7)), "order[1]"),
        (Edit(scenes=(SceneChange(index=0, camera="upside_down"),)), "scenes[0].camera"),
    ],
)
def test_an_edit_of_what_is_not_there_is_one_line(change: Edit, field: str) -> None:
    with pytest.raises(InvalidInput, match=r"scene|camera|input") as refused:
        apply_edit(make_storyboard(Brief(prompt=PROMPT)), change)
    assert refused.value.facts["field"] == field


def test_a_token_is_kept_as_a_hash_and_ends_when_it_is_revoked(db: Database) -> None:
    token, secret = create_token(db, "nightly", "read")
    assert find_token(db, secret) == token
    assert find_token(db, secret + "x") is None
    assert token.allows("read")
    assert not token.allows("write")
    assert secret not in str(list_tokens(db))
    revoke_token(db, token.id[-8:])
    assert find_token(db, secret) is None
    assert [known.revoked_at is not None for known in list_tokens(db)] == [True]


def test_a_token_without_a_name_or_of_another_scope_is_refused(db: Database) -> None:
    for name, scope in (("", "read"), ("x" * 81, "read"), ("name", "admin")):
        with pytest.raises(InputError):
            create_token(db, name, scope)
    with pytest.raises(InvalidInput, match="no token has the id"):
        revoke_token(db, "nothing")


def test_an_asset_becomes_a_local_file_and_only_where_a_file_is_named(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"), tmp_path / "cache")
    asset = f"{'a' * 64}.png"
    (tmp_path / "logo.png").write_bytes(b"x")
    store.put(tmp_path / "logo.png", asset_object(asset))
    brief = Brief.model_validate(
        {
            "prompt": f"asset:{asset} " * 2,
            "cta": "Buy",
            "brand": {"name": "B", "logo": f"asset:{asset}"},
        }
    )
    here, files = local(brief, store)
    assert here.brand is not None
    assert Path(here.brand.logo or "").read_bytes() == b"x"
    assert here.prompt == brief.prompt
    assert list(files.values()) == [f"asset:{asset}"]
    brand = (
        brief.brand.model_copy(update={"logo": f"asset:{'b' * 64}.png"}) if brief.brand else None
    )
    gone = brief.model_copy(update={"brand": brand})
    with pytest.raises(InvalidInput, match=r"brand\.logo: 'asset:b+\.png' is not there"):
        local(gone, store)


@pytest.mark.parametrize(
    "name", ["../x.png", "x.png", "a" * 64, "a" * 64 + ".exe", "A" * 64 + ".png", ""]
)
def test_what_is_no_asset_is_no_key_of_the_store(name: str) -> None:
    with pytest.raises(InvalidInput):
        asset_object(name)


def test_every_field_that_names_a_file_is_found() -> None:
    named = {
        "look": {"reference": "r"},
        "scenes": [{"source": "s"}],
        "brand": {"logo": "l", "font": "f"},
    }
    assert dict(sources_in({**named, "audio": "a", "music": "m", "prompt": "p"})) == {
        "look.reference": "r",
        "scenes[0].source": "s",
        "brand.logo": "l",
        "brand.font": "f",
        "audio": "a",
        "music": "m",
    }


def test_every_kind_of_asset_has_a_limit() -> None:
    from lotus.server.sniffing import UPLOAD_LIMITS

    assert set(SUFFIXES.values()) == set(UPLOAD_LIMITS)


def test_the_document_has_every_route_and_every_refusal() -> None:
    described = document(ROUTES, "1")
    for route in ROUTES:
        operation = described["paths"][route.path][route.method.lower()]
        assert {"401", "403", "422", "429", "500", "503"} <= set(operation["responses"])
        assert operation["summary"] == route.summary
    names = [
        op["operationId"] for methods in described["paths"].values() for op in methods.values()
    ]
    assert len(names) == len(set(names))


def test_an_error_tells_nothing_of_where_things_are() -> None:
    error = StoreError(url="s3://secret-bucket", reason="access denied", remedy="grant it")
    said = envelope(error, "id-1")["error"]
    assert status_of(error) == 503
    assert (said["code"], said["message"], said["request_id"]) == (
        "store",
        "store: access denied",
        "id-1",
    )
    assert "secret-bucket" not in str(said)


@pytest.mark.parametrize(
    ("host", "origin", "alone", "fine"),
    [
        ("localhost:8000", None, True, True),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True, True),
        ("[::1]:8000", None, True, True),
        ("lotus.example", None, False, True),
        ("lotus.example", "https://lotus.example", False, True),
        ("lotus.example", None, True, False),
        ("127.0.0.1.evil.example", None, True, False),
        ("localhost:8000", "http://localhost:9000", True, False),
        ("localhost:8000", "null", True, False),
        ("localhost:8000", "http://[", True, False),
        ("[", None, True, False),
        ("", None, True, False),
    ],
)
def test_a_page_of_another_site_is_not_heard(
    host: str, origin: str | None, alone: bool, fine: bool
) -> None:
    if fine:
        check_origin(host, origin, alone=alone)
        return
    with pytest.raises(Refusal) as refused:
        check_origin(host, origin, alone=alone)
    assert refused.value.status == 403


def test_of_a_file_of_this_machine_others_see_the_name() -> None:
    asset = f"asset:{'a' * 64}.png"
    shown = [file_name(source) for source in (asset, "calm", "/films/of maya/dawn.mp4", "bed:calm")]
    assert shown == [asset, "calm", "dawn.mp4", "bed:calm"]


def test_an_upload_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    check_room(tmp_path, 1)
    with pytest.raises(Refusal, match="no room") as refused:
        check_room(tmp_path, 10**18)
    assert refused.value.status == 503


def test_more_listeners_than_enough_are_refused(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LISTENERS", 2)
    hub = Hub(db)
    with hub.watching("a"):
        check_listeners(hub)
        with hub.watching("b"), pytest.raises(Refusal, match="there are too many listeners"):
            check_listeners(hub)
    check_listeners(hub)


def test_all_who_ask_the_same_at_once_share_one_answer_and_no_failure() -> None:
    now = [0.0]
    made = []
    shared: AnswerCache[str] = AnswerCache(clock=lambda: now[0])

    async def work() -> str:
        made.append(now[0])
        await asyncio.sleep(0)
        if now[0] == 9.0:
            raise Refusal(status=503, reason="not now")
        return f"answer {len(made)}"

    async def ask() -> list[str]:
        return await asyncio.gather(*(shared.answer("a", 0.25, work) for _ in range(5)))

    async def all_of_it() -> None:
        assert await ask() == ["answer 1"] * 5
        now[0] = 0.2
        assert await ask() == ["answer 1"] * 5
        now[0] = 0.3
        assert await ask() == ["answer 2"] * 5
        shared.forget()
        assert await ask() == ["answer 3"] * 5
        now[0] = 9.0
        with pytest.raises(Refusal):
            await ask()
        now[0] = 9.1
        assert await ask() == ["answer 5"] * 5

    asyncio.run(all_of_it())


def test_no_look_for_garbage_goes_through_what_was_loaded_at_the_start(tmp_path: Path) -> None:
    """In a service that works, such a look held up all answers for 75 to 130 ms."""
    settings = Settings.read(LOTUS_HOME=str(tmp_path / "home"))
    service = Service.of(Workspace.open(settings), with_tokens=False)

    async def begun() -> None:
        service.start()
        eventually(
            lambda: gc.get_freeze_count() and gc.isenabled(),
            "what the first request needs is loaded",
        )
        await service.stop()

    try:
        asyncio.run(begun())
        assert gc.get_freeze_count() > 50_000
    finally:
        gc.unfreeze()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("pages", "with_tokens", "says"),
    [
        (False, False, "open http://h:1/ for the description of the API; --pages adds"),
        (True, True, "/ for the dashboards; the API is described at http://h:1/api; sign in with"),
    ],
)
def test_the_service_greets_with_its_address_and_the_first_page(
    pages: bool, with_tokens: bool, says: str
) -> None:
    assert says in greeting("http://h:1", pages, with_tokens)


def test_the_log_is_json_for_programs_and_words_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    for out in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", out)
        log("job", job_id="a", ended="it failed\nat “once”", path=Path("/x"))
        [line] = out.getvalue().splitlines()
        if out.isatty():
            assert "job_id" in line
            assert not line.startswith("{")
        else:
            assert list(json.loads(line)) == ["at", "event", "job_id", "ended", "path"]
            assert json.loads(line)["ended"] == "it failed\nat “once”"
            assert "“once”" in line


def test_a_template_is_filled_in_once_and_then_checked() -> None:
    texts = {"name": "{{city}}", "city": "Oslo", "seconds": "15", "unused": "x"}
    brief = {"prompt": "{{name}} opens in {{ city }}. {x} {{ }}", "duration_seconds": "{{seconds}}"}
    request = GenerationRequest.model_validate({"brief": brief, "merge": texts})
    assert request.brief is not None
    assert request.brief.prompt == "{{city}} opens in Oslo. {x} {{ }}", "no text is looked at twice"
    assert request.brief.duration_seconds == 15
    assert brief["prompt"].startswith("{{name}}"), "a copy"
    untouched = GenerationRequest.model_validate({"brief": {"prompt": "{{name}} opens at dawn"}})
    assert untouched.brief is not None
    assert untouched.brief.prompt == "{{name}} opens at dawn"


@pytest.mark.parametrize(
    ("prompt", "texts", "why"),
    [
        ("{{name}} opens in {{city}}", {"name": "x"}, r"has no text for \{\{city\}\}"),
        ("{{a}} " * 201, {"a": "x" * 500}, "more than 200 fields"),
        ("{{a}} opens at dawn", {"a": "x" * 501}, "500"),
        ("{{a}} opens at dawn", {"a": 5}, "merge"),
        ("{{a}} opens at dawn", {"a": "x", "a b": "y"}, "merge"),
        ("{{a}} opens at dawn", {f"a{n}": "x" for n in range(51)} | {"a": "x"}, "merge"),
        ("{{a}}", {"a": "short"}, "prompt"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(
    prompt: str, texts: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        GenerationRequest.model_validate({"brief": {"prompt": prompt}, "merge": texts})
