"""A kernel that is not Python's: each cell is given to one Bash, as bash_kernel does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

SPEC = """{{"argv": ["{python}", "-m", "tests.bash_kernel", "-f", "{{connection_file}}"],
 "display_name": "Bash", "language": "bash", "env": {{"PYTHONPATH": "{root}"}}}}"""


def install(folder: Path) -> None:
    """Write the kernel's specification where JUPYTER_PATH leads."""
    place = folder / "kernels" / "plain-bash"
    place.mkdir(parents=True)
    text = SPEC.format(python=sys.executable, root=Path(__file__).parents[1])
    (place / "kernel.json").write_text(text)


class BashKernel(Kernel):  # type: ignore[misc]
    """One cell after the other, with the variables of those before."""

    implementation = "plain-bash"
    implementation_version = "1"
    banner = "Bash"
    language_info = {"name": "bash", "mimetype": "text/x-sh", "file_extension": ".sh"}  # noqa: RUF012

    def do_execute(self, code: str, silent: bool, *args: Any, **more: Any) -> dict[str, Any]:
        state = Path(tempfile.gettempdir()) / f"bash-kernel-{self.session.session}"
        script = f"[ -f {state} ] && . {state}\n{code}\nstatus=$?; declare -p > {state} 2>/dev/null"
        ended = subprocess.run(
            ["bash", "-c", f"{script}; exit $status"], capture_output=True, text=True
        )
        for name, text in (("stdout", ended.stdout), ("stderr", ended.stderr)):
            wanted = "\n".join(
                line for line in text.splitlines() if "readonly variable" not in line
            )
            if wanted and not silent:
                content = {"name": name, "text": wanted + "\n"}
                self.send_response(self.iopub_socket, "stream", content)
        return {
            "status": "ok",
            "execution_count": self.execution_count,
            "payload": [],
            "user_expressions": {},
        }


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=BashKernel)
