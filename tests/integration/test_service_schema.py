"""A long walk through the API's own document, with all that schemathesis thinks of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served, serving
from tests.walking import schemathesis

pytestmark = pytest.mark.slow  # the short walk is in test_service_tokens.py

NOTHING_RUNS = {"LOTUS_MAX_CONCURRENT_JOBS": 0, "LOTUS_RATE_LIMIT": 100_000}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("schema") / "home", **NOTHING_RUNS) as one:
        yield one


def test_a_long_walk_through_the_document_finds_nothing(served: Served, tmp_path: Path) -> None:
    phases = "examples,coverage,fuzzing,stateful"
    schemathesis(served, tmp_path, "--phases", phases, "--max-examples", "60", "--max-time", "300")
