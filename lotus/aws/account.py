"""The one edge to AWS: an operation by its name, its faults in one line with a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lotus.aws.environment import Environment, read_environment
from lotus.errors import AwsError
from lotus.settings import Settings
from lotus.store.faults import CODES, KINDS
from lotus.system.distribution import not_installed

__all__ = ["Account", "open_account"]

CONNECT_SECONDS = 5
READ_SECONDS = 30
TRIES = 4
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "403",
    "AuthorizationError",
}
MISSING = {  # what AWS says of something that is not there: a different word for each service
    "ClusterNotFoundException",
    "DBInstanceNotFound",
    "DBProxyNotFoundFault",
    "ImageNotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchEntity",
    "NotFoundException",
    "ParameterNotFound",
    "RepositoryNotFoundException",
    "ResourceNotFoundException",
    "ServiceNotFoundException",
    "404",
}


class Account:
    """Calls AWS for one environment; `make_client` gives the boto3 client of a service
    by its name.
    """

    def __init__(self, environment: Environment, make_client: Callable[[str], Any]) -> None:
        self.environment = environment
        self._make = make_client
        self._clients = dict[str, Any]()

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made when first used."""
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """One operation, such as `ecs`, `describe_services`. Raises AwsError."""
        try:
            return dict(getattr(self.client(service), operation)(**arguments))
        except Exception as exc:
            raise _translated(exc, service, operation) from exc

    def find(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any] | None:
        """The same; None if what is asked for is not there."""
        try:
            return self.call(service, operation, **arguments)
        except AwsError as error:
            if error.facts["code"] in MISSING:
                return None
            raise

    def pages(self, service: str, operation: str, key: str, /, **arguments: Any) -> Iterator[Any]:
        """All items under `key`, of all pages. Raises AwsError."""
        try:
            for page in self.client(service).get_paginator(operation).paginate(**arguments):
                yield from page.get(key, ())
        except Exception as exc:
            raise _translated(exc, service, operation) from exc


def _translated(exc: Exception, service: str, operation: str) -> Exception:
    """What botocore raised, as AwsError; anything else as it was."""
    if type(exc).__module__.split(".")[0] not in ("botocore", "boto3"):
        return exc
    response = getattr(exc, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", "")) or type(exc).__name__
    message = str(response.get("Error", {}).get("Message", "")) or str(exc)
    reason, remedy = CODES.get(code) or KINDS.get(code) or (message.splitlines()[0], "")
    if code in DENIED:
        action = f"{service}:{getattr(exc, 'operation_name', operation)}"
        reason = f"you may not: {message.splitlines()[0]}"
        remedy = f"ask for the permission {action}"
    remedy = remedy.replace("correct LOTUS_STORE", "make LOTUS_AWS anew from Terraform's outputs")
    return AwsError(service=service, operation=operation, reason=reason, code=code, remedy=remedy)


def open_account(settings: Settings) -> Account:
    """The account that the usual AWS variables lead to, in the region of the environment."""
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as exc:
        raise not_installed(exc) or exc from exc
    environment = read_environment(settings)
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": TRIES},
    )
    session = boto3.Session(region_name=environment.region)
    endpoint = settings.aws_endpoint_url
    return Account(
        environment, lambda name: session.client(name, config=config, endpoint_url=endpoint)
    )
