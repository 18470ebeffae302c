"""Workers on ECS: so many tasks as there is work for, on Spot where there is room, gone when it is
done.

The scheduler is in the driver's process, so an idle account runs nothing, and a driver that dies
takes its workers along: without a scheduler they end by themselves. Tasks are started up to ten at
a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from batch.rows.totals import FARGATE
from batch.run.ecs_task import SPOT
from lotus.aws.account import Account
from lotus.aws.tasks import DRIVER, EXPIRES, run_once, short, tasks
from lotus.errors import AwsError, LotusError
from lotus.money.aws_prices import fargate_usd

__all__ = ["Fleet", "FleetStatus", "provider_after", "spent_usd", "to_start", "to_start_on"]

AT_ONCE = 10  # docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
DESCRIBED_AT_ONCE = 100
LOOK_SECONDS = 5.0
HOURS = 12  # a worker that is older is stopped by the reaper, and replaced if it is still needed
ON_DEMAND = "FARGATE"
LEAST_SECONDS = 60  # that are billed of a task
MOST_EARLY_ENDS = (
    3  # so many workers that end before they have ever called: another will not do better
)
CAMPAIGN = "lotus:campaign"
OVER = "the campaign is over"
Facts = dict[str, Any]


@dataclass(frozen=True)
class FleetStatus:
    """What the scheduler says: rows not finished, workers that have called, those with nothing to
    do.
    """

    unfinished: int
    names: frozenset[str] = frozenset()
    idle: tuple[str, ...] = ()  # addresses


def to_start(alive: int, unfinished_tasks: int, most: int) -> int:
    """How many more workers there should be; fewer than none if there are too many.

    The driver hands out two rows for each worker that it sees, so a full queue means that there are
    more.
    """
    workers = 2 * unfinished_tasks if unfinished_tasks >= alive else unfinished_tasks
    return min(most, workers) - alive


def provider_after(provider: str, reasons: Sequence[str]) -> str:
    """Where to start the next workers, after AWS gave these reasons for not starting or for
    stopping some.
    """
    lacking = any(
        "capacity" in reason.lower() or reason.startswith("RESOURCE") for reason in reasons
    )
    return ON_DEMAND if lacking else provider


def to_start_on(strategy: str, arguments: Facts, count: int, tags: dict[str, str]) -> Facts:
    """What RunTask is told."""
    request = {name: value for name, value in arguments.items() if name != "launchType"}
    tag_list = [{"key": key, "value": value} for key, value in tags.items()]
    return {
        **request,
        "count": count,
        "tags": tag_list,
        "capacityProviderStrategy": [{"capacityProvider": strategy, "weight": 1}],
    }


def spent_usd(task: Facts, now: datetime, *, public_address: bool) -> Decimal:
    """What a task has cost: from the pull of its image until it stopped, or now."""
    start = task.get("pullStartedAt") or task.get("startedAt") or task.get("createdAt") or now
    seconds = ((task.get("stoppedAt") or now) - start).total_seconds()
    return fargate_usd(
        max(seconds, LEAST_SECONDS),
        cpu_units=int(task.get("cpu") or 1024),
        memory_mib=int(task.get("memory") or 2048),
        disk_gb=int(task.get("ephemeralStorage", {}).get("sizeInGiB", 20)),
        spot=task.get("capacityProviderName") == SPOT,
        public_address=public_address,
    )


@dataclass
class Fleet:
    """The workers of one campaign. `look` asks the scheduler, `retire` tells workers (by address)
    to end.
    """

    account: Account
    most: int
    command: tuple[str, ...]
    campaign_id: str
    driver: str  # the ARN of this process's own task, or a name of this machine
    look: Callable[[], FleetStatus]
    retire: Callable[[Sequence[str]], None] = lambda addresses: None
    alive: dict[str, Facts] = field(default_factory=dict)
    ended: list[Facts] = field(default_factory=list)
    earlier: list[Facts] = field(default_factory=list)  # found at the end
    fault: LotusError | None = None
    provider: str = SPOT
    begun: bool = (
        False  # rows were handed out: until then those that have nothing to do wait for them
    )
    called: set[str] = field(default_factory=set)  # names of workers that the scheduler has seen
    silent: int = 0  # workers that ended without a call, since the last that called
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def hopeless(self) -> bool:
        """Whether waiting for a first worker is of no use: AWS refuses, or they end as soon as they
        begin.
        """
        return self.silent >= MOST_EARLY_ENDS or not (self.alive or self.ended)

    def __enter__(self) -> Fleet:
        self._thread = threading.Thread(target=self._watch, name="fleet", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self.close()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS if self.alive or self.fault else 0.2):
            try:
                self.step()
            except (
                LotusError
            ) as error:  # throttled, or the network is away: the next look may do better
                self.fault = error

    def step(self) -> None:
        """One look at ECS and the scheduler, and what follows from it. Raises AwsError."""
        status = self.look()
        self.called |= status.names
        self._refresh()
        self.begun |= status.unfinished > 0
        missing = to_start(len(self.alive), max(1, status.unfinished), self.most)
        if missing > 0 and self.silent < MOST_EARLY_ENDS:
            self._start(missing)
        elif missing < 0 and status.idle and self.begun:
            self.retire(status.idle[:-missing])

    def _refresh(self) -> None:
        """Ask how the workers are; those that stopped are put aside, with what that says of the
        next.
        """
        facts = [
            task
            for some in _in(list(self.alive), DESCRIBED_AT_ONCE)
            for task in self._describe(some)
        ]
        for task in facts:
            if task["lastStatus"] != "STOPPED":
                self.alive[task["taskArn"]] = task
                continue
            self.alive.pop(task["taskArn"], None)
            self.ended.append(task)
            reason = task.get("stoppedReason", "")
            self.provider = provider_after(self.provider, [reason])
            if short(task["taskArn"]) in self.called or "Spot" in reason:
                self.silent = 0
            else:
                self.silent += 1
                remedy = "run `lotus doctor --aws --only stopped`"
                self.fault = AwsError(
                    service="ecs", operation="run_task", reason=reason, code="", remedy=remedy
                )

    def _describe(self, arns: Sequence[str]) -> list[Facts]:
        cluster = self.account.environment.cluster
        return list(
            self.account.call("ecs", "describe_tasks", cluster=cluster, tasks=list(arns))["tasks"]
        )

    def _start(self, count: int) -> None:
        """In calls of ten; what ECS does not start now is tried again at the next look."""
        env = self.account.environment
        expires = datetime.now(UTC) + timedelta(hours=HOURS)
        tags = {
            CAMPAIGN: self.campaign_id,
            DRIVER: self.driver,
            EXPIRES: expires.isoformat(timespec="seconds"),
        }
        how = f"{self.provider},{'address' if env.public_address else 'nat'}"
        (step,) = run_once(env, "worker", (*self.command, how), "").steps
        arguments = {**step.arguments, "startedBy": self.campaign_id}
        for number in range(0, count, AT_ONCE):
            request = to_start_on(self.provider, arguments, min(AT_ONCE, count - number), tags)
            answer = self.account.call("ecs", "run_task", **request)
            self.alive |= {task["taskArn"]: task for task in answer["tasks"]}
            reasons = [failure.get("reason", "") for failure in answer.get("failures", ())]
            self.provider = provider_after(self.provider, reasons)
            if reasons:
                return

    def close(self) -> None:
        """Stop every worker of this campaign, also those of an earlier driver; go on if one
        resists.
        """
        env = self.account.environment
        arns = set(self.alive)
        try:
            which = {"cluster": env.cluster, "startedBy": self.campaign_id}
            arns |= set(self.account.pages("ecs", "list_tasks", "taskArns", **which))
        except AwsError as error:
            self.fault = error
        for arn in arns:
            try:
                self.account.call("ecs", "stop_task", cluster=env.cluster, task=arn, reason=OVER)
            except AwsError as error:
                self.fault = error
        try:
            self._refresh()
            stopped_tasks = tasks(self.account, stopped=True, family=env.families["worker"])
            self.earlier = [
                task for task in stopped_tasks if task.get("startedBy") == self.campaign_id
            ]
        except AwsError as error:
            self.fault = error

    def costs(self, now: datetime) -> dict[str, tuple[str, Decimal]]:
        """By the task's id what the ledger calls its seconds, and dollars: of all tasks that ECS
        still knows, also those of an earlier driver that was killed.
        """
        public = self.account.environment.public_address
        every = [*self.earlier, *self.ended, *self.alive.values()]
        kinds = [FARGATE[task.get("capacityProviderName") == SPOT] for task in every]
        return {
            short(task["taskArn"]): (kind, spent_usd(task, now, public_address=public))
            for task, kind in zip(every, kinds, strict=True)
        }


def _in(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
