"""What viewers of a service may change who may make videos: jobs, budgets, approvals, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from tornado.web import HTTPError, authenticated

from dashboards.server.feedback import JobForm
from dashboards.server.state import Management
from dashboards.server.viewer import PageHandler
from dashboards.views.links import ServedLinks
from dashboards.views.manage import manage_view
from lotus.db import tables as t
from lotus.db.tables import now
from lotus.display.kit import Html
from lotus.errors import InvalidInput, LotusError, UnknownName
from lotus.money.budgets import budget_subject, dollars, list_budgets, set_budget
from lotus.notify.channels import NotDelivered
from lotus.notify.delivery import recent, retry, send_test
from lotus.notify.occasions import waiting_campaigns
from lotus.notify.rules import (
    add_rule,
    find_rule,
    list_rules,
    pause_rule,
    remove_rule,
    signing_secret,
)
from lotus.pipeline.payment import cancel_job
from lotus.pipeline.requeue import requeue_job
from lotus.system.distribution import install_command
from lotus.workspace import Workspace

__all__ = ["CHANGES", "ActionForm", "ManagePage"]

MESSAGES = 20  # newest ones that are listed


def _management(handler: PageHandler) -> Management:
    """What may be changed; raises HTTPError for who may not."""
    if handler.state.managed is None:
        raise HTTPError(404)
    if not handler.may("write"):
        raise HTTPError(403)
    return handler.state.managed


class ActionForm(JobForm):
    """Stop a job, or try it again."""

    def check(self) -> None:
        """Only who may make videos."""
        _management(self)

    async def change(self, fields: Callable[[str], str], job: Mapping[str, Any]) -> str | Html:
        """Carry it out."""
        management = _management(self)
        actions: dict[str, Callable[..., Any]] = {"cancel": cancel_job, "retry": requeue_job}
        if fields("do") not in actions:
            raise UnknownName("action", fields("do"), actions)
        work = partial(actions[fields("do")], job["job_id"], workspace=management.workspace)
        await self.state.run(work)
        management.wake()
        return ""


Fields = Callable[[str], str]


def _set_budget(workspace: Workspace, fields: Fields) -> str:
    subject = budget_subject(fields("scope"), fields("campaign") or None)
    if subject:
        _check_campaign(workspace, subject)
    workspace.db.run(set_budget, fields("scope"), subject, dollars(fields("usd")))
    return "The budget is set."


def _check_campaign(workspace: Workspace, campaign_id: str) -> None:
    if not workspace.db.ask(_is_campaign, campaign_id):
        reason = f"no campaign has the id '{campaign_id[:40]}'"
        remedy = "copy it from the address of the campaign's page"
        raise InvalidInput(file="", field="campaign", reason=reason, remedy=remedy)


def _is_campaign(connection: sa.Connection, campaign_id: str) -> bool:
    query = sa.select(t.campaigns.c.id).where(t.campaigns.c.id == campaign_id)
    return connection.scalar(query) is not None


def _lift_budget(workspace: Workspace, fields: Fields) -> str:
    subject = budget_subject(fields("scope"), fields("campaign") or None)
    workspace.db.run(set_budget, fields("scope"), subject, None)
    return "The budget is removed."


def _add_rule(workspace: Workspace, fields: Fields, events: tuple[str, ...]) -> str:
    channel = fields("channel")
    if channel == "webhook":
        signing_secret(workspace.settings, "")  # raises where webhooks cannot be signed
    name = fields("name") or f"{channel} on {events[0] if events else 'nothing'}"
    campaign = fields("of_campaign") or None
    rule = add_rule(workspace.db, name, events, channel, fields("target"), campaign=campaign)
    if channel != "webhook":
        return "The rule is added."
    return f"The rule is added. Its webhooks are signed with {_secret(workspace, rule.id)}"


def _secret(workspace: Workspace, rule_id: str) -> str:
    return signing_secret(workspace.settings, rule_id)


def _test_rule(workspace: Workspace, fields: Fields) -> str:
    try:
        send_test(workspace, find_rule(workspace.db, fields("rule")))
    except NotDelivered as error:  # by who receives it: no fault of the service
        reason = f"the message was not taken: {error.message}"
        raise InvalidInput(file="", field="rule", reason=reason, remedy=error.remedy) from error
    return "The message was delivered."


def _pause_rule(workspace: Workspace, fields: Fields) -> str:
    pause_rule(workspace.db, fields("rule"), paused=True)
    return "The rule is paused."


def _resume_rule(workspace: Workspace, fields: Fields) -> str:
    pause_rule(workspace.db, fields("rule"), paused=False)
    return "The rule is active again."


def _remove_rule(workspace: Workspace, fields: Fields) -> str:
    remove_rule(workspace.db, fields("rule"))
    return "The rule is removed."


def _retry_messages(workspace: Workspace, fields: Fields) -> str:
    return f"Messages that will be tried again: {retry(workspace)}."


def _approve(workspace: Workspace, fields: Fields) -> str:
    try:
        from batch.rows.runs import approve
    except ImportError as exc:
        remedy = f"install it: {install_command('batch')}"
        raise InvalidInput(file="", field="campaign", reason=str(exc), remedy=remedy) from exc
    campaign = fields("campaign")
    _check_campaign(workspace, campaign)
    rows = workspace.db.run(approve, campaign)
    return f"Rows approved: {rows}. To make them: lotus batch resume {campaign}"


CHANGES: Mapping[str, Callable[[Workspace, Fields], str]] = {
    "set budget": _set_budget,
    "lift budget": _lift_budget,
    "test rule": _test_rule,
    "pause rule": _pause_rule,
    "resume rule": _resume_rule,
    "remove rule": _remove_rule,
    "retry messages": _retry_messages,
    "approve": _approve,
}


class ManagePage(PageHandler):
    """Budgets, approvals and notifications, for who may make videos."""

    @authenticated
    async def get(self) -> None:
        """Show them."""
        if self.forget_token():
            return
        await self._show("")

    @authenticated
    async def post(self) -> None:
        """Change something, and show all of it again with what became of it."""
        management = _management(self)
        action = self.get_body_argument("do", "")

        def fields(name: str) -> str:
            return str(self.get_body_argument(name, ""))

        change = CHANGES.get(action)
        if action == "add rule":
            change = partial(_add_rule, events=tuple(self.get_body_arguments("event")))
        try:
            if change is None:
                raise UnknownName("action", action, (*CHANGES, "add rule"))
            message = await self.state.run(change, management.workspace, fields)
        except LotusError as error:
            self.refuse("Manage", error, 400, active="manage")
            return
        self.state.answers.forget()
        await self._show(message)

    async def _show(self, message: str) -> None:
        workspace = _management(self).workspace
        facts = await self.state.run(_facts, workspace)
        mark = self.xsrf_token.decode()
        self.show("Manage", manage_view(facts, mark, message, ServedLinks()), active="manage")


def _facts(workspace: Workspace) -> dict[str, Any]:
    """All that the page shows, of one moment."""

    def read(connection: sa.Connection) -> dict[str, Any]:
        budgets = [budget.model_dump(mode="json") for budget in list_budgets(connection, now())]
        waiting = [one.data for one in waiting_campaigns(connection, now())]
        return {"budgets": budgets, "waiting": waiting}

    rules = list_rules(workspace.db)
    return {
        **workspace.db.ask(read),
        "rules": [{**rule.model_dump(mode="json"), "target": rule.shown_target} for rule in rules],
        "messages": [
            {**row, "created_at": row["created_at"].isoformat()}
            for row in recent(workspace, MESSAGES)
        ],
    }
