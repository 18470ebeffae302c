"""Voilà, set up for stakeholders: three notebooks, warm kernels, no sources, a token beyond this
machine.

What it serves comes from here: nothing of it from a CDN.
"""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from traitlets.config import Config
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from dashboards.backstage import HERE, Backstage
from dashboards.bundle import bundle
from dashboards.handlers import Knock, routes
from dashboards.kernels import Kernels
from dashboards.source import SECRET, SERVER
from lotus.db import Database
from lotus.errors import InvalidInput
from lotus.workspace import Workspace

__all__ = ["Dashboards", "Serving", "config_of", "serve"]

CLOSED = (AllowListFileHandler, VoilaContentsHandler, TornadoVoilaHandler, TornadoVoilaTreeHandler)
PING_MS = 30_000
TRANSPORT = (
    {"transport": "ipc"} if sys.platform == "linux" else {}
)  # else paths of sockets are too long
CULL_SECONDS = 60  # how often idle kernels are looked for, and those that were left
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; "
    "img-src 'self' data: {media}; media-src 'self' {media}; connect-src 'self' ws: wss:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)  # Voilà and Vega build functions from text, hence unsafe-eval


@dataclass(frozen=True)
class Serving:
    """How to serve."""

    host: str
    port: int
    token: str  # empty: anybody who reaches the port may look
    viewers: int
    warm: int  # kernels of each notebook that wait for a viewer
    idle_seconds: int
    base_url: str = "/"


class Dashboards(Voila):
    """The application; `backstage` is given before it is initialized."""

    backstage: Backstage
    config_file_paths: list[str] = []  # noqa: RUF012  what lies about in the folder sets nothing

    def setup_template_dirs(self) -> None:
        """Our template first, then Voilà's."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(HERE / "template"))

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, with what our handlers share and headers that keep pages to
        themselves.
        """
        settings: dict[str, Any] = super().init_settings()
        headers = {
            "Content-Security-Policy": POLICY.format(media=self.backstage.media_origin),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",  # a form needs its origin
        }
        local = (
            not self.identity_provider.token
        )  # without a token, other names for this machine are refused
        return settings | {
            "backstage": self.backstage,
            "headers": headers,
            "compress_response": True,
            "ws_ping_timeout": PING_MS,
            "ws_ping_interval": PING_MS,
            "allow_remote_access": not local,
            "local_hostnames": ["localhost"],
        }

    def init_handlers(self) -> list[Any]:
        """Voilà's handlers but for files and folders, and ours."""
        kept = [_ours(handler) for handler in super().init_handlers() if handler[1] not in CLOSED]
        shown: dict[str, Any] = {"template_paths": self.template_paths, "config": self.config}
        shown["voila_configuration"] = self.voila_configuration
        ours = routes(shown, HERE / "static")
        return [*kept, *((url_path_join(self.server_url, at), *who) for at, *who in ours)]


def _ours(handler: tuple[Any, ...]) -> tuple[Any, ...]:
    knock = handler[1] is RequestInfoSocketHandler
    return (handler[0], Knock, *handler[2:]) if knock else handler


def config_of(how: Serving, backstage: Backstage) -> Config:
    """Voilà's own settings."""
    return Config(
        {
            "Voila": {
                "ip": how.host,
                "port": how.port,
                "port_retries": 0,
                "base_url": how.base_url,
                "root_dir": str(HERE),
                "open_browser": False,
                "token": how.token,
                "log_level": "ERROR",
            },
            "VoilaConfiguration": {
                "strip_sources": True,
                "show_tracebacks": False,
                "preheat_kernel": how.warm > 0,
                "default_pool_size": how.warm,
                "multi_kernel_manager_class": Kernels,
                "extension_allowlist": WIDGETS,
                "extension_denylist": [],
                "file_allowlist": [],
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "resources": {"widgets": bundle().version},
            },
            "IdentityProvider": {"cookie_options": {"samesite": "Lax"}},
            "MappingKernelManager": {
                "cull_idle_timeout": how.idle_seconds,
                "cull_interval": CULL_SECONDS,
                "cull_connected": True,
            },
            "KernelManager": {"shutdown_wait_time": 0.5, **TRANSPORT},
        }
    )


def free_port(host: str, port: int) -> int:
    """The port, if nobody has it, or any free one for 0; raises InvalidInput."""
    try:
        with socket.create_server((host, port)) as there:
            return int(there.getsockname()[1])
    except OSError as exc:
        said = os.strerror(exc.errno) if exc.errno else str(exc)
        reason = f"{port} of {host} cannot be had: {said}"
        raise InvalidInput(
            file="", field="port", reason=reason, remedy="choose another with --port"
        ) from exc


def _names(host: str) -> tuple[str, str]:
    """By which kernels and people reach it; an address of all interfaces is nobody's name."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1", socket.gethostname()
    return (f"[{host}]",) * 2 if ":" in host else (host, host)


def serve(
    workspace: Workspace,
    how: Serving,
    *,
    ready: Callable[[str], None],
    browser: bool = False,
    reviews: Database | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; `ready` is told the address; verdicts go to `reviews`, if
    anywhere.
    """
    backstage = Backstage(workspace, viewers=how.viewers, host=how.host, reviews=reviews)
    here, shown_host = _names(how.host)
    os.environ[SERVER] = f"http://{here}:{how.port}{how.base_url}"
    os.environ["VOILA_APP_IP"] = here
    os.environ[SECRET] = backstage.secret
    app = Dashboards.instance(config=config_of(how, backstage))
    app.backstage = backstage
    app.initialize([])
    shown = f"http://{shown_host}:{how.port}{how.base_url}" + (
        f"?token={how.token}" if how.token else ""
    )
    IOLoop.current().add_callback(ready, shown)
    if browser:
        IOLoop.current().add_callback(lambda: webbrowser.open(shown))
    app.start()
