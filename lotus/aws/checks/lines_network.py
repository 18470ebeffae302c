"""What programs write into a log when they do not reach each other, as causes."""

from __future__ import annotations

from lotus.aws.checks.suspects import CUT, MEMORY, NAMES
from lotus.checks.base import Suspect, several

__all__ = ["NETWORK_LINES"]

NETWORK_LINES = (
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
        r"Temporary failure in name resolution|Name or service not known|NXDOMAIN|EAI_AGAIN|"
        r"No address associated with hostname|no such host|Could not resolve host",
        NAMES,
        Suspect("a setting names a host that is not there", "`lotus ops drift`"),
        CUT,
    ),
    several(
        "no route",
        "the log says: Network is unreachable, or: No route to host",
        r"Network is unreachable|No route to host",
        CUT,
        Suspect(
            "the machine at that address has ended: campaigns speak to their workers so",
            "`lotus doctor --aws --only stopped`",
        ),
    ),
    several(
        "answer cut off",
        "the log says: peer closed connection without sending complete message body, or: Server "
        "disconnected without sending a response",
        r"peer closed connection without sending complete|"
        r"Server disconnected without sending a response",
        Suspect(
            "the other side restarted, or the network cut it: it may work next time",
            "`lotus ops logs --errors --since 1h` shows whether it happens again",
        ),
        CUT,
        status="warn",
    ),
    several(
        "process killed",
        "the log says: A process in the process pool was terminated abruptly, or: Killed",
        r"process pool was terminated abruptly|BrokenProcessPool|^(signal: )?killed$",
        MEMORY,
        Suspect("its task was told to end", "`lotus doctor --aws --only stopped`"),
    ),
)
