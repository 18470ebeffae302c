"""A process without the modules of extras, as after a plain installation, that runs commands."""

from __future__ import annotations

__all__ = ["BARE"]

BARE = """
import contextlib, importlib.abc, io, json, sys
class Bare(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {hidden}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Bare())
from lotus.cli import main
for command in {commands}:
    sys.argv = ["lotus", *command.split()]
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
            code = 0
        except SystemExit as exit:
            code = exit.code
    print(json.dumps([code, errors.getvalue()]))
"""
