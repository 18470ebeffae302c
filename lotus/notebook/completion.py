"""Completion in notebooks, after Tab: lotus' matcher beside those of IPython."""

from __future__ import annotations

from typing import Any

__all__ = ["register_completion"]

IDENTIFIER = "lotus.values"


def register_completion(shell: Any) -> None:
    """Add the matcher to a shell's completer, once."""
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if matchers is None:
        return
    if any(getattr(one, "matcher_identifier", "") == IDENTIFIER for one in matchers):
        return

    def matcher(context: Any) -> dict[str, Any]:
        from IPython.core.completer import SimpleCompletion

        from lotus.notebook.candidates import completions_at

        lines = context.full_text.split("\n")[: context.cursor_line]
        code = "\n".join([*lines, context.text_until_cursor])
        place, texts = completions_at(code, shell.user_ns)
        if place is None or not texts:
            return {"completions": []}
        return {
            "completions": [SimpleCompletion(text=text, type="value") for text in texts],
            "suppress": True,
            "matched_fragment": place.fragment,
        }

    marks = {"matcher_api_version": 2, "matcher_identifier": IDENTIFIER, "matcher_priority": 100}
    for name, value in marks.items():
        setattr(matcher, name, value)
    matchers.append(matcher)
