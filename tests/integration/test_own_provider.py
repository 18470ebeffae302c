"""The provider of the how-to, installed as its page says: paid once, found again, to the cent."""

from __future__ import annotations

import json
import re
import sys
import threading
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest

from lotus.db import records
from lotus.errors import Cancelled, InvalidInput
from lotus.generation.generate import Generator
from lotus.generation.plan import plan_clips
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.paying import open_rows, sums, video_of
from tests.replicate_videos import video

PAGE = Path(__file__).parents[2] / "lotus/docs/how-to/own-provider.md"
ONE = video_of(1)


def block(language: str) -> str:
    """The block of the page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)
    assert found is not None
    return found[1]


def install(folder: Path, module: str, source: str, entries: dict[str, str]) -> None:
    """Lay a module and its entry points where pip would."""
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines = [f"{name} = {target}" for name, target in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[lotus.providers]", *lines, ""]))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("lotus_farm", "lotus_cheap"):
        sys.modules.pop(name, None)
    invalidate_caches()


@pytest.fixture
def farm(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The farm at work: it makes a clip for each order that it finds."""
    project = tomllib.loads(block("toml"))["project"]
    install(installed, "lotus_farm", block("python"), project["entry-points"]["lotus.providers"])
    folder = tmp_path / "farm"
    folder.mkdir()
    monkeypatch.setenv("FARM_FOLDER", str(folder))
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            for path in folder.glob("*.json"):
                order = json.loads(path.read_text())
                if order["status"] == "starting":
                    clip = video(float(order["inputs"]["seconds"]), "1:1")
                    path.with_suffix(".mp4").write_bytes(clip)
                    done = path.with_suffix(".done")
                    done.write_text(json.dumps({**order, "status": "succeeded"}))
                    done.rename(path)

    thread = threading.Thread(target=work)
    thread.start()
    yield folder
    over.set()
    thread.join()


def make(workspace: Workspace, folder: Path, on_step: Any = None) -> None:
    """Make the clips as a job does."""
    plans = plan_clips(ONE, workspace.store, workspace.providers, "farm")
    with workspace.db.begin() as connection:
        facts = {"kind": "ad", "prompt": "x", "provider": "farm", "planner": "template"}
        job_id = records.create_job(connection, **facts, brief={})
    folder.mkdir(exist_ok=True)
    Generator(workspace, job_id, folder=folder, on_step=on_step).run(plans, lambda *_: None)


def test_the_provider_of_the_page_is_short_and_pays_once(
    farm: Path, home: Path, tmp_path: Path
) -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) <= 50
    workspace = Workspace.open(Settings(LOTUS_HOME=home))  # type: ignore[call-arg]
    make(workspace, tmp_path / "work")
    make(workspace, tmp_path / "work")
    assert len(list(farm.glob("*.json"))) == 1
    assert (sums(workspace)["settled"], sums(workspace)["saved"]) == (
        Decimal("0.05"),
        Decimal("0.05"),
    )
    assert open_rows(workspace) == []


def test_its_order_is_found_again_by_the_next_process(
    farm: Path, home: Path, tmp_path: Path
) -> None:
    workspace = Workspace.open(Settings(LOTUS_HOME=home))  # type: ignore[call-arg]

    def die(step: str, row: Any) -> None:
        if step == "created":  # before its name is written down
            workspace.stop.set("interrupted")
            workspace.stop.check()

    with pytest.raises(Cancelled):
        make(workspace, tmp_path / "work", die)
    make(Workspace.open(Settings(LOTUS_HOME=home)), tmp_path / "work")  # type: ignore[call-arg]
    assert len(list(farm.glob("*.json"))) == 1
    assert sums(workspace)["settled"] == Decimal("0.05")


CHEAP = """
from decimal import Decimal
from lotus.providers.base import ClipRequest

class Cheap:
    name = "cheap"
    at_once = 1

    def request(self, scene, storyboard, frames, digest):
        brief = storyboard.brief
        return ClipRequest("cheap", "m", "1", {}, *brief.size, brief.fps, frames, 0)

    def price(self, request):
        return PRICE

    def make(self, request, output, tools):
        raise AssertionError("it is paid and forgotten")
"""


@pytest.mark.parametrize(
    ("price", "asks"),
    [("Decimal('0.05')", "asks $0.05 for a clip"), ("None", "does not say what a clip costs")],
)
def test_a_paid_provider_that_could_lose_money_is_refused(
    price: str, asks: str, installed: Path, home: Path
) -> None:
    install(installed, "lotus_cheap", CHEAP.replace("PRICE", price), {"cheap": "lotus_cheap:Cheap"})
    workspace = Workspace.open(Settings(LOTUS_HOME=home))  # type: ignore[call-arg]
    with pytest.raises(InvalidInput) as raised:
        plan_clips(ONE, workspace.store, workspace.providers, "cheap")
    said = str(raised.value)
    assert asks in said
    for name in ("account", "billed", "cancel", "create", "fetch", "find", "get"):
        assert name in said
