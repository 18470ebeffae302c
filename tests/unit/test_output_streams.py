"""The program's standard streams: closed, full, or left by their reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lotus.cli.common import table

LOTUS = Path(sys.executable).with_name("lotus")


def shell(line: str, *words: str) -> tuple[int, str]:
    """The exit code and standard error of one line of bash; `$0` is its first word."""
    command = ["bash", "-o", "pipefail", "-c", line, *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("$0 schema brief >&-", 0, ""),
        ("$0 schema brief 2>&- >/dev/null <&-", 0, ""),
        ("$0 schema brief | true", 1, ""),
        ("$0 --help | true", 1, ""),
        (
            "$0 schema brief >/dev/full",
            1,
            "error: cannot write the output: No space left on device\n",
        ),
    ],
)
def test_output_that_nobody_takes_gives_a_line_at_most(line: str, code: int, message: str) -> None:
    assert shell(line, str(LOTUS)) == (code, message)


def test_errors_do_not_go_to_standard_output_when_standard_error_is_closed() -> None:
    line = '$0 schema nonsense 2>&- | { read -r word; test -z "$word"; }'
    assert shell(line, str(LOTUS)) == (2, "")


def test_a_file_does_not_take_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    file = tmp_path / "database"
    code = (
        "import subprocess, sys; from lotus.cli.streams import open_streams; open_streams();"
        "kept = open(sys.argv[1], 'w'); subprocess.run(['echo', 'printed by a child'])"
    )
    assert shell('$0 -c "$1" "$2" >&- <&-', sys.executable, code, str(file)) == (0, "")
    assert file.read_text() == ""


def test_text_of_a_table_has_room_for_words_however_wide_the_rest_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table(["clips", "why"], [["c" * 130, "is new: nothing like it was rendered before"]])
    lines = [line[130:].split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["why"],
        ["is", "new:", "nothing", "like", "it", "was"],
        ["rendered", "before"],
    ]
