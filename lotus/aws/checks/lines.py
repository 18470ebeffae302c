"""Lines of a program's log, as causes: what lotus and what it stands on write when they fail.

The first that fits is taken; the order is from the most particular to the most general.
"""

from __future__ import annotations

from lotus.checks.base import Cause, Suspect, several

__all__ = ["LINES"]

DOWN = Suspect(
    "the server is stopped, full or being changed", "`lotus doctor --aws --only database`"
)
CUT = Suspect("the network does not let the task there", "`lotus doctor --aws --only network`")

LINES = (
    Cause(
        "no database address",
        "the log says: DATABASE_URL is required, or: DATABASE_URL: is not ...",
        "the task has no address of a database, or a wrong one",
        "`terraform -chdir=terraform apply`, then `lotus ops restart`",
        r"DATABASE_URL(:| is required)",  # remedies of other errors of a database name it too
    ),
    Cause(
        "token refused",
        "the log says: Invalid REPLICATE_API_TOKEN, or: replicate 401 Unauthorized",
        "Replicate does not know the token that the secret holds",
        "`lotus ops secrets set replicate`, then `lotus ops restart`",
        r"Invalid REPLICATE_API_TOKEN|ReplicateError.*(401|Unauthenticated|Invalid token)|"
        r"replicate.*\b401\b",
    ),
    several(
        "Replicate not reached",
        "the log says: replicate: cannot be reached",
        r"replicate: cannot be reached|api\.replicate\.com.*(refused|time.?out|timed out|resolve)",
        CUT,
        Suspect("Replicate itself is down", "open https://www.replicatestatus.com"),
    ),
    Cause(
        "Replicate throttled",
        "the log says: throttled, or 429 Too Many Requests, of Replicate",
        "the account has asked more often than Replicate lets it; lotus waits and asks again",
        "lower LOTUS_MAX_CONCURRENT_CLIPS (settings in the .tfvars), then "
        "`terraform -chdir=terraform apply`; campaigns with fewer --workers ask less often",
        r"Request was throttled|replicate.*(\b429\b|throttled|too many requests)|"
        r"throttled.*replicate",
        "warn",
    ),
    Cause(
        "Replicate without credit",
        "the log says: 402 Payment Required, or insufficient credit",
        "Replicate does not work for this account until it has credit",
        "add credit at https://replicate.com/account/billing, then `lotus ops run lotus jobs list`",
        r"replicate.*(\b402\b|insufficient credit|payment required|spend limit)",
    ),
    Cause(
        "Replicate failed",
        "the log says: ReplicateError, ModelError, or: prediction failed",
        "the model or Replicate ended the prediction: its own message follows in the log",
        "`lotus ops run lotus doctor --only failures --only predictions`",
        r"ReplicateError|ModelError|prediction \S* ?(failed|was canceled)",
    ),
    Cause(
        "password refused",
        "the log says: password authentication failed",
        "the password was changed after the task began: ECS injects it only at the start",
        "lotus ops restart",
        r"password authentication failed",
    ),
    several(
        "token of IAM refused",
        "the log says: PAM authentication failed, of a role that signs in by IAM",
        r"PAM authentication failed",
        Suspect(
            "the role of the database has not got its rights yet, or lost rds_iam",
            "`lotus ops migrate` gives them",
        ),
        Suspect("the task's role may not rds-db:connect", "`lotus doctor --aws --only roles`"),
        Suspect(
            "the server lacks memory: RDS then fails to verify tokens",
            "`lotus doctor --aws --only load`",
        ),
    ),
    several(
        "certificate not trusted",
        "the log says: certificate verify failed, or: root certificate file does not exist",
        r"certificate verify failed|root certificate file|server certificate for .* does not match",
        Suspect(
            "the image lacks the certificates of RDS in this region",
            "`lotus ops images` shows when it was built; `lotus ops build` makes another",
        ),
        Suspect(
            "the server has another authority than Terraform says",
            "`aws rds describe-db-instances --db-instance-identifier {database} --region {region}` "
            "(CACertificateIdentifier)",
        ),
    ),
    Cause(
        "no connection left",
        "the log says: too many clients already, or: remaining connection slots are reserved",
        "pools x tasks are more than the server allows",
        "`lotus doctor --aws --only connections`; `lotus ops scale 1`",
        r"too many (clients|connections)|connection slots|QueuePool limit",
    ),
    Cause(
        "database refuses plain connections",
        "the log says: no pg_hba.conf entry, or pg_hba.conf rejects, with: no encryption",
        "the server takes TLS alone, and the task came without it",
        "`terraform -chdir=terraform apply` sets DB_SSLMODE again, then `lotus ops restart`",
        r"pg_hba\.conf.*no encryption",
    ),
    Cause(
        "right missing in the database",
        "the log says: permission denied for table, sequence or schema",
        "the role of the task has not its rights: the last migration did not give them",
        "lotus ops migrate",
        r"permission denied for (table|sequence|schema|relation|view)",
    ),
    Cause(
        "database disk full",
        "the log says: could not extend file, or: DiskFull",
        "the disk of the database server is full, not the task's",
        "`lotus doctor --aws --only database`; raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`",
        r"could not (extend|write to|access) file.*no space left|DiskFull",
    ),
    Cause(
        "deadlock",
        "the log says: deadlock detected, or: could not serialize access",
        "two transactions waited for each other; lotus does the one that was undone again",
        "nothing, unless it stays: `lotus doctor --aws --only statements`",
        r"deadlock detected|could not serialize",
        "warn",
    ),
    Cause(
        "statement too slow",
        "the log says: canceling statement due to statement timeout",
        "a statement took longer than DB_STATEMENT_TIMEOUT_SECONDS",
        "`lotus doctor --aws --only statements`; `lotus ops run lotus doctor --only indexes`",
        r"canceling statement due to statement timeout|statement timeout|QueryCanceled",
        "warn",
    ),
    Cause(
        "database went away",
        "the log says: server closed the connection unexpectedly, or: terminating connection",
        "the server restarted or failed over; lotus connects again by itself",
        "`lotus doctor --aws --only database` shows whether it is back and what RDS did",
        r"server closed the connection|terminating connection due to|SSL connection has been "
        r"closed|connection already closed|AdminShutdown|SSL SYSCALL error|"
        r"the database system is (starting up|shutting down|in recovery mode|not yet accepting)",
        "warn",
    ),
    several(
        "database not reached",
        "the log says: Cannot connect to database, connection refused, or that it timed out",
        r"cannot connect to database|database \S+: .*(refused|time.?out|timed out|failed|resolve|"
        r"name or)|connection to server at .* failed|(could not connect|connection refused|"
        r"connection timed out).*(5432|postgres)|(5432|postgres).*(connection refused|timed out)|"
        r"could not translate host name|failed to resolve host",
        DOWN,
        CUT,
    ),
    Cause(
        "old tables",
        "the log says: this lotus needs revision ...",
        "the image is newer than the tables",
        "lotus ops migrate",
        r"lotus db migrate|needs (revision )?\d{4}",
    ),
    Cause(
        "bucket gone",
        "the log says: NoSuchBucket",
        "the bucket that LOTUS_STORE names is not there",
        "`lotus doctor --aws --only bucket`; "
        "`terraform -chdir=terraform apply -target=module.storage`",
        r"NoSuchBucket|specified bucket does not exist",
    ),
    several(
        "bucket refused",
        "the log says: access is denied: s3:... is missing, or AccessDenied of an operation of S3",
        r"access is denied: s3:|AccessDenied\W+when calling the \w*(Object|Bucket|Upload|Part)|"
        r"AccessDenied\W*$|"
        r"not authorized to perform: s3:",
        Suspect("the task's role may not", "`lotus doctor --aws --only roles`"),
        Suspect("the bucket's policy forbids it", "`lotus doctor --aws --only bucket`"),
    ),
    several(
        "AWS refused",
        "the log says: AccessDenied, or: is not authorized to perform, of another operation",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform|"
        r"Unable to locate credentials",
        Suspect("the task's role may not, or is gone", "`lotus doctor --aws --only roles`"),
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
        "AWS was asked more often than it answers; lotus waits and asks again",
        "nothing, unless it stays: run fewer workers; `lotus ops usage` says what runs",
        r"ThrottlingException|SlowDown|Rate exceeded|RequestLimitExceeded",
        "warn",
    ),
    Cause(
        "unknown command",
        "the log says: No such command, or that a module is missing",
        "the image is older than the task definition, or was built without an extra",
        "`lotus ops build`, then `lotus ops deploy TAG`",
        r"No such command|No such option|ModuleNotFoundError|executable file not found",
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
        r"\bMemoryError\b|Cannot allocate memory|exceeded \d+% memory budget|KilledWorker",
    ),
    Cause(
        "disk full",
        "the log says: No space left on device",
        "the task's disk is full",
        "raise worker.disk_gb in the .tfvars, then `terraform -chdir=terraform apply`",
        r"no space left on device|ENOSPC",
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
        r"download(ing)? .*failed|failed to download|download failed",
        CUT,
        Suspect(
            "the address has expired: Replicate keeps files for an hour",
            "`lotus ops run lotus doctor --only predictions`",
        ),
    ),
    Cause(
        "fault in the service",
        'the log says: "event": "fault", or a request with status 500',
        "a request met a fault of lotus: its trace is in the log, under its request_id",
        "`lotus ops logs --task service --errors`; `lotus ops rollback` if it began with an image",
        r'"event": ?"fault"|"status": ?50[0-9]',
    ),
)
