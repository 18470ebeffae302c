"""Reasons for which ECS stops a task, as causes: said only with their evidence, else all that fit.

Messages: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html,
task_cannot_pull_image.html and resource-initialization-error.html; a table in
tests/data/aws_messages.toml has them as they were seen, each with its source.
"""

from __future__ import annotations

from lotus.checks.base import Cause, Suspect, several

__all__ = ["ENDED", "REASONS"]

# a number counts as a status only where it stands as one: images may be tagged 403 and 429
STATUS = r"(status( code)?( \[.*?\])?:? |status from \S+ request to \S+: |\(|HTTP )"
PULL = r"(CannotPull\w*Error|pull image manifest|ref pull|inspect image)"
CUT_OFF = (
    r"(i/o timeout|dial tcp|context deadline exceeded|request canceled|RequestCanceled|"
    r"send request failed|connection issue|connect: |no such host|TLS handshake timeout|"
    r"network is unreachable|connection (timed out|refused|reset))"
)
NETWORK = Suspect(
    "the subnet has no way out, a task no address, or a rule forbids port 443",
    "`lotus doctor --aws --only network`",
)
NAMES = Suspect(
    "the VPC does not resolve names",
    "`aws ec2 describe-vpc-attribute --vpc-id {vpc} --attribute enableDnsSupport "
    "--region {region}`",
)
ROLE = Suspect(
    "the execution role lacks the permission, or is gone", "`lotus doctor --aws --only roles`"
)
SECRET = Suspect("a secret is missing, deleted or empty", "`lotus doctor --aws --only secrets`")
IMAGE = Suspect("the repository or the image is not there", "`lotus doctor --aws --only image`")
REFUSED_BY_REPOSITORY = Suspect(
    "the repository's own policy forbids it",
    "`aws ecr get-repository-policy --repository-name {repository} --region {region}`",
)

SLOW_AWS = Suspect("AWS was slow: it goes the next time", "`lotus ops status` shows whether it did")

