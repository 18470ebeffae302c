"""What kernels of this server ask of it; nobody else is answered."""

from __future__ import annotations

import json
import secrets
from ipaddress import ip_address
from typing import Any

from tornado.web import HTTPError, RequestHandler
from voila.request_info_handler import RequestInfoSocketHandler

from dashboards.backstage import Backstage
from lotus.errors import LotusError

__all__ = ["Ask", "Knock"]


class Ask(RequestHandler):
    """Questions of this server's own kernels, which know its secret."""

    async def post(self) -> None:
        """The answer, or the error as data."""
        backstage: Backstage = self.settings["backstage"]
        if not secrets.compare_digest(
            self.request.headers.get("X-Lotus-Secret", ""), backstage.secret
        ):
            raise HTTPError(403)
        asked = json.loads(self.request.body)
        try:
            said: dict[str, Any] = {
                "answer": await backstage.ask(asked["question"], **asked["how"])
            }
        except LotusError as error:
            said = {"error": {"message": error.message, "remedy": error.remedy}}
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(said, default=str))


class Knock(RequestInfoSocketHandler):
    """Where warm kernels wait for their viewer's address: only from this machine."""

    def prepare(self) -> None:
        """Refuse others."""
        caller = self.request.remote_ip
        if not ip_address(caller).is_loopback and caller != self.settings["backstage"].host:
            raise HTTPError(403)
