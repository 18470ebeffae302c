"""lotus export: a job's cut, with its media."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lotus
from lotus.cli import app
from lotus.composition.layout import lay_out
from lotus.media.ffmpeg import FFmpeg
from lotus.media.loudness import measure_loudness


@pytest.mark.parametrize("suffix", ["otio"])
def test_a_job_leaves_lotus_with_its_scenes_and_its_loudness(suffix: str, tmp_path: Path) -> None:
    brief = lotus.Brief(
        prompt="A small coffee roaster opens at dawn. Visit us.",
        duration_seconds=6,
        fps=12,
        cta="Visit us",
    )
    job = lotus.render(brief)
    out = tmp_path / f"cut.{suffix}"
    done = CliRunner().invoke(app("export"), ["export", job.id[-12:], "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["frames"] == job.frames == 72
    scenes = sorted(path.name for path in (tmp_path / "cut media").glob("*.mp4"))
    assert len(scenes) == len(job.scenes)
    assert scenes[0].startswith("01-")
    assert sorted(path.name for path in (tmp_path / "cut media").glob("sound-*.wav"))
    from lotus.interchange.reading import read_cut

    back, left_out = read_cut(out, tmp_path / "cache")
    assert left_out == ()
    before, after = lay_out(job.timeline, {}), lay_out(back, {})
    assert [(c.at_frame, c.frames, c.start) for c in after.clips] == [
        (c.at_frame, c.frames, c.start) for c in before.clips
    ]
    assert back.captions == job.timeline.captions
    plain = CliRunner().invoke(app("export"), ["export", job.id, "-o", str(out)])
    assert plain.exit_code == 0, plain.output
    assert plain.stdout.splitlines()[-1] == str(out)
    assert any("-14 LUFS" in line for line in plain.stdout.splitlines())
    level = measure_loudness(job.output, FFmpeg(), tmp_path)
    assert level.integrated_lufs == pytest.approx(-14, abs=0.3)
    assert level.true_peak_dbtp <= -1
    check = ["deliver", job.id, "--for", "youtube,tv", "--check", "--json"]
    ready = CliRunner().invoke(app("deliver"), check)
    assert ready.exit_code == 0, ready.output
    youtube, tv = json.loads(ready.stdout)["deliveries"]
    assert (youtube["seconds"], youtube["refused"], tv["fps"]) == (6, [], "25")
    lost = CliRunner().invoke(app("export"), ["export", "no-such-job", "-o", str(out)])
    assert lost.exit_code == 2