REASONS = (
    Cause(
        "rate limited",
        "CannotPullContainerError: 429 Too Many Requests, or toomanyrequests",
        "the registry has had too many requests from this address: nothing is wrong with the image",
        "wait a few minutes, then `lotus ops restart`; images of lotus come from its own registry, "
        "so `lotus doctor --aws --only image` shows whether a task names another one",
        rf"{PULL}.*(toomanyrequests|Too Many Requests|{STATUS}429\b|pull rate limit)",
    ),
    Cause(
        "no space left",
        "CannotPullContainerError, or a log: no space left on device",
        "the task's disk is full: the image unpacked, or what it renders, is larger",
        "raise worker.disk_gb in the .tfvars, then `terraform -chdir=terraform apply`",
        r"no space left on device|ENOSPC",
    ),
    Cause(
        "wrong architecture",
        "does not contain descriptor matching platform, failed to find a descriptor, exec format "
        "error",
        "the image was built for another processor than the task definition names",
        "`lotus ops build` builds it for the one in the .tfvars (architecture); then "
        "`lotus ops deploy TAG`",
        r"descriptor (matching|for) platform|no match(ing manifest)? for (platform|linux)|"
        r"exec format error|image operating system .* cannot be used",
    ),
    Cause(
        "no repository",
        "CannotPullContainerError: repository not found, or name unknown",
        "the task definition names a repository that is not there",
        "`terraform -chdir=terraform apply -target=module.registry`, then `lotus ops build`",
        rf"{PULL}.*(repository with name .* does not exist|repository \S+ not found|name unknown)",
    ),
    several(
        "repository or permission",
        "CannotPullContainerError: pull access denied, repository does not exist or may require "
        "authorization",
        rf"{PULL}.*(pull access denied|may require)",
        IMAGE,
        ROLE,
    ),
    several(
        "pull denied",
        "CannotPullContainerError: 403 or not authorized",
        rf"{PULL}.*({STATUS}403\b|403 Forbidden|{STATUS}401\b|401 Unauthorized|denied|"
        r"no basic auth|not authorized|authorization failed|AccessDenied)",
        ROLE,
        REFUSED_BY_REPOSITORY,
    ),
    Cause(
        "no image",
        "CannotPullContainerError: ...: not found, or manifest unknown",
        "the repository is there, the tag is not: it was never pushed, or has expired",
        "`lotus ops images` lists those that are there: `lotus ops deploy TAG`; "
        "`lotus ops build` makes one",
        rf"{PULL}.*(not found|manifest unknown|MANIFEST_UNKNOWN)",
    ),
    several(
        "no way to the registry",
        "CannotPullContainerError: i/o timeout, dial tcp, context deadline exceeded",
        rf"{PULL}.*{CUT_OFF}",
        NETWORK,
        NAMES,
    ),
    several(
        "registry at fault",
        "CannotPullContainerError: 500, 502, 503 or 504 of the registry",
        rf"{PULL}.*(50[0234] (Internal|Bad|Service|Gateway)|ServerException|{STATUS}50[0234]\b)",
        Suspect("AWS's registry is down", "open https://health.aws.amazon.com/health/status"),
        SLOW_AWS,
    ),
    several(
        "pull interrupted",
        "CannotPullContainerError: unexpected EOF, or: short read",
        rf"{PULL}.*(unexpected EOF|\bEOF\b|short read)",
        SLOW_AWS,
        NETWORK,
        Suspect("the task has too little memory or disk", "`lotus doctor --aws --only load`"),
    ),
    several(
        "image not pulled",
        "CannotPullContainerError for another reason",
        PULL,
        IMAGE,
        ROLE,
        NETWORK,
    ),
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
        Suspect("it took more memory than its task has", "`lotus doctor --aws --only load`"),
        Suspect(
            "it was told to stop and did not end within two minutes", "`lotus ops status` (events)"
        ),
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
        "CannotStartContainerError: exec: ...: executable file not found, or: no such file",
        "the image does not contain the program that the task definition names: it is too "
        "old, or another image",
        "`lotus ops images` lists those that are there; `lotus ops build`, then "
        "`lotus ops deploy TAG`",
        r"exec: .*(executable file not found|no such file)",
    ),
    Cause(
        "command may not run",
        "CannotStartContainerError: exec: ...: permission denied",
        "the program is in the image, and its file may not be executed",
        "`lotus ops rollback`; `lotus ops build`, then `lotus ops deploy TAG`",
        r"exec: .*permission denied",
    ),
    several(
        "container not created",
        "CannotStartContainerError: OCI runtime create failed, or: unable to create new container",
        r"OCI runtime|container runtime task|create shim|create new container|"
        r"failed to get container status",
        Suspect(
            "the image is broken: it began with an image, and goes with the one before",
            "`lotus ops rollback`",
        ),
        Suspect("AWS's machine is at fault: it goes on another", "`lotus ops restart`"),
        Suspect("it took more memory than its task has", "`lotus doctor --aws --only load`"),
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
        "exit code 139: segmentation fault",
        r"exit code 139|SIGSEGV",
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
        ROLE,
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
        ROLE,
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
        ROLE,
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
        r"health checks?\b",
        Suspect(
            "it starts more slowly than the checks allow", "`lotus doctor --aws --only health`"
        ),
        Suspect("it cannot reach what it needs", "`lotus ops logs --task service --errors`"),
    ),
    several(
        "not started in time",
        "DockerTimeoutError: could not transition to started, or: Timeout waiting for "
        "EphemeralStorage",
        r"DockerTimeoutError|could not transition to|Timeout waiting for",
        SLOW_AWS,
        Suspect("the task is too small for its first second", "`lotus doctor --aws --only load`"),
    ),
)
ENDED = Cause(
    "ended by itself",
    "Essential container in task exited",
    "the program ended with an error; its last lines say which",
    "read `lotus ops logs --errors --since 1h`",
    r"Essential container",
)
