"""lotus ops: an environment on AWS, looked at and changed. Changes are shown, asked about,
recorded.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lotus.cli.aws_begin import add_beginning
from lotus.cli.aws_change import VERBATIM, Json, Wait, Yes, do, here, until_stable
from lotus.cli.aws_data import add_data
from lotus.cli.aws_tasks import one_off
from lotus.cli.common import Commands, out, print_json, reporting
from lotus.cli.ops_looking import add_looking

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    help="An environment on AWS: inspect, change, clean up (see terraform/).",
    no_args_is_help=True,
)
add_looking(app)
add_beginning(app)
add_data(app)
cache = typer.Typer(cls=Commands, help="The cache of the environment on AWS.", no_args_is_help=True)
app.add_typer(cache, name="cache")
Command = Annotated[
    list[str], typer.Argument(help="A command of lotus, such as: lotus cache stats")
]


@app.command()
def pause(yes: Yes = False, json: Json = False) -> None:
    """Stop all tasks and schedules; then only storage and the database cost money."""
    with reporting(json):
        from lotus.aws import service
        from lotus.aws.tasks import tasks

        account = here()
        campaigns = tasks(account, family=account.environment.families["campaign"])
        do(
            account,
            service.pause(account.environment, service.all_schedules(account), campaigns),
            yes,
            json,
        )


@app.command()
def resume(yes: Yes = False, wait: Wait = 0, json: Json = False) -> None:
    """Start the service and the schedules that `lotus ops pause` stopped."""
    with reporting(json):
        from lotus.aws import service

        account = here()
        plan = service.resume(account.environment, service.all_schedules(account))
        do(account, plan, yes, json, until_stable(account, wait))


@app.command()
def restart(yes: Yes = False, wait: Wait = 0, json: Json = False) -> None:
    """Replace all tasks of the service, for example after a password change or `terraform apply`;
    the image stays the same.
    """
    with reporting(json):
        from lotus.aws import service
        from lotus.aws.status import service_facts

        account = here()
        running = service.definition(account, service_facts(account)["taskDefinition"])
        own = service.definitions(account, account.environment.families["service"])
        plan = service.restart(account.environment, running, own)
        do(account, plan, yes, json, until_stable(account, wait))


@app.command()
def scale(
    count: Annotated[int, typer.Argument(help="The number of tasks of the service.")],
    yes: Yes = False,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Set the number of tasks of the service."""
    with reporting(json):
        from lotus.aws import service

        account = here()
        do(
            account,
            service.scale(account.environment, count),
            yes,
            json,
            until_stable(account, wait),
        )


