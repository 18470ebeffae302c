"""`%load_ext lotus`: `%%brief` renders the YAML of a cell, `%lotus costs` runs a command."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import Any

from lotus.documents.parsing import parse_yaml
from lotus.errors import InvalidInput

__all__ = ["register_magics"]

PROGRAM = "import sys; sys.argv[0] = 'lotus'; from lotus.cli import main; main()"
USAGE = "write `%%brief [NAME] [--provider P] [--model M] [--budget_usd USD]`"
OPTIONS = ("provider", "model", "final", "planner", "llm", "budget_usd", "out")


def register_magics(shell: Any) -> None:
    """Add the magics to an IPython shell."""

    def brief(line: str, cell: str) -> Any:
        """Render a brief that the cell holds as YAML, or as a prompt; the job is in `job`.

        %%brief [NAME] [--provider P] [--model M] [--budget_usd USD]: NAME is the job's variable.
        """
        import lotus

        name, options = _options(line)
        job = lotus.render(_request(cell), **options)
        shell.push({name: job})
        return _player(job)

    def command(line: str) -> None:
        """Run a command of lotus: %lotus costs --by model."""
        words = [sys.executable, "-c", PROGRAM, *_words(line, "%lotus")]
        process = subprocess.run(words, capture_output=True, text=True)
        print(process.stdout, end="")
        print(process.stderr, end="", file=sys.stderr)

    shell.register_magic_function(brief, "cell", "brief")
    shell.register_magic_function(command, "line", "lotus")


def _request(cell: str) -> Any:
    """A dictionary of fields, or the prompt itself."""
    if not any(line.partition(":")[0].strip() == "prompt" for line in cell.splitlines()):
        return {"prompt": " ".join(cell.split())}
    document = parse_yaml(cell, "%%brief")
    if not isinstance(document, dict):
        remedy = "write `prompt: ...` and a field a line, or the prompt alone"
        raise InvalidInput(file="%%brief", field="", reason="has no fields", remedy=remedy)
    return document


def _words(line: str, magic: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as exc:
        remedy = "close the quotation, or leave it out"
        raise InvalidInput(file=magic, field="", reason=str(exc), remedy=remedy) from None


def _options(line: str) -> tuple[str, dict[str, Any]]:
    words = _words(line, "%%brief")
    name = words.pop(0) if words and words[0].isidentifier() else "job"
    options: dict[str, Any] = {}
    while words:
        option = words.pop(0).removeprefix("--").replace("-", "_")
        if option not in OPTIONS or not words:
            reason = "is not an option" if option not in OPTIONS else "has no value"
            raise InvalidInput(file="%%brief", field=option, reason=reason, remedy=USAGE)
        options[option] = words.pop(0)
    return name, options


def _player(job: Any) -> Any:
    """The job's video, to play under the cell; small ones are a part of the notebook."""
    from IPython.display import Video, display

    display(job)
    small = job.output.stat().st_size < 4_000_000
    return Video(str(job.output), embed=small, width=640)
