"""`lotus ops`, from the command line, against moto's AWS."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.ecs.models import EC2ContainerServiceBackend
from typer.main import get_command

from lotus.aws.begin import secret_settings
from lotus.aws.checks import AWS_CHECKS
from lotus.aws.images import current_tag
from lotus.aws.logs import follow, seconds_of
from lotus.aws.plan import OperationPlan, carry_out
from lotus.aws.report import redact
from lotus.aws.service import definition, definitions, pause, resume
from lotus.aws.tasks import DRIVER, EXPIRES, reap, run_once, tasks
from lotus.cli import ops
from lotus.money.aws_prices import fargate_usd
from tests.aws import NAME, Cloud, define, push, running
from tests.curing import apply
from tests.driving import Said, inside, lotus, start

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for seconds between two looks."""
    monkeypatch.setattr("lotus.aws.tasks.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("lotus.aws.logs.LOOK_SECONDS", 0.05)


def _ops(*words: object) -> Said:
    said = inside("ops", *words)
    assert said.code == 0, said.err
    return said


def _service(cloud: Cloud) -> Any:
    return cloud.client("ecs").describe_services(cluster=NAME, services=[f"{NAME}-service"])[
        "services"
    ][0]


def _written(cloud: Cloud) -> list[dict[str, Any]]:
    events = cloud.client("logs").filter_log_events(logGroupName=f"/{NAME}/operations")["events"]
    return [json.loads(event["message"]) for event in events]


def _snapshots(cloud: Cloud) -> list[dict[str, Any]]:
    return list(cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"])


def _with_input(text: str, *words: str) -> Said:
    return inside(*words, typed=text)


def _ids(cloud: Cloud) -> list[str]:
    return [task["taskArn"].rsplit("/", 1)[1] for task in tasks(cloud.account)]


def test_status_says_how_everything_stands(cloud: Cloud, home: Path) -> None:
    arn = cloud.run("worker")
    said = lotus("ops", "status", "--json", home=home)  # as a program: the way in, once
    assert said.code == 0, said.err
    found = said.json
    assert found["service"]["running"] == found["service"]["desired"] == 1
    assert [task["id"] for task in found["tasks"]] == [arn.rsplit("/", 1)[1]]
    assert found["schedules"] == {f"{NAME}-clean": "enabled"}
    assert found["database"] == "available"
    assert f"{NAME}-worker" in _ops("status").out
    assert "lotus doctor --aws" not in _ops("status").out
    running(cloud, 0)
    assert "lotus doctor --aws" in _ops("status").out


def _overdue(cloud: Cloud) -> str:
    return cloud.run("worker", tags={DRIVER: "arn:gone", EXPIRES: datetime.now(UTC).isoformat()})


def _deployed(cloud: Cloud) -> None:
    push(cloud, "2")
    _ops("deploy", "2", "--yes", "--wait", 5)


def _ran(*words: str) -> Callable[[Cloud], bool]:
    def ran(cloud: Cloud) -> bool:
        commands = [
            one["overrides"]["containerOverrides"][0]["command"] for one in tasks(cloud.account)
        ]
        return list(words) in commands

    return ran


def _wants(count: int) -> Callable[[Cloud], bool]:
    return lambda cloud: bool(_service(cloud)["desiredCount"] == count)


def _runs(revision: int) -> Callable[[Cloud], bool]:
    return lambda cloud: str(_service(cloud)["taskDefinition"]).endswith(f":{revision}")


def _servers(*others: str) -> Callable[[Cloud], bool]:
    def there(cloud: Cloud) -> bool:
        servers = cloud.client("rds").describe_db_instances()["DBInstances"]
        return {one["DBInstanceIdentifier"] for one in servers} == {NAME, *others}

    return there


@dataclass(frozen=True)
class Run:
    """A command as it is typed: what is there before, what it says, and what is true afterwards."""

    words: str
    says: str
    before: Callable[[Cloud], Any] = lambda cloud: None
    after: Callable[[Cloud], Any] = lambda cloud: True


RUNS = {
    "status": Run("", f"{NAME}-service (us-east-2): 1 of 1 tasks run"),
    "logs": Run(
        "--errors", "error: row 7", lambda cloud: cloud.say("worker", "w1", "error: row 7")
    ),
    "explain": Run("MemoryError", "MemoryError: MemoryError"),
    "usage": Run("", f"1 {NAME}-worker; they cost $0.", lambda cloud: cloud.run("worker")),
    "report": Run("--out report.zip", "report.zip"),
    "exec": Run("lotus db status --json", "started", lambda cloud: cloud.run("service")),
    "pause": Run("--yes", "done", after=_wants(0)),
    "resume": Run("--yes", "done", lambda cloud: _ops("pause", "--yes"), _wants(1)),
    "restart": Run("--yes", "done", after=_wants(1)),
    "scale": Run("3 --yes", "run 3 tasks", after=_wants(3)),
    "deploy": Run("2 --yes --wait 5", "done", lambda cloud: push(cloud, "2"), _runs(2)),
    "rollback": Run("--yes --wait 5", "done", _deployed, _runs(1)),
    "run": Run(
        "--yes --wait 0 lotus db prune --yes",
        "started",
        after=_ran("lotus", "db", "prune", "--yes"),
    ),
    "migrate": Run("--yes --wait 0", "started", after=_ran("lotus", "db", "migrate")),
    "cache clear": Run("--yes --wait 0", "started", after=_ran("lotus", "cache", "clear", "--yes")),
    "stop-task": Run(
        "", "lotus ops stop-task", lambda cloud: cloud.run("worker"), lambda it: not _ids(it)
    ),
    "images": Run("", "1 (runs)"),
    "build": Run(f"--source {ROOT} --tag t1 --yes", "now: lotus ops deploy t1"),
    "secrets set": Run("replicate", "done"),
    "secrets list": Run("", "replicate"),
    "tokens create": Run("me --yes --wait 0", "lotus_"),
    "restore": Run(f"--to {NAME}-restored --yes", "done", after=_servers(f"{NAME}-restored")),
    "drill": Run("--yes --wait 1", "removed", after=_servers()),
    "sql": Run(
        "--yes --wait 0 SELECT",
        "started",
        after=_ran("python", "-m", "lotus.aws.read_sql", "SELECT"),
    ),
    "open": Run(
        "dashboards --port 8123",
        "http://127.0.0.1:8123/dashboards/",
        lambda cloud: cloud.run("service"),
    ),
    "drift": Run("", "no difference"),
    "reap": Run("--yes", "ended", _overdue, lambda cloud: not _ids(cloud)),
    "cleanup": Run("--yes", "done", after=_ran("lotus", "db", "prune", "--yes")),
    "backup": Run("--yes", "as the snapshot", after=_snapshots),
    "destroy": Run("--yes", "now: terraform", after=_wants(0)),
}
CHANGES_NOTHING = {"status", "logs", "explain", "usage", "report", "exec"}
CHANGES_NOTHING |= {"images", "secrets list", "open", "drift"}


def _leaves(command: Any, name: str = "") -> Iterator[str]:
    for part, below in getattr(command, "commands", {}).items():
        yield from _leaves(below, f"{name} {part}")
    if not hasattr(command, "commands"):
        yield name.strip()


def test_every_command_has_a_run() -> None:
    assert set(_leaves(get_command(ops.app))) == set(RUNS)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_command_does_its_work_as_a_program(
    cloud: Cloud, home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = Path("bin/session-manager-plugin").absolute()
    plugin.parent.mkdir()
    plugin.write_text("#!/bin/sh\necho started\n")
    plugin.chmod(0o755)
    monkeypatch.setenv("PATH", f"{plugin.parent}:{os.environ['PATH']}")
    run = RUNS[name]
    prepared = run.before(cloud)
    before = len(_written(cloud))
    words = [str(prepared)[-8:], "--yes"] if name == "stop-task" else run.words.split()
    (plugin.parent / "terraform").write_text("#!/bin/sh\nexit 0\n")
    (plugin.parent / "terraform").chmod(0o755)
    if name == "secrets set":
        said = _with_input("r8_new", "ops", *name.split(), *words)
    else:
        said = lotus("ops", *name.split(), *words, home=home)
    assert said.code == (name == "drill"), said.err  # moto runs no task: the rehearsal fails
    assert run.says in said.out
    assert run.after(cloud)
    written = [event["operation"].split()[0] for event in _written(cloud)[before:]]
    named = [name.split()[0]]
    expected = {"drill": ["drill", "drill", "remove"]}.get(name, named)  # made, looked at, removed
    assert written == ([] if name in CHANGES_NOTHING else expected)


def test_pause_and_resume_are_each_others_opposite(cloud: Cloud) -> None:
    cloud.run("campaign")
    said = _ops("pause", "--yes")
    assert "end all tasks" in said.out
    found = _ops("status", "--json").json
    assert (found["service"]["desired"], found["tasks"]) == (0, [])
    assert found["schedules"] == {f"{NAME}-clean": "disabled"}
    _ops("resume", "--yes")
    found = _ops("status", "--json").json
    assert found["service"]["desired"] == 1
    assert found["schedules"] == {f"{NAME}-clean": "enabled"}


def test_a_pause_suspends_the_scaling_by_queue_before_anything_else(cloud: Cloud) -> None:
    env = cloud.environment.model_copy(update={"most": 4})
    paused = pause(env, [], [])
    first = paused.steps[0]
    assert (first.service, first.operation) == (
        "application-autoscaling",
        "register_scalable_target",
    )
    target = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(
        **target, ResourceId=first.arguments["ResourceId"], MinCapacity=1, MaxCapacity=4
    )
    for plan, suspended in ((paused, True), (resume(env, []), False)):
        carry_out(cloud.account, plan)
        (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        assert set(found["SuspendedState"].values()) == {suspended}
        assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 4)
    assert resume(env, []).steps[-1].operation == "register_scalable_target"
    assert pause(cloud.environment, [], []).steps[0].service == "ecs", "without scaling"


def test_a_change_is_shown_asked_about_and_recorded(cloud: Cloud) -> None:
    refused = _with_input("n\n", "ops", "scale", "3")
    assert f"run 3 tasks of {NAME}-service" in refused.out
    assert "nothing was changed" in refused.out
    assert _service(cloud)["desiredCount"] == 1
    assert _with_input("y\n", "ops", "scale", "3").code == 0
    assert _service(cloud)["desiredCount"] == 3
    (event,) = _written(cloud)
    assert (event["operation"], event["outcome"]) == ("scale", "done")
    assert event["who"].startswith("arn:aws:")


def test_with_json_nobody_is_asked_and_nothing_done_without_yes(cloud: Cloud) -> None:
    document = _ops("scale", 3, "--json").json
    assert document["done"] is False
    assert document["steps"] == [
        {"says": f"run 3 tasks of {NAME}-service", "call": "ecs:update_service"}
    ]
    assert _service(cloud)["desiredCount"] == 1
    assert _ops("scale", 3, "--json", "--yes").json["done"] is True
    assert _service(cloud)["desiredCount"] == 3


def test_too_many_tasks_are_refused(cloud: Cloud) -> None:
    said = inside("ops", "scale", 50, "--yes")
    assert said.code == 2
    assert "count: 50 is not 0 to 10" in said.error


def test_restart_forces_a_new_deployment(cloud: Cloud) -> None:
    assert _ops("restart", "--yes", "--wait", 5, "--json").json["stable"] is True


def test_deploy_and_rollback(cloud: Cloud) -> None:
    push(cloud, "2")
    done = _ops("deploy", "2", "--yes", "--wait", 5, "--json").json
    assert done["stable"] is True
    assert _service(cloud)["taskDefinition"].endswith(f"{NAME}-service:2")
    newest = cloud.client("ecs").describe_task_definition(taskDefinition=f"{NAME}-worker")[
        "taskDefinition"
    ]
    assert newest["containerDefinitions"][0]["image"].endswith(":2")
    assert newest["containerDefinitions"][0]["secrets"], "a revision keeps what it had"
    _ops("rollback", "--yes", "--wait", 5)
    assert _service(cloud)["taskDefinition"].endswith(f"{NAME}-service:1")
    (left,) = definitions(cloud.account, f"{NAME}-worker")
    assert left["containerDefinitions"][0]["image"].endswith(":1")
    said = inside("ops", "rollback", "--yes")
    assert said.code == 2
    assert "is the oldest revision" in said.error


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What ECS does by itself, between one look at the service and the next."""
    describe = EC2ContainerServiceBackend.describe_services

    def becomes(**facts: Any) -> None:
        def described(backend: Any, *words: Any) -> Any:
            for service in backend.services.values():
                vars(service).update(facts)
            return describe(backend, *words)

        monkeypatch.setattr(EC2ContainerServiceBackend, "describe_services", described)

    return becomes


def test_a_deployment_that_ecs_took_back_has_failed(
    cloud: Cloud, meanwhile: Callable[..., None]
) -> None:
    push(cloud, "2")
    meanwhile(task_definition=_service(cloud)["taskDefinition"])
    said = inside("ops", "deploy", "2", "--yes", "--wait", 5)
    assert said.code == 1
    assert f"ECS returned to {NAME}-service:1" in said.out


def test_a_change_that_takes_too_long_has_failed(
    cloud: Cloud, meanwhile: Callable[..., None]
) -> None:
    meanwhile(running_count=1)
    said = inside("ops", "scale", 3, "--yes", "--json", "--wait", 1)
    assert said.code == 1
    assert said.json["failed"] == "not stable after 1 s: see `lotus ops status`"


def test_an_image_that_is_not_there_is_not_deployed(cloud: Cloud) -> None:
    said = inside("ops", "deploy", "9", "--yes")
    assert said.code == 2
    assert "has no image '9'; one of: 1" in said.error
    assert _service(cloud)["taskDefinition"].endswith(":1")


class _Ending(threading.Thread):
    """Ends the one task that is started, as its container would by itself."""

    def __init__(
        self,
        cloud: Cloud,
        code: int | None,
        said: str,
        reason: str = "Essential container in task exited",
    ) -> None:
        super().__init__(daemon=True)
        self._reason = reason
        self._cloud = cloud
        self._code = code
        self._said = said

    def run(self) -> None:
        found = self._cloud.backend("ecs").tasks
        until = time.monotonic() + 30
        while not found.get(NAME) and time.monotonic() < until:
            time.sleep(0.05)
        (arn, task), *_ = found[NAME].items()
        if self._said:
            self._cloud.say("migrate", arn.rsplit("/", 1)[1], *self._said.split("\n"))
        for container in task.containers:
            container.exitCode = self._code
        self._cloud.client("ecs").stop_task(cluster=NAME, task=arn, reason=self._reason)


@pytest.mark.parametrize("code", [0, 1])
def test_migrate_runs_a_task_and_says_what_it_said(cloud: Cloud, code: int) -> None:
    ending = _Ending(cloud, code, "revision 0004 of 0004")
    ending.start()
    said = inside("ops", "migrate", "--yes", "--json")
    ending.join()
    assert said.code == code, said.err
    assert said.json["exit_code"] == code
    assert said.json["log"] == ["revision 0004 of 0004"]
    (task,) = tasks(cloud.account, stopped=True)
    assert task["overrides"]["containerOverrides"][0]["command"] == ["lotus", "db", "migrate"]


def test_the_tables_are_made_and_looked_at_by_a_task_too(cloud: Cloud) -> None:
    for what in ("init", "status"):
        _ops("migrate", what, "--yes", "--wait", 0)
    commands = [
        task["overrides"]["containerOverrides"][0]["command"] for task in tasks(cloud.account)
    ]
    assert sorted(commands) == [["lotus", "db", "init"], ["lotus", "db", "status"]]
    assert "no command of lotus db 'drop'" in inside("ops", "migrate", "drop", "--yes").error


def test_the_cache_is_cleared_by_a_task(cloud: Cloud) -> None:
    document = _ops("cache", "clear", "--segments", "--yes", "--json", "--wait", 0).json
    assert (document["operation"], document["done"]) == ("cache clear", True)
    (task,) = tasks(cloud.account)
    command = task["overrides"]["containerOverrides"][0]["command"]
    assert command == ["lotus", "cache", "clear", "--segments", "--yes"]
    assert inside(*command[1:3], "--help").code == 0, "the image has that command"


def test_run_runs_any_command_of_lotus(cloud: Cloud) -> None:
    document = _ops("run", "--yes", "--json", "--wait", 0, "lotus", "cache", "stats").json
    assert document["ended"] is False
    (task,) = tasks(cloud.account)
    assert task["overrides"]["containerOverrides"][0]["command"] == ["lotus", "cache", "stats"]
    assert task["startedBy"] == "lotus-ops"
    told = run_once(cloud.environment, "migrate", ["lotus"], "run").steps[0].arguments
    assert told["propagateTags"] == "TASK_DEFINITION", "or no budget would count it"
    assert told["enableExecuteCommand"], "or `lotus ops exec` could not get in"


def test_a_task_that_does_not_end_in_time_has_failed(cloud: Cloud) -> None:
    said = inside("ops", "migrate", "--yes", "--json", "--wait", 1)
    assert said.code == 1
    assert said.json["ended"] is False
    assert "has not ended after 1 s" in said.json["failed"]
    said = inside("ops", "migrate", "--yes", "--wait", 0)
    assert said.code == 0
    assert "started " in said.out
    assert "done" not in said.out


def test_a_task_that_never_started_has_failed_and_says_why(cloud: Cloud) -> None:
    reason = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): x: not found"
    )
    ending = _Ending(cloud, None, "", reason)
    ending.start()
    said = inside("ops", "migrate", "--yes")
    ending.join()
    assert said.code == 1
    assert "the task never started" in said.out
    assert "lotus ops images" in said.out.replace("\n", " ")


def test_a_task_that_ecs_refuses_has_failed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE", "detail": "no capacity"}]}
    monkeypatch.setattr(
        "lotus.aws.account.Account.call",
        lambda self, service, operation, **words: (
            refused
            if operation == "run_task"
            else dict(getattr(self.client(service), operation)(**words))
        ),
    )
    said = inside("ops", "migrate", "--yes")
    assert said.code == 1
    assert "RESOURCE:FARGATE: no capacity" in said.error


def test_the_whole_log_of_a_task_is_shown(cloud: Cloud) -> None:
    ending = _Ending(cloud, 0, "\n".join(f"line {n}" for n in range(50)))
    ending.start()
    said = inside("ops", "run", "--yes", "--json", "lotus", "db", "status")
    ending.join()
    assert said.json["log"] == [f"line {n}" for n in range(50)]


def test_more_memory_an_apply_and_a_restart_take_effect(cloud: Cloud) -> None:
    push(cloud, "2")
    _ops("deploy", "2", "--yes", "--wait", 5)
    cloud.names["memory"] = 2048  # in the .tfvars
    apply(cloud, ["module.cluster"])
    newest = definitions(cloud.account, f"{NAME}-worker")[0]
    assert newest["containerDefinitions"][0]["image"].endswith(":2"), "an apply keeps the image"
    said = _ops("restart", "--yes", "--wait", 5)
    runs = definition(cloud.account, _service(cloud)["taskDefinition"])
    assert (runs["memory"], runs["containerDefinitions"][0]["memory"]) == ("2048", 2048)
    assert runs["containerDefinitions"][0]["image"].endswith(":2")
    assert runs["taskDefinitionArn"].rsplit("/")[-1] in said.out
    assert AWS_CHECKS["image"].look(cloud.account).status == "ok"


def test_a_deployment_that_ecs_took_back_leaves_no_trace_for_terraform(
    cloud: Cloud, meanwhile: Callable[..., None]
) -> None:
    push(cloud, "2")
    meanwhile(task_definition=_service(cloud)["taskDefinition"])
    assert inside("ops", "deploy", "2", "--yes", "--wait", 5).code == 1
    assert current_tag(cloud.account) == "1"
    for family in cloud.environment.families.values():
        (left,) = definitions(cloud.account, family)
        assert left["containerDefinitions"][0]["image"].endswith(":1")


def test_a_deployment_keeps_the_tags_by_which_the_budget_counts(cloud: Cloud) -> None:
    push(cloud, "2")
    _ops("deploy", "2", "--yes", "--wait", 5)
    tags = definition(cloud.account, f"{NAME}-worker")["tags"]
    assert {"key": "environment", "value": "dev"} in tags


def test_no_roll_back_leads_to_an_image_that_is_gone(cloud: Cloud) -> None:
    push(cloud, "2")
    _ops("deploy", "2", "--yes", "--wait", 5)
    cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "1"}])
    said = inside("ops", "rollback", "--yes")
    assert said.code == 2
    assert "has no image 1 any more" in said.error
    assert _service(cloud)["taskDefinition"].endswith(":2")


def test_a_token_is_shown_once_and_only_its_hash_leaves_this_machine(cloud: Cloud) -> None:
    said = _ops("tokens", "create", "me", "--yes", "--wait", 0)
    secret = next(line for line in said.out.splitlines() if line.startswith("lotus_"))
    (task,) = tasks(cloud.account)
    command = task["overrides"]["containerOverrides"][0]["command"]
    assert command[:4] == ["lotus", "tokens", "create", "me"]
    assert command[-1] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in json.dumps([task, _written(cloud)], default=str)


def test_a_secret_is_written_and_in_no_log(cloud: Cloud) -> None:
    said = _with_input("r8_" + "New" * 13 + "\n", "ops", "secrets", "set", "replicate")
    assert said.code == 0, said.err
    value = cloud.client("secretsmanager").get_secret_value(SecretId=f"{NAME}/replicate")
    assert value["SecretString"] == "r8_" + "New" * 13
    assert "r8_" not in said.out + json.dumps(_written(cloud))
    assert "no secret 'database'" in inside("ops", "secrets", "set", "database").error
    assert "is empty" in inside("ops", "secrets", "set", "replicate").error
    assert _ops("secrets", "list", "--json").json["secrets"] == [{"name": "replicate", "set": True}]


def test_every_secret_setting_can_be_given_to_tasks(cloud: Cloud) -> None:
    for name in secret_settings():
        if name == "REPLICATE_API_TOKEN":
            continue
        assert f'secrets = ["{name}"]' in _with_input("x", "ops", "secrets", "set", name).error
        made = cloud.client("secretsmanager").create_secret(Name=f"{NAME}/{name}")["ARN"]
        cloud.names["secrets"] = [*cloud.names["secrets"], made]
    cloud.write(Path(os.environ["LOTUS_AWS"]))
    for name in secret_settings():
        value = "r8_" + "New" * 13
        assert _with_input(f"{value}\n", "ops", "secrets", "set", name).code == 0
        short = "replicate" if name == "REPLICATE_API_TOKEN" else name
        written = cloud.client("secretsmanager").get_secret_value(SecretId=f"{NAME}/{short}")
        assert written["SecretString"] == value


def test_a_secret_that_its_setting_would_refuse_is_not_written(cloud: Cloud) -> None:
    made = cloud.client("secretsmanager").create_secret(Name=f"{NAME}/LOTUS_NOTIFY_SECRET")["ARN"]
    cloud.names["secrets"] = [*cloud.names["secrets"], made]
    cloud.write(Path(os.environ["LOTUS_AWS"]))
    refused = _with_input("too short", "ops", "secrets", "set", "LOTUS_NOTIFY_SECRET").error
    assert refused.startswith("LOTUS_NOTIFY_SECRET: ")
    assert "too short" not in refused.removeprefix("LOTUS_NOTIFY_SECRET: should be")
    assert "is not a secret" in _with_input("x", "ops", "secrets", "set", "LOTUS_PUBLIC_URL").error
    assert "no secret 'nonsense'" in _with_input("x", "ops", "secrets", "set", "nonsense").error


def test_an_image_is_built_from_what_is_committed(cloud: Cloud) -> None:
    said = _ops("build", "--source", ROOT, "--tag", "t1", "--yes")
    assert "now: lotus ops deploy t1" in said.out
    source = (
        cloud.client("s3")
        .get_object(Bucket=cloud.names["bucket"], Key="temp/source/t1.zip")["Body"]
        .read()
    )
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        assert {"terraform/images/Dockerfile", "pyproject.toml"} <= set(archive.namelist())
    push(cloud, "t1")
    again = _ops("build", "--source", ROOT, "--tag", "t1", "--yes", "--json").json
    assert again["steps"] == []
    said = inside("ops", "build", "--source", "/", "--tag", "t2", "--yes")
    assert "there is no terraform/images/Dockerfile" in said.error


def test_a_rehearsed_restore_is_removed_whatever_happens(cloud: Cloud) -> None:
    said = inside("ops", "drill", "--yes", "--wait", 1)
    assert said.code == 1, "moto runs no task, so that it does not end"
    assert "has not ended after 1 s" in said.out
    (task,) = tasks(cloud.account)
    override = task["overrides"]["containerOverrides"][0]
    assert override["command"][:2] == ["lotus", "doctor"]
    assert _servers()(cloud), "the second server is gone"
    assert [event["operation"] for event in _written(cloud)] == [
        "drill",
        "drill",
        f"remove {NAME}-drill",
    ]


def test_a_database_that_is_gone_is_made_again_from_its_last_snapshot(cloud: Cloud) -> None:
    _ops("backup", "--yes")
    cloud.client("rds").delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    _ops("restore", "--to", NAME, "--yes")
    assert _servers()(cloud)
    assert AWS_CHECKS["database"].look(cloud.account).status == "ok"


def test_drift_is_what_terraform_would_change(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = {"resource": {"addr": "module.network.aws_route.out"}, "action": "create"}
    line = json.dumps({"type": "planned_change", "change": change})
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{line}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    said = inside("ops", "drift")
    assert said.code == 1
    assert "create module.network.aws_route.out" in said.out


def test_errors_are_shown_with_the_whole_of_their_tracebacks(cloud: Cloud) -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "    y()",
        "MemoryError",
    ]
    cloud.say("worker", "w1", "well", *trace, "well again")
    lines = [line["text"] for line in _ops("logs", "--errors", "--json").json["lines"]]
    assert lines == trace


def test_a_message_that_is_pasted_is_explained_without_an_account(home: Path) -> None:
    said = inside("ops", "explain", 'FATAL:  role "lotus_app" does not exist')
    assert said.code == 0
    assert said.out.startswith("no such role in the database: ")
    assert "  -> `lotus ops migrate`" in said.out
    secret = "password=hunter2 MemoryError"
    document = inside("ops", "explain", secret, "--json").json
    assert document["causes"][0]["text"] == "password=*** MemoryError"
    piped = _with_input("well\nMemoryError\nMemoryError\n", "ops", "explain")
    assert "MemoryError: 2 x MemoryError" in piped.out
    unknown = inside("ops", "explain", "all is well")
    assert unknown.code == 1
    assert "no cause is known here" in unknown.out
    assert inside("ops", "explain", "all is well", "--json").json == {"causes": []}


def test_a_campaign_runs_with_its_own_size_and_role(cloud: Cloud) -> None:
    words = ["lotus", "batch", "run", "s3://bucket/m.csv", "--cluster", "ecs"]
    _ops("run", "--yes", "--wait", 0, "--task", "campaign", "--", *words)
    (task,) = tasks(cloud.account, family=f"{NAME}-campaign")
    assert task["overrides"]["containerOverrides"][0]["command"] == words
    assert "no task 'nobody'" in inside("ops", "run", "--task", "nobody", "lotus").error


def test_options_after_the_command_are_the_commands_own(cloud: Cloud) -> None:
    _ops("run", "--yes", "--wait", 0, "lotus", "db", "prune", "--yes", "--json")
    (task,) = tasks(cloud.account)
    command = task["overrides"]["containerOverrides"][0]["command"]
    assert command == ["lotus", "db", "prune", "--yes", "--json"]


def test_the_environment_is_also_read_from_the_bucket(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = cloud.names["bucket"]
    body = json.dumps({"lotus": {"value": cloud.names}})
    cloud.client("s3").put_object(Bucket=bucket, Key="aws.json", Body=body.encode())
    monkeypatch.setenv("LOTUS_AWS", f"s3://{bucket}/aws.json")
    assert _ops("status", "--json").json["service"]["desired"] == 1
    monkeypatch.setenv("LOTUS_AWS", f"s3://{bucket}/gone.json")
    assert "gone.json" in inside("ops", "status").error


def test_one_task_is_stopped_by_a_part_of_its_name(cloud: Cloud) -> None:
    first = cloud.run("worker")
    second = cloud.run("worker")
    _ops("stop-task", first[-8:], "--yes")
    assert _ids(cloud) == [second.rsplit("/", 1)[1]]
    said = inside("ops", "stop-task", "nobody", "--yes")
    assert said.code == 2
    assert "0 tasks are called 'nobody'" in said.error


def test_reap_stops_workers_that_outlived_their_campaign_and_nothing_else(cloud: Cloud) -> None:
    driver = cloud.run("campaign")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    working = cloud.run("worker", tags={DRIVER: driver, EXPIRES: later})
    gone = cloud.run("worker", tags={DRIVER: driver.replace(driver[-4:], "zzzz"), EXPIRES: later})
    late = cloud.run("worker", tags={DRIVER: driver, EXPIRES: earlier})
    said = _ops("reap", "--yes")
    assert "the campaign that started it has ended" in said.out
    assert set(_ids(cloud)) == {arn.rsplit("/", 1)[1] for arn in (driver, working)}
    stopped = {task["taskArn"] for task in tasks(cloud.account, stopped=True)}
    assert stopped == {gone, late}
    assert _ops("reap", "--yes", "--json").json["steps"] == []


def test_cleanup_forgets_old_revisions_and_leaves_what_runs(cloud: Cloud) -> None:
    for number in range(2, 9):
        define(cloud, "worker", str(number))
    shown = _ops("cleanup", "--json").json
    assert shown["done"] is False
    says = [step["says"] for step in shown["steps"]]
    assert f"forget {NAME}-worker:1" in says
    assert f"forget {NAME}-worker:8" not in says
    assert f"run `lotus store clean --orphans --yes` as {NAME}-migrate" in says
    _ops("cleanup", "--yes")
    left = cloud.client("ecs").list_task_definitions(familyPrefix=f"{NAME}-worker", status="ACTIVE")
    assert len(left["taskDefinitionArns"]) == 5


def test_a_backup_is_a_snapshot(cloud: Cloud) -> None:
    _ops("backup", "--yes")
    (snapshot,) = _snapshots(cloud)
    assert snapshot["DBInstanceIdentifier"] == NAME


def test_destroy_keeps_a_snapshot_and_ends_all_tasks(cloud: Cloud) -> None:
    wrong = _with_input("n\nn\nyes\n", "ops", "destroy")
    assert "nothing was changed" in wrong.out
    assert _snapshots(cloud) == []
    right = _with_input(f"n\nn\n{NAME}\n", "ops", "destroy")
    assert "terraform -chdir=terraform destroy -var-file=environments/dev.tfvars" in right.out
    assert len(_snapshots(cloud)) == 1
    assert _service(cloud)["desiredCount"] == 0


def test_destroy_asks_about_each_thing_at_which_terraform_would_stop(cloud: Cloud) -> None:
    cloud.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True)
    said = _with_input(f"y\ny\ny\n{NAME}\n", "ops", "destroy")
    assert "Also images?" in said.out
    assert "Also secrets?" in said.out
    assert cloud.client("ecr").list_images(repositoryName=NAME)["imageIds"] == []
    names = [one["Name"] for one in cloud.client("secretsmanager").list_secrets()["SecretList"]]
    assert names == [f"{NAME}/database"], "RDS removes its own"
    assert len(_snapshots(cloud)) == 1
    assert "Also protection?" in said.out
    server = cloud.client("rds").describe_db_instances()["DBInstances"][0]
    assert server["DeletionProtection"] is False
    assert "no leftover 'all'" in inside("ops", "destroy", "--yes", "--also", "all").error


def test_cleanup_removes_images_that_no_revision_names(cloud: Cloud) -> None:
    for number in range(2, 9):
        push(cloud, str(number))
    _ops("cleanup", "--yes")
    tags = {
        one.get("imageTag")
        for one in cloud.client("ecr").list_images(repositoryName=NAME)["imageIds"]
    }
    assert "1" in tags, "it runs"
    assert len(tags) == 6


def test_prod_is_not_destroyed_by_mistake(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.names["environment"] = "prod"
    monkeypatch.setenv("LOTUS_AWS", str(cloud.write(tmp_path / "prod.json")))
    said = inside("ops", "destroy", "--yes")
    assert said.code == 2
    assert "is prod; add --prod if you mean it" in said.error
    assert _service(cloud)["desiredCount"] == 1


def test_logs_of_all_tasks_are_merged_by_time(cloud: Cloud) -> None:
    cloud.say("worker", "w1", "job 0193 begun", "error: job 0193 failed")
    cloud.say("service", "s1", "GET /health/ready 200")
    found = _ops("logs", "--json").json["lines"]
    assert [line["text"] for line in found if line["task"] == "worker"] == [
        "job 0193 begun",
        "error: job 0193 failed",
    ]
    assert {line["task"] for line in found} == {"worker", "service"}
    assert [line["text"] for line in _ops("logs", "--errors", "--json").json["lines"]] == [
        "error: job 0193 failed"
    ]
    assert len(_ops("logs", "--job", "0193", "--json").json["lines"]) == 2
    assert len(_ops("logs", "--task", "service", "--json").json["lines"]) == 1
    assert "GET /health/ready 200" in _ops("logs").out


def test_a_line_of_a_log_names_its_jobs(cloud: Cloud) -> None:
    job = "0193a0b1-c2d3-7456-89ab-0123456789ab"
    row = "0193a0b1-c2d3-7456-89ab-0123456789ff"
    cloud.say(
        "worker", "w1", f"row failed: {row} of {job}: {row}", f"request {job.replace('-7', '-4')}"
    )
    assert [line["ids"] for line in _ops("logs", "--json").json["lines"]] == [[row, job], []]


def test_logs_that_come_later_are_followed_each_once(cloud: Cloud) -> None:
    cloud.say("worker", "w1", "one")
    lines = follow(cloud.account, since=time.time() - 60)
    assert next(lines).text == "one"
    cloud.say("worker", "w2", "two")
    assert next(lines).text == "two"


@pytest.mark.slow
def test_logs_are_followed_from_the_command_line(cloud: Cloud, home: Path) -> None:
    cloud.say("worker", "w1", "one")
    following = start("ops", "logs", "--follow", "--json", home=home)
    assert following.stdout is not None
    try:
        assert json.loads(following.stdout.readline())["text"] == "one"
        cloud.say("service", "s1", "two")
        assert json.loads(following.stdout.readline())["task"] == "service"
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == 0
    finally:
        following.kill()


def test_an_age_is_a_number_and_a_unit(cloud: Cloud) -> None:
    assert [seconds_of(age) for age in ("90s", "30m", "2h", "1d")] == [90, 1800, 7200, 86400]
    assert "'soon' is not an age" in inside("ops", "logs", "--since", "soon").error


def test_usage_says_what_the_running_tasks_cost(cloud: Cloud) -> None:
    cloud.run("worker")
    found = _ops("usage", "--json").json
    assert found["tasks"] == {f"{NAME}-worker": 1}
    assert 0 < float(found["hour_usd"]) < 0.1
    assert "1 lotus-dev-worker" in _ops("usage").out


def test_usage_knows_how_full_the_bucket_is(cloud: Cloud) -> None:
    before = _ops("usage", "--json").json["bucket_bytes"]  # of aws.json
    cloud.client("s3").put_object(Bucket=cloud.names["bucket"], Key="x", Body=b"x" * 1000)
    assert _ops("usage", "--json").json["bucket_bytes"] > before
    assert "bucket: 0.0 GB" in _ops("usage").out


def test_a_report_has_no_secret(cloud: Cloud, tmp_path: Path) -> None:
    token = "r8_" + "a" * 37
    cloud.say(
        "worker", "w1", f"using {token}", "postgresql://lotus:hunter2@db/lotus", "password=hunter2"
    )
    _ops("report", "--out", tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) >= {"status.json", "tasks.json", "logs.json"}
    assert "using r8_***" in texts["logs.json"]
    assert not [name for name, text in texts.items() if token in text or "hunter2" in text]


def test_secrets_are_told_by_their_form() -> None:
    assert redact("postgresql+psycopg://me:pw@host/db") == "postgresql+psycopg://me:***@host/db"
    assert redact('{"token": "abc", "x": 1}') == '{"token": "***", "x": 1}'
    assert redact("GET /a?X-Amz-Signature=abc&b=1") == "GET /a?X-Amz-Signature=***&b=1"


def test_exec_opens_a_shell_by_the_plugin(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = cloud.run("service")
    assert "session-manager-plugin: is not installed" in inside("ops", "exec").error
    plugin = tmp_path / "bin" / "session-manager-plugin"
    plugin.parent.mkdir()
    plugin.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/told\nexit 7\n')
    plugin.chmod(0o755)
    monkeypatch.setenv("PATH", f"{plugin.parent}:{os.environ['PATH']}")
    assert inside("ops", "exec", "lotus", "doctor").code == 7, "its exit code is ours"
    told = (tmp_path / "told").read_text().splitlines()
    assert json.loads(told[0])["tokenValue"] == "t"
    assert told[2] == "StartSession"
    assert json.loads(told[4])["Target"].startswith(f"ecs:{NAME}_{arn.rsplit('/', 1)[1]}_")
    assert "no task of worker runs; wait for one" in inside("ops", "exec", "--task", "worker").error


def test_a_step_that_fails_is_recorded_with_what_was_done(cloud: Cloud) -> None:
    from lotus.aws.plan import OperationStep
    from lotus.errors import AwsError

    good = OperationStep("look", "sts", "get_caller_identity")
    bad = OperationStep(
        "break", "ecs", "update_service", {"cluster": NAME, "service": "nobody", "desiredCount": 1}
    )
    with pytest.raises(AwsError, match="update_service"):
        carry_out(cloud.account, OperationPlan("test", (good, bad, good)))
    (event,) = _written(cloud)
    assert event["outcome"].startswith("failed after 1 of 3 steps")


def test_an_environment_that_is_gone_is_one_line(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.names["cluster"] = "lotus-gone"
    monkeypatch.setenv("LOTUS_AWS", str(cloud.write(tmp_path / "gone.json")))
    said = inside("ops", "status")
    assert said.code == 1
    assert "ecs describe_services: " in said.error


def test_a_worker_without_tags_is_left_alone(cloud: Cloud) -> None:
    cloud.run("worker")
    running(cloud, 1)
    assert reap(cloud.environment, tasks(cloud.account), time.time()).steps == ()


def test_a_task_is_paid_by_its_size_and_spot_is_cheaper() -> None:
    size = {"cpu_units": 1024, "memory_mib": 2048}
    assert float(fargate_usd(3600, **size)) == pytest.approx(0.04048 + 2 * 0.004445)
    assert fargate_usd(3600, **size, spot=True) < fargate_usd(3600, **size) / 2
    extra = fargate_usd(3600, **size, disk_gb=30) - fargate_usd(3600, **size)
    assert float(extra) == pytest.approx(10 * 0.000111)
