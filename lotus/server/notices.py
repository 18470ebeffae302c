"""PostgreSQL says when a job has a new event (LISTEN, NOTIFY), so that nobody needs to look for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import exc

from lotus.db import Database
from lotus.db.records import CHANNEL
from lotus.errors import LotusError

__all__ = ["Notices"]

STEP_SECONDS = 1.0  # how soon it notices that it is to end
AGAIN_SECONDS = 2.0  # between tries to listen again


class Notices:
    """Listens in a thread, on a connection of its own; SQLite and PgBouncer cannot tell."""

    def __init__(self, db: Database, tell: Callable[[str], None]) -> None:
        """`tell` hears in that thread which job has news."""
        self.db, self._tell = db, tell
        self.listening = False  # while it is not, somebody has to look
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, where the database can tell."""
        if self.db.dialect == "postgresql" and not self.db.how.pgbouncer:
            threading.Thread(target=self._run, name="notices", daemon=True).start()

    def stop(self) -> None:
        """End soon."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except (exc.SQLAlchemyError, LotusError, OSError):
                pass  # the hub looks meanwhile
            finally:
                self.listening = False
            self._over.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        borrowed = self.db.engine.raw_connection()
        borrowed.detach()  # from the pool: nobody else is to have a connection that listens
        driver: Any = borrowed.dbapi_connection
        try:
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            self.listening = True
            while not self._over.is_set():
                for notice in driver.notifies(timeout=STEP_SECONDS):
                    self._tell(notice.payload)
        except driver.Error as error:
            raise OSError(str(error)) from error
        finally:
            borrowed.close()
