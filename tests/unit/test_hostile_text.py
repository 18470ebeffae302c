"""Hostile values in every field of every model: each is read or refused within a moment."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import batch
import lotus
from lotus.documents.brief import Brief
from lotus.documents.parsing import read_model
from lotus.errors import InvalidInput, LotusError
from lotus.money.budgets import dollars
from lotus.providers.animatic.lexicon import lexicon
from lotus.server.requests import Edit, GenerationRequest
from tests import hostile

SECONDS = 0.25  # of processor time, for one document; a good one takes a thousandth


def within_a_moment(read: Callable[[], object], what: object) -> object:
    """The result of reading, or None for what is refused; fails for what takes long."""
    began = time.thread_time()
    result = None
    with suppress(ValidationError, LotusError):
        result = read()
    took = time.thread_time() - began
    assert took < SECONDS, f"{what}: {took:.1f} s"
    return result


def _models() -> list[type[BaseModel]]:
    for package in (lotus, batch):
        root = Path(str(package.__file__)).parent
        for path in root.rglob("*.py"):
            if re.search(r"import .*\b(BaseModel|Frozen|\w+Model)\b", path.read_text()):
                module = path.relative_to(root.parent).with_suffix("")
                importlib.import_module(".".join(module.parts).removesuffix(".__init__"))
    models: dict[str, type[BaseModel]] = {}
    pending: list[type[BaseModel]] = [BaseModel]
    while pending:
        for model in pending.pop().__subclasses__():
            pending.append(model)
            if model.__module__.split(".")[0] in ("lotus", "batch"):
                models[f"{model.__module__}.{model.__qualname__}"] = model
    return [models[name] for name in sorted(models)]


def test_every_field_of_every_model_reads_or_refuses_within_a_moment() -> None:
    models = _models()
    assert {Brief, GenerationRequest, Edit} < set(models)
    for model in models:
        for field in model.model_fields:
            for name, value in hostile.HOSTILE.items():
                within_a_moment(
                    lambda model=model, field=field, value=value: model.model_validate(
                        {field: value}
                    ),
                    (model.__name__, field, name),
                )


@pytest.mark.parametrize("name", ["brief", "storyboard", "timeline", "edit"])
def test_a_good_document_with_one_hostile_value_is_read_or_refused_within_a_moment(
    name: str,
) -> None:
    model, document = hostile.documents()[name]
    read_model(model, document, "")
    for path in hostile.leaves(document):
        if any(isinstance(part, int) and part > 0 for part in path):
            continue  # all items of a list are alike
        for what, value in hostile.HOSTILE.items():
            changed = hostile.with_value(document, path, value)
            within_a_moment(lambda changed=changed: read_model(model, changed, ""), (path, what))


NUMBERS = st.from_regex(
    r"[-+ $]?[0-9_]{0,4000}[./eE]?[-+]?[0-9]{0,12}[/]?[0-9]{0,9}", fullmatch=True
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(NUMBERS)
def test_texts_that_look_like_numbers_are_read_or_refused_within_a_moment(text: str) -> None:
    prompt = "A small coffee roaster opens at dawn."

    def brief() -> object:
        return Brief.model_validate({"prompt": prompt, "fps": text, "duration_seconds": text})

    within_a_moment(brief, text)
    within_a_moment(lambda: dollars(text), text)


@pytest.mark.parametrize("rate", ["24", "23.976", "30000/1001", 29.97, 25, "60", " 24 "])
def test_rates_are_read_as_before(rate: Any) -> None:
    brief = Brief.model_validate({"prompt": "A small coffee roaster opens.", "fps": rate})
    assert 23 < brief.fps <= 60


@pytest.mark.parametrize("rate", ["1e10000000", "0x18", "24/0", "", "2" * 30, "1_000", [], "1e100"])
def test_what_is_no_rate_is_refused_with_a_remedy(rate: Any) -> None:
    with pytest.raises(InvalidInput, match="write 24, 25, 30 or 30000/1001") as refused:
        read_model(Brief, {"prompt": "A small coffee roaster opens.", "fps": rate}, "")
    assert len(str(refused.value)) < 300


def test_a_prompt_of_digits_is_refused_before_the_planner_reads_it() -> None:
    with pytest.raises(InvalidInput, match="a number of more than 40 digits"):
        Brief(prompt="0" * 1999)
    assert Brief(prompt="Call " + "0" * 40).prompt.endswith("0" * 40)


ODD_PROMPTS = {  # of which a pattern that begins anywhere took seconds
    "marks": "#" * 1990,
    "dashes": "\u2014-\u2013" * 650,
    "accents": "a" + "\u0301" * 1900,
    "brackets": "((((a " * 300,
    "denials": "no no not without " * 110,
    "letters": "a " * 990,
}
PLAN_SECONDS = 1.5  # of processor time, on a busy machine; 0.2 to 0.5 on another


@pytest.mark.parametrize("name", ODD_PROMPTS)
def test_the_plan_of_an_odd_prompt_takes_no_seconds(name: str) -> None:
    began = time.thread_time()
    lotus.plan(lotus.Brief(prompt=ODD_PROMPTS[name]))
    assert time.thread_time() - began < PLAN_SECONDS


def test_words_of_many_languages_are_looked_up_at_once() -> None:
    book = lexicon()
    words = [word for table in book.keywords.values() for word in table.words[::20]]
    began = time.thread_time()
    hits = sum(table.get(word) is not None for table in book.keywords.values() for word in words)
    assert time.thread_time() - began < len(words) * len(book.keywords) * 25e-6
    assert hits > len(words)
    for table in book.keywords.values():
        first, last = table.words[0], table.words[-1]
        assert f"\n{last}\t{table.get(last)}\n" in table.text
        assert f"\n{first}\t{table.get(first)}\n" in table.text
        assert [table.get(word) for word in ("", "\t", "\n", f"{first}\t", "zzzzz")] == [None] * 5
