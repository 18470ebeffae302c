"""schemathesis asks what the document allows, and what it does not: no fault, no answer of another
shape.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served, serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "use_after_free",
)
LIVE = "get_generations_id_events"  # a job that waits goes on for longer than schemathesis listens
NOTHING_RUNS = {"LOTUS_MAX_CONCURRENT_JOBS": 0, "LOTUS_RATE_LIMIT": 100_000}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("schema") / "home", **NOTHING_RUNS) as one:
        yield one


def schemathesis(served: Served, folder: Path, *more: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{served.url}/api/openapi.json",
    ]
    command += ["--checks", ",".join(CHECKS), "--seed", "1", "--no-color", "--warnings", "off"]
    # on a busy machine a decoder takes its time; how soon answers come, the hostile suite tests
    command += ["--exclude-operation-id", LIVE, "--request-timeout", "60", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert not [line for line in served.lines if line["event"] == "fault"]


def test_a_short_walk_through_the_document_finds_nothing(served: Served, tmp_path: Path) -> None:
    schemathesis(served, tmp_path, "--phases", "fuzzing", "--max-examples", "2", "--max-time", "5")


@pytest.mark.slow
def test_a_long_walk_through_the_document_finds_nothing(served: Served, tmp_path: Path) -> None:
    phases = "examples,coverage,fuzzing,stateful"
    schemathesis(served, tmp_path, "--phases", phases, "--max-examples", "60", "--max-time", "300")
