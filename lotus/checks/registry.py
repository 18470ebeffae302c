"""All checks, in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Mapping

from lotus.checks import database, ffmpeg, local, models, replicate, store, work
from lotus.checks.base import Check

__all__ = ["CHECKS"]

CHECKS: Mapping[str, Check] = {
    "python": local.python,
    "packages": local.packages,
    "files": local.files,
    "home": local.home,
    "disk": local.disk,
    "ffmpeg": ffmpeg.program,
    "codecs": ffmpeg.codecs,
    "filters": ffmpeg.filters,
    "fonts": local.fonts,
    "database": database.schema,
    "connections": database.connections,
    "store": store.round_trip,
    "rules": store.rules,
    "models": models.catalogue,
    "replicate": replicate.token,
    "jobs": work.jobs,
    "failures": work.failures,
    "predictions": work.predictions,
    "cache": work.cache,
    "leftovers": work.leftovers,
    "statements": work.statements,
    "indexes": work.indexes,
}
