"""The beginning of an environment: an image built in the account, secrets, the first token."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput, UnknownName
from lotus.settings import Settings

__all__ = [
    "build",
    "build_state",
    "new_secret",
    "own_secrets",
    "secret_name",
    "secret_settings",
    "set_secret",
    "source",
    "source_tag",
    "wait_for_build",
]

LOOK_SECONDS = 5.0
GIT_SECONDS = 60
PREFIX = "lotus_"  # of tokens, as lotus/server/tokens.py makes them
BYTES = 32
SHORT_NAMES = {"REPLICATE_API_TOKEN": "replicate"}  # others are called as their setting
Facts = dict[str, Any]


def _git(folder: Path, *words: str) -> bytes:
    """The output of git. Raises InvalidInput."""
    try:
        process = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        process = None
        reason = str(exc)
    if process is not None and process.returncode == 0:
        return process.stdout
    reason = process.stderr.decode(errors="replace").strip() if process is not None else reason
    remedy = "run it at the top of a clone of lotus"
    raise InvalidInput(file=str(folder), field="", reason=reason, remedy=remedy)


def source_tag(folder: Path) -> str:
    """The tag of an image of what is committed: its commit. Raises InvalidInput."""
    return _git(folder, "rev-parse", "--short=12", "HEAD").decode().strip()


def source(folder: Path) -> bytes:
    """What is committed, as a zip file. Raises InvalidInput."""
    if not (folder / "terraform" / "images" / "Dockerfile").is_file():
        remedy = "run it at the top of a clone of lotus, or name it by --source"
        reason = "there is no terraform/images/Dockerfile"
        raise InvalidInput(file=str(folder), field="source", reason=reason, remedy=remedy)
    return _git(folder, "archive", "--format=zip", "HEAD")


def build(env: Environment, tag: str, archive: bytes) -> OperationPlan:
    """Build the archive into the image of that tag, in the account: no Docker is needed here."""
    key = f"temp/source/{tag}.zip"
    upload = {"Bucket": env.bucket, "Key": key, "Body": archive}
    start = {
        "projectName": f"{env.cluster}-build",
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": f"{env.bucket}/{key}",
        "environmentVariablesOverride": [{"name": "TAG", "value": tag, "type": "PLAINTEXT"}],
    }
    size = f"{len(archive) / 1e6:.1f} MB"
    steps = (
        OperationStep(f"upload {size} to s3://{env.bucket}/{key}", "s3", "put_object", upload),
        OperationStep(f"build {env.image}:{tag} by CodeBuild", "codebuild", "start_build", start),
    )
    return OperationPlan(f"build {tag}", steps, "about five minutes, and some three cents")


def build_state(account: Account, build_id: str) -> Facts:
    """A build as CodeBuild has it: its status, and what failed. Raises AwsError."""
    (response,) = account.call("codebuild", "batch_get_builds", ids=[build_id])["builds"]
    failures = [
        f"{phase['phaseType'].lower()}: {context.get('message', '')}".strip()
        for phase in response.get("phases", ())
        if phase.get("phaseStatus") not in (None, "SUCCEEDED")
        for context in phase.get("contexts", ()) or [{}]
    ]
    return {"status": response["buildStatus"], "why": "; ".join(failures)}


def wait_for_build(account: Account, build_id: str, seconds: float) -> Facts:
    """Its state when it has ended, or after so many seconds."""
    until = time.monotonic() + seconds
    state = build_state(account, build_id)
    while state["status"] == "IN_PROGRESS" and time.monotonic() < until:
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))
        state = build_state(account, build_id)
    return state


def secret_settings() -> tuple[str, ...]:
    """Names of the settings that hold a secret, as lotus/settings.py marks them."""
    fields = Settings.model_fields.values()
    return tuple(
        str(field.alias)
        for field in fields
        if SecretStr in (field.annotation, *get_args(field.annotation))
    )


def own_secrets(env: Environment) -> dict[str, str]:
    """Secrets whose values people write, by name; RDS makes and changes the database's."""
    names = (arn.rpartition(":secret:")[2] for arn in env.secrets)
    mine = [name.rpartition("-")[0] for name in names if name.startswith(f"{env.cluster}/")]
    return {name.partition("/")[2]: name for name in mine if not name.endswith("/database")}


def secret_name(env: Environment, name: str) -> str:
    """The name of a secret of this environment, also by the setting that it holds. Raises
    UnknownName, InvalidInput.
    """
    own = own_secrets(env)
    name = SHORT_NAMES.get(name, name)
    if name in own:
        return name
    if name in secret_settings():
        reason = f"{name} is not among the secrets of {env.cluster}"
        remedy = (
            f'write secrets = ["{name}"] into the .tfvars (beside those that stand there), then '
            f"`{env.apply}` and `terraform -chdir=terraform output -json > aws.json`"
        )
        raise InvalidInput(file="", field="name", reason=reason, remedy=remedy)
    if name in (str(field.alias) for field in Settings.model_fields.values()):
        reason = f"{name} is not a secret"
        remedy = f'write settings = {{ {name} = "..." }} into the .tfvars, then `{env.apply}`'
        raise InvalidInput(file="", field="name", reason=reason, remedy=remedy)
    raise UnknownName("secret", name, own)


def set_secret(env: Environment, name: str, value: str) -> OperationPlan:
    """Another value of a secret; tasks get it when they start. Raises UnknownName, InvalidInput,
    SettingsError where the setting would refuse it.
    """
    name = secret_name(env, name)
    value = value.strip()
    if not value:
        remedy = "type it when asked, or: lotus ops secrets set NAME < FILE"
        raise InvalidInput(file="", field=name, reason="is empty", remedy=remedy)
    if name in secret_settings():
        Settings.read(**{name: value})
    full = own_secrets(env)[name]
    arguments = {"SecretId": full, "SecretString": value}
    step = OperationStep(f"write {full}", "secretsmanager", "put_secret_value", arguments)
    return OperationPlan(
        f"secrets set {name}", (step,), "running tasks get it by `lotus ops restart`"
    )


def new_secret() -> tuple[str, str]:
    """A new token and its digest: only the digest goes to the database, by a task and its log."""
    secret = PREFIX + secrets.token_urlsafe(BYTES)
    return secret, hashlib.sha256(secret.encode()).hexdigest()
