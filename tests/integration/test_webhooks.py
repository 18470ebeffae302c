"""Signed word of a prediction's end: believed if it is Replicate's, and never more than a hint."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lotus.providers.replicate.webhooks import (
    WINDOW_SECONDS,
    InvalidWebhook,
    ended_prediction,
    sign,
    verify,
)
from tests.paying import balanced, make_clips, video_of, workspace_for
from tests.replicate_account import Made
from tests.replicate_server import Replicate
from tests.serving import Served, serving

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ONE = video_of(1)


def test_the_published_example_is_verified() -> None:
    """The vector of the specification's own libraries."""
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verify(SECRET, headers, body, 1614265330)
    other = "v1,AAAA " + headers["webhook-signature"]  # while a secret is changed
    verify(SECRET, {**headers, "webhook-signature": other}, body, 1614265330 + 299)
    for wrong in (
        {**headers, "webhook-signature": "v1,AAAA"},
        {**headers, "webhook-id": "msg_other"},
        {**headers, "webhook-timestamp": "1614265331"},
        {**headers, "webhook-timestamp": "soon"},
        {name: value for name, value in headers.items() if name != "webhook-id"},
        {},
    ):
        with pytest.raises(InvalidWebhook):
            verify(SECRET, wrong, body, 1614265330)
    for late in (-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1):
        with pytest.raises(InvalidWebhook, match="too long ago"):
            verify(SECRET, headers, body, 1614265330 + late)
    with pytest.raises(InvalidWebhook):
        verify(SECRET, headers, body + b" ", 1614265330)
    with pytest.raises(InvalidWebhook):
        verify("whsec_no base64", headers, body, 1614265330)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"id": "p1", "status": "succeeded"}, "p1"),
        ({"id": "p1", "status": "a word of tomorrow"}, "p1"),
        ({"id": "p1", "status": "processing"}, None),
        ({"status": "succeeded"}, None),
        ([1], None),
    ],
)
def test_what_a_message_says(document: Any, name: str | None) -> None:
    assert ended_prediction(json.dumps(document).encode()) == name


def send(served: Served, name: str, secret: str = SECRET, at: float | None = None) -> int:
    """Send word as Replicate does; the status of the answer."""
    body = json.dumps({"id": name, "status": "succeeded"}).encode()
    stamp = int(at if at is not None else time.time())
    headers = {
        "webhook-id": f"msg_{name}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(secret, f"msg_{name}", stamp, body),
        "Content-Type": "application/json",
    }
    return httpx.post(f"{served.url}/webhooks/replicate", content=body, headers=headers).status_code


@pytest.fixture
def service(server: Replicate, home: Path) -> Iterator[Served]:
    """The service, which knows the secret."""
    environment = {**server.environment(), "REPLICATE_WEBHOOK_SECRET": SECRET}
    with serving(home, **environment) as served:
        yield served


def test_word_wakes_who_waits_and_nothing_is_paid_or_settled_twice(
    service: Served, server: Replicate, home: Path
) -> None:
    server.account.run_seconds = 0.4
    workspace = workspace_for(server, home, LOTUS_WEBHOOK_URL=service.url)
    answers: list[int] = []

    def tell(made: Made) -> None:
        for _ in range(3):  # it comes as often as Replicate likes
            answers.append(send(service, made.id))

    server.on_created = lambda made: threading.Timer(0.6, tell, [made]).start()
    began = time.monotonic()
    make_clips(workspace, ONE)
    assert time.monotonic() - began < 30  # it would be looked after a minute
    assert server.calls["get"] <= 2
    assert server.created == 1
    assert balanced(workspace, server)
    [made] = server.account.made.values()
    assert made.webhook == f"{service.url}/webhooks/replicate"
    assert send(service, made.id) == 200  # for what is settled: nothing happens
    assert send(service, "nobody's") == 200
    assert balanced(workspace, server)
    assert set(answers) == {200}


def test_what_is_not_replicates_is_refused(service: Served) -> None:
    assert send(service, "p1", secret="whsec_" + "c29tZWJvZHkgZWxzZQ==") == 401
    assert send(service, "p1", at=time.time() - 3600) == 401
    assert httpx.post(f"{service.url}/webhooks/replicate", content=b"{}").status_code == 401
    assert httpx.get(f"{service.url}/webhooks/replicate").status_code == 405


def test_without_word_it_is_looked_after_all(
    server: Replicate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lotus.generation.predictions import patience

    monkeypatch.setattr(patience, "WORD_SECONDS", 0.3)
    monkeypatch.setattr(patience, "LISTEN_SECONDS", 0.1)
    workspace = workspace_for(server, home, LOTUS_WEBHOOK_URL="https://nobody.invalid")
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)
