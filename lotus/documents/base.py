"""Classes whose slips are answered in one line: misspelt attributes, lengths of what has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lotus.documents.parsing import explain_error
from lotus.errors import InvalidInput, UnknownAttribute

__all__ = ["AnsweringObject", "ExplainedModel", "ReadOnlyResult", "first_field"]


def _names(owner: type) -> list[str]:
    """The public attributes of a class, fields first."""
    fields = getattr(owner, "__pydantic_fields__", None) or getattr(
        owner, "__dataclass_fields__", {}
    )
    own = set(dir(owner)) - set(dir(BaseModel))
    names = sorted(name for name in own if not name.startswith("_"))
    return list(dict.fromkeys([*fields, *names]))


def _attribute_error(owner: type, name: str, *, of_class: bool) -> AttributeError:
    if name.startswith("_"):  # Python and notebooks ask for many such
        return AttributeError(f"'{owner.__name__}' has no attribute '{name}'")
    words = f"class '{owner.__name__}'" if of_class else f"'{owner.__name__}'"
    return UnknownAttribute(words, name, _names(owner))


class _ExplainedType(type):
    if not TYPE_CHECKING:

        def __getattr__(cls, name):
            raise _attribute_error(cls, name, of_class=True)


class AnsweringObject(metaclass=_ExplainedType):
    """An object of lotus that is no data."""

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise _attribute_error(type(self), name, of_class=False)


if TYPE_CHECKING:
    _AnsweringModel = BaseModel
else:

    class _ModelAnswers:
        """What a model says to slips."""

        def __getattr__(self, name):
            if name.startswith("_"):
                return super().__getattr__(name)
            raise _attribute_error(type(self), name, of_class=False)

        def __len__(self):
            raise self._no_list("has no length", "len({})")

        def __bool__(self):
            return True

        def __iter__(self):
            if self._items:
                raise self._no_list("is not a list", "for one in {}: ...")
            return super().__iter__()

        def __contains__(self, item):
            raise self._no_list("is not a list", "... in {}")

        def __getitem__(self, key):
            fields = type(self).model_fields
            items = self._items or ("scenes" if "scenes" in fields else "")
            place = f"{items}[{key}]" if isinstance(key, int) and items else key
            name = type(self).__name__.lower()
            raise _refusal(name, "is not a dictionary or list", f"write {name}.{place}")

        def __setitem__(self, key, value):
            name = type(self).__name__.lower()
            raise _refusal(name, "cannot be changed", f"write {name} = {name}.replace(field=...)")

        def __setattr__(self, name, value):
            if not name.startswith("_"):
                raise self._frozen(name)
            super().__setattr__(name, value)

        def __delattr__(self, name):
            if not name.startswith("_"):
                raise self._frozen(name)
            super().__delattr__(name)

        def _no_list(self, reason, code):
            name = type(self).__name__.lower()
            if self._items:
                return _refusal(name, reason, f"write {code.format(f'{name}.{self._items}')}")
            return _refusal(name, reason, f"write {name}.{first_field(type(self))}")

        def _frozen(self, field):
            name = type(self).__name__
            remedy = f"write {name.lower()} = {name.lower()}.replace({field}=...)"
            return _refusal(f"{name}.{field}", "cannot be changed", remedy)

    class _ExplainedModelType(type(BaseModel)):
        def __getattr__(cls, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                raise _attribute_error(cls, name, of_class=True) from None

    class _AnsweringModel(_ModelAnswers, BaseModel, metaclass=_ExplainedModelType):
        """A model that answers slips."""


class ExplainedModel(_AnsweringModel):
    """Frozen data. `_items` is the field that a list of it would be: a storyboard's scenes."""

    _items: ClassVar[str] = ""


class ReadOnlyResult(ExplainedModel):
    """What lotus made: nobody else makes one."""

    model_config = ConfigDict(frozen=True)

    if not TYPE_CHECKING:

        def __init__(self, *args, **fields):
            name = type(self).__name__
            if args or not fields:
                raise _refusal(name, "is made by lotus", _MAKERS.get(name, "see the job"))
            try:
                super().__init__(**fields)
            except ValidationError as exc:
                raise explain_error(exc, type(self)) from None

        __init__.__pydantic_base_init__ = True

        def _frozen(self, field):
            remedy = "it is a result; make another one"
            return _refusal(f"{type(self).__name__}.{field}", "cannot be changed", remedy)


_MAKERS = {
    "Job": "write job = lotus.render(brief), or job = lotus.job(job_id)",
    "Estimate": "write lotus.estimate(brief)",
    "Cost": "see job.cost",
}


def first_field(model: type[BaseModel]) -> str:
    """The field that a call without names probably means: the first that is required."""
    fields = model.model_fields
    return next((name for name in fields if fields[name].is_required()), next(iter(fields)))


def _refusal(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)
