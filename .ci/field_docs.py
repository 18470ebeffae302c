"""Fields of documents for the site: `lotus.Brief` and others write them into their docstrings."""

from __future__ import annotations

from typing import Any

import griffe

from lotus.documents.brief import Document


class FieldDocs(griffe.Extension):
    """Read the docstrings of documents from the classes, not from their source."""

    def on_class_instance(self, *, cls: griffe.Class, **_: Any) -> None:
        """Replace the docstring of a class that makes its own."""
        if not cls.path.startswith("lotus.documents."):
            return
        kind = griffe.dynamic_import(cls.path)
        if issubclass(kind, Document) and kind is not Document and cls.docstring is not None:
            cls.docstring.value = kind.__doc__
