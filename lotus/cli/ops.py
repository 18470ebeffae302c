"""lotus ops: an environment on AWS, looked at and changed. Changes are shown, asked about, recorded."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting
from lotus.cli.ops_looking import add_looking

__all__ = ["app"]

app = typer.Typer(
    help="An environment on AWS: look, change, clean up (see terraform/).", no_args_is_help=True
)
add_looking(app)
cache = typer.Typer(help="The cache of the environment on AWS.", no_args_is_help=True)
app.add_typer(cache, name="cache")
Json = Annotated[bool, JSON]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Wait = Annotated[int, typer.Option(min=0, help="Seconds to wait until it is done; 0 for not at all.")]
Command = Annotated[list[str], typer.Argument(help="A command of lotus, such as: lotus cache stats")]


def _account() -> Any:
    from lotus.ops.account import open_account
    from lotus.settings import Settings

    return open_account(Settings.read())


def _do(
    account: Any, plan: Any, yes: bool, json: bool, wait: Any = None, ask: str = ""
) -> list[dict[str, Any]]:
    """Show, ask, do, record; with --json ask nobody: without --yes nothing is done."""
    from lotus.ops.plan import carry_out

    if not json:
        for step in plan.steps:
            out(f"  {step.says}")
        if plan.note:
            out(plan.note)
    agreed = bool(plan.steps) and (yes or (not json and _agreed(ask)))
    answers = carry_out(account, plan) if agreed else []
    ended = wait(answers) if wait and agreed else {}
    if json:
        print_json({**plan.to_json(), "done": agreed, **ended})
    elif plan.steps:
        out(ended.get("failed") or ("done" if agreed else "nothing was changed"))
    if ended.get("failed"):
        raise typer.Exit(1)
    return answers


def _agreed(word: str) -> bool:
    if word:
        return bool(typer.prompt(f"Type {word} to go on", default="", show_default=False) == word)
    return typer.confirm("Do it?", default=False)


def _until_stable(account: Any, seconds: int) -> Any:
    """Waits until the deployment is over, and says how it stands: `failed` if it is not as was asked."""

    def wait(answers: Any) -> dict[str, Any]:
        from lotus.ops.service import stable
        from lotus.ops.status import service_facts

        until, service = time.monotonic() + seconds, service_facts(account)
        while not stable(service) and time.monotonic() < until:
            time.sleep(min(3.0, max(0.0, until - time.monotonic())))
            service = service_facts(account)
        asked = next(one["service"]["taskDefinition"] for one in answers if "service" in one)
        told = {"stable": stable(service), "running": service["runningCount"]}
        if service["taskDefinition"] != asked:
            back = service["taskDefinition"].rsplit("/", 1)[-1]
            said = f"the new tasks did not answer: ECS returned to {back}; `lotus doctor --aws` says why"
            return {**told, "failed": said}
        late = f"not stable after {seconds} s: see `lotus ops status`"
        return {**told, "failed": late} if seconds and not told["stable"] else told

    return wait


@app.command()
def pause(yes: Yes = False, json: Json = False) -> None:
    """End all tasks and stop the schedules: from then on only what is kept costs something."""
    with reporting(json):
        from lotus.ops import service
        from lotus.ops.tasks import tasks

        account = _account()
        campaigns = tasks(account, family=account.environment.families["campaign"])
        _do(account, service.pause(account.environment, service.all_schedules(account), campaigns), yes, json)


@app.command()
def resume(yes: Yes = False, wait: Wait = 0, json: Json = False) -> None:
    """Start the service and the schedules again."""
    with reporting(json):
        from lotus.ops import service

        account = _account()
        plan = service.resume(account.environment, service.all_schedules(account))
        _do(account, plan, yes, json, _until_stable(account, wait))


@app.command()
def restart(yes: Yes = False, wait: Wait = 0, json: Json = False) -> None:
    """Replace all tasks of the service by new ones, such as after a change of a password."""
    with reporting(json):
        from lotus.ops import service

        account = _account()
        _do(account, service.restart(account.environment), yes, json, _until_stable(account, wait))


@app.command()
def scale(
    count: Annotated[int, typer.Argument(help="How many tasks of the service.")],
    yes: Yes = False, wait: Wait = 0, json: Json = False,
) -> None:  # fmt: skip
    """Run so many tasks of the service."""
    with reporting(json):
        from lotus.ops import service

        account = _account()
        _do(account, service.scale(account.environment, count), yes, json, _until_stable(account, wait))


@app.command()
def deploy(
    tag: Annotated[str, typer.Argument(help="The tag of an image in the repository.")],
    yes: Yes = False, wait: Wait = 600, json: Json = False,
) -> None:  # fmt: skip
    """Run another image: the service at once, campaigns and workers from their next start."""
    with reporting(json):
        from lotus.errors import InvalidInput
        from lotus.ops import service

        account = _account()
        env = account.environment
        asked = {"repositoryName": env.repository, "imageIds": [{"imageTag": tag}]}
        if account.find("ecr", "describe_images", **asked) is None:
            remedy = f"push it: docker push {env.image}:{tag}"
            raise InvalidInput(
                file="", field="tag", reason=f"{env.repository} has no image '{tag}'", remedy=remedy
            )
        newest = [service.definitions(account, family)[0] for family in env.families.values()]
        _do(
            account,
            service.deploy(env, f"{env.image}:{tag}", newest),
            yes,
            json,
            _until_stable(account, wait),
        )


@app.command()
def rollback(yes: Yes = False, wait: Wait = 600, json: Json = False) -> None:
    """Return to the image before this one."""
    with reporting(json):
        from lotus.ops import service
        from lotus.ops.status import service_facts

        account = _account()
        known = {name: service.definitions(account, name) for name in account.environment.families.values()}
        plan = service.rollback(account.environment, service_facts(account)["taskDefinition"], known)
        _do(account, plan, yes, json, _until_stable(account, wait))


@app.command()
def run(
    command: Command,
    task: Annotated[str, typer.Option(help="With the size and role of migrate, campaign, ...")] = "migrate",
    yes: Yes = False, wait: Wait = 600, json: Json = False,
) -> None:  # fmt: skip
    """Run a command of lotus in a task inside the network, and show what it said."""
    _one_off(list(command), "run", task, yes, wait, json)


@app.command()
def migrate(
    what: Annotated[str, typer.Argument(help="init, status or migrate.")] = "migrate",
    yes: Yes = False, wait: Wait = 600, json: Json = False,
) -> None:  # fmt: skip
    """Bring the database's tables to what the deployed image needs, in a task inside the network."""
    with reporting(json):
        from lotus.errors import UnknownName

        if what not in ("init", "status", "migrate"):
            raise UnknownName("command of lotus db", what, ("init", "status", "migrate"))
    _one_off(["lotus", "db", what], f"migrate {what}", "migrate", yes, wait, json)


