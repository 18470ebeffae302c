"""lotus notify: who is told of what, by webhook, Slack or mail."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, open_workspace, out, print_json, reporting, table

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    help="Notifications by webhook, Slack or mail: add rules, test them, see what was delivered.",
    no_args_is_help=True,
)
Json = Annotated[bool, JSON]
Rule = Annotated[
    str,
    typer.Argument(metavar="RULE", help="A rule's id; its first or last characters are enough."),
]


@app.command()
def add(
    channel: Annotated[str, typer.Argument(help="webhook, slack or mail.")],
    target: Annotated[
        str,
        typer.Argument(
            help="A web address, a mail address, or env:LOTUS_NOTIFY_NAME for the variable that "
            "holds it."
        ),
    ],
    event: Annotated[
        list[str],
        typer.Option("--on", metavar="EVENT", help="An event to report; repeat for more."),
    ],
    name: Annotated[str, typer.Option(help="A name for the rule.")] = "",
    campaign: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Also report jobs of this campaign, or '*' for all campaigns; default: none.",
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option(metavar="ID", help="Report only jobs of this token.")
    ] = None,
    internal: Annotated[
        bool, typer.Option("--internal", help="Allow an address inside your network.")
    ] = False,
    json: Json = False,
) -> None:
    """Add a rule. Events: job.completed, job.failed, campaign.finished, campaign.waiting,
    budget.80, budget.100, report.daily, report.weekly, report.monthly.
    """
    with reporting(json):
        from lotus.notify.rules import add_rule, check_rule, signing_secret

        workspace = open_workspace()
        check_rule(event, channel, name or channel, target)
        if channel == "webhook":
            signing_secret(workspace.settings, "")  # raises where it is not set
        rule = add_rule(
            workspace.db,
            name or f"{channel} on {event[0]}",
            event,
            channel,
            target,
            campaign=campaign,
            token=token,
            internal=internal,
        )
        secret = signing_secret(workspace.settings, rule.id) if channel == "webhook" else None
        if json:
            print_json(_document(rule) | ({"secret": secret} if secret else {}))
            return
        out(f"{rule.id}: {rule.name}")
        if secret:
            out(f"its webhooks are signed with {secret}")


def _document(rule: Any) -> dict[str, Any]:
    document: dict[str, Any] = rule.model_dump(mode="json")
    return {**document, "target": rule.shown_target}


@app.command("list")
def list_(json: Json = False) -> None:
    """List rules."""
    with reporting(json):
        from lotus.notify.rules import list_rules

        rules = list_rules(open_workspace().db)
        if json:
            print_json({"rules": [_document(rule) for rule in rules]})
            return
        rows = [
            [
                r.id,
                r.name,
                ", ".join(r.events),
                r.channel,
                r.shown_target,
                "paused" * bool(r.paused_at),
            ]
            for r in rules
        ]
        table(["rule", "name", "on", "channel", "to", ""], rows)


@app.command()
def pause(rule: Rule, json: Json = False) -> None:
    """Pause a rule; its waiting messages stay in the queue."""
    _pause(rule, True, json)


@app.command()
def resume(rule: Rule, json: Json = False) -> None:
    """Resume a paused rule."""
    _pause(rule, False, json)


def _pause(name: str, paused: bool, json: bool) -> None:
    with reporting(json):
        from lotus.notify.rules import pause_rule

        rule = pause_rule(open_workspace().db, name, paused=paused)
        print_json(_document(rule)) if json else out(f"{rule.id}: {'paused' if paused else 'on'}")


@app.command()
def remove(rule: Rule, json: Json = False) -> None:
    """Remove a rule and its messages."""
    with reporting(json):
        from lotus.notify.rules import remove_rule

        rule_record = remove_rule(open_workspace().db, rule)
        print_json(_document(rule_record)) if json else out(f"{rule_record.id}: removed")


@app.command("test")
def send_test(rule: Rule, json: Json = False) -> None:
    """Send a test message by a rule now, and print whether it was delivered."""
    with reporting(json):
        from lotus.notify import delivery
        from lotus.notify.rules import find_rule

        workspace = open_workspace()
        rule_record = find_rule(workspace.db, rule)
        delivery.send_test(workspace, rule_record)
        print_json(_document(rule_record)) if json else out(
            f"{rule_record.shown_target} accepted it"
        )


@app.command()
def secret(rule: Rule, json: Json = False) -> None:
    """Print the secret that signs a rule's webhooks."""
    with reporting(json):
        from lotus.notify.rules import find_rule, signing_secret

        workspace = open_workspace()
        value = signing_secret(workspace.settings, find_rule(workspace.db, rule).id)
        print_json({"secret": value}) if json else typer.echo(value)


@app.command()
def log(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of messages.")] = 20,
    json: Json = False,
) -> None:
    """List the newest messages, and whether they were delivered."""
    with reporting(json):
        from lotus.notify.delivery import recent

        rows = recent(open_workspace(), limit)
        if json:
            print_json({"messages": rows})
            return
        names = ("created_at", "event", "rule", "status", "attempts", "error")
        lines = [
            [f"{r['created_at']:%Y-%m-%d %H:%M}", *(str(r[n] or "") for n in names[1:])]
            for r in rows
        ]
        table(["when (UTC)", "event", "rule", "status", "attempts", "error"], lines)


@app.command()
def run(json: Json = False) -> None:
    """Deliver due messages once; `lotus serve` does so by itself."""
    with reporting(json):
        from lotus.notify.delivery import turn

        attempts = turn(open_workspace())
        print_json({"tried": attempts}) if json else out(f"{attempts} messages tried")


@app.command()
def retry(json: Json = False) -> None:
    """Send again the messages that failed for good."""
    with reporting(json):
        from lotus.notify.delivery import retry as again

        count = again(open_workspace())
        print_json({"retried": count}) if json else out(f"{count} messages will be tried again")
