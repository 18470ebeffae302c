"""What dashboards raise on purpose, below the tree of `lotus.errors`."""

from __future__ import annotations

from importlib.util import find_spec

from lotus.errors import DatabaseError, InvalidInput, StoreError, WorkError
from lotus.system.distribution import install_command

__all__ = ["NoAnswer", "check_installed", "public_error"]


class NoAnswer(WorkError):
    """A question was not answered: the message and the remedy are of whoever failed."""

    code = "no_answer"


def public_error(error: BaseException) -> BaseException:
    """The error as viewers may see it: without the addresses of the database and the store."""
    from lotus.server.refusals import public_text

    if not isinstance(error, DatabaseError | StoreError):
        return error
    message, remedy = public_text(error)
    return NoAnswer(reason=message, remedy=remedy)


def check_installed() -> None:
    """Raise InvalidInput with what to install, if something is missing."""
    missing = [name for name in ("voila", "ipywidgets", "nbconvert") if find_spec(name) is None]
    if missing:
        raise InvalidInput(
            file="",
            field="dashboards",
            reason=f"not installed: {', '.join(missing)}",
            remedy=f"install them: {install_command('dashboards')}",
        )
