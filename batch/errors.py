"""What campaigns raise besides lotus' own errors."""

from __future__ import annotations

from lotus.errors import InvalidInput

__all__ = ["InvalidManifest"]


class InvalidManifest(InvalidInput):
    """Rows that cannot be run; nothing was started. Facts: `file`, `count`, `problems` (a line
    each).
    """

    code = "invalid_manifest"

    @property
    def message(self) -> str:
        """One line; the rows are in `problems`."""
        problems = self.facts.get("problems") or [""]
        more = len(problems) - 1
        others = f" (and {more} more)" if more else ""
        return " ".join(f"{self.facts.get('file', '')}: {problems[0]}{others}".split())
