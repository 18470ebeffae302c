"""The kernel of a notebook: its name and language, and whether this machine has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lotus.errors import UnknownName

__all__ = ["NotebookKernel", "check_kernel", "kernel_of"]

PYTHON = "python3"


@dataclass(frozen=True)
class NotebookKernel:
    """A kernelspec's name, and its language."""

    name: str
    language: str


def kernel_of(notebook: Any, name: str | None = None) -> NotebookKernel:
    """The kernel that a notebook names, or `name`; python3 for `Python` and for none at all."""
    spec = notebook.metadata.get("kernelspec", {})
    info = notebook.metadata.get("language_info", {})
    language = str(spec.get("language") or info.get("name") or "python")
    if language.lower() in ("python", "ipython", "python3"):
        language = "python"
    if name is not None and name != spec.get("name"):
        language = _language(name) or language
    name = str(name or spec.get("name") or "")
    if language == "python" and name.lower().replace(" ", "") in ("", "python", "python3"):
        name = PYTHON
    return NotebookKernel(name or language, language)


def _language(name: str) -> str | None:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return str(KernelSpecManager().get_kernel_spec(name).language) or None
    except NoSuchKernel:
        return None


def check_kernel(name: str) -> None:
    """Raise UnknownName, with the kernels of this machine, unless this one is there."""
    from jupyter_client.kernelspec import KernelSpecManager

    kernels = KernelSpecManager().find_kernel_specs()
    if name not in kernels:
        remedy = "install its kernelspec, or choose one: --kernel NAME"
        raise UnknownName("kernel", name, sorted(kernels), remedy=remedy)
