"""Reasons for which ECS stops a task, as causes: said only with their evidence, else all that fit.

Messages: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html,
task_cannot_pull_image.html and resource-initialization-error.html; a table in
tests/data/aws_messages.toml has them as they were seen, each with its source.
"""

from __future__ import annotations

from lotus.aws.checks.reasons_image import CUT_OFF, IMAGE_REASONS
from lotus.aws.checks.suspects import (
    EXECUTION_ROLE,
    LINKED_ROLE,
    MEMORY,
    NAMES,
    NETWORK,
    SECRET,
    SLOW_AWS,
)
from lotus.checks.base import Cause, Suspect, several

__all__ = ["ENDED", "REASONS"]

REASONS = (
    *IMAGE_REASONS,
    Cause(
        "out of memory",
        "OutOfMemoryError: Container killed due to memory usage, or MemoryError in the log",
        "the container took more than the memory of its task",
        "raise worker.memory or service.memory in the .tfvars, then "
        "`terraform -chdir=terraform apply`, then `lotus ops restart`",
        r"OutOfMemory|\bMemoryError\b|Cannot allocate memory",
    ),
    several(
        "killed",
        "exit code 137 without OutOfMemoryError",
        r"exit code 137|SIGKILL",
        MEMORY,
        Suspect(
            "it was told to stop and did not end within two minutes", "`lotus ops status` (events)"
        ),
    ),
    several(
        "container not stopped",
        "CannotStopContainerError: failed sending SIGTERM to container",
        r"CannotStopContainerError",
        SLOW_AWS,
        Suspect("its processors or its memory are used up", "`lotus doctor --aws --only load`"),
        status="warn",
    ),
    Cause(
        "ended by ECS",
        "Scaling activity initiated by (deployment ...)",
        "ECS ended it on purpose: a deployment put another in its place, or the service was given "
        "fewer tasks",
        "nothing: `lotus ops status` shows those that run",
        r"Scaling activity initiated",
        "warn",
    ),
    Cause(
        "AWS throttled",
        "ResourceInitializationError: ThrottlingException: Rate exceeded",
        "many tasks started at once and AWS limits requests: ECS tries again",
        "nothing, unless it persists: run fewer workers; `lotus ops usage` says what runs",
        r"ThrottlingException|Rate exceeded|RequestLimitExceeded",
        "warn",
    ),
    Cause(
        "command not in the image",
        "CannotStartContainerError: exec: ...: executable file not found, or: no such file; "
        "exit code 127",
        "the image does not contain the program that the task definition names: it is too "
        "old, or another image",
        "`lotus ops images` lists those that are there; `lotus ops build`, then "
        "`lotus ops deploy TAG`",
        r"\bexec:? .*(executable file not found|no such file)|exit code 127\b",
    ),
    Cause(
        "command may not run",
        "CannotStartContainerError: exec ...: permission denied; exit code 126",
        "the program is in the image, and its file may not be executed",
        "`lotus ops rollback`; `lotus ops build`, then `lotus ops deploy TAG`",
        r"\bexec:? .*permission denied|exit code 126\b",
    ),
    several(
        "container not created",
        "CannotStartContainerError: OCI runtime create failed, or: unable to create new container",
        r"OCI runtime|container runtime task|create shim|create new container|"
        r"failed to get container status|ContainerRuntimeError",
        Suspect(
            "the image is broken: it began with an image, and goes with the one before",
            "`lotus ops rollback`",
        ),
        Suspect("AWS's machine is at fault: another will do", "`lotus ops restart`"),
        MEMORY,
    ),
    several(
        "secrets not reached",
        "ResourceInitializationError: unable to pull secrets or registry auth: i/o timeout",
        rf"(ResourceInitializationError|unable to pull (secrets|registry)).*"
        rf"(secret|registry auth|ssm|asm).*{CUT_OFF}",
        NETWORK,
        NAMES,
    ),
    Cause(
        "empty secret",
        "ResourceInitializationError: can't find the specified secret value for staging label",
        "a secret is there and has no value yet",
        "`lotus doctor --aws --only secrets` names it; `lotus ops secrets set NAME`",
        r"secret value for staging label",
    ),
    Cause(
        "no such key in the secret",
        "ResourceInitializationError: retrieved secret did not contain json key, or: invalid "
        "character ... looking for beginning of value",
        "the secret's value is not JSON with the key that the task definition names",
        "`terraform -chdir=terraform apply -target=module.database -target=module.cluster`",
        r"did not contain json key|looking for beginning of (value|object key)",
    ),
    Cause(
        "secret gone",
        "ResourceInitializationError: Secrets Manager can't find the specified secret",
        "a secret that the task definition names was deleted",
        "`lotus doctor --aws --only secrets` names it; "
        "`terraform -chdir=terraform apply -target=module.secrets -target=module.database`",
        r"ResourceInitializationError.*(can't find the specified secret|marked for deletion)",
    ),
    several(
        "crashed",
        "exit code 139, 134, 135 or 132: segmentation fault, abort, bus error, illegal instruction",
        r"exit code 13[2459]\b|SIG(SEGV|ABRT|BUS|ILL)\b",
        Suspect(
            "a library of the image is at fault: it began with an image, and goes with the one "
            "before",
            "`lotus ops rollback`",
        ),
        Suspect("a source file makes ffmpeg crash", "`lotus ops run lotus doctor --only failures`"),
    ),
    several(
        "secret not read",
        "ResourceInitializationError: unable to pull secrets: AccessDeniedException, or no reason",
        r"ResourceInitializationError.*(secret|ssm|asm|registry auth)",
        EXECUTION_ROLE,
        SECRET,
        NETWORK,
    ),
    Cause(
        "no log group",
        "ResourceInitializationError: the specified log group does not exist",
        "the log group that the task definition names is missing",
        "`terraform -chdir=terraform apply -target=module.observability`",
        r"log group does not exist",
    ),
    several(
        "log group refused",
        "ResourceInitializationError: failed to validate logger args, or: failed to create "
        "Cloudwatch log stream",
        r"(ResourceInitializationError|CannotStart\w*Error).*(logger|logging driver|"
        r"log (group|stream))",
        EXECUTION_ROLE,
        NETWORK,
        Suspect("the log group is gone", "`lotus doctor --aws --only drift`"),
    ),
    Cause(
        "role not taken",
        "ECS was unable to assume the role that was provided for this task",
        "the task definition names a role that is gone, or that does not trust ECS",
        "`lotus doctor --aws --only roles`; `terraform -chdir=terraform apply -target=module.iam`",
        r"unable to assume (the )?role",
    ),
    Cause(
        "no address left",
        "has insufficient free addresses, InsufficientFreeAddressesInSubnet",
        "the subnet has no free address for another task",
        "`lotus ops reap` ends tasks that nobody needs; a larger vpc_cidr has more addresses",
        r"insufficient ?free ?addresses",
    ),
    several(
        "network interface refused",
        "Unexpected EC2 error while attempting to Create Network Interface: AuthFailure, or: "
        "UnauthorizedOperation",
        r"network interface.*(AuthFailure|UnauthorizedOperation|not authorized)",
        SLOW_AWS,
        LINKED_ROLE,
        Suspect(
            "a policy of the AWS organization forbids it",
            "`aws sts get-caller-identity --region {region}` says which account: ask its "
            "administrator",
        ),
    ),
    several(
        "no network interface",
        "ResourceInitializationError: unable to create or attach a network interface, failed to "
        "configure ENI",
        r"network interface|\bENI\b|task network",
        SLOW_AWS,
        Suspect("a subnet or the security group is gone", "`lotus doctor --aws --only network`"),
        Suspect(
            "the region's quota of interfaces is used up",
            "`aws service-quotas get-service-quota --service-code vpc --quota-code L-DF5E4CA3 "
            "--region {region}`",
        ),
    ),
    several(
        "not initialised",
        "ResourceInitializationError for another reason",
        r"ResourceInitializationError",
        EXECUTION_ROLE,
        SECRET,
        NETWORK,
    ),
    Cause(
        "taken away",
        "Your Spot Task was interrupted",
        "AWS reclaimed the machine, as it may with Spot; its rows returned to the queue",
        "nothing, if campaigns go on: `lotus ops status`; set service.spot = false for a service "
        "that must stay",
        r"Spot Task was interrupted|SpotInterruption",
        "warn",
    ),
    Cause(
        "stopped by hand",
        "Task stopped by user",
        "somebody stopped it, by the console or by the API, not by `lotus ops`",
        "nothing, if that was meant: `lotus ops status` shows whether another has begun",
        r"Task stopped by (a )?user|stopped by user",
        "warn",
    ),
    Cause(
        "no capacity",
        "Capacity is unavailable at this time",
        "AWS has no capacity of that kind in these zones at the moment",
        "wait, and see `lotus ops status`, or set service.spot = false; campaigns fall back from "
        "Spot by themselves",
        r"capacity is unavailable|insufficient capacity|RESOURCE:(FARGATE|CPU|MEMORY)",
    ),
    Cause(
        "AWS retired it",
        "ECS is performing maintenance on the underlying infrastructure hosting the task",
        "AWS replaces tasks for its own updates: a service starts another by itself",
        "nothing: `lotus ops status` shows the new task",
        r"performing maintenance on the underlying|platform version .* (deprecated|retired)",
        "warn",
    ),
    several(
        "health check failed",
        "Task failed container health checks, or ELB health checks",
        r"failed .*health checks?\b",
        Suspect(
            "it starts more slowly than the checks allow", "`lotus doctor --aws --only health`"
        ),
        Suspect("it cannot reach what it needs", "`lotus ops logs --task service --errors`"),
    ),
    several(
        "not started in time",
        "DockerTimeoutError: could not transition to started, Timeout waiting for "
        "EphemeralStorage, or: TaskFailedToStart: InternalError",
        r"DockerTimeoutError|ContainerRuntimeTimeoutError|could not transition to|"
        r"Timeout waiting for|(?<!Elb\.)\bInternalError\b",
        SLOW_AWS,
        Suspect("the task is too small for its first second", "`lotus doctor --aws --only load`"),
    ),
    several(
        "told to end",
        "exit code 143: it ended on SIGTERM",
        r"exit code 143|SIGTERM",
        Suspect(
            "ECS told it: a deployment, fewer tasks, Spot, or checks of its health that failed",
            "`lotus ops status` (events)",
        ),
        Suspect("another program of the container did", "`lotus ops logs --errors --since 1h`"),
        status="warn",
    ),
    Cause(
        "ended without an error",
        "Essential container in task exited, exit code 0",
        "the program did what it was started for and ended: right for a campaign, a migration or "
        "a command; the service ends with 0 when it is told to end",
        "nothing for a single task; `lotus ops status` shows whether the service has another",
        r"exit code 0\b",
        "warn",
    ),
)
ENDED = Cause(
    "ended by itself",
    "Essential container in task exited",
    "the program ended with an error; its last lines say which",
    "read `lotus ops logs --errors --since 1h`",
    r"Essential container",
)
