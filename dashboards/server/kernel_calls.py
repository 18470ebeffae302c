"""Calls of this server's own kernels; nobody else is answered."""

from __future__ import annotations

import json
import secrets
from ipaddress import ip_address
from typing import Any

from tornado.web import HTTPError, RequestHandler
from voila.request_info_handler import RequestInfoSocketHandler

from dashboards.server.state import ServerState
from lotus.errors import LotusError
from lotus.server.refusals import public_text

__all__ = ["KernelQuestion", "LocalRequestInfo"]


class KernelQuestion(RequestHandler):
    """Questions of this server's own kernels, which know its secret."""

    async def post(self) -> None:
        """The answer, or the error as data."""
        state: ServerState = self.settings["state"]
        secret = self.request.headers.get("X-Lotus-Secret", "")
        if not secrets.compare_digest(secret.encode(), state.secret.encode()):
            raise HTTPError(403)
        call = json.loads(self.request.body)
        try:
            document: dict[str, Any] = {
                "answer": await state.ask(call["question"], **call["parameters"])
            }
        except LotusError as error:
            message, remedy = public_text(error)
            document = {"error": {"message": message, "remedy": remedy}}
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(document, default=str))


class LocalRequestInfo(RequestInfoSocketHandler):
    """Where warm kernels wait for their viewer's address: only from this machine."""

    def prepare(self) -> None:
        """Refuse others."""
        caller = self.request.remote_ip
        if not ip_address(caller).is_loopback and caller != self.settings["state"].host:
            raise HTTPError(403)
