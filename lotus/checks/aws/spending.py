"""Money: is the month's budget nearly spent, and does anything cry for attention?"""

from __future__ import annotations

from decimal import Decimal

from lotus.checks.aws.base import AwsCheck, Found, verdict
from lotus.checks.base import Cause, Finding
from lotus.ops.account import Account

__all__ = ["SPENDING"]

NEARLY = Decimal("0.8")

NO_BUDGET = Cause(
    "no budget",
    "AWS Budgets knows no budget of that name",
    "nobody is told when too much is spent",
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
    "AWS stops nothing by itself",
    "lotus ops pause, or raise budget_usd and apply",
)
ALARM = Cause(
    "alarm",
    "an alarm of the environment rings",
    "a threshold in terraform/modules/observability was passed",
    "see the check that the alarm names; `lotus ops status`",
    status="warn",
)


def look(account: Account) -> Finding:
    """The budget as AWS counts it (once or twice a day), and alarms that ring."""
    env, found = account.environment, Found()
    owner = account.call("sts", "get_caller_identity")["Account"]
    told = account.find("budgets", "describe_budget", AccountId=owner, BudgetName=env.budget)
    detail = "no budget"
    if told is None:
        found.append(NO_BUDGET.found(f"there is no budget {env.budget}"))
    else:
        limit = Decimal(told["Budget"]["BudgetLimit"]["Amount"])
        spent = Decimal(told["Budget"].get("CalculatedSpend", {}).get("ActualSpend", {}).get("Amount", "0"))
        detail = f"{spent:.2f} of {limit:.2f} USD are spent this month"
        if spent >= limit:
            found.append(OVERSPENT.found(detail))
        elif spent >= NEARLY * limit:
            found.append(NEARLY_SPENT.found(detail))
    ringing = account.pages(
        "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{env.cluster}-", StateValue="ALARM"
    )
    found += [ALARM.found(f"{one['AlarmName']}: {one.get('AlarmDescription', '')}") for one in ringing]
    return verdict(found, detail)


SPENDING = AwsCheck("budget and alarms", look, (NO_BUDGET, NEARLY_SPENT, OVERSPENT, ALARM))
