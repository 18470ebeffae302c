"""Docstrings of public names: numpy style, and parameters as the signature has them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import lotus
from batch import Campaign
from dashboards import open_dashboard
from dashboards.dashboard import Dashboard
from lotus import reports
from lotus.music import write_bed

OURS = ("lotus.", "batch.", "dashboards.")
SECTIONS = re.compile(r"^(Parameters|Attributes|Returns|Yields|Raises)\n-+\n", re.M)
NOTHING = (None, "None", inspect.Signature.empty)


def _public_members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties of a public class that lotus itself defines."""
    for name in dir(kind):
        owner = next((base for base in kind.__mro__ if name in vars(base)), object)
        if name.startswith("_") or not owner.__module__.startswith(OURS):
            continue
        member = inspect.getattr_static(kind, name)
        if callable(member) or isinstance(member, classmethod | staticmethod | property):
            yield name, member


def _public() -> dict[str, Any]:
    """What people import: all of lotus, and of other modules what the reference shows."""
    names = {name: getattr(lotus, name) for name in lotus.__all__}
    names |= {f"reports.{name}": getattr(reports, name) for name in reports.__all__}
    others = {"Campaign": Campaign, "Dashboard": Dashboard, "open_dashboard": open_dashboard}
    return {**names, **others, "write_bed": write_bed}


def _callables() -> dict[str, Any]:
    """Every function, class and method that a user calls, by its name."""
    names: dict[str, Any] = {}
    for name, value in _public().items():
        names[name] = value
        for member, code in _public_members(value) if inspect.isclass(value) else ():
            if not isinstance(code, property):
                names[f"{name}.{member}"] = getattr(code, "__func__", code)
    return names


def _properties() -> dict[str, property]:
    kinds = {name: value for name, value in _public().items() if inspect.isclass(value)}
    return {
        f"{name}.{member}": code
        for name, kind in kinds.items()
        for member, code in _public_members(kind)
        if isinstance(code, property)
    }


CALLABLES = _callables()
PROPERTIES = _properties()


def _sections(code: Any) -> dict[str, dict[str, str]]:
    """The sections of a docstring: the words under each name."""
    parts = SECTIONS.split(inspect.getdoc(code) or "")
    return {title: _entries(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def _entries(text: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    name = ""
    for line in text.rstrip().splitlines():
        if line and not line.startswith(" "):
            name = line.partition(" : ")[0]
        entries[name] = f"{entries.get(name, '')} {line.strip()}".strip()
    return {name: words.removeprefix(name).strip() for name, words in entries.items()}


def _parameters(code: Any) -> list[str]:
    """Names of a signature as a docstring writes them; fields of a model are given by name."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    names = [stars.get(p.kind, "") + p.name for p in inspect.signature(code).parameters.values()]
    return [one for one in names if one not in ("cls", "self", "*args")]


def test_docstrings_explain_each_parameter_of_the_signature() -> None:
    assert [name for name in CALLABLES if name != "Settings" and not _explains(name)] == []


def _explains(name: str) -> bool:
    sections = _sections(CALLABLES[name])
    words = {**sections.get("Parameters", {}), **sections.get("Attributes", {})}
    names = _parameters(CALLABLES[name])
    same = set(names) <= set(words) if "Attributes" in sections else list(words) == names
    return same and all(words.values())


def test_docstrings_say_what_a_function_returns() -> None:
    functions = [name for name, code in CALLABLES.items() if not inspect.isclass(code)]
    answering = [
        name
        for name in functions
        if inspect.signature(CALLABLES[name]).return_annotation not in NOTHING
    ]
    assert len(answering) > 90
    assert [name for name in answering if not _says_what_it_returns(name)] == []


def _says_what_it_returns(name: str) -> bool:
    sections = _sections(CALLABLES[name])
    words = {**sections.get("Returns", {}), **sections.get("Yields", {})}
    return bool(words) and all(words.values())


def test_docstrings_begin_with_a_sentence_and_leave_errors_to_their_section() -> None:
    codes = {**CALLABLES, **PROPERTIES}
    assert len(codes) > 140
    assert [name for name, code in codes.items() if _prose_fault(code)] == []


def _prose_fault(code: Any) -> bool:
    text = inspect.getdoc(code) or ""
    prose = SECTIONS.split(text)[0]
    errors = _sections(code).get("Raises", {"": "words"})
    return bool(
        not prose.split("\n\n")[0].rstrip().endswith(".")
        or re.match(r"(What|Who|Where|How|Which|Whether|Whose)\b", prose)
        or re.search(r"\b[Rr]aises [A-Z]", prose)
        or not all(errors.values())
    )
