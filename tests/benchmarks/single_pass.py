"""What lotus is measured against: one ffmpeg command that makes the same video in a single pass."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from lotus.composition.captions.captions import ass_document
from lotus.composition.layout import Layout, lay_out, to_frames
from lotus.composition.picture.camera import corners
from lotus.composition.picture.transitions import xfade_name
from lotus.composition.segments import place_captions
from lotus.composition.text.fonts import default_fonts
from lotus.documents.timeline import Timeline
from lotus.media.encodings import codec_options
from lotus.media.ffmpeg import FFmpeg
from lotus.media.probe import probe


def single_pass(line: Timeline, out: Path, folder: Path, *, threads: str = "0") -> None:
    """Render the timeline whole. Its encoder has as many threads as it likes, as a user's would."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = {clip.source: probe(Path(clip.source)).seconds for clip in line.clips}
    layout = lay_out(line, seconds)
    overlaid = _overlays(line, len(layout.clips) + len(line.audio))
    graph = _pictures(line, layout) + _captions(line, folder) + overlaid
    args: list[str] = []
    for clip in layout.clips:
        args += ["-i", clip.source]
    for track in line.audio:
        args += ["-stream_loop", "-1", "-i", track.source] if track.loop else ["-i", track.source]
    for overlay in line.overlays:
        args += ["-i", overlay.source]
    length = float(layout.frames / layout.rate)
    sound = ["-map", "[a]"] if line.audio else ["-an"]
    if line.audio:
        graph += f";[{len(layout.clips)}:a]atrim=duration={length}"
        graph += ",loudnorm=I=-14:TP=-1.5,aresample=48000[a]"
        sound += ["-c:a", "aac", "-b:a", "192k"]
    options = {**codec_options(line.encoding, line.fps), "threads": threads}
    codec = [part for name, value in options.items() for part in (f"-{name}", value)]
    args += ["-filter_complex", graph, "-map", "[v]", *sound, *codec, "-movflags", "+faststart"]
    FFmpeg().run([*args, "-frames:v", str(layout.frames), str(out)], what="single pass", cwd=folder)


def _pictures(line: Timeline, layout: Layout) -> str:
    """Each clip on the grid, then one transition after the other."""
    chains = []
    label = "c0"
    at = 0
    for i, clip in enumerate(layout.clips):
        clock = f"setpts=((T-{float(clip.start)})/{float(clip.speed)}+{0.01 / float(line.fps)})/TB"
        clock += f",fps={line.fps}:start_time=0"
        whole = f"tpad=stop=-1:stop_mode=clone,trim=end_frame={clip.frames}"
        media = probe(Path(clip.source))
        fit = _fit(line, clip.fit, i)
        if (media.width, media.height, media.colorspace) == (line.width, line.height, "bt709"):
            fit = "null"
        tags = f"setparams=colorspace={media.colorspace}:range=tv"
        full = "format=yuv420p,scale=flags=neighbor,format=yuv444p"
        move = ""
        if clip.camera != "static":
            options = corners(clip.camera, 0, clip.frames).items()
            move = "format=yuv420p,perspective=" + ":".join(f"{k}={v}" for k, v in options) + ","
        chains.append(f"[{i}:v]{clock},{whole},{tags},{fit},setsar=1,{move}{full}[c{i}]")
    for i, (before, clip) in enumerate(zip(layout.clips, layout.clips[1:], strict=False), 1):
        at += before.frames - before.overlap_after
        if before.overlap_after:
            length = float(Fraction(before.overlap_after) / line.fps)
            kind = xfade_name(before.transition)
            offset = float(Fraction(at) / line.fps)
            join = f"xfade=transition={kind}:duration={length:.9f}:offset={offset:.9f}"
        else:
            join = f"concat=n=2:v=1,settb={1 / line.fps}"
        chains.append(f"[{label}][c{i}]{join}[m{i}]")
        label = f"m{i}"
    return ";".join(chains) + f";[{label}]scale=flags=area,format=yuv420p,"


def _fit(line: Timeline, fit: str, i: int) -> str:
    """The clip in the frame's shape."""

    def scaled(how: str) -> str:
        flags = "flags=bicubic+accurate_rnd+full_chroma_int:force_divisible_by=2"
        size = f"{line.width}:{line.height}:force_original_aspect_ratio={how}"
        return f"scale={size}:{flags}:out_color_matrix=bt709:out_range=tv"

    cover = f"{scaled('increase')},crop={line.width}:{line.height}"
    if fit == "contain":
        color = line.background.replace("#", "0x")
        return (
            f"{scaled('decrease')},pad={line.width}:{line.height}:(ow-iw)/2:(oh-ih)/2:color={color}"
        )
    if fit == "blur":
        behind = f"[p{i}]{cover},gblur=sigma={line.height / 24},eq=brightness=-0.08[b{i}]"
        front = f"[q{i}]{scaled('decrease')}[f{i}]"
        return (
            f"split[p{i}][q{i}];{behind};{front};[b{i}][f{i}]overlay=x=(W-w)/2:y=(H-h)/2:shortest=1"
        )
    return cover


def _overlays(line: Timeline, first_input: int) -> str:
    """Stills in a corner, one after the other over the whole video."""
    chains = []
    label = "u"
    for i, overlay in enumerate(line.overlays):
        start, end = (to_frames(s, line.fps) for s in (overlay.start_seconds, overlay.end_seconds))
        margin = round(min(line.width, line.height) * 0.05)
        width = round(line.width * overlay.width_fraction / 2) * 2
        still = f"format=rgba,loop=loop=-1:size=1,settb={1 / line.fps},setpts=N,scale={width}:-1"
        still += f",colorchannelmixer=aa={overlay.opacity}"
        if overlay.fade_seconds:
            fade = float(to_frames(overlay.fade_seconds, line.fps) / line.fps)
            out = float(Fraction(end - start) / line.fps) - fade
            still += f",fade=type=in:st=0:d={fade}:alpha=1,fade=type=out:st={out}:d={fade}:alpha=1"
        still += f",trim=end_frame={end - start},setpts=PTS+{start}"
        assert overlay.position == "top-right"
        place = f"x=W-w-{margin}:y={margin}:eof_action=pass:format=yuv420"
        chains.append(f";[{first_input + i}:v]{still}[o{i}];[{label}][o{i}]overlay={place}[w{i}]")
        label = f"w{i}"
    return "".join(chains) + (f";[{label}]null[v]" if chains else "")


def _captions(line: Timeline, folder: Path) -> str:
    tags = (
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv,format=yuv420p"
    )
    tags += "[v]" if not line.overlays else "[u]"
    if not line.captions:
        return tags
    fonts = default_fonts(folder / "fonts")
    placed = place_captions(line)
    size = {"width": line.width, "height": line.height, "fps": line.fps}
    text = ass_document(placed, **size, theme=line.theme, fonts=fonts)
    (folder / "captions.ass").write_text(text, encoding="utf-8")
    return f"ass=filename=captions.ass:fontsdir={fonts.directory}:shaping=complex,{tags}"
