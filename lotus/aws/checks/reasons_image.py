"""Reasons for which ECS does not get a task's image, as causes.

docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
"""

from __future__ import annotations

from lotus.aws.checks.suspects import AWS_DOWN, EXECUTION_ROLE, IMAGE, NAMES, NETWORK, SLOW_AWS
from lotus.checks.base import Cause, Suspect, several

__all__ = ["CUT_OFF", "IMAGE_REASONS"]

# a number counts as a status only where it stands as one: images may be tagged 403 and 429
STATUS = r"(status( code)?( \[.*?\])?:? |status from \S+ request to \S+: |\(|HTTP )"
PULL = r"(CannotPull\w*Error|pull image manifest|ref pull|inspect image)"
CUT_OFF = (
    r"(i/o timeout|dial tcp|context deadline exceeded|request canceled|RequestCanceled|"
    r"send request failed|connection issue|connect: |no such host|TLS handshake timeout|"
    r"network is unreachable|connection (timed out|refused|reset))"
)
REFUSED_BY_REPOSITORY = Suspect(
    "the repository's own policy forbids it",
    "`aws ecr get-repository-policy --repository-name {repository} --region {region}`",
)
IMAGE_REASONS = (
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
        EXECUTION_ROLE,
    ),
    several(
        "pull denied",
        "CannotPullContainerError: 403 or not authorized",
        rf"{PULL}.*({STATUS}403\b|403 Forbidden|{STATUS}401\b|401 Unauthorized|denied|"
        r"no basic auth|not authorized|authorization failed|AccessDenied)",
        EXECUTION_ROLE,
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
        AWS_DOWN,
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
        EXECUTION_ROLE,
        NETWORK,
    ),
)
