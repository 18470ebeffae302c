"""Is the service well? Checks run in the background, each in its own thread; answers never wait for
one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from lotus.checks import ffmpeg, local, replicate, store
from lotus.checks.base import Finding, Status
from lotus.db import queue
from lotus.errors import LotusError
from lotus.server.answers import Health, HealthCheck
from lotus.server.logs import log
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["Monitor", "PeriodicCheck", "health_checks"]

GRACE_SECONDS = 30.0  # after the start, in which not being ready yet is no fault
SILENT_SECONDS = 10.0  # a check that runs for longer than this has failed
TICK_SECONDS = 0.2
LONG_SECONDS = 60.0  # a job that waits for longer is worth a warning


@dataclass(frozen=True)
class PeriodicCheck:
    """A check, how often it is made, and whether every request needs what it looks at."""

    check: Callable[[], Finding]
    every_seconds: float
    needed: bool = True


def health_checks(workspace: Workspace) -> Mapping[str, PeriodicCheck]:
    """What a service stands on."""
    settings = workspace.settings
    return {
        "database": PeriodicCheck(lambda: _database(workspace), 3),
        "store": PeriodicCheck(lambda: _store(workspace), 30),
        "disk": PeriodicCheck(lambda: local.disk(settings), 5),
        "queue": PeriodicCheck(lambda: _queue(workspace), 5),
        "ffmpeg": PeriodicCheck(lambda: ffmpeg.codecs(settings), 300),
        # a wrong token fails hosted clips alone: dashboards and offline renders go on
        "replicate": PeriodicCheck(lambda: replicate.token(settings), 300, needed=False),
    }


def _database(workspace: Workspace) -> Finding:
    """It answers, and has our schema; asked on a connection of the service's own pool."""
    schema = workspace.db.status()
    if schema.up_to_date:
        return Finding("ok", f"{workspace.db.dialect} at revision {schema.current}")
    detail = f"at revision {schema.current or 'none'}, this lotus needs {schema.head}"
    return Finding("fail", detail, schema.remedy)


def _store(workspace: Workspace) -> Finding:
    """It keeps what it is given; where it is does not concern those who ask."""
    finding = store.kept_in(workspace.store)
    kind = workspace.store.url.split("://")[0] if "://" in workspace.store.url else "folder"
    return Finding(finding.status, f"{kind}: works: wrote and read back a value")


def _queue(workspace: Workspace) -> Finding:
    """How long jobs wait to be begun, and those that were begun for their next step."""
    with workspace.db.read() as connection:
        waits = queue.waits(connection)
    if not waits.jobs:
        return Finding("ok", "no job waits")
    verb = "waits" if waits.jobs == 1 else "wait"
    detail = f"{quantity(waits.jobs, 'job')} {verb}, the first for {waits.seconds:.0f} s"
    if waits.seconds < LONG_SECONDS:
        return Finding("ok", detail)
    remedy = "raise LOTUS_MAX_CONCURRENT_JOBS, start another service, or see what uses the machine"
    return Finding("warn", detail, remedy)


@dataclass
class _HealthState:
    finding: Finding | None = None
    seconds: float = 0.0
    checked_at: float = 0.0  # when it was made last, by the monotonic clock
    began: float | None = None  # since when it runs; None while it does not


@dataclass
class Monitor:
    """Makes checks while it runs; its answer is what they found last."""

    checks: Mapping[str, PeriodicCheck]
    draining: bool = False
    _states: dict[str, _HealthState] = field(default_factory=dict)
    _logged: dict[str, Status] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Begin to look; daemons, so that a check that hangs keeps nobody from ending."""
        self._states = {name: _HealthState() for name in self.checks}
        threading.Thread(target=self._tick, name="health", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def _tick(self) -> None:
        while not self._over.wait(
            TICK_SECONDS if any(s.checked_at for s in self._states.values()) else 0
        ):
            for name, state in self._states.items():
                due = (
                    not state.checked_at
                    or time.monotonic() - state.checked_at > self.checks[name].every_seconds
                )
                if due and state.began is None:
                    state.began = time.monotonic()
                    threading.Thread(target=self._make, args=(name, state), daemon=True).start()
            self._log_changes()

    def _log_changes(self) -> None:
        """Write a line for each check whose status is another than before."""
        for check in self.health().checks:
            if check.status == "starting":
                continue
            before = self._logged.get(check.name)
            self._logged[check.name] = check.status
            if check.status != before and not (before is None and check.status in ("ok", "skip")):
                facts = {"status": check.status, "was": before or "starting"}
                log("health", check=check.name, **facts, detail=check.detail, remedy=check.remedy)

    def _make(self, name: str, state: _HealthState) -> None:
        began = time.monotonic()
        try:
            finding = self.checks[name].check()
        except LotusError as error:
            finding = Finding("fail", str(error.facts.get("reason", error.message)), error.remedy)
        except Exception as error:
            finding = Finding("fail", type(error).__name__, "see the service's log")
        now = time.monotonic()
        state.finding = finding
        state.seconds = now - began
        state.checked_at = now
        state.began = None

    @property
    def in_grace(self) -> bool:
        """Whether the service has only just begun."""
        return time.monotonic() - self._began < GRACE_SECONDS

    def health(self) -> Health:
        """How it stands: nothing is looked at now."""
        checks = tuple(self._check_of(name, state) for name, state in self._states.items())
        statuses = {check.status for check in checks if self.checks[check.name].needed}
        if self.draining:
            return Health(status="draining", checks=checks)
        if "fail" in statuses:
            return Health(status="failing", checks=checks)
        return Health(
            status="starting" if "starting" in statuses or not checks else "ok", checks=checks
        )

    def _check_of(self, name: str, state: _HealthState) -> HealthCheck:
        now = time.monotonic()
        running = now - state.began if state.began is not None else 0.0
        age = round(now - state.checked_at, 3) if state.checked_at else None
        if running > SILENT_SECONDS:
            detail = f"no answer for {running:.0f} s"
            remedy = f"see whether the {name} can be reached"
            finding = Finding("fail", detail, remedy)
        elif state.finding is None:
            return HealthCheck(
                name=name, status="starting", detail="", seconds=running, age_seconds=None
            )
        else:
            finding = state.finding
        if finding.status == "fail" and not self.checks[name].needed:
            finding = replace(finding, status="warn")
        seconds = round(max(state.seconds, running), 4)
        return HealthCheck(
            name=name,
            status=finding.status,
            detail=finding.detail,
            remedy=finding.remedy,
            seconds=seconds,
            age_seconds=age,
        )
