"""Papermill's engine `lotus`, registered under its entry point: `papermill --engine lotus IN OUT`
works too.

Kernels come from a warm pool; without one (or where a kernel cannot be forked) they start as
papermill's. Papermill imports this module while it is imported itself, so everything of papermill
is loaded later.
"""

from __future__ import annotations

from typing import Any

from batch.run.notebook_run import NotebookRun

__all__ = ["ENGINE", "LotusEngine"]

ENGINE = "lotus"


class LotusEngine:
    """What papermill asks of an engine."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool = True,
        log_output: bool = False,
        autosave_cell_every: float = 0,
        *,
        pool: Any = None,
        keep: Any = None,
        watch: NotebookRun | None = None,
        **options: Any,
    ) -> Any:
        """Execute; `keep` gets the notebook whenever it should be saved, `watch` steers and sees
        it.

        It is saved at intervals of the engine's own, whatever `autosave_cell_every` says.
        """
        from batch.run.execution import execute

        display = {
            "output_path": output_path,
            "progress_bar": progress_bar,
            "log_output": log_output,
        }
        how = {"pool": pool, "keep": keep, "watch": watch or NotebookRun(), "display": display}
        return execute(nb, kernel_name, **how, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """The kernel that the notebook names, unless another is wanted."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """The language that the notebook names, unless another is wanted."""
        from papermill.utils import nb_language

        return nb_language(nb, language)
