"""What handlers that answer viewers share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from jupyter_server.base.handlers import JupyterHandler

from dashboards.backstage import Backstage
from dashboards.markup import empty, trouble
from lotus.errors import InputError, LotusError

__all__ = ["Lotus"]


class Lotus(JupyterHandler):
    """A handler that knows what is backstage."""

    @property
    def backstage(self) -> Backstage:
        found: Backstage = self.settings["backstage"]
        return found

    def forget_token(self) -> bool:
        """The token is in a cookie now: take it out of the address, so that it is not passed on."""
        if "token" not in self.request.query_arguments:
            return False
        said = [
            (n, v) for n, vs in self.request.query_arguments.items() if n != "token" for v in vs
        ]
        self.redirect(f"{self.request.path}?{urlencode(said)}" if said else self.request.path)
        return True

    def show(self, title: str, body: Any, **more: Any) -> None:
        """End with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(self.backstage.page(self.base_url, title, body, **more))

    def refuse(self, title: str, error: LotusError, status: int = 404, **more: Any) -> None:
        """End with what went wrong: `status` if the viewer asked for it, otherwise the fault is
        ours.
        """
        self.set_status(status if isinstance(error, InputError) else 500)
        self.show(title, trouble(error), **more)

    def write_error(self, status_code: int, **facts: Any) -> None:
        """One plain page, whatever went wrong."""
        words = {404: "There is no such page.", 403: "This is not for you."}
        hint = "Open the results, and go on from there."
        self.set_status(status_code)
        self.show("Not found", empty(words.get(status_code, "Something went wrong."), hint))
