"""Money: is the month's budget nearly spent, and does anything cry for attention?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.checks.base import Cause, Finding

__all__ = ["SPENDING"]

NEARLY = Decimal("0.8")
ANOMALY_DAYS = 7

NO_BUDGET = Cause(
    "no budget",
    "AWS Budgets has no budget of that name",
    "no alert is sent when too much is spent",
    "terraform -chdir=terraform apply -target=module.budget",
    status="warn",
)
NEARLY_SPENT = Cause(
    "nearly spent",
    "more than 80 % of the month's budget is spent",
    "at this pace it will not last",
    "`lotus ops usage` says what runs; `lotus ops pause`; `lotus costs --by day` for Replicate",
    status="warn",
)
OVERSPENT = Cause(
    "overspent",
    "the month's budget is spent",
    "AWS does not stop anything by itself",
    "`lotus ops pause`, or raise budget_usd in the .tfvars, then "
    "`terraform -chdir=terraform apply -target=module.budget`",
)
ALARM = Cause(
    "alarm",
    "an alarm of the environment rings",
    "a threshold in terraform/modules/observability was passed",
    "`lotus doctor --aws` finds what the alarm names; `lotus ops status` lists what rings",
    status="warn",
)


ANOMALY = Cause(
    "anomaly",
    "AWS Cost Anomaly Detection found spending within a week that does not look like the weeks "
    "before",
    "something runs that did not, or costs more than it did",
    "`lotus ops status` and `lotus ops usage` say what runs; `lotus ops reap`, `lotus ops pause`",
    status="warn",
)


def look(account: Account) -> Finding:
    """The budget as AWS counts it (once or twice a day), and alarms that ring."""
    env = account.environment
    findings = Findings()
    owner = account.call("sts", "get_caller_identity")["Account"]
    response = account.find("budgets", "describe_budget", AccountId=owner, BudgetName=env.budget)
    detail = "no budget"
    if response is None:
        findings.append(NO_BUDGET.finding(f"there is no budget {env.budget}"))
    else:
        limit = Decimal(response["Budget"]["BudgetLimit"]["Amount"])
        spend = Decimal(
            response["Budget"].get("CalculatedSpend", {}).get("ActualSpend", {}).get("Amount", "0")
        )
        detail = f"{spend:.2f} of {limit:.2f} USD are spent this month"
        if spend >= limit:
            findings.append(OVERSPENT.finding(detail))
        elif spend >= NEARLY * limit:
            findings.append(NEARLY_SPENT.finding(detail))
    findings += _anomalies(account)
    ringing = account.pages(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=f"{env.cluster}-",
        StateValue="ALARM",
    )
    findings += [
        ALARM.finding(f"{one['AlarmName']}: {one.get('AlarmDescription') or 'it rings'}")
        for one in ringing
        if not str(one["AlarmName"]).startswith(env.scaling_alarms)
    ]
    return verdict(findings, detail)


def _anomalies(account: Account) -> Findings:
    since = (datetime.now(UTC) - timedelta(days=ANOMALY_DAYS)).date().isoformat()
    response = account.call("ce", "get_anomalies", DateInterval={"StartDate": since})["Anomalies"]
    return [
        ANOMALY.finding(f"{_excess(one)} more than usual since {one['AnomalyStartDate']}")
        for one in response
    ]


def _excess(anomaly: dict[str, Any]) -> str:
    services = sorted({str(cause.get("Service", "?")) for cause in anomaly.get("RootCauses", ())})
    usd = anomaly["Impact"].get("TotalImpact", anomaly["Impact"]["MaxImpact"])
    return f"{usd:.2f} USD of {', '.join(services) or 'something'}"


SPENDING = AwsCheck(
    "budget, anomalies and alarms", look, (NO_BUDGET, NEARLY_SPENT, OVERSPENT, ANOMALY, ALARM)
)
