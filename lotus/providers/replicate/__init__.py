"""Hosted models of Replicate, by the catalogue, through the official client."""

from __future__ import annotations

from lotus.providers.replicate.provider import Replicate

__all__ = ["Replicate"]
