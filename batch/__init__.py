"""Campaigns: each row of a manifest is one run of a Papermill notebook, executed as a Dask task.

    from batch import Campaign
    campaign = Campaign.from_csv("campaign.csv", budget_usd="25")
    campaign.run(workers=2)

`batch` imports lotus, never the reverse. Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch.campaign import Campaign

__all__ = ["Campaign", "require_extra"]


def require_extra() -> None:
    """Raise InvalidInput with the command that installs what campaigns run on, if it is not there:
    before a campaign is written that could not run.
    """
    from lotus.system.distribution import require_modules

    require_modules("nbformat", "papermill", "distributed", "pandas")


def __getattr__(name: str) -> Any:
    if name != "Campaign":
        raise AttributeError(f"module 'batch' has no attribute '{name}'")
    require_extra()
    from batch.campaign import Campaign

    return Campaign
