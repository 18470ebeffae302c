"""The base of documents that people write, and the types that their fields share. No I/O."""

from __future__ import annotations

import inspect
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)

from lotus.documents.base import ExplainedModel, first_field
from lotus.documents.describing import docstring_of, plain_signature, without_parameters
from lotus.documents.numbers import fraction, shorten
from lotus.documents.parsing import explain_error, without_blanks
from lotus.errors import InvalidInput

__all__ = ["Document", "FrameRate", "FrozenModel", "HexColor", "Rate", "Seconds", "Text"]


class FrozenModel(BaseModel):
    """Data of lotus: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Document(ExplainedModel, FrozenModel):
    """Data that people write: an error is InvalidInput, one line with the field and the remedy.

    Fields that are NaN, and None where a field cannot be None, count as left out, so that a row of
    a DataFrame can be passed as it is.
    """

    model_config = ConfigDict(json_schema_extra=without_parameters)

    if not TYPE_CHECKING:

        @classmethod
        def __pydantic_init_subclass__(cls, **options):
            """Let `lotus.Brief?` explain each field."""
            super().__pydantic_init_subclass__(**options)
            summary = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
            cls.__doc__ = docstring_of(summary, cls.model_fields)
            cls.__signature__ = plain_signature(cls.model_fields)

        def __init__(self, *args, **fields):
            name = type(self).__name__
            if args:
                reason = "takes its fields by name"
                remedy = f"write {name}({first_field(type(self))}=...)"
                raise InvalidInput(file="", field=name, reason=reason, remedy=remedy)
            try:
                super().__init__(**without_blanks(type(self), fields))
            except ValidationError as exc:
                raise explain_error(exc, type(self)) from None

        # Documents inside documents are validated by pydantic, which reports where they stand.
        __init__.__pydantic_base_init__ = True

        @classmethod
        def model_validate(cls, obj, **options):
            """Make a document of plain data.

            Parameters
            ----------
            obj
                A mapping of fields.
            **options
                Options of pydantic's `model_validate`.

            Returns
            -------
            Document
                The checked document.

            Raises
            ------
            InvalidInput
                If a field is wrong or unknown.
            """
            try:
                return super().model_validate(obj, **options)
            except ValidationError as exc:
                raise explain_error(exc, cls) from None

        @classmethod
        def model_validate_json(cls, json_data, **options):
            """Make a document of JSON.

            Parameters
            ----------
            json_data
                Text or bytes of JSON.
            **options
                Options of pydantic's `model_validate_json`.

            Returns
            -------
            Document
                The checked document.

            Raises
            ------
            InvalidInput
                If the JSON or a field is wrong.
            """
            try:
                return super().model_validate_json(json_data, **options)
            except ValidationError as exc:
                raise explain_error(exc, cls) from None

        def copy(self, **changes):
            """Refuse to copy: a document never changes, so `replace` is enough.

            Parameters
            ----------
            **changes
                New values, for the remedy.

            Raises
            ------
            InvalidInput
                Always; it names the call of `replace`.
            """
            kind = type(self).__name__.lower()
            options = ", ".join(f"{name}=..." for name in changes)
            remedy = f"write {kind}.replace({options})"
            raise InvalidInput(file="", field="copy", reason="is not needed", remedy=remedy)

    def replace(self, **changes: Any) -> Self:
        """Return the same document with other fields: `brief.replace(seed=8)`.

        Parameters
        ----------
        **changes
            New values of fields.

        Returns
        -------
        Document
            A new document; this one stays as it is.

        Raises
        ------
        InvalidInput
            If a field is wrong or unknown.
        """
        names = [name for name in type(self).model_fields if name in self.model_fields_set]
        return type(self)(**{name: getattr(self, name) for name in names} | changes)


def _rate(value: Any) -> Fraction:
    try:
        rate = fraction(value)
    except ValueError as exc:
        remedy = "write 24, 25, 30 or 30000/1001"
        raise ValueError(f"'{shorten(value)}' is not a frame rate; {remedy}") from exc
    if not 1 <= rate <= 120:
        raise ValueError(f"{shorten(value)} frames a second is outside 1 to 120")
    return rate.limit_denominator(1001)


def _printable(value: str) -> str:
    """Control characters other than line ends and tabs are refused: no tool downstream
    shows them.
    """
    bad = next((c for c in value if (ord(c) < 32 and c not in "\n\t\r") or ord(c) == 127), None)
    if bad is not None:
        raise ValueError(f"has the control character U+{ord(bad):04X}; remove it")
    return value


FrameRate = Annotated[
    Fraction,
    BeforeValidator(_rate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["24", "25", "30000/1001"]}),
]
Text = Annotated[str, AfterValidator(_printable)]
Rate = Fraction | int | float | str  # as people write FrameRate
HexColor = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#1b3a4b"])]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
