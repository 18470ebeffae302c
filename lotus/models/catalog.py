"""The catalogue: the models of `models.toml`, and those that a user's own file adds or changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from lotus.documents.parsing import load_document, read_model
from lotus.errors import InvalidInput, UnknownName
from lotus.models.facts import TASKS, Facts, Task
from lotus.models.model import Model

__all__ = ["TASKS", "Catalog", "Facts", "Model", "Task", "read_catalog"]


@dataclass(frozen=True)
class Catalog:
    """Models by the names that people type, and the one that each task takes when none is named."""

    models: Mapping[str, Model]
    defaults: Mapping[str, str]

    def model(self, name: str, task: Task | None = None, likely: Task | None = None) -> Model:
        """The model of this name, or owner/name; raises UnknownName, or InvalidInput if not for the
        task. For an unknown name the models of the task, or of the likely one, are named.
        """
        by_replicate_name = {
            model.replicate: model for model in reversed(list(self.models.values()))
        }
        entry = self.models.get(name) or by_replicate_name.get(name)
        if entry is None:
            likely = task or likely
            fit = self.models if likely is None else [one.name for one in self.of(likely)]
            option = "" if likely is None else f" --task {likely}"
            remedy = f"see what they do with `lotus models{option}`"
            if "/" in name:
                remedy = f"add it with `lotus models add {name}`, which reads its schema"
            raise UnknownName("model", name, fit, remedy=remedy)
        if task is not None and task not in entry.tasks:
            raise InvalidInput(
                file="",
                field="model",
                reason=f"{entry.name} is for {', '.join(entry.tasks)}, not for {task}",
                remedy=f"use one of {', '.join(model.name for model in self.of(task))}",
            )
        return entry

    def hosted(self, replicate: str, inputs: Mapping[str, Any]) -> Model | None:
        """The model of owner/name that is asked with these inputs; None if there is none.

        Several entries may be of one hosted model and differ in what they always send: the one that
        agrees with most of the inputs is meant.
        """
        there = [model for model in self.models.values() if model.replicate == replicate]
        return max(there, key=lambda model: model.agreement(inputs), default=None)

    def default(self, task: Task) -> Model:
        """The model for a task when none is named."""
        return self.model(self.defaults[task], task)

    def of(self, task: Task) -> tuple[Model, ...]:
        """All models for a task; those whose main use it is come first."""
        able = [model for model in self.models.values() if task in model.tasks]
        return tuple(sorted(able, key=lambda model: model.tasks[0] != task))


def read_catalog(user_file: Path | None = None) -> Catalog:
    """The catalogue of lotus, with what a user's own file adds or replaces.

    Raises InvalidInput or UnknownName in one line: file, field, remedy.
    """
    document = load_document(Path(str(files("lotus.models").joinpath("models.toml"))))
    entries = dict(document["models"])
    defaults = dict(document["defaults"])
    theirs: dict[str, Any] = {}
    if user_file is not None:
        file = str(user_file)
        theirs, their_defaults = _tables(load_document(user_file), file)
        entries |= {name: _merge(entries.get(name, {}), entry) for name, entry in theirs.items()}
        defaults |= their_defaults
    else:
        file = "models.toml"
    models = {
        name: _model(name, entries, file if name in theirs else "models.toml") for name in entries
    }
    _check_defaults(defaults, models, file)
    return Catalog(models, defaults)


def _tables(document: Mapping[str, Any], file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The models and the defaults of a user's file."""
    stranger = next((name for name in document if name not in ("models", "defaults")), None)
    if stranger is not None:
        remedy = f"write [models.{stranger}] if it is a model; the other table is [defaults]"
        raise InvalidInput(file=file, field=stranger, reason="is not a field", remedy=remedy)
    models = document.get("models", {})
    defaults = document.get("defaults", {})
    tables = {"models": models, "defaults": defaults}
    if isinstance(models, dict):
        tables |= {f"models.{name}": entry for name, entry in models.items()}
    for field, table in tables.items():
        if not isinstance(table, dict):
            raise InvalidInput(
                file=file, field=field, reason="has no fields", remedy=f"write [{field}]"
            )
    return models, defaults


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """What is said over what is there: field by field, and entry by entry in `takes`
    and `sources`.
    """
    both = {
        name for name in ("takes", "sources") if isinstance(over.get(name), dict) and name in base
    }
    return {**base, **over, **{name: {**base[name], **over[name]} for name in both}}


def _model(name: str, entries: Mapping[str, Any], file: str) -> Model:
    entry = dict(entries[name])
    like = entry.pop("like", None)
    if like is not None:
        whole = [other for other in entries if "like" not in entries[other]]
        if like not in whole:
            raise UnknownName(
                "model", str(like), whole, remedy=f"correct models.{name}.like in {file}"
            )
        entry = _merge(entries[like], entry)
    return read_model(Model, {**entry, "name": name}, file, prefix=f"models.{name}.")


def _check_defaults(defaults: Mapping[str, Any], models: Mapping[str, Model], file: str) -> None:
    for task, name in defaults.items():
        if task not in TASKS:
            raise UnknownName("task", task, TASKS, remedy=f"correct [defaults] in {file}")
        able = [model.name for model in models.values() if task in model.tasks]
        if name not in able:
            reason = f"'{name}' does not do {task}"
            remedy = f"use one of {', '.join(able)}"
            raise InvalidInput(file=file, field=f"defaults.{task}", reason=reason, remedy=remedy)
