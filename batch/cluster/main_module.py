"""Scripts that run campaigns: each worker process imports them again, by the rules of Python's
multiprocessing.
"""

from __future__ import annotations

import multiprocessing

from lotus.errors import InvalidInput

__all__ = ["GUARD", "check_not_imported_by_worker"]

GUARD = "put what a script runs under `if __name__ == '__main__':`"


def check_not_imported_by_worker() -> None:
    """Raise InvalidInput where a worker that starts imports the script that started it: it would
    run the campaign once more.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        reason = "a worker process imports this script, which would run the campaign once more"
        raise InvalidInput(file="", field="", reason=reason, remedy=GUARD)