@app.command()
def deploy(
    tag: Annotated[str, typer.Argument(help="The tag of an image in the repository.")],
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Run another image: the service at once, campaigns and workers from their next start."""
    with reporting(json):
        from lotus.aws import service
        from lotus.aws.images import newest_tags, pushed_tags, tag_of
        from lotus.aws.status import service_facts
        from lotus.errors import InvalidInput

        account = here()
        env = account.environment
        if not pushed_tags(account, [tag]):
            tags = ", ".join(newest_tags(account))
            remedy = f"one of: {tags}" if tags else "build one: `lotus ops build`"
            reason = f"{env.repository} has no image '{tag}'"
            raise InvalidInput(file="", field="tag", reason=reason, remedy=remedy)
        newest = [service.definition(account, family) for family in env.families.values()]
        before = service.definition(account, service_facts(account)["taskDefinition"])
        plan = service.deploy(env, tag, newest)
        wait_for = until_stable(account, wait, lambda: _take_back(account, tag, tag_of(before)))
        do(account, plan, yes, json, wait_for)


def _take_back(account: Any, tag: str, before: str) -> None:
    """Undo a deployment that ECS took back: Terraform, campaigns, schedules keep the old image."""
    from lotus.aws import service
    from lotus.aws.plan import carry_out

    families = account.environment.families.values()
    revisions = {name: service.definitions(account, name) for name in families}
    carry_out(account, service.take_back(account.environment, tag, before, revisions))


@app.command()
def images(json: Json = False) -> None:
    """List the images that can be deployed, the newest first, and the one that runs."""
    with reporting(json):
        from lotus.aws.images import current_tag, newest_tags

        account = here()
        tags = newest_tags(account, 20)
        current = current_tag(account)
        if json:
            print_json({"images": tags, "current": current})
            return
        for tag in tags:
            out(f"{tag} (runs)" if tag == current else tag)
        if not tags:
            out("none: `lotus ops build` makes one")


@app.command()
def rollback(yes: Yes = False, wait: Wait = 600, json: Json = False) -> None:
    """Return to the image before this one."""
    with reporting(json):
        from lotus.aws import service
        from lotus.aws.images import pushed_tags, tag_of
        from lotus.aws.status import service_facts

        account = here()
        env = account.environment
        revisions = {name: service.definitions(account, name) for name in env.families.values()}
        running = service.definition(account, service_facts(account)["taskDefinition"])
        own = revisions[env.families["service"]]
        tags = pushed_tags(account, sorted({tag_of(one) for one in own}))
        plan = service.rollback(env, running, revisions, tags)
        do(account, plan, yes, json, until_stable(account, wait))


@app.command(context_settings=VERBATIM)
def run(
    command: Command,
    task: Annotated[
        str, typer.Option(help="Use the size and role of this kind of task: migrate, campaign, ...")
    ] = "migrate",
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Run a lotus command in a task inside the network, and print its output."""
    one_off(list(command), "run", task, yes, wait, json)


@app.command()
def migrate(
    what: Annotated[str, typer.Argument(help="init, status or migrate.")] = "migrate",
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Bring the database's tables to what the deployed image needs, in a task inside
    the network.
    """
    with reporting(json):
        from lotus.errors import UnknownName

        if what not in ("init", "status", "migrate"):
            raise UnknownName("command of lotus db", what, ("init", "status", "migrate"))
    one_off(["lotus", "db", what], f"migrate {what}", "migrate", yes, wait, json)


@cache.command("clear")
def clear_cache(
    clips: Annotated[
        bool, typer.Option("--clips", help="Remove clips, which may have cost money.")
    ] = False,
    segments: Annotated[bool, typer.Option("--segments", help="Remove rendered segments.")] = False,
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Remove clips and segments (both, unless one is named), in a task inside the network."""
    which = [flag for flag, is_on in (("--clips", clips), ("--segments", segments)) if is_on]
    one_off(["lotus", "cache", "clear", *which, "--yes"], "cache clear", "migrate", yes, wait, json)


@app.command("stop-task")
def stop_task(
    task: Annotated[
        str, typer.Argument(help="A task's id; its first or last characters are enough.")
    ],
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Stop one task; its work returns to the queue."""
    with reporting(json):
        from lotus.aws import tasks

        account = here()
        do(account, tasks.stop(account.environment, tasks.tasks(account), task), yes, json)


@app.command()
def reap(yes: Yes = False, json: Json = False) -> None:
    """Stop workers whose campaign has ended."""
    with reporting(json):
        from lotus.aws import tasks

        account = here()
        do(account, tasks.reap(account.environment, tasks.tasks(account), time.time()), yes, json)


@app.command()
def cleanup(yes: Yes = False, json: Json = False) -> None:
    """Remove old revisions, images without a tag, old jobs, expired objects, and objects without a
    job.
    """
    with reporting(json):
        from lotus.aws import cleanup as going
        from lotus.aws import service
        from lotus.aws.images import current_tag
        from lotus.aws.status import service_facts

        account = here()
        env = account.environment
        current = service_facts(account)["taskDefinition"]
        revisions = {name: service.definitions(account, name) for name in env.families.values()}
        leftovers = [
            *going.untagged_images(account),
            *going.unused_revisions(account, revisions, current_tag(account)),
        ]
        do(account, going.cleanup(env, leftovers, revisions, current), yes, json)


@app.command()
def backup(yes: Yes = False, json: Json = False) -> None:
    """Save the database as a snapshot."""
    with reporting(json):
        from lotus.aws import cleanup as going

        account = here()
        do(account, going.backup(account.environment, datetime.now(UTC)), yes, json)


@app.command()
def destroy(
    prod: Annotated[
        bool, typer.Option("--prod", help="Required for an environment called prod.")
    ] = False,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="Without asking, delete images, secrets or snapshots, or lift deletion "
            "protection; repeat for more."
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Prepare `terraform destroy`: save a snapshot, stop all tasks, and ask before deleting what
    Terraform cannot delete. Destroys nothing else itself.
    """
    with reporting(json):
        from lotus.aws import cleanup as going
        from lotus.errors import UnknownName

        account = here()
        env = account.environment
        going.destroy(env, datetime.now(UTC), prod=prod)  # refuses prod before anything is asked
        parts = going.leftovers(account)
        for name in also or ():
            if name not in ("images", "secrets", "snapshots", "protection"):
                raise UnknownName("leftover", name, parts)
        chosen_steps = [
            step
            for name, steps in parts.items()
            if name in (also or ()) or (not (yes or json) and _agreed_to(name, steps))
            for step in steps
        ]
        plan = going.destroy(env, datetime.now(UTC), prod=prod, chosen_steps=chosen_steps)
        answers = do(account, plan, yes, json, ask=env.cluster)
        if answers and not json:
            out(f"now: {env.apply.replace('apply', 'destroy')}")


def _agreed_to(name: str, steps: Any) -> bool:
    for step in steps:
        out(f"  {step.says}")
    return typer.confirm(f"Also {name}?", default=False)
