"""What lotus is measured against: one ffmpeg command that makes the same video in a single pass."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from lotus.composition.captions import ass_document
from lotus.composition.encodings import codec_options
from lotus.composition.fonts import default_fonts
from lotus.composition.layout import Layout, lay_out
from lotus.composition.segments import placed_captions
from lotus.composition.transitions import xfade_name
from lotus.ffmpeg import FFmpeg
from lotus.probe import probe
from lotus.timeline import Timeline


def single_pass(line: Timeline, out: Path, folder: Path, *, threads: str = "0") -> None:
    """Render the timeline whole. Its encoder has as many threads as it likes, as a user's would."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = {clip.source: probe(Path(clip.source)).seconds for clip in line.clips}
    layout = lay_out(line, seconds)
    graph = _pictures(line, layout) + _captions(line, folder)
    args: list[str] = []
    for clip in layout.clips:
        args += ["-i", clip.source]
    for track in line.audio:
        args += ["-stream_loop", "-1", "-i", track.source] if track.loop else ["-i", track.source]
    length = float(layout.frames / layout.rate)
    sound = ["-map", "[a]"] if line.audio else ["-an"]
    if line.audio:
        graph += f";[{len(layout.clips)}:a]atrim=duration={length},loudnorm=I=-14:TP=-1.5,aresample=48000[a]"
        sound += ["-c:a", "aac", "-b:a", "192k"]
    options = {**codec_options(line.encoding, line.fps), "threads": threads}
    codec = [part for name, value in options.items() for part in (f"-{name}", value)]
    args += ["-filter_complex", graph, "-map", "[v]", *sound, *codec, "-movflags", "+faststart"]
    FFmpeg().run([*args, "-frames:v", str(layout.frames), str(out)], what="single pass", cwd=folder)


def _pictures(line: Timeline, layout: Layout) -> str:
    """Each clip on the grid, then one transition after the other."""
    chains, label, at = [], "c0", 0
    for i, clip in enumerate(layout.clips):
        clock = f"setpts=(T-{float(clip.start)}+{0.01 / float(line.fps)})/TB,fps={line.fps}:start_time=0"
        fit = f"scale={line.width}:{line.height}:force_original_aspect_ratio=increase"
        fit += ":flags=bicubic+accurate_rnd+full_chroma_int"
        fit += f":force_divisible_by=2:out_color_matrix=bt709:out_range=tv,crop={line.width}:{line.height}"
        whole = f"tpad=stop=-1:stop_mode=clone,trim=end_frame={clip.frames}"
        media = probe(Path(clip.source))
        if (media.width, media.height, media.colorspace) == (line.width, line.height, "bt709"):
            fit = "null"
        tags = f"setparams=colorspace={media.colorspace}:range=tv"
        full = "format=yuv420p,scale=flags=neighbor,format=yuv444p"
        chains.append(f"[{i}:v]{clock},{whole},{tags},{fit},setsar=1,{full}[c{i}]")
    for i, (before, clip) in enumerate(zip(layout.clips, layout.clips[1:], strict=False), 1):
        at += before.frames - before.overlap_after
        if before.overlap_after:
            length = float(Fraction(before.overlap_after) / line.fps)
            kind = xfade_name(before.transition)
            offset = float(Fraction(at) / line.fps)
            join = f"xfade=transition={kind}:duration={length:.9f}:offset={offset:.9f}"
        else:
            join = f"concat=n=2:v=1,settb=1/{line.fps}" if line.fps.denominator == 1 else "concat=n=2:v=1"
        chains.append(f"[{label}][c{i}]{join}[m{i}]")
        label = f"m{i}"
    return ";".join(chains) + f";[{label}]scale=flags=area,format=yuv420p,"


def _captions(line: Timeline, folder: Path) -> str:
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv,format=yuv420p[v]"
    if not line.captions:
        return tags
    fonts = default_fonts(folder / "fonts")
    placed = placed_captions(line)
    size = {"width": line.width, "height": line.height, "fps": line.fps}
    text = ass_document(placed, **size, theme=line.theme, fonts=fonts)
    (folder / "captions.ass").write_text(text, encoding="utf-8")
    return f"ass=filename=captions.ass:fontsdir={fonts.directory}:shaping=complex,{tags}"
