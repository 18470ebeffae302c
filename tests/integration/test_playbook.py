"""An operator's playbook, point by point: each has its fault, words, command or setting."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
from typer.main import get_command

from lotus.aws.checks.base import match_cause
from lotus.aws.checks.lines import LINES
from lotus.aws.checks.reasons import ENDED, REASONS
from lotus.checks import CHECKS
from lotus.cli import app
from lotus.server.app import handlers
from tests.integration.test_doctor_aws import CASES

ROOT = Path(__file__).parents[2]
POINTS = tomllib.loads((ROOT / "tests/data/playbook.toml").read_text())["point"]
VARIABLES = (ROOT / "terraform/variables.tf").read_text()
ROUTES = [str(one[0]) for one in handlers(cast(Any, None))]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point["point"])
def test_a_point_of_the_playbook_is_found_explained_or_done(point: dict[str, Any]) -> None:
    assert set(point) > {"point"}, "nothing is there for it"
    for check, cause in point.get("cases", ()):
        assert (check, cause) in CASES
    for words, cause in point.get("says", ()):
        found = [match_cause(words, some) for some in ((*REASONS, ENDED), LINES)]
        assert cause in [one.name for one in found if one is not None]
    for words in point.get("commands", ()):
        assert _is_a_command(words.split()), words
    for name in point.get("variables", ()):
        assert f'variable "{name}"' in VARIABLES
    for name in point.get("settings", ()):
        assert f'"{name}"' in VARIABLES
        assert name in (ROOT / ".env.example").read_text()
    for name in point.get("local", ()):
        assert name in CHECKS
    for path in point.get("routes", ()):
        assert any(re.fullmatch(route, path) for route in ROUTES), path
    for name in point.get("outputs", ()):
        assert f'output "{name}"' in (ROOT / "terraform/outputs.tf").read_text()
    if "told" in point:
        words, page = point["told"]
        assert words in (ROOT / page).read_text()


def _is_a_command(words: list[str]) -> bool:
    found: Any = get_command(app())
    for word in words:
        found = getattr(found, "commands", {}).get(word)
    return found is not None and not hasattr(found, "commands")


def test_every_setting_of_the_example_can_be_given_to_tasks() -> None:
    known = set(re.findall(r"^# (\w+)=", (ROOT / ".env.example").read_text(), re.M))
    listed = VARIABLES[VARIABLES.index('variable "settings"') :]
    settable = set(re.findall(r'"([A-Z][A-Z_]+)"', listed[: listed.index("error_message")]))
    made_here = {"DATABASE_URL", "DB_IAM", "DB_IAM_ROLES", "DB_SSLMODE"}
    made_here |= {"LOTUS_AWS", "LOTUS_HOME", "LOTUS_LOAD_BALANCER", "LOTUS_STORE"}
    secret = {
        "LOTUS_DASHBOARD_DATABASE_URL",
        "LOTUS_DASHBOARD_TOKEN",
        "LOTUS_NOTIFY_SECRET",
        "LOTUS_OIDC_CLIENT_SECRET",
        "LOTUS_REVIEW_DATABASE_URL",
        "REPLICATE_API_TOKEN",
        "LOTUS_SMTP_URL",
        "REPLICATE_WEBHOOK_SECRET",
    }
    assert settable <= known
    assert known - settable <= made_here | secret


def test_every_row_of_the_playbook_is_a_point_of_its_own() -> None:
    names = [one["point"] for one in POINTS]
    assert len(names) == len(set(names)) >= 69
