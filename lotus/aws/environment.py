"""What Terraform made, as its output says: names and places, no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from lotus.errors import SettingsError
from lotus.settings import Settings

__all__ = ["Environment", "Size", "read_environment"]

COMMAND = "terraform -chdir=terraform output -json > aws.json"
MAKE = f"run {COMMAND}, then write LOTUS_AWS=aws.json into .env"


class Size(BaseModel, frozen=True):
    """Of a Fargate task."""

    cpu: int = Field(ge=256)  # units; 1024 are one processor
    memory: int = Field(ge=512)  # MiB


class Environment(BaseModel, frozen=True):
    """The output `lotus` of terraform/outputs.tf; a test holds the two together."""

    environment: Literal["dev", "prod"]
    region: str
    cluster: str
    service: str
    desired_count: int
    families: dict[str, str]  # of task definitions, by the task's name
    log_groups: dict[str, str]  # the same, and `operations`
    subnets: tuple[str, ...]
    security_group: str
    public_address: bool
    vpc: str
    repository: str
    image: str  # the repository's address, without a tag
    bucket: str
    database: str
    database_group: str
    database_id: str = ""  # by which IAM knows it
    proxy: str | None = None  # that stands before the database, and its id in IAM
    proxy_id: str | None = None
    most: int | None = None  # tasks of the service while jobs wait; None: always as many
    secrets: tuple[str, ...]
    schedule_group: str
    schedules: tuple[str, ...]
    budget: str
    address: str | None = (
        None  # the load balancer's; without one the service is reached by `lotus ops exec`
    )
    target_group: str | None = None
    worker: Size

    @property
    def apply(self) -> str:
        """The command that makes it as Terraform has it."""
        return f"terraform -chdir=terraform apply -var-file=environments/{self.environment}.tfvars"

    @property
    def scaling_alarms(self) -> str:
        """How the names of alarms begin that start and end tasks by the queue: no fault rings."""
        return f"{self.cluster}-scaling-"

    @property
    def image_parameter(self) -> str:
        """The parameter that holds the tag of the image that runs: `lotus ops` writes it, Terraform
        reads it.
        """
        return f"/{self.cluster}/image"

    @property
    def prod(self) -> bool:
        """Whether people depend on it."""
        return self.environment == "prod"


def read_environment(settings: Settings) -> Environment:
    """From the file or the object that LOTUS_AWS names. Raises SettingsError."""
    if settings.aws is None:
        raise SettingsError(
            name="LOTUS_AWS", reason="is not set, so no environment on AWS is known", remedy=MAKE
        )
    try:
        text = (
            _fetched(settings)
            if settings.aws.startswith("s3://")
            else Path(settings.aws).read_text()
        )
    except OSError as exc:
        raise SettingsError(name="LOTUS_AWS", reason=str(exc), remedy=MAKE) from exc
    return _parsed(text, settings.aws)


def _fetched(settings: Settings) -> str:
    """The object, by the usual AWS variables."""
    from lotus.errors import StoreError
    from lotus.store import Store

    place, _, key = str(settings.aws).rpartition("/")
    store = Store(place, settings.home / "cache" / "aws", endpoint_url=settings.aws_endpoint_url)
    try:
        return store.read(key).decode()
    except StoreError as error:
        raise OSError(f"{settings.aws}: {error.message}") from error


def _parsed(text: str, place: str) -> Environment:
    try:
        return Environment.model_validate(json.loads(text)["lotus"]["value"])
    except (ValueError, KeyError, TypeError) as exc:
        why = f"{place} is not an output of terraform/"
        if isinstance(exc, ValidationError):
            first = exc.errors(include_input=False)[0]
            why += f": {'.'.join(str(part) for part in first['loc'])}: {first['msg'].lower()}"
        raise SettingsError(name="LOTUS_AWS", reason=why, remedy=f"make it again: {MAKE}") from None
