"""What an event is in words: a title, sentences, and where to look. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lotus.display.kit import usd
from lotus.system.quantities import quantity

__all__ = ["Message", "message_of"]

SHORT = 80  # characters of a prompt in a title


@dataclass(frozen=True)
class Message:
    """Plain text for people; `html` and `files` (name -> content) are for mail alone."""

    title: str
    text: str
    link: str = ""
    html: str = ""
    files: tuple[tuple[str, bytes], ...] = ()


def message_of(event: str, data: Mapping[str, Any], site: str = "") -> Message:
    """The message of an event; `site` is the address at which people reach the pages."""
    title, text, page = WORDS[event.partition(".")[0]](event, data)
    return Message(title, text, f"{site}/dashboards/{page}" if site else "")


def _job(event: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    prompt = " ".join(str(data.get("prompt") or "A timeline").split())
    short = prompt if len(prompt) <= SHORT else f"{prompt[: SHORT - 1]}…"
    cost = usd((data.get("cost") or {}).get("actual_usd"))
    page = f"job?id={data.get('id', '')}"
    if event == "job.failed":
        error = data.get("error") or {}
        lines = [str(error.get("message") or "It did not say why."), _remedy(error)]
        return f"Failed: {short}", "\n".join(filter(None, lines)) + f"\nCost: {cost}.", page
    return f"Finished: {short}", f"The video is ready to be looked at.\nCost: {cost}.", page


def _remedy(error: Mapping[str, Any]) -> str:
    return f"What to do: {error['remedy']}" if error.get("remedy") else ""


def _campaign(event: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    page = f"results?campaign={data['campaign']}"
    if event == "campaign.waiting":
        drafts = quantity(data["drafts"], "draft")
        text = f"{drafts} can be looked at and approved."
        return f"{data['name']}: {drafts} to approve", text, page
    rows = ", ".join(f"{number:,} {status}" for status, number in sorted(data["rows"].items()))
    return f"{data['name']}: {data['status']}", f"Rows: {rows or 'none'}.", page


def _budget(event: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    if data["scope"] == "refused":
        return "A budget refused a job", str(data["message"]), f"job?id={data['job']}"
    whose = {"day": "today", "month": "this month"}.get(data["scope"], "a campaign")
    share = "is used up" if event == "budget.100" else "is used to 80 %"
    text = f"{usd(data['committed_usd'])} of {usd(data['limit_usd'])} is spent or reserved, "
    return f"The budget of {whose} {share}", f"{text}{usd(data['left_usd'])} is left.", "costs"


def _report(event: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    since, until = data["since"], data["until"]
    days = since if since == until else f"{since} to {until}"
    return f"Costs of {days}", str(data.get("text", "")), f"costs?since={since}&until={until}"


def _test(event: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    return "A test of lotus", f"The rule “{data.get('rule', '')}” reaches you.", "results"


WORDS = {"job": _job, "campaign": _campaign, "budget": _budget, "report": _report, "test": _test}
