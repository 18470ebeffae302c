"""Dashboards for stakeholders: pages that are notebooks, their views, and the server that shows
them. They read; what viewers may change, they change through the functions of `lotus`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboards.dashboard import Dashboard

__all__ = ["open_dashboard"]


def open_dashboard(**defaults: Any) -> Dashboard:
    """Open the dashboard whose notebook this is.

    It answers questions, holds what its viewer chose, and knows the addresses of jobs and videos,
    wherever the notebook runs: on a page of the server, in JupyterLab, or in a report.

    Parameters
    ----------
    **defaults
        Values that a viewer may change in the address, by `Dashboard.form` or by hand.

    Returns
    -------
    Dashboard
        `ask`, the viewer's `values`, and filters.
    """
    from dashboards.dashboard import current

    return current(defaults)
