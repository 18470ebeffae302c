"""What the server answers beside Voilà's own, by address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tornado.web import StaticFileHandler

from dashboards.handlers.content import Costs, Executed, Media, Thumb, Widgets
from dashboards.handlers.kernels import Ask, Knock
from dashboards.handlers.pages import Compare, JobPage, Page, Review, Start

__all__ = ["Knock", "routes"]

NOTEBOOKS = "results|costs|operations"


def routes(shown: Mapping[str, Any], assets: Path) -> list[tuple[Any, ...]]:
    """Addresses and who answers; `shown` is what Voilà's handler of notebooks needs."""
    return [
        (r"/", Start),
        (rf"/({NOTEBOOKS})", Page, shown),
        (r"/job", JobPage),
        (r"/review", Review),
        (r"/compare", Compare),
        (r"/media/(.*)", Media, {"path": "/"}),
        (r"/thumbs/(.*)\.jpg", Thumb),
        (r"/notebook/(runs/.*\.ipynb)", Executed),
        (r"/costs\.(csv|parquet)", Costs),
        (r"/widgets\.js", Widgets),
        (r"/ask", Ask),
        (r"/lotus/(.*)", StaticFileHandler, {"path": str(assets)}),
    ]
