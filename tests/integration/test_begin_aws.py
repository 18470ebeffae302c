"""The page on how to begin on AWS: its commands, in their order, in a clean account of moto."""

from __future__ import annotations

import os
import re
import shlex
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lotus.aws.images import current_tag
from lotus.aws.tasks import short, tasks
from tests import aws
from tests.aws import NAME, TASKS, Cloud, define, running
from tests.curing import check, run
from tests.driving import inside

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "lotus/docs/how-to/aws.md"


def _lines() -> list[str]:
    block = re.search(r"<!-- aws -->\n```sh\n(.*?)```", PAGE.read_text(), re.S)
    assert block is not None
    return block[1].strip().splitlines()


@pytest.fixture
def fresh(cloud: Cloud) -> Cloud:
    """As Terraform leaves an account: no image, no token, no task."""
    cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "1"}])
    cloud.client("ssm").put_parameter(Name=f"/{NAME}/image", Value="none", Overwrite=True)
    for task in TASKS:
        cloud.client("ecs").deregister_task_definition(taskDefinition=f"{NAME}-{task}:1")
        define(cloud, task, "none")
    cloud.client("ecs").update_service(
        cluster=NAME, service=f"{NAME}-service", desiredCount=0, taskDefinition=f"{NAME}-service:2"
    )
    running(cloud, 0)
    secrets = cloud.client("secretsmanager")
    secrets.delete_secret(SecretId=f"{NAME}/replicate", ForceDeleteWithoutRecovery=True)
    made = secrets.create_secret(Name=f"{NAME}/replicate")["ARN"]
    cloud.names["secrets"] = [cloud.names["secrets"][0], made]
    aws.give_roles(cloud)
    aws.write_environment(cloud)
    cloud.write(Path(os.environ["LOTUS_AWS"]))
    return cloud


@pytest.fixture
def ecs(fresh: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends each task of migrations, as its container would."""
    monkeypatch.setattr("lotus.aws.tasks.LOOK_SECONDS", 0.05)
    over = threading.Event()

    def end_all() -> None:
        while not over.is_set():
            for arn, task in list(fresh.backend("ecs").tasks.get(NAME, {}).items()):
                if "migrate" in task.task_definition_arn and task.last_status != "STOPPED":
                    for container in task.containers:
                        container.exitCode = 0
                    fresh.client("ecs").stop_task(
                        cluster=NAME, task=arn, reason="Essential container in task exited"
                    )
            time.sleep(0.02)

    thread = threading.Thread(target=end_all, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.slow
def test_the_commands_of_the_page_bring_up_an_environment(fresh: Cloud, ecs: None) -> None:
    before = inside("doctor", "--aws")
    assert "image        /lotus-dev/image is none" in before.out
    assert "has no value" in before.out
    lines = _lines()
    assert 10 <= len(lines) <= 12
    for line in lines:
        if line.startswith("terraform"):
            _terraform(line)
            continue
        words = shlex.split(line)
        if words[:3] == ["lotus", "doctor", "--aws"]:
            running(fresh, 1)  # ECS starts what `lotus ops resume` asked for
            said = inside(*words[1:])
            assert said.code == 0, said.out
        else:
            run(fresh, words)
        if words[1:3] == ["ops", "deploy"]:
            assert current_tag(fresh.account) == words[3]
    stopped = tasks(fresh.account, stopped=True)
    commands = [one["overrides"]["containerOverrides"][0]["command"] for one in stopped]
    assert ["lotus", "db", "init"] in commands
    assert [command[:4] for command in commands if command[1] == "tokens"] == [
        ["lotus", "tokens", "create", "me"]
    ]
    assert all(short(one["taskArn"]) for one in stopped)


def _terraform(line: str) -> None:
    """Fails unless each part is a command of Terraform on folders and files that are there."""
    parts = re.split(r"&&|\$\(|\)|>", line)
    for part in (part.strip().strip('"') for part in parts):
        if not part.startswith("terraform"):
            continue
        words = shlex.split(part.replace('"', ""))
        folder = ROOT / words[1].removeprefix("-chdir=")
        assert (folder / "main.tf").is_file(), words
        for word in words:
            name, _, value = word.partition("=")
            if name in ("-backend-config", "-var-file") and "/" in value:
                assert (folder / value).is_file(), word
        if words[2] in ("apply", "output") and words[1] == "-chdir=terraform":
            check(words)


def test_the_workflow_that_looks_for_drift_runs_what_the_page_runs() -> None:
    import yaml

    workflow = yaml.safe_load((ROOT / ".github/workflows/drift.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["plan"]["steps"]]
    assert any("-detailed-exitcode" in step for step in steps)
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}


def test_the_script_that_proves_the_rest_is_a_script_and_cleans_up() -> None:
    import subprocess

    script = ROOT / "terraform/prove.sh"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], capture_output=True).returncode == 0
    text = script.read_text()
    assert text.index("trap cleanup EXIT") < text.index('apply -auto-approve "${vars[@]}"')
    for line in text.splitlines():
        for words in re.findall(r"(?:run |if |\| )(lotus ops [a-z-]+(?: (?:set|create))?)", line):
            check(words.split())
