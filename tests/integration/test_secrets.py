"""A planted token is in no log, error, key, row, file, repr or output, whatever is done with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch import Campaign
from batch.rows import runs
from batch.rows.plan import CampaignOptions
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.checks import examine
from lotus.checks.registry import CHECKS
from lotus.errors import InvalidToken
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import line_of, make_clips, video_of
from tests.replicate_account import Outcome
from tests.replicate_server import Fault, Replicate

ONE = video_of(1)


def holding(token: str, folder: Path) -> list[Path]:
    """Files under a folder that hold the token, or are called by it; there must be some
    to look at.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if token.encode() in path.read_bytes() or token in str(path)]


def test_the_token_is_in_no_file_no_error_and_no_repr(
    server: Replicate, workspace: Workspace, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = server.account.token
    server.account.outcomes = [Outcome("failed", error=f"not allowed for {token}")]
    said = line_of(workspace, ONE)
    assert "not allowed for [hidden]" in said
    make_clips(workspace, ONE)
    workspace.db.close()
    maker: Any = workspace.providers.get("replicate")
    shown = [
        said,
        caplog.text,
        repr(maker),
        repr(maker.client),
        repr(workspace.settings),
        repr(workspace),
    ]
    assert not [text for text in shown if token in text]
    assert holding(token, home) == []


def test_an_answer_that_repeats_the_token_does_not_bring_it_into_an_error(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", Fault(401, f"The token {server.account.token} was revoked"))
    assert "The token [hidden] was revoked" in line_of(workspace, ONE, InvalidToken)


STORY = {
    "description": "Hands pour the first cup",
    "camera": "static",
    "caption": None,
    "seconds": 3,
}
PROMPT = "A small coffee roaster opens at dawn in a harbour town"
COMMANDS: list[tuple[object, ...]] = [
    ("plan", PROMPT, "--planner", "llm", "--duration", 15, "-o", "board.json"),
    ("estimate", "short.json", "--provider", "replicate"),
    ("render", "short.json", "--provider", "replicate", "--json"),
    ("make", "text-to-image", "A harbour at dawn", "-o", "dawn.png"),
    ("make", "music", "Guitar", "--seconds", 5, "-o", "bed.mp3"),
    ("models", "p-video"),
    ("costs", "--by", "scene", "--csv"),
    ("jobs", "list", "--json"),
    ("cache", "explain", "short.json", "--provider", "replicate", "--json"),
]


def test_the_token_is_in_nothing_that_commands_say_or_leave(
    replicate: Replicate, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = replicate.account.token
    replicate.account.answers = [json.dumps({"scenes": [STORY] * 5})]
    replicate.account.outcomes = [Outcome()] * 3 + [Outcome(output="text")]  # the music is none
    Path("short.json").write_text(video_of(1).model_dump_json())
    said = [inside(*command) for command in COMMANDS]
    assert [one.code for one in said] == [0, 0, 0, 0, 1, 0, 0, 0, 0], said
    assert not [one for one in said if token in one.out + one.err]
    assert token not in caplog.text
    assert replicate.created == 4
    assert holding(token, home) + holding(token, Path.cwd()) == []


def test_a_command_that_is_refused_shows_no_token(
    replicate: Replicate, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "r8_" + "Plant" * 8
    monkeypatch.setenv("REPLICATE_API_TOKEN", wrong)
    Path("board.json").write_text(ONE.model_dump_json())
    for command in (
        ("render", "board.json", "--provider", "replicate"),
        ("make", "music", "x", "-o", "x.mp3"),
    ):
        said = inside(*command, "--json")
        assert said.code == 2
        assert said.json["error"]["code"] == "invalid_token"
        assert said.err.startswith("error: Invalid REPLICATE_API_TOKEN: ")
        assert wrong not in said.out + said.err


def test_the_doctor_shows_no_token(workspace: Workspace, server: Replicate) -> None:
    for fault in (
        Fault(500, f"no {server.account.token}"),
        Fault(401, f"no {server.account.token}"),
    ):
        server.misbehave("account", fault)
        [found] = examine(workspace.settings, {"replicate": CHECKS["replicate"]})
        assert found.status in ("warn", "fail")
        assert server.account.token not in repr(found)


TALKS = """from lotus.settings import Settings
token = Settings.read().replicate_api_token.get_secret_value()
print(token)
display({'token': token})
raise ValueError(token)"""


@pytest.mark.parametrize("where", [pytest.param("environment", marks=pytest.mark.slow), ".env"])
def test_a_campaign_whose_notebook_shows_the_token_does_not_keep_it(
    where: str, replicate: Replicate, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = replicate.account.token
    if where == ".env":
        monkeypatch.delenv("REPLICATE_API_TOKEN")
        Path(".env").write_text(f"REPLICATE_API_TOKEN={token}\n")
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    first = nbformat.v4.new_code_cell("name = ''", metadata={"tags": ["parameters"]})
    notebook.cells = [first, nbformat.v4.new_code_cell(TALKS)]
    nbformat.write(notebook, "talks.ipynb")
    Path("rows.csv").write_text("id,name\na,a\n")
    workspace = Workspace.open()
    options = CampaignOptions(retries=0)
    campaign = Campaign.from_csv(
        Path("rows.csv"), Path("talks.ipynb"), options=options, workspace=workspace
    )
    with workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    with KernelPool(spare=1, preload=()) as pool:
        assert run_row(WorkerResources(workspace, pool), row["id"]) == "failed"
    campaign.report(tmp_path / "report")
    assert ("REPLICATE_API_TOKEN" in os.environ) == (where == "environment")
    assert holding(token, home) + holding(token, tmp_path / "report") == []
    assert "[hidden]" in (tmp_path / "report" / "report.html").read_text()
