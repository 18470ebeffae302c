"""What CodeBuild says of a build that failed, as causes.

docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html
"""

from __future__ import annotations

from lotus.checks.base import Cause, Suspect, several

__all__ = ["BUILDS"]

LOG = (
    "`aws logs filter-log-events --log-group-name /{cluster}/build --region {region}` shows what "
    "it wrote"
)

BUILDS = (
    Cause(
        "build without Docker",
        "the build says: Cannot connect to the Docker daemon",
        "the project of CodeBuild may not start Docker: it lost its privileged mode",
        "`terraform -chdir=terraform apply -target=module.build`, then `lotus ops build`",
        r"Cannot connect to the Docker daemon",
    ),
    Cause(
        "base image rate limited",
        "the build says: toomanyrequests, or 429, of the registry of the base image",
        "that registry has had too many requests from addresses of CodeBuild",
        "wait some minutes, then `lotus ops build`",
        r"toomanyrequests|pull rate limit|429 Too Many Requests",
        "warn",
    ),
    Cause(
        "source gone",
        "the build says of its primary source: NoSuchKey",
        "the uploaded source has expired (temp/ is kept for a week), or was removed",
        "lotus ops build",
        r"primary source.*(NoSuchKey|not exist|404)|(NoSuchKey|not exist|404).*primary source",
    ),
    Cause(
        "build may not",
        "the build says: AccessDenied, or: not authorized to perform",
        "the role of the build has lost a permission",
        "`terraform -chdir=terraform apply -target=module.build`, then `lotus ops build`",
        r"AccessDenied|not authorized to perform|denied: User",
    ),
    Cause(
        "packages differ",
        "the build says: THESE PACKAGES DO NOT MATCH THE HASHES",
        "a file of the registry is not the one that terraform/images/requirements.txt was made "
        "from: it is refused",
        f"{LOG}; if the lock was edited by hand, put it back, then `lotus ops build`",
        r"DO NOT MATCH THE HASHES",
    ),
    Cause(
        "tag taken",
        "the build says: tag invalid: The image tag ... already exists",
        "an image of that tag is in the repository, and tags are never overwritten",
        "`lotus ops images` lists them; `lotus ops build --tag TAG` with another, or commit first",
        r"image tag '?\S+ already exists|ImageTagAlreadyExists|tag is immutable",
    ),
    several(
        "build out of memory",
        "the build says: Build container found dead before completing the build",
        r"container found dead|container died because it was out of memory",
        Suspect("the machine of the build is too small", LOG),
        Suspect("AWS's machine was at fault: build again", "`lotus ops build`"),
    ),
    Cause(
        "another build runs",
        "the build says: Cannot have more than ... builds in queue",
        "the account builds as much at once as AWS allows it",
        "wait until the other has ended, then `lotus ops build`",
        r"Cannot have more than \d+ builds in queue|AccountLimitExceeded",
        "warn",
    ),
    several(
        "build command failed",
        "the build says: COMMAND_EXECUTION_ERROR, or: Error while executing command",
        r"COMMAND_EXECUTION_ERROR|Error while executing command",
        Suspect("the committed source does not build", LOG),
        Suspect(
            "a site from which packages come was not reached: build again", "`lotus ops build`"
        ),
    ),
    Cause(
        "build too long",
        "the build says: BUILD_TIMED_OUT, or: Build has timed out",
        "it took longer than the project allows",
        f"{LOG}; then `lotus ops build`",
        r"BUILD_TIMED_OUT|Build (has )?timed out",
    ),
)
