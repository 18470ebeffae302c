"""Processes that make clips and kill themselves at a named step; forked from one that has all
loaded.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.errors import LotusError

__all__ = ["Kill", "audit", "run"]

DEADLINE_SECONDS = 90.0
OURS = ("AWS_", "DATABASE_URL", "DB_", "LOTUS_", "REPLICATE_")
_SPAWN = multiprocessing.get_context("forkserver")
# Nothing of `tests`: there the name may be that of a package which somebody installed.
_SPAWN.set_forkserver_preload(
    ["lotus.generation.reconcile", "lotus.pipeline.payment", "pytest", "replicate"]
)


@dataclass(frozen=True)
class Kill:
    """SIGKILL at the nth time that a step is announced (`fitted`: when a clip is made, before its
    row).
    """

    step: str
    nth: int = 1


def run(
    home: Path,
    environment: Mapping[str, str],
    scenes: int,
    kills: Iterable[Kill] = (),
    *,
    seed: int = 0,
) -> int:
    """Make the clips in a process of its own; returns its exit code, -9 if it was killed."""
    child = _SPAWN.Process(
        target=_make, args=(home, surroundings(environment), scenes, tuple(kills), seed)
    )
    child.start()
    child.join(DEADLINE_SECONDS)
    if child.exitcode is None:
        child.kill()
        raise AssertionError("it hangs")
    return child.exitcode


def audit(home: Path, environment: Mapping[str, str], kills: Iterable[Kill] = ()) -> int:
    """Compare the account with the ledger in a process of its own; its exit code, as of `run`."""
    child = _SPAWN.Process(target=_audit, args=(home, surroundings(environment), tuple(kills)))
    child.start()
    child.join(DEADLINE_SECONDS)
    if child.exitcode is None:
        child.kill()
        raise AssertionError("it hangs")
    return child.exitcode


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that works where this test does."""
    there = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    return there | dict(environment)


def settle_in(environment: Mapping[str, str]) -> None:
    """In the child: these variables and no others, whatever the server had from which it was
    forked.
    """
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ.update(environment)


class _Bomb:
    """Counts steps, and goes off."""

    def __init__(self, kills: tuple[Kill, ...]) -> None:
        self.kills = kills
        self.heard = dict.fromkeys((kill.step for kill in kills), 0)

    def __call__(self, step: str, row: Any = None) -> None:
        if step in self.heard:
            self.heard[step] += 1
            if Kill(step, self.heard[step]) in self.kills:
                os.kill(os.getpid(), signal.SIGKILL)


def _audit(home: Path, environment: dict[str, str], kills: tuple[Kill, ...]) -> None:
    from datetime import timedelta

    from lotus.db.tables import now
    from lotus.generation.predictions import patience
    from lotus.generation.reconcile import reconcile
    from lotus.settings import Settings
    from lotus.workspace import Workspace

    settle_in(environment)
    patience.LOOK_AFTER_SECONDS = (0.0,)
    workspace = Workspace.open(Settings(LOTUS_HOME=home))  # type: ignore[call-arg]
    try:
        reconcile(workspace, now() - timedelta(days=1), on_step=_Bomb(kills))
    except LotusError as error:
        print(error)
        os._exit(3)
    os._exit(0)


def _make(
    home: Path, environment: dict[str, str], scenes: int, kills: tuple[Kill, ...], seed: int
) -> None:
    from lotus.generation import generate
    from lotus.settings import Settings
    from lotus.workspace import Workspace
    from tests.paying import make_clips, video_of

    bomb = _Bomb(kills)
    keep = generate.Generator._keep

    def fitted(self: Any, *args: Any) -> None:
        bomb("fitted")
        keep(self, *args)

    generate.Generator._keep = fitted  # type: ignore[method-assign]
    settle_in(environment)
    settings = Settings(LOTUS_HOME=home, LOTUS_MAX_CONCURRENT_CLIPS=3)  # type: ignore[call-arg]
    try:
        make_clips(Workspace.open(settings), video_of(scenes, seed=seed), on_step=bomb)
    except LotusError as error:
        print(error)
        os._exit(3)
    os._exit(0)
