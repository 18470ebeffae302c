"""The media files of `lotus/examples`, so that each example runs as it stands.

python -m tests.example_media      # needs the extra `voice`; everything in them is made by lotus
"""

from __future__ import annotations

import os
import tempfile
import wave
from pathlib import Path

import numpy as np

import lotus
from lotus.media.svg import svg_to_png
from lotus.music import write_bed
from lotus.speech.english import English
from tests.clips import ffmpeg

EXAMPLES = Path(lotus.__file__).with_name("examples")
SMALL = ("-c:v", "libx264", "-crf", 27, "-preset", "slow", "-pix_fmt", "yuv420p", "-an")
SPEECH = ("-ar", 16000, "-ac", 1, "-c:a", "adpcm_ms")
MUSIC = ("-ar", 22050, "-ac", 1, "-c:a", "adpcm_ms")
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    '<circle cx="50" cy="50" r="48" fill="#f4a261"/>'
    '<path d="M22 58 A28 28 0 0 1 78 58 Z" fill="#1b3a4b"/>'
    '<path d="M14 66 H86" stroke="#1b3a4b" stroke-width="7" stroke-linecap="round"/></svg>'
)
MAP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 1600">'
    '<rect width="900" height="1600" fill="#e9efdc"/>'
    '<path d="M-40 300 C300 420 200 800 480 900 S 820 1300 960 1380" fill="none" '
    'stroke="#8ecae6" stroke-width="90"/>'
    '<path d="M60 210 C380 340 300 740 560 830 S 760 1130 800 1240" fill="none" stroke="#0b6e4f" '
    'stroke-width="16" stroke-dasharray="34 20" stroke-linecap="round"/>'
    '<circle cx="60" cy="210" r="30" fill="#d62828"/><circle cx="800" cy="1240" r="30" '
    'fill="#d62828"/><g fill="#bcd3a0"><circle cx="700" cy="420" r="120"/><circle cx="190" '
    'cy="1080" r="150"/><circle cx="640" cy="240" r="70"/></g></svg>'
)


def clip(words: str, seconds: int, shape: str = "16:9") -> Path:
    """A clip of the animatic, without a caption."""
    scene = {"description": words, "duration_seconds": seconds}
    brief = lotus.Brief(
        prompt=f"{words}.", duration_seconds=seconds, aspect_ratio=shape, scenes=[scene]
    )
    return Path(lotus.render(brief).scenes[0].clip.path)


def picture(svg: str, folder: Path) -> Path:
    """A drawing as PNG."""
    (folder / "drawing.svg").write_text(svg)
    (folder / "drawing.png").write_bytes(svg_to_png(folder / "drawing.svg"))
    return folder / "drawing.png"


def speech(words: str, path: Path) -> Path:
    """What the bundled voice says, as a sound."""
    said = English().speak(words)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, said.rate, 0, "NONE", ""))
        file.writeframes((said.samples.clip(-1, 1) * 32767).astype(np.int16).tobytes())
    return path


def write_all(folder: Path, target: Path) -> None:
    """Make every file that the examples name."""
    scale = ("-vf", "scale=640:-2")
    ffmpeg("-i", clip("First light over a harbour town", 5), *scale, *SMALL, target / "a.mp4")
    steam = clip("Steam rises from a cup of coffee", 7)
    hum = ("-f", "lavfi", "-i", "anoisesrc=color=brown:amplitude=0.2:duration=7:seed=1")
    sound = ("-c:a", "aac", "-b:a", "48k", "-ac", 1, "-shortest")
    ffmpeg("-i", steam, *hum, *scale, *SMALL[:-1], *sound, target / "b.mov")
    shop = clip("A bag of roasted coffee beans on a wooden counter", 5)
    ffmpeg("-ss", 1, "-i", shop, "-frames:v", 1, "-q:v", 4, target / "c.jpg")
    riders = clip("People ride bicycles along a canal", 7, "9:16")
    ffmpeg("-i", riders, "-vf", "scale=360:-2", *SMALL, target / "riders.mp4")
    ffmpeg("-i", picture(MAP, folder), "-vf", "scale=900:-2", "-q:v", 4, target / "map.jpg")
    ffmpeg("-i", picture(LOGO, folder), "-vf", "scale=256:-2", target / "logo.png")
    write_bed("warm", 12, folder / "bed.wav")
    ffmpeg("-t", 6, "-i", folder / "bed.wav", *MUSIC, target / "music.wav")
    write_bed("driving", 20, folder / "bed.wav")
    ffmpeg("-i", folder / "bed.wav", *MUSIC, target / "track.wav")
    voice = speech("First light. Fresh from the roaster, and ready when you are.", folder / "v.wav")
    ffmpeg("-i", voice, *SPEECH, target / "voice.wav")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.environ["LOTUS_HOME"] = place
        write_all(Path(place), EXAMPLES)
