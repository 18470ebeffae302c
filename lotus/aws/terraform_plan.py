"""What Terraform would change: the differences between the account and the configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from lotus.aws.environment import Environment
from lotus.errors import SettingsError, WorkError

__all__ = ["planned_changes"]

SECONDS = 900
WHERE = "developer.hashicorp.com/terraform/install"


def planned_changes(env: Environment) -> list[dict[str, str]]:
    """Each resource that a plan would create, update, replace or delete. Raises SettingsError,
    WorkError.
    """
    program = shutil.which("terraform")
    if program is None:
        raise SettingsError(name="terraform", reason="is not installed", remedy=f"see {WHERE}")
    words = ["plan", "-json", "-input=false", "-lock=false"]
    words.append(f"-var-file=environments/{env.environment}.tfvars")
    command = [program, "-chdir=terraform", *words]
    process = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    lines = [_line(text) for text in process.stdout.splitlines()]
    if process.returncode:
        messages = [str(one.get("@message", "")) for one in lines if one.get("@level") == "error"]
        reason = "; ".join(messages) or process.stderr.strip() or "terraform plan failed"
        remedy = f"terraform -chdir=terraform init -backend-config=environments/{env.environment}"
        raise WorkError(reason=reason[:500], remedy=f"{remedy}.s3.tfbackend")
    changes = [one["change"] for one in lines if one.get("type") == "planned_change"]
    return [
        {"address": str(one["resource"]["addr"]), "action": str(one["action"])} for one in changes
    ]


def _line(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
