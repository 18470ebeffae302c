"""A metric in a cell: a function of Python from a clip to a number.

@lotus.metric("redness", unit="share", better="lower", version=1)
def redness(clip):
    frames = clip.frames(every=12) / 255
    return float((frames[..., 0] - frames[..., 1:].max(-1)).clip(0).mean())

lotus.measure("video.mp4", ["redness"])
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, LotusError, MediaError, UnknownName
from lotus.experiments.features import Features
from lotus.experiments.metrics import Metric, add_metric
from lotus.pipeline.clips import Clip

__all__ = ["metric"]

BETTER = ("lower", "higher", "neither")
Function = Callable[[Clip], float | None]


@explained_call
def metric(
    name: str,
    *,
    unit: str = "",
    better: str = "neither",
    version: int = 1,
    about: str = "",
    fails_for: str = "",
) -> Callable[[Function], Function]:
    """Register a function as a metric for `lotus.measure`, `Experiment.measure` and limits.

    Parameters
    ----------
    name
        Name of the metric: small letters, digits and underscores.
    unit
        Unit of its values, such as `seconds`.
    better
        `lower`, `higher` or `neither`.
    version
        Raise it when the same video would get another number; stored values of older versions are
        then ignored.
    about
        One sentence on what it measures.
    fails_for
        One sentence on what it gets wrong.

    Returns
    -------
    Callable
        A decorator; the function stays as it is.

    Raises
    ------
    InvalidInput
        If the name belongs to a metric of lotus, or has other characters.
    """
    _check(name, better)

    def register(function: Function) -> Function:
        text = about or (function.__doc__ or "").strip().partition("\n")[0]
        value_of = _of_features(name, function)
        add_metric(Metric(name, value_of, unit, text, "your own", fails_for, better, version))
        return function

    return register


def _check(name: str, better: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise InvalidInput(
            file="",
            field="metric",
            reason=f"'{name}' is not a name",
            remedy="write one such as redness",
        )
    if better not in BETTER:
        raise UnknownName("direction", better, BETTER)


def _of_features(name: str, function: Function) -> Callable[[Features], float | None]:
    """The function as one of features; whatever it raises names the metric."""

    def of_features(features: Features) -> float | None:
        try:
            value = function(Clip(features.path, str(features.path)))
            return None if value is None else float(value)
        except LotusError:
            raise
        except Exception as exc:
            raise MediaError(
                file=str(features.path),
                reason=f"the metric {name} raised {type(exc).__name__}: {exc}",
                remedy="correct its function",
            ) from exc

    return of_features
