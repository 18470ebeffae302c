"""How a change to an environment on AWS is made: shown, asked about, done, waited for."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json

__all__ = ["VERBATIM", "Json", "Wait", "Yes", "do", "here", "until_stable"]

# from the first word of a command to be run elsewhere, options are that command's
VERBATIM = {"allow_interspersed_args": False}
Json = Annotated[bool, JSON]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Wait = Annotated[
    int, typer.Option(min=0, help="Seconds to wait until it is done; 0 = do not wait.")
]


def here() -> Any:
    """The environment that LOTUS_AWS names, with its clients."""
    from lotus.aws.account import open_account
    from lotus.settings import Settings

    return open_account(Settings.read())


def do(
    account: Any, plan: Any, yes: bool, json: bool, wait: Any = None, ask: str = ""
) -> list[dict[str, Any]]:
    """Show, ask, do, record; with --json ask nobody: without --yes nothing is done."""
    from lotus.aws.plan import OperationResult, carry_out

    if not json:
        for step in plan.steps:
            out(f"  {step.says}")
        if plan.note:
            out(plan.note)
    confirmed = bool(plan.steps) and (yes or (not json and _agreed(ask)))
    answers = carry_out(account, plan) if confirmed else []
    outcomes = wait(answers) if wait and confirmed else {}
    if json:
        print_json(OperationResult.of(plan, done=confirmed, **outcomes).model_dump(mode="json"))
    elif plan.steps:
        outcome = outcomes.get("failed") or outcomes.get("started") or "done"
        out(outcome if confirmed else "nothing was changed")
    if outcomes.get("failed"):
        raise typer.Exit(1)
    return answers


def _agreed(word: str) -> bool:
    if word:
        return bool(typer.prompt(f"Type {word} to go on", default="", show_default=False) == word)
    return typer.confirm("Do it?", default=False)


def until_stable(account: Any, seconds: int, on_taken_back: Any = lambda: None) -> Any:
    """Waits until the deployment is over, and says how it stands: `failed` if it is not as was
    asked.
    """

    def wait(answers: Any) -> dict[str, Any]:
        from lotus.aws.service import stable
        from lotus.aws.status import service_facts

        until = time.monotonic() + seconds
        service = service_facts(account)
        while not stable(service) and time.monotonic() < until:
            time.sleep(min(3.0, max(0.0, until - time.monotonic())))
            service = service_facts(account)
        target = next(one["service"]["taskDefinition"] for one in answers if "service" in one)
        outcome = {"stable": stable(service), "running": service["runningCount"]}
        if service["taskDefinition"] != target:
            back = service["taskDefinition"].rsplit("/", 1)[-1]
            on_taken_back()
            reason = (
                f"the new tasks did not answer: ECS returned to {back}; `lotus doctor --aws` "
                "says why"
            )
            return {**outcome, "failed": reason}
        late = f"not stable after {seconds} s: see `lotus ops status`"
        return {**outcome, "failed": late} if seconds and not outcome["stable"] else outcome

    return wait
