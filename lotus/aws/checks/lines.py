"""Lines of a program's log, as causes: what lotus and what it stands on write when they fail.

The first that fits is taken; the order is from the most particular to the most general.
"""

from __future__ import annotations

from lotus.aws.checks.lines_database import DATABASE_LINES
from lotus.aws.checks.lines_replicate import REPLICATE_LINES
from lotus.checks.base import Cause, Suspect, several

__all__ = ["LINES"]

CUT = Suspect("the network does not let the task there", "`lotus doctor --aws --only network`")
ROLES = Suspect("the task's role may not, or is gone", "`lotus doctor --aws --only roles`")

LINES = (
    Cause(
        "no database address",
        "the log says: DATABASE_URL is required, or: DATABASE_URL: is not ...",
        "the task has no address of a database, or a wrong one",
        "`terraform -chdir=terraform apply`, then `lotus ops restart`",
        # remedies of other errors of a database name it too
        r"DATABASE_URL( is required| is not set|:? (is|must|field|input|value|extra)\b)",
    ),
    *REPLICATE_LINES,
    *DATABASE_LINES,
    Cause(
        "bucket gone",
        "the log says: NoSuchBucket",
        "the bucket that LOTUS_STORE names is not there",
        "`lotus doctor --aws --only bucket`; "
        "`terraform -chdir=terraform apply -target=module.storage`",
        r"NoSuchBucket|specified bucket does not exist",
    ),
    Cause(
        "bucket in another region",
        "the log says: PermanentRedirect, or: the region ... is wrong; expecting ...",
        "the bucket that LOTUS_STORE names is not in the region of the tasks",
        "`lotus doctor --aws --only bucket` says where it is",
        r"PermanentRedirect|IllegalLocationConstraint|the region '\S+' is wrong; expecting|"
        r"must be addressed using the specified endpoint",
    ),
    Cause(
        "object gone",
        "the log says: NoSuchKey, or 404 of HeadObject",
        "the object has expired or was removed: lotus makes it again when it is needed",
        "nothing, unless somebody needs just that file: `lotus doctor --aws --only bucket` looks "
        "at the rules by which objects expire",
        r"NoSuchKey|specified key does not exist|\(404\) when calling the (Head|Get)Object",
        "warn",
    ),
    Cause(
        "credentials expired",
        "the log says: ExpiredToken, or: InvalidClientTokenId, SignatureDoesNotMatch",
        "the request was signed by keys that are old, wrong, or by a clock that is wrong; tasks "
        "get theirs from their role and need none of their own",
        "remove AWS_ACCESS_KEY_ID and the like from settings in the .tfvars; on your own machine "
        "sign in again, then `aws sts get-caller-identity --region {region}`",
        r"ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|"
        r"RequestTimeTooSkewed|security token included in the request is (expired|invalid)",
    ),
    Cause(
        "denied by the organization",
        "the log says: with an explicit deny in a service control policy",
        "a policy of the AWS organization forbids it: no role of this account can allow it",
        "ask the administrator of the organization; `aws sts get-caller-identity --region "
        "{region}` says "
        "which account",
        r"explicit deny in (a service|a resource) control policy|"
        r"no service control policy allows",
    ),
    Cause(
        "denied by the bucket's policy",
        "the log says: s3:..., with an explicit deny in a resource-based policy",
        "the bucket's own policy denies it, whatever the role may",
        "`lotus doctor --aws --only bucket`; "
        "`terraform -chdir=terraform apply -target=module.storage` puts back the one of lotus",
        r"s3:\w+.*explicit deny in a resource.based policy|"
        r"no resource.based policy allows the s3:",
    ),
    Cause(
        "role lacks it",
        "the log says: because no identity-based policy allows it, or: with an explicit deny in an "
        "identity-based policy",
        "the policies of the role that made the request do not allow it",
        "`lotus doctor --aws --only roles`; `terraform -chdir=terraform apply -target=module.iam` "
        "puts back those of lotus",
        r"no identity.based policy allows|explicit deny in an identity.based policy",
    ),
    several(
        "bucket refused",
        "the log says: access is denied: s3:... is missing, or AccessDenied of an operation of S3",
        r"access is denied: s3:|AccessDenied\W+when calling the \w*(Object|Bucket|Upload|Part)|"
        r"AccessDenied\W*$|"
        r"not authorized to perform: s3:|\(403\) when calling the (Head|Get|Put)(Object|Bucket)",
        Suspect("the task's role may not", "`lotus doctor --aws --only roles`"),
        Suspect("the bucket's policy forbids it", "`lotus doctor --aws --only bucket`"),
    ),
    several(
        "no keys from the role",
        "the log says: Error when retrieving credentials from container-role",
        r"retrieving credentials from container-role|CredentialRetrievalError",
        ROLES,
        Suspect("AWS's machine is at fault: it goes on another", "`lotus ops restart`"),
    ),
    several(
        "AWS refused",
        "the log says: AccessDenied, or: is not authorized to perform, of another operation",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform|"
        r"Unable to locate credentials",
        ROLES,
        Suspect(
            "the task runs an older definition, with another role",
            "`lotus ops restart` takes the newest",
        ),
    ),
    several(
        "AWS not reached",
        "the log says: Could not connect to the endpoint URL, or: Read timeout on endpoint URL",
        r"Could not connect to the endpoint URL|(Read|Connect) timeout on endpoint URL",
        CUT,
        Suspect("AWS itself is down", "open https://health.aws.amazon.com/health/status"),
    ),
    Cause(
        "AWS throttled",
        "the log says: ThrottlingException, SlowDown, or: Rate exceeded",
        "AWS limits the number of requests; lotus waits and tries again",
        "nothing, unless it persists: run fewer workers; `lotus ops usage` says what runs",
        r"ThrottlingException|SlowDown|Rate exceeded|RequestLimitExceeded",
        "warn",
    ),
    Cause(
        "unknown command",
        "the log says: No such command, or that a module is missing",
        "the image is older than the task definition, or was built without an extra",
        "`lotus ops build`, then `lotus ops deploy TAG`",
        r"No such command|No such option|ModuleNotFoundError|executable file not found|"
        r"\b(lotus|python3?): (command )?not found|"
        r"\(exit code 127\)",
    ),
    Cause(
        "wrong architecture",
        "the log says: exec format error",
        "the image was built for another processor than the task definition names",
        "`lotus ops build` builds it for the one in the .tfvars (architecture); then "
        "`lotus ops deploy TAG`",
        r"exec format error",
    ),
    several(
        "crashed",
        "the log says: Segmentation fault, or: Fatal Python error",
        r"Segmentation fault|Fatal Python error|SIGSEGV",
        Suspect(
            "a library of the image is at fault: it began with an image, and goes with the one "
            "before",
            "`lotus ops rollback`",
        ),
        Suspect("a source file makes ffmpeg crash", "`lotus ops run lotus doctor --only failures`"),
    ),
    Cause(
        "MemoryError",
        "the log says: MemoryError, Cannot allocate memory, or a worker over its memory budget",
        "the program took more than the memory of its task",
        "raise worker.memory or service.memory in the .tfvars, then "
        "`terraform -chdir=terraform apply`, then `lotus ops restart`",
        r"\bMemoryError\b|Cannot allocate memory|exceeded \d+% memory budget",
    ),
    several(
        "worker lost",
        "the log says: KilledWorker, or: workers died while running it",
        r"KilledWorker|different workers, but all those workers died|"
        r"worker died or was disconnected",
        Suspect("they took more memory than their tasks have", "`lotus doctor --aws --only load`"),
        Suspect("Spot took them away, again and again", "`lotus doctor --aws --only stopped`"),
        Suspect("the row itself makes them crash", "`lotus ops run lotus doctor --only failures`"),
    ),
    Cause(
        "disk full",
        "the log says: No space left on device, or the check of health that looks at the disk",
        "the task's disk is full, or nearly so",
        "raise worker.disk_gb in the .tfvars, then `terraform -chdir=terraform apply`",
        r'no space left on device|ENOSPC|"check": ?"disk".*"status": ?"(fail|warn)"',
    ),
    Cause(
        "jobs wait long",
        "the log says of the check of health `queue`: ... jobs wait, the first for ... s",
        "more jobs come than the service works on at a time",
        "`lotus doctor --aws --only load`; raise LOTUS_MAX_CONCURRENT_JOBS (settings) or "
        "service.most in the .tfvars, then `terraform -chdir=terraform apply` and "
        "`lotus ops restart`",
        r'"check": ?"queue".*"status": ?"warn"',
        "warn",
    ),
    several(
        "silent",
        "the log says of a check of health: no answer for ... s",
        r'"check": ?"(database|store)".*no answer for \d+ s',
        Suspect("the database hangs", "`lotus doctor --aws --only database --only statements`"),
        CUT,
        Suspect("the processors are pinned", "`lotus doctor --aws --only load`"),
    ),
    several(
        "scheduler not reached",
        "the log says: Timed out trying to connect to tcp://...",
        r"[Tt]imed out (trying to connect to|during handshake while connecting to) \W?(tcp|tls)://",
        Suspect("the campaign's task has ended", "`lotus doctor --aws --only stopped`"),
        Suspect("tasks may not reach each other", "`lotus ops drift`"),
        Suspect("the campaign's task has too little memory", "`lotus doctor --aws --only load`"),
    ),
    several(
        "kernel died",
        "the log says: DeadKernelError, or: Kernel died",
        r"DeadKernelError|\bKernel died\b",
        Suspect("it took more memory than its task has", "`lotus doctor --aws --only load`"),
        Suspect("the row itself makes it crash", "`lotus ops run lotus doctor --only failures`"),
    ),
    several(
        "too many at once",
        "the log says: Too many open files, or: can't start new thread",
        r"Too many open files|can't start new thread",
        Suspect(
            "the task works on more jobs than it has room for: lower LOTUS_MAX_CONCURRENT_JOBS",
            "`lotus doctor --aws --only load`",
        ),
        Suspect("a bug in lotus that leaves files open", "`lotus ops restart`"),
    ),
    Cause(
        "source broken",
        "the log says: Invalid data found when processing input, or: moov atom not found",
        "a source file is cut off or damaged, or is not media at all",
        "`lotus ops run lotus doctor --only failures` names the jobs; `lotus probe FILE` shows "
        "what a source is",
        r"Invalid data found when processing input|moov atom not found",
    ),
    Cause(
        "ffmpeg lacks a part",
        "the log says: Unknown encoder, Unknown decoder, or: No such filter",
        "the image's ffmpeg was built without it",
        "`lotus ops run lotus doctor --only codecs --only filters`; `lotus ops build`, then "
        "`lotus ops deploy TAG`",
        r"Unknown (encoder|decoder)|No such filter|(Encoder|Decoder|Filter) not found|"
        r"this ffmpeg has no (encoder|filter)",
    ),
    several(
        "ffmpeg killed",
        "the log says of ffmpeg: signal 9, or SIGKILL",
        r"ffmpeg.*(signal 9|SIGKILL|\breturn ?code:? -9|exit(ed)?( with)?( code)? (-9|137)\b)",
        Suspect("its task has too little memory", "`lotus doctor --aws --only load`"),
        Suspect("its task was told to end", "`lotus doctor --aws --only stopped`"),
    ),
    several(
        "ffmpeg failed",
        "the log says: FFmpeg failed, or: ffmpeg exited with",
        r"ffmpeg (failed|exited|ended|error)|FFmpegError",
        Suspect(
            "a source is broken, or of a kind that ffmpeg does not read",
            "`lotus ops run lotus doctor --only failures`",
        ),
        Suspect(
            "the image's ffmpeg lacks a codec or a filter",
            "`lotus ops run lotus doctor --only codecs --only filters`",
        ),
        Suspect("its task has too little memory", "`lotus doctor --aws --only load`"),
    ),
    several(
        "download failed",
        "the log says: download failed",
        r"download(ing)? (?!.*\b0 failed).*failed|failed to download|download failed",
        CUT,
        Suspect(
            "the address has expired: Replicate keeps files for an hour",
            "`lotus ops run lotus doctor --only predictions`",
        ),
    ),
    several(
        "name not resolved",
        "the log says: Temporary failure in name resolution, or: Name or service not known",
        r"Temporary failure in name resolution|Name or service not known",
        Suspect(
            "the VPC does not resolve names",
            "`aws ec2 describe-vpc-attribute --vpc-id {vpc} --attribute enableDnsSupport "
            "--region {region}`",
        ),
        Suspect("a setting names a host that is not there", "`lotus ops drift`"),
        CUT,
    ),
    Cause(
        "fault in the service",
        'the log says: "event": "fault", or a request with status 500',
        "a request met a bug in lotus: its trace is in the log, under its request_id",
        "`lotus ops logs --task service --errors`; `lotus ops rollback` if it began with an image",
        # that it is not ready yet is no fault, and 503 says that it was too busy
        r'"event": ?"fault"|^(?!.*"/health).*"status": ?50[0-24-9]',
    ),
    several(
        "service busy",
        "the log says: a request with status 503",
        r'^(?!.*"/health).*"status": ?503',
        Suspect(
            "a question to the database took longer than 20 seconds",
            "`lotus doctor --aws --only statements --only connections`",
        ),
        Suspect("its processors or its memory are used up", "`lotus doctor --aws --only load`"),
        Suspect("it was told to end, and others answer", "`lotus ops status`"),
        status="warn",
    ),
)