@cache.command("clear")
def clear_cache(
    clips: Annotated[bool, typer.Option("--clips", help="Clips, which may have cost money.")] = False,
    segments: Annotated[bool, typer.Option("--segments", help="Rendered segments.")] = False,
    yes: Yes = False, wait: Wait = 600, json: Json = False,
) -> None:  # fmt: skip
    """Remove clips and segments (both, unless one is named), in a task inside the network."""
    which = [flag for flag, wanted in (("--clips", clips), ("--segments", segments)) if wanted]
    _one_off(["lotus", "cache", "clear", *which, "--yes"], "cache clear", "migrate", yes, wait, json)


def _one_off(command: list[str], name: str, task: str, yes: bool, wait: int, json: bool) -> None:
    with reporting(json):
        from lotus.errors import UnknownName
        from lotus.ops import tasks

        account, outcome = _account(), dict[str, Any]()
        if task not in account.environment.families:
            raise UnknownName("task", task, account.environment.families)

        def ended(answers: Any) -> dict[str, Any]:
            arn = answers[0]["tasks"][0]["taskArn"]
            outcome.update(_outcome(account, task, arn, wait))
            return outcome

        _do(account, tasks.run_once(account.environment, task, command, name), yes, json, ended)
        if not json:
            for line in outcome.get("log", ()):
                out(f"  | {line}")
        if outcome.get("exit_code"):
            raise typer.Exit(1)


def _outcome(account: Any, name: str, arn: str, wait: int) -> dict[str, Any]:
    from lotus.ops import logs, tasks

    task = tasks.wait_for_end(account, arn, wait)
    codes = [one.get("exitCode") for one in task["containers"]] if task else []
    return {
        "task": tasks.short(arn),
        "ended": task is not None,
        "exit_code": codes[0] if codes else None,
        "log": logs.last_lines(account, name, tasks.short(arn)),
    }


@app.command("stop-task")
def stop_task(
    task: Annotated[str, typer.Argument(help="A task's id, or its beginning or end.")],
    yes: Yes = False, json: Json = False,
) -> None:  # fmt: skip
    """Stop one task; what it works on is given back."""
    with reporting(json):
        from lotus.ops import tasks

        account = _account()
        _do(account, tasks.stop(account.environment, tasks.tasks(account), task), yes, json)


@app.command()
def reap(yes: Yes = False, json: Json = False) -> None:
    """Stop workers that outlived their campaign."""
    with reporting(json):
        from lotus.ops import tasks

        account = _account()
        _do(account, tasks.reap(account.environment, tasks.tasks(account), time.time()), yes, json)


@app.command()
def cleanup(yes: Yes = False, json: Json = False) -> None:
    """Remove old revisions, images without a tag, old jobs, and objects that expired or belong to nobody."""
    with reporting(json):
        from lotus.ops import cleanup as going
        from lotus.ops import service
        from lotus.ops.status import service_facts

        account = _account()
        env, used = account.environment, service_facts(account)["taskDefinition"]
        known = {name: service.definitions(account, name) for name in env.families.values()}
        _do(account, going.cleanup(env, going.untagged(account), known, used), yes, json)


@app.command()
def backup(yes: Yes = False, json: Json = False) -> None:
    """Keep the database as a snapshot."""
    with reporting(json):
        from lotus.ops import cleanup as going

        account = _account()
        _do(account, going.backup(account.environment, datetime.now(UTC)), yes, json)


@app.command()
def destroy(
    prod: Annotated[bool, typer.Option("--prod", help="Even if people depend on it.")] = False,
    yes: Yes = False, json: Json = False,
) -> None:  # fmt: skip
    """Keep a snapshot and end all tasks, so that `terraform destroy` can remove the rest."""
    with reporting(json):
        from lotus.ops import cleanup as going

        account = _account()
        env = account.environment
        plan = going.destroy(env, datetime.now(UTC), prod=prod)
        done = _do(account, plan, yes, json, ask=env.cluster)
        if done and not json:
            out(f"now: terraform -chdir=terraform destroy -var-file=environments/{env.environment}.tfvars")
