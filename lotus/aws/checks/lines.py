"""Lines of a program's log, as causes: what lotus and what it stands on write when they fail.

The first that fits is taken; the order is from the most particular to the most general.
"""

from __future__ import annotations

from lotus.aws.checks.lines_aws import AWS_LINES
from lotus.aws.checks.lines_database import DATABASE_LINES
from lotus.aws.checks.lines_media import MEDIA_LINES
from lotus.aws.checks.lines_network import NETWORK_LINES
from lotus.aws.checks.lines_replicate import REPLICATE_LINES
from lotus.aws.checks.suspects import BUSY, CUT, MEMORY, ROW
from lotus.checks.base import Cause, Suspect, several

__all__ = ["LINES"]

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
    *AWS_LINES,
    Cause(
        "unknown command",
        "the log says: No such command, or that a module is missing",
        "the image is older than the task definition, or was built without an extra",
        "`lotus ops build`, then `lotus ops deploy TAG`",
        r"No such command|No such option|ModuleNotFoundError|executable file not found|"
        r"\b(lotus|python3?): (command )?not found|"
        r"\(exit code 127\)|exec \S+: no such file or directory",
    ),
    Cause(
        "program may not run",
        "the log says: exec ...: permission denied",
        "the program is in the image, and its file may not be executed",
        "`lotus ops rollback`; `lotus ops build`, then `lotus ops deploy TAG`",
        r"exec \S+: permission denied",
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
        r"Segmentation fault|Fatal Python error|SIGSEGV|(Aborted|Bus error|Illegal instruction) "
        r"\(core dumped\)",
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
        r"MemoryError\b|Cannot allocate memory|exceeded \d+% memory budget|"
        r"Unable to allocate [\d.]+ [KMGT]iB|Out of memory: Killed process|\boom-kill\b|"
        r"std::bad_alloc|\bmalloc of size \d+ failed|runtime: out of memory",
    ),
    several(
        "worker lost",
        "the log says: KilledWorker, or: workers died while running it",
        r"KilledWorker|different workers, but all those workers died|"
        r"worker died or was disconnected",
        MEMORY,
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
        BUSY,
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
        r"DeadKernelError|\bKernel died\b|Kernel didn.t respond in",
        MEMORY,
        ROW,
    ),
    Cause(
        "no such kernel",
        "the log says: No such kernel named ...",
        "the notebook asks for a kernel that the image does not have",
        "run the campaign again with --kernel python3; or add the kernel's package to the image: "
        "`lotus ops build` and `lotus ops deploy TAG`",
        r"NoSuchKernel|No such kernel named",
    ),
    Cause(
        "cell too slow",
        "the log says: A cell timed out while it was being executed",
        "a cell of the notebook took longer than the campaign allows a cell",
        "run the campaign again with a longer --cell-timeout; `lotus ops run lotus doctor --only "
        "failures` names the rows",
        r"CellTimeoutError|cell timed out while it was being executed",
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
    *MEDIA_LINES,
    *NETWORK_LINES,
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
