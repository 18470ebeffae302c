"""A shell in a running task, through ECS Exec and AWS's session-manager-plugin."""

from __future__ import annotations

import json
import shutil
import subprocess

from lotus.aws.account import Account
from lotus.aws.tasks import short
from lotus.errors import SettingsError

__all__ = ["open_port", "open_shell"]

PLUGIN = "session-manager-plugin"
SERVICE_PORT = 8000  # local.port of terraform/main.tf
WHERE = (
    "docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)


def open_shell(account: Account, task: str, container: str, command: str) -> int:
    """Run a command in the container with this terminal; its exit code. Raises SettingsError,
    AwsError.
    """
    program = shutil.which(PLUGIN)
    if program is None:
        raise SettingsError(name=PLUGIN, reason="is not installed", remedy=f"see {WHERE}")
    env = account.environment
    request = {"cluster": env.cluster, "task": task, "container": container}
    answer = account.call("ecs", "execute_command", **request, command=command, interactive=True)
    runtime = _runtime_id(account, task, container)
    target = {"Target": f"ecs:{env.cluster}_{short(task)}_{runtime}"}
    words = [json.dumps(answer["session"]), env.region, "StartSession", "", json.dumps(target)]
    return subprocess.run([program, *words, f"https://ssm.{env.region}.amazonaws.com"]).returncode


def open_port(account: Account, task: str, container: str, port: int) -> int:
    """Lead a port of this machine to the service in a task until interrupted; the plugin's exit
    code. Raises SettingsError, AwsError.
    """
    program = shutil.which(PLUGIN)
    if program is None:
        raise SettingsError(name=PLUGIN, reason="is not installed", remedy=f"see {WHERE}")
    env = account.environment
    target = f"ecs:{env.cluster}_{short(task)}_{_runtime_id(account, task, container)}"
    request = {
        "Target": target,
        "DocumentName": "AWS-StartPortForwardingSession",
        "Parameters": {"portNumber": [str(SERVICE_PORT)], "localPortNumber": [str(port)]},
    }
    session = account.call("ssm", "start_session", **request)
    session_facts = {name: session[name] for name in ("SessionId", "TokenValue", "StreamUrl")}
    words = [json.dumps(session_facts), env.region, "StartSession", "", json.dumps(request)]
    return subprocess.run([program, *words, f"https://ssm.{env.region}.amazonaws.com"]).returncode


def _runtime_id(account: Account, task: str, container: str) -> str:
    (description,) = account.call(
        "ecs", "describe_tasks", cluster=account.environment.cluster, tasks=[task]
    )["tasks"]
    return next(
        str(one.get("runtimeId", ""))
        for one in description["containers"]
        if one["name"] == container
    )
