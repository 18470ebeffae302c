"""An operator's playbook, point by point: each has its fault, words, command or setting."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest

from lotus.aws.account import Account
from lotus.aws.begin import secret_settings
from lotus.aws.checks import AWS_CHECKS, examine_aws
from lotus.aws.checks.base import NAMES, match_cause
from lotus.aws.checks.lines import LINES
from lotus.aws.checks.reasons import ENDED, REASONS
from lotus.aws.explain import KINDS, general_remedy
from lotus.checks import CHECKS
from lotus.checks.base import Cause, Finding
from lotus.server.app import handlers
from tests.aws import NAME, Cloud
from tests.curing import commands
from tests.curing import run as run_command
from tests.driving import all_commands, inside
from tests.integration.test_doctor_aws import CASES, LEADS_ON, MEASURED_AGAIN, Case

ROOT = Path(__file__).parents[2]
SLOW = pytest.mark.slow
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


FIRST_OF_CHECK = {case[0]: case for case in reversed(CASES)}  # one a check, in the ordinary suite
ROWS = [
    pytest.param(case, id="-".join(case), marks=[] if FIRST_OF_CHECK[case[0]] == case else SLOW)
    for case in CASES
]


def _found(account: Account) -> list[tuple[str, Finding]]:
    """What the whole of `lotus doctor --aws` finds wrong, in the order in which it prints it."""
    results = examine_aws(account, AWS_CHECKS)
    parts = [(one.name, part) for one in results for part in (one.parts or (one,))]
    return [(name, part) for name, part in parts if part.status in ("warn", "fail")]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell's plugin, and a Terraform that finds nothing to change."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("session-manager-plugin", "terraform"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize("case", ROWS)
def test_a_fault_by_itself_is_found_first_and_its_remedy_cures_it(
    cloud: Cloud, programs: None, case: Case
) -> None:
    _make_role_of_ecs(cloud)
    planted = CASES[case](cloud)
    check = AWS_CHECKS[case[0]]
    means = next(one.means for one in check.causes if one.name == case[1])
    (name, first), *_ = _found(planted if isinstance(planted, Account) else cloud.account)
    assert (name, first.why) == (case[0], means), "the right cause stands first"
    pasted = commands(first.remedy)
    assert pasted, first.remedy
    for words in pasted:
        run_command(cloud, words)
    if case not in MEASURED_AGAIN and case not in LEADS_ON:
        assert all(means != part.why for _, part in _found(cloud.account)), "it is gone"


WORDS = sorted({(cause, words) for point in POINTS for words, cause in point.get("says", ())})


@pytest.mark.slow
@pytest.mark.parametrize(("cause", "words"), WORDS, ids=lambda value: value[:30])
def test_what_is_said_is_found_first_by_the_doctor(cloud: Cloud, cause: str, words: str) -> None:
    of_ecs = match_cause(words, (*REASONS, ENDED))
    if of_ecs is not None and of_ecs.name == cause:
        cloud.ended("worker", words)
    else:
        cloud.say("service", cloud.run("service").rsplit("/", 1)[1], words)
    (name, first), *others = _found(cloud.account)
    assert name in ("stopped", "logs")
    assert first.why == next(one.means for one in (*REASONS, *LINES) if one.name == cause)
    assert others == []
    if "--rotate-master-user-password" in first.remedy:
        _let_rds_keep_the_password(cloud)
    for line in commands(first.remedy):
        run_command(cloud, line)


def _pasted(cause: Cause) -> set[tuple[str, ...]]:
    """The commands of its remedy, as `lotus ops explain` prints them where no environment is."""
    return {tuple(words) for words in commands(general_remedy(cause))}


CAUSES = [cause for kind in KINDS.values() for cause in kind.causes]
REMEDIES = sorted({words for cause in CAUSES for words in _pasted(cause)})
OF_A_PERSON = {"FILE", "ID"}  # what only somebody who sees the message can fill in


@pytest.mark.slow
@pytest.mark.parametrize("words", REMEDIES, ids=" ".join)
def test_every_command_of_a_remedy_runs(
    cloud: Cloud, programs: None, replicate: object, words: Any
) -> None:
    _make_what_remedies_name(cloud)
    names = {name.upper(): str(getattr(cloud.environment, name)) for name in NAMES}
    pasted = [re.sub(r"\b[A-Z]+\b", lambda word: names.get(word[0], word[0]), one) for one in words]
    if OF_A_PERSON & set(pasted):
        pytest.skip("only checked: it names what a message says")
    if "start-db-instance" in pasted:
        cloud.client("rds").stop_db_instance(DBInstanceIdentifier=NAME)
    run_command(cloud, pasted)
    inner = pasted[3:] if pasted[:3] == ["lotus", "ops", "run"] else []
    if inner:  # a task runs it: the same here
        assert inside(*inner[1:]).code in (0, 1)


def _make_role_of_ecs(cloud: Cloud) -> str:
    """The role by which ECS acts for an account; who may take it."""
    of_ecs = {"Service": "ecs.amazonaws.com"}
    rule = {"Effect": "Allow", "Principal": of_ecs, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    cloud.client("iam").create_role(RoleName="AWSServiceRoleForECS", AssumeRolePolicyDocument=trust)
    return trust


def _make_what_remedies_name(cloud: Cloud) -> None:
    """A task, the role of ECS, a snapshot, a policy, a log of builds, and a server whose password
    RDS keeps.
    """
    cloud.run("service")
    trust = _make_role_of_ecs(cloud)
    pull = trust.replace("sts:AssumeRole", "ecr:BatchGetImage")
    cloud.client("ecr").set_repository_policy(repositoryName=NAME, policyText=pull)
    cloud.client("logs").create_log_group(logGroupName=f"/{NAME}/build")
    bucket, rule = cloud.names["bucket"], {"SSEAlgorithm": "AES256"}
    cloud.client("s3").put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    rds = cloud.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=f"{NAME}-final")
    _let_rds_keep_the_password(cloud)


def _let_rds_keep_the_password(cloud: Cloud) -> None:
    """As terraform/modules/database has it."""
    rds = cloud.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier=NAME, ManageMasterUserPassword=True)


def _is_a_command(words: list[str]) -> bool:
    found: Any = all_commands()
    for word in words:
        found = getattr(found, "commands", {}).get(word)
    return found is not None and not hasattr(found, "commands")


def test_every_setting_of_the_example_can_be_given_to_tasks() -> None:
    known = set(re.findall(r"^# (\w+)=", (ROOT / ".env.example").read_text(), re.M))
    listed = VARIABLES[VARIABLES.index('variable "settings"') :]
    settable = set(re.findall(r'"([A-Z][A-Z_]+)"', listed[: listed.index("error_message")]))
    made_here = {"DATABASE_URL", "DB_IAM", "DB_IAM_ROLES", "DB_SSLMODE"}
    made_here |= {"LOTUS_AWS", "LOTUS_HOME", "LOTUS_LOAD_BALANCER", "LOTUS_STORE"}
    made_here |= {"LOTUS_DASHBOARD_DATABASE_URL", "LOTUS_REVIEW_DATABASE_URL"}
    assert settable <= known
    assert known - settable == made_here | set(secret_settings())
    of_secrets = VARIABLES[VARIABLES.index('variable "secrets"') :]
    listed = of_secrets[of_secrets.index("condition") : of_secrets.index("error_message")]
    assert set(re.findall(r'"([A-Z][A-Z_]+)"', listed)) == set(secret_settings())


def test_every_row_of_the_playbook_is_a_point_of_its_own() -> None:
    names = [one["point"] for one in POINTS]
    assert len(names) == len(set(names)) >= 69
