"""Files and packages that travel with a campaign (`--with`), and versions of what it imports."""

from __future__ import annotations

import ast
import sys
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from lotus.errors import InvalidInput

__all__ = ["imported_modules", "modules_beside", "pack", "versions"]

MOST_BYTES = 100_000_000
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the same files are the same bytes


def pack(paths: Sequence[Path], target: Path) -> None:
    """Write files and folders into one archive, the same bytes for the same content; raises
    InvalidInput.
    """
    total = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            for name, file in _files(path):
                total += file.stat().st_size
                if total > MOST_BYTES:
                    raise _wrong(path, "is too large to travel: 100 MB in all is the most")
                archive.writestr(zipfile.ZipInfo(name, FIRST_DATE), file.read_bytes())


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    path = path.expanduser().absolute()
    if path.is_file():
        yield path.name, path
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            inner = file.relative_to(path.parent)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
            if file.is_file() and not hidden:
                yield inner.as_posix(), file
    else:
        raise _wrong(path, "is not there")


def _wrong(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        file=str(path), field="with", reason=reason, remedy="name a file or a folder of modules"
    )


def imported_modules(trees: Iterable[ast.Module]) -> list[str]:
    """Top-level names of all modules that cells import."""
    names: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return sorted(names - set(sys.stdlib_module_names))


def modules_beside(folder: Path, names: Iterable[str], others: Collection[str]) -> list[Path]:
    """Files and packages of a folder that have these names, and those that they import in turn;
    `others` are found elsewhere.
    """
    paths: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _module_in(folder, name)
        if path is not None and name not in paths and name not in others:
            paths[name] = path
            files = [path] if path.is_file() else sorted(path.rglob("*.py"))
            waiting += imported_modules(tree for file in files for tree in _parse(file))
    return [paths[name] for name in sorted(paths)]


def _module_in(folder: Path, name: str) -> Path | None:
    if (folder / f"{name}.py").is_file():
        return folder / f"{name}.py"
    return folder / name if (folder / name / "__init__.py").is_file() else None


def _parse(path: Path) -> list[ast.Module]:
    """The module's tree; none if it cannot be read, which its import will say."""
    try:
        return [ast.parse(path.read_bytes())]
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def versions(modules: Iterable[str]) -> dict[str, Any]:
    """Python's version, and those of the packages that offer these modules here."""
    packages = metadata.packages_distributions()
    by_package: dict[str, Any] = {"python": ".".join(map(str, sys.version_info[:2]))}
    for module in modules:
        for package in packages.get(module, ())[:1]:
            by_package[package] = metadata.version(package)
    return by_package
