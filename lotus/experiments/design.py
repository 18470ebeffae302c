"""The design of an experiment: a base, factors with their levels, and the cells that they span.

Pure, but for the files that it names. A cell's key covers all that makes its video and nothing
else, so that an experiment that grows keeps the cells that it has.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotus.documents.brief import Brief
from lotus.documents.parsing import check_fields, explain_error, load_document
from lotus.documents.reading import as_request, load_request
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, UnknownName
from lotus.experiments.prompts import read_categories, read_prompts
from lotus.system.keys import key_of

__all__ = ["Design", "DesignCell", "Level", "Unit", "read_design"]

Level = str | int | float | bool | None
Unit = Literal["clip", "video"]
OPTIONS = ("provider", "model", "planner", "llm")  # of the rendering, beside fields of the brief
NOT_FACTORS = ("scenes", "brand")
MOST_CELLS = 20_000
CLIP_SECONDS = 5.0


class DesignCell(BaseModel):
    """One combination of levels: `factors` by name, `key` of what is made."""

    model_config = ConfigDict(frozen=True)

    key: str
    factors: dict[str, Level]

    def block(self, *without: str) -> str:
        """The levels of all factors but these, as text: cells of one block are compared."""
        return "; ".join(f"{n}={v}" for n, v in self.factors.items() if n not in without)


class Design(BaseModel):
    """A grid over a base, or a sample of it. `base` holds fields of a brief."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    base: dict[str, Any]
    grid: dict[str, tuple[Level, ...]]
    unit: Unit = "clip"
    seconds: float = Field(default=CLIP_SECONDS, gt=0, le=60)  # of a clip
    sample: int | None = Field(default=None, ge=1)  # cells; whole blocks are drawn
    sample_seed: int = 0
    categories: dict[str, str] = Field(default_factory=dict)  # of prompts; not in the keys of cells

    @classmethod
    def of(
        cls,
        name: str,
        base: Any,
        grid: Mapping[str, Any],
        *,
        unit: Unit = "clip",
        seconds: float | None = None,
        sample: int | None = None,
        sample_seed: int = 0,
        folder: Path | None = None,
        categories: Mapping[str, str] | None = None,
    ) -> Self:
        """A design as people write it; `folder` is where relative files of prompts lie.

        Raises InvalidInput, and UnknownName for a factor that is neither a field of a brief nor an
        option of the rendering.
        """
        _check_groups(grid, categories)
        fields = _base_fields(base, folder)
        length = fields.get("duration_seconds") if seconds is None else seconds
        if unit not in ("clip", "video"):
            raise UnknownName("unit", str(unit), ("clip", "video"))
        values = {
            "name": name,
            "base": fields,
            "grid": {str(factor): _levels(factor, grid[factor], folder) for factor in grid},
            "unit": unit,
            "seconds": CLIP_SECONDS if length is None else length,
            "sample": sample,
            "sample_seed": sample_seed,
            "categories": {**_categories(grid.get("prompt"), folder), **(categories or {})},
        }
        try:
            design = cls.model_validate(values)
        except ValidationError as exc:
            raise explain_error(exc, cls) from None
        design.cells()
        return design

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors with two levels or more."""
        return tuple(name for name, levels in self.grid.items() if len(levels) > 1)

    @property
    def blocking(self) -> tuple[str, ...]:
        """Factors that make blocks, and are not compared unless somebody asks: prompt and seed."""
        others = [name for name in self.factors if name not in ("prompt", "seed")]
        if others:
            return tuple(name for name in ("prompt", "seed") if name in self.grid)
        return ("seed",) if "seed" in self.grid else ()

    @property
    def treatments(self) -> tuple[str, ...]:
        """Factors that are compared unless others are named."""
        return tuple(name for name in self.factors if name not in self.blocking)

    def cells(self) -> tuple[DesignCell, ...]:
        """All cells, block by block, so that what runs first can be compared first."""
        count = 1
        for levels in self.grid.values():
            count *= len(levels)
        if count > MOST_CELLS:
            raise InvalidInput(
                file="",
                field="grid",
                reason=f"has {count:,} cells",
                remedy=f"leave levels out: {MOST_CELLS:,} cells are the most",
            )
        names = [*self.blocking, *(name for name in self.grid if name not in self.blocking)]
        combinations = list(itertools.product(*(self.grid[name] for name in names)))
        return tuple(
            self._cell(dict(zip(names, c, strict=True))) for c in self._sampled(combinations)
        )

    def _sampled(self, combinations: list[tuple[Level, ...]]) -> list[tuple[Level, ...]]:
        """Whole blocks at random until the sample is full; the order stays."""
        if self.sample is None or self.sample >= len(combinations):
            return combinations
        width = len(self.blocking)
        blocks = list(dict.fromkeys(c[:width] for c in combinations))
        size = len(combinations) // len(blocks)
        count = max(1, self.sample // size)
        sample = set(random.Random(self.sample_seed).sample(blocks, min(count, len(blocks))))
        return [c for c in combinations if c[:width] in sample]

    def _cell(self, levels: Mapping[str, Level]) -> DesignCell:
        facts: dict[str, Any] = {"unit": self.unit, "base": self.base}
        facts |= {"levels": dict(sorted(levels.items()))}
        if self.unit == "clip":
            facts["seconds"] = self.seconds
        levels_in_order = {name: levels[name] for name in self.grid}
        return DesignCell(key=key_of("experiment-cell", facts), factors=levels_in_order)

    def request(self, cell: DesignCell) -> Brief:
        """The brief of a cell; raises InvalidInput."""
        fields = {n: v for n, v in cell.factors.items() if n not in OPTIONS}
        request = as_request({**self.base, **fields})
        assert isinstance(request, Brief)
        return request

    def options(self, cell: DesignCell) -> dict[str, Any]:
        """Provider, model and planner of a cell."""
        return {name: cell.factors[name] for name in OPTIONS if name in cell.factors}


def _check_groups(grid: Any, categories: Any) -> None:
    """Raise InvalidInput for what has no names in it."""
    for field, value, example in (
        ("grid", grid, 'grid={"style": ["noir", "watercolor"]}'),
        ("categories", {} if categories is None else categories, 'categories={"A dog": "animal"}'),
    ):
        if not isinstance(value, Mapping):
            reason = f"is of type {type(value).__name__}"
            raise InvalidInput(file="", field=field, reason=reason, remedy=f"write {example}")


def _base_fields(base: Any, folder: Path | None) -> dict[str, Any]:
    if isinstance(base, Mapping):
        return dict(base)
    if isinstance(base, str | Path) and Path(base).suffix:
        base = load_request(str((folder or Path()) / base))
    elif isinstance(base, str):
        return {"prompt": base}
    if isinstance(base, Storyboard):
        base = base.brief
    if not isinstance(base, Brief):
        raise InvalidInput(
            file="", field="base", reason="is not a brief", remedy="give a brief, or its fields"
        )
    absolute = as_request(base)
    return absolute.model_dump(mode="json", exclude_unset=True)


def _categories(prompts: Any, folder: Path | None) -> dict[str, str]:
    """Those that a file of prompts names."""
    if isinstance(prompts, str | Path) and Path(prompts).suffix:
        return read_categories((folder or Path()) / prompts)
    return {}


def _levels(factor: Any, levels: Any, folder: Path | None) -> tuple[Level, ...]:
    names = [*(n for n in Brief.model_fields if n not in NOT_FACTORS), *OPTIONS]
    if factor not in names:
        raise UnknownName("factor", str(factor), names)
    if factor == "prompt" and isinstance(levels, str | Path) and Path(levels).suffix:
        return read_prompts((folder or Path()) / levels)
    if isinstance(levels, Set):
        levels = sorted(levels, key=str)  # a set has another order in each process
    if isinstance(levels, str) or not isinstance(levels, Sequence | range):
        levels = (
            list(levels) if hasattr(levels, "__iter__") and type(levels) is not str else [levels]
        )
    values = tuple(dict.fromkeys(v.item() if hasattr(v, "item") else v for v in levels))
    if not values or not all(map(_is_level, values)):
        raise InvalidInput(
            file="",
            field=f"grid.{factor}",
            reason="has no levels"
            if not values
            else "has a level that is neither text nor a number",
            remedy=f"write a list: {factor}: [a, b]",
        )
    if len({str(value) for value in values}) < len(values):
        raise InvalidInput(
            file="",
            field=f"grid.{factor}",
            reason="has two levels that read alike, such as 1 and '1'",
            remedy="remove one of them",
        )
    return values


def _is_level(value: Any) -> bool:
    """Whether it is text, a number that is one, or nothing."""
    return (
        value is None
        or isinstance(value, str | int)
        or (isinstance(value, float) and math.isfinite(value))
    )


def read_design(path: Path) -> Design:
    """The design in a YAML or JSON file; raises InvalidInput."""
    document = load_document(path)
    fields = ("name", "base", "grid", "unit", "seconds", "sample", "sample_seed", "categories")
    check_fields(document, fields, str(path), "an experiment")
    grid = document.get("grid")
    document.setdefault("base", {})
    if not isinstance(grid, dict) or not (document["base"] or "prompt" in grid):
        field = "base" if isinstance(grid, dict) else "grid"
        raise InvalidInput(
            file=str(path),
            field=field,
            reason="is missing",
            remedy="write base: (a brief) and grid: (factors with their levels)",
        )
    return Design.of(**{"name": path.stem, **document, "folder": path.parent})
