"""How long is waited for what passes: a look that comes too early, a line that is down."""

from __future__ import annotations

from datetime import timedelta

__all__ = [
    "AGAIN_SECONDS",
    "APPEARS_WITHIN",
    "CLOCKS_APART",
    "ENDING_SECONDS",
    "KEPT_BY_PROVIDERS",
    "LISTEN_SECONDS",
    "LONGEST_WAIT_SECONDS",
    "LOOK_AFTER_SECONDS",
    "SETTLING_SECONDS",
    "WORD_SECONDS",
]

# An answer that was lost may be on its way to the list; behind a gateway it has taken four seconds.
LOOK_AFTER_SECONDS: tuple[float, ...] = (0.0, 0.5, 2.0, 4.0, 6.0)
SETTLING_SECONDS = 10.0  # so long a 404, or a success without an output, may be a passing one
LONGEST_WAIT_SECONDS = 30.0  # between two tries
AGAIN_SECONDS = 0.25  # before a second download, and longer each time
ENDING_SECONDS = 60.0  # a prediction that was cancelled has ended by then
WORD_SECONDS = 60.0  # so long word is waited for before it is looked after all
LISTEN_SECONDS = 0.5
CLOCKS_APART = timedelta(seconds=60)
APPEARS_WITHIN = timedelta(minutes=10)  # what a request created without an answer
KEPT_BY_PROVIDERS = timedelta(hours=1)  # what a prediction made; it is deleted after that
