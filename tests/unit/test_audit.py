"""The audit of dependencies: what a report of pip-audit comes to."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def known(name: str, *fixes: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1.0",
        "vulns": [{"id": f"CVE-{name}", "fix_versions": list(fixes)}],
    }


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], []),
        (
            [
                {"name": "fine", "version": "2", "vulns": []},
                {"name": "own", "skip_reason": "not on PyPI"},
            ],
            [],
        ),
        ([known("a")], [(False, "a 1.0: CVE-a, not mended yet")]),
        ([known("b", "1.1", "2.0")], [(True, "b 1.0: CVE-b, mended in 1.1 and 2.0")]),
    ],
)
def test_only_what_a_release_mends_is_to_be_renewed(found: list[Any], lines: list[Any]) -> None:
    audit = runpy.run_path(str(ROOT / ".ci" / "audit.py"))
    assert audit["lines"]({"dependencies": found}) == lines
