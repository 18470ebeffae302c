"""Mails of the environment's own alarms, budget and anomaly monitor, as causes.

Alarms are those of terraform/modules/observability and service; a test holds the two together.
docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from __future__ import annotations

from lotus.checks.base import Cause, Status

__all__ = ["ALARMS", "MAILS"]

IN_ALARM = r"^(?!OK: )(?!.*entered the OK state)(?!.*NewStateValue\W+OK\b).*\blotus-\w+-"
ERRORS = "`lotus ops logs --task service --errors`"


def _alarm(name: str, means: str, remedy: str, status: Status = "fail") -> Cause:
    """A cause from an alarm's name, which stands in its mail."""
    symptom = f'a mail says: ALARM: "...-{name}"'
    return Cause(f"alarm {name}", symptom, means, remedy, IN_ALARM + rf"{name}(?![\w-])", status)


ALARMS = (
    _alarm(
        "memory",
        "the service used more than 85 percent of its memory for a quarter of an hour",
        "`lotus doctor --aws --only load`; raise service.memory in the .tfvars, then "
        "`terraform -chdir=terraform apply` and `lotus ops restart`",
    ),
    _alarm(
        "connections",
        "the database had fewer than a fifth of its connections left for a quarter of an hour",
        "`lotus doctor --aws --only connections`",
    ),
    _alarm(
        "schedules",
        "EventBridge could not start the task of a schedule",
        "`lotus doctor --aws --only schedules --only roles`",
    ),
    _alarm(
        "cpu",
        "the service used more than 90 percent of its processors for a quarter of an hour",
        "`lotus doctor --aws --only load`; `lotus ops usage`",
        "warn",
    ),
    _alarm(
        "database-cpu",
        "the database used more than 90 percent of its processors for a quarter of an hour",
        "`lotus doctor --aws --only statements --only load`",
        "warn",
    ),
    _alarm(
        "failed-rows",
        "more than five rows of campaigns failed in each five minutes of a quarter of an hour",
        "`lotus ops logs --task worker --errors`; `lotus ops run lotus doctor --only failures`",
    ),
    _alarm(
        "errors",
        "the service answered more than ten requests of five minutes with 5xx, three times on end",
        f"{ERRORS}; `lotus doctor --aws --only health --only database`",
    ),
    _alarm(
        "elb-errors",
        "the load balancer answered more than ten requests of five minutes itself, with 5xx",
        "`lotus doctor --aws --only service --only health --only stopped`",
    ),
    _alarm(
        "storage",
        "less than 2 GiB of the database's disk are free",
        "raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`; "
        "`lotus ops run lotus db prune --yes`",
    ),
    _alarm(
        "running",
        "for five minutes fewer tasks of the service ran than the .tfvars want",
        "`lotus doctor --aws --only service --only stopped`; if it was paused on purpose, "
        "`lotus ops resume` ends the alarm",
    ),
    _alarm(
        "healthy",
        "for three minutes the load balancer found no task that is well: nobody is answered",
        "`lotus doctor --aws --only service --only health --only stopped`; " + ERRORS,
    ),
    _alarm(
        "scaling-more",
        "jobs wait: the service is given another task, which is no fault",
        "nothing: `lotus ops status` shows the task",
        "warn",
    ),
    _alarm(
        "scaling-fewer",
        "no job has waited for a while: the service gives a task back, which is no fault",
        "nothing: `lotus ops status` shows those that go on",
        "warn",
    ),
)
MAILS = (
    *ALARMS,
    Cause(
        "budget alert",
        "a mail says: AWS Budgets: ... has exceeded your alert threshold",
        "the month's cost, or its forecast, passed 50, 80 or 100 percent of budget_usd",
        "`lotus doctor --aws --only spending`; `lotus ops usage` says what runs; "
        "`lotus ops pause` ends all of it",
        r"AWS Budgets?:|budget .*exceeded your alert threshold|exceeded your alert threshold",
        "warn",
    ),
    Cause(
        "unusual spending",
        "a mail says: AWS Cost Management: Cost anomaly",
        "a day cost more than days before it let expect",
        "`lotus doctor --aws --only spending`; `lotus ops usage` says what runs",
        r"cost anomal(y|ies)",
        "warn",
    ),
)
