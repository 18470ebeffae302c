"""The picture of the beds' spectrograms in the documentation: `python -m tests.spectrograms`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import lotus
from lotus.display.waveform import waveform_png
from lotus.music import SAMPLE_RATE, scored_bed
from lotus.music.arrangement import arrange
from lotus.music.moods import scored_beds

PICTURE = Path(__file__).parents[1] / "lotus/docs/images/beds.jpg"
PROMPT = "Night drive through a neon city, rain on the windscreen, a lone dancer on a roof."
SECONDS = 30
SEED = 3
WIDTH, HEIGHT, COLUMNS = 400, 190, 3
LOWEST_HZ, HIGHEST_HZ = 40.0, 16_000.0
RANGE_DB = 70.0
COLORS = ((8, 6, 24), (62, 20, 92), (170, 48, 96), (246, 130, 60), (252, 232, 160))


def spectrogram(name: str) -> Image.Image:
    """Low at the bottom, loud is light; lines where the parts of the arc begin, and the last
    chord.
    """
    samples = SECONDS * SAMPLE_RATE
    mono = np.concatenate(list(scored_bed(name, samples, SEED))).mean(axis=1)
    starts = np.linspace(0, samples - 4096, WIDTH).astype(int)
    windows = np.stack([mono[at : at + 4096] for at in starts]) * np.hanning(4096)
    level = 20 * np.log10(np.abs(np.fft.rfft(windows, axis=1)) + 1e-6)
    rows = np.geomspace(HIGHEST_HZ, LOWEST_HZ, HEIGHT) * 4096 / SAMPLE_RATE
    picture = np.stack([np.interp(rows, np.arange(level.shape[1]), line) for line in level], axis=1)
    shade = np.clip(1 + (picture - picture.max()) / RANGE_DB, 0, 1)
    stops = np.linspace(0, 1, len(COLORS))
    channels = [np.interp(shade, stops, [color[i] for color in COLORS]) for i in range(3)]
    image = Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    score = arrange(name, SEED, samples)
    marks = [(section.start, section.part) for section in score.shape.sections]
    for step, part in [*marks, (score.shape.final, "end")]:
        x = round(step * score.phrase.step_samples / samples * WIDTH)
        draw.line([(x, 0), (x, HEIGHT)], fill=(255, 255, 255, 90))
        draw.text((x + 3, HEIGHT - 13), part, fill=(235, 235, 235), font=ImageFont.load_default(9))
    bpm = 15 * SAMPLE_RATE / score.phrase.step_samples
    draw.text((5, 3), f"{name}, {bpm:.0f} bpm", fill="white", font=ImageFont.load_default(13))
    return image


def main() -> None:
    """Write the picture of all beds."""
    names = list(scored_beds())
    rows = -(-len(names) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (WIDTH + 6) - 6, rows * (HEIGHT + 6) - 6), "white")
    for i, name in enumerate(names):
        at = (i % COLUMNS * (WIDTH + 6), i // COLUMNS * (HEIGHT + 6))
        sheet.paste(spectrogram(name), at)
    sheet.save(PICTURE, quality=72, optimize=True)
    ad = lotus.plan(lotus.Brief(prompt=PROMPT, duration_seconds=15, music="night", seed=11))
    view = lotus.listen(ad)
    assert view.mono is not None
    waveform = io.BytesIO(waveform_png(view.mono, view.grid, view.cuts))
    Image.open(waveform).save(PICTURE.with_name("beats.jpg"), quality=80, optimize=True)


if __name__ == "__main__":
    main()
