"""A notebook's stop button in the middle of a rendering: no ffmpeg stays, no clip is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.driving import eventually, jobs, leftovers, strays

pytestmark = pytest.mark.slow

BRIEF = """import lotus
brief = lotus.Brief(prompt="A small coffee roaster opens at dawn in a harbour. Steam, warm light.",
                    duration_seconds=15, seed=7)"""
LOOP = """for seed in range(3):
    try:
        lotus.render(brief)
    except Exception as error:
        print("swallowed", error)"""
SECONDS = 120


@pytest.fixture
def kernel(home: Path) -> Iterator[tuple[Any, Any]]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def _run(client: Any, code: str) -> tuple[str, list[Any]]:
    """How a cell ended, and what it showed."""
    told: list[Any] = []
    reply = client.execute_interactive(code, timeout=SECONDS, output_hook=told.append)
    return reply["content"].get("ename", "ok"), [m for m in told if m["msg_type"] != "status"]


def test_the_stop_button_leaves_no_ffmpeg_and_loses_no_clip(
    kernel: tuple[Any, Any], home: Path
) -> None:
    manager, client = kernel
    assert _run(client, BRIEF)[0] == "ok"
    told: list[Any] = []

    def hear(message: Any) -> None:
        told.append(message)
        if list((home / "store" / "clips").rglob("*.mp4")) and not asked:
            asked.append(True)
            manager.interrupt_kernel()

    asked: list[bool] = []
    reply = client.execute_interactive(LOOP, timeout=SECONDS, output_hook=hear)
    assert asked, "no clip was made before it was over"
    assert reply["content"]["ename"] == "Interrupted"
    [line] = reply["content"]["traceback"]
    assert re.fullmatch(
        r"KeyboardInterrupt: interrupted; continue with `lotus\.resume\('[\w-]+'\)`", line
    )
    shown = [m for m in told if m["msg_type"] in ("display_data", "update_display_data", "stream")]
    assert [m["msg_type"] for m in shown].count("display_data") == 1, "one line"
    assert {m["msg_type"] for m in shown} <= {"display_data", "update_display_data"}
    assert shown[-1]["content"]["data"]["text/plain"].startswith("stopped while generating, at ")
    [(_, status)] = jobs(home)
    assert status == "cancelled"
    eventually(
        lambda: not [c for c in strays(home) if "ffmpeg" in c or "painters" in c], "all have ended"
    )
    assert leftovers(home) == []
    kept = len(list((home / "store" / "clips").rglob("*.mp4")))
    code = (
        "again = lotus.render(brief)\nassert sum(s.cached for s in again.scenes) >= "
        f"{kept}\nagain.status"
    )
    ended, after = _run(client, code)
    assert ended == "ok"
    assert [
        m["content"]["data"]["text/plain"] for m in after if m["msg_type"] == "execute_result"
    ] == ["'completed'"]
