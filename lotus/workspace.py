"""What a process works with: one store, one database, one ffmpeg, made from the settings when first
used.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lotus.db import Database
from lotus.db.connections import Connecting
from lotus.documents.base import AnsweringObject
from lotus.documents.calls import explained_call
from lotus.errors import StoreError
from lotus.media.ffmpeg import FFmpeg
from lotus.providers import Providers
from lotus.settings import Settings
from lotus.store import Store
from lotus.system.keys import key_of
from lotus.system.owner import alive, this_process
from lotus.system.stop import Stop

__all__ = ["Workspace", "open_database", "open_store"]

DAY_SECONDS = 86400.0


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    place = key_of("store", {"url": settings.store_url, "endpoint": settings.aws_endpoint_url})[:16]
    # keys of different stores may mean different bytes
    cache = settings.home / "cache" / "objects" / place
    return Store(
        settings.store_url,
        cache,
        endpoint_url=settings.aws_endpoint_url,
        cache_bytes=int(settings.cache_gb * 1e9),
    )


def open_database(settings: Settings, *, prepare: bool = False) -> Database:
    """The database that the settings name; its schema is looked at only to `prepare` it
    for work.
    """
    how = Connecting(
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_max_overflow,
        connect_seconds=settings.db_connect_seconds,
        statement_seconds=settings.db_statement_seconds,
        sslmode=settings.db_sslmode,
        pgbouncer=settings.db_pgbouncer,
        iam=settings.db_iam,
    )
    return Database(settings.database, how, prepare=prepare)


@dataclass
class Workspace(AnsweringObject):
    """The database, store, ffmpeg and providers of one process, opened when first used.

    Parameters
    ----------
    settings
        The settings that name them.
    stop
        Ends the work that runs in this workspace.
    """

    settings: Settings
    stop: Stop = field(default_factory=Stop)

    @classmethod
    @explained_call
    def open(cls, settings: Settings | None = None) -> Workspace:
        """Open a workspace.

        Parameters
        ----------
        settings
            Settings to use; default: those of the environment and `.env`.

        Returns
        -------
        Workspace
            The workspace; nothing is connected yet.

        Raises
        ------
        SettingsError
            If a variable is wrong.
        """
        return cls(settings or Settings.read())

    @cached_property
    def store(self) -> Store:
        """The store, where files are kept."""
        return open_store(self.settings)

    @cached_property
    def db(self) -> Database:
        """The database. Its tables are created or checked at the first use."""
        return open_database(self.settings, prepare=True)

    @cached_property
    def ffmpeg(self) -> FFmpeg:
        """The ffmpeg program."""
        return FFmpeg(self.settings.ffmpeg)

    @cached_property
    def providers(self) -> Providers:
        """The providers of clips."""
        return Providers(self.settings, lambda: self.db)

    @property
    def cache(self) -> Path:
        """Folder of files that can be made again, such as fonts and facts about media."""
        return self.settings.home / "cache"

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a temporary folder for one job; it is removed afterwards, or at the next start.

        Yields
        ------
        pathlib.Path
            The folder.

        Raises
        ------
        StoreError
            If the folder cannot be made.
        """
        base = self.settings.home / "temp"
        try:
            base.mkdir(parents=True, exist_ok=True)
            _sweep(base)
            path = Path(tempfile.mkdtemp(prefix=f"{this_process().replace(':', '.')}.", dir=base))
        except OSError as exc:
            raise StoreError(
                url=str(base),
                reason=exc.strerror or str(exc),
                remedy="set LOTUS_HOME to a folder that you may write to",
            ) from exc
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


# a workspace of the name of a folder is a slip that people make
Workspace.__init__ = explained_call(Workspace.__init__)  # type: ignore[method-assign]


def _sweep(base: Path) -> None:
    """Remove what processes that no longer live have left."""
    for folders in base.iterdir():
        if not _in_use(folders):
            shutil.rmtree(folders, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether its process lives; of one on another machine, a new file within a day tells."""
    owner = folder.name.rsplit(".", 3)[:-1]
    if len(owner) == 3 and not alive(":".join(owner)):
        return False
    try:
        return time.time() - folder.stat().st_mtime < DAY_SECONDS
    except OSError:  # another process has just swept it
        return False
