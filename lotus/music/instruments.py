"""Instruments of the scored beds: a pitch and a length -> a sound, like those of `voices`.

Strings and choirs are narrow bands of random phase (PADsynth), plucked and struck ones are sums of
partials of which the high ones die first, drums are falling sines and shaped noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from lotus.music.recipes import SAMPLE_RATE
from lotus.music.voices import VOICES, Sound, Voice
from lotus.music.waves import CEILING_HZ, decay, edged, hertz, noise, partials, phase

__all__ = ["INSTRUMENTS"]

BURST = 2**13  # samples: a noise that falls within 30 ms is not heard after them
TABLE = 2**17  # of an ensemble: it repeats after 2.7 s, which nobody hears under an attack


def piano(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Two strings a hair apart, struck by felt: the highs go first, the tone rings."""
    hz = hertz(midi)
    ring = 1.6 * (262 / hz) ** 0.4
    sound = np.zeros(length, np.float32)
    for detune, share in ((1.0, 0.6), (1.0007, 0.4)):
        sound += np.float32(share) * _struck(hz * detune, length, 16, ring, 0.8, 1 / 8, 7500)
    felt = _burst(length, 300, 2400, 0.012, rng)
    return edged(sound + np.float32(0.03) * felt, 0.004, 0.15)


def guitar(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A steel string plucked near its end, and the knock of the body."""
    hz = hertz(midi)
    tone = _struck(hz, length, 18, 0.75 * (196 / hz) ** 0.3, 0.55, 1 / 5, 8000)
    pick = _burst(length, 1800, 6000, 0.005, rng)
    return edged(tone + np.float32(0.04) * pick, 0.003, 0.1)


def pizzicato(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A bowed instrument plucked: short, round, a little wood."""
    hz = hertz(midi)
    tone = _struck(hz, length, 9, 0.16 * (262 / hz) ** 0.3, 0.8, 1 / 3, 3800)
    wood = _burst(length, 500, 1800, 0.01, rng)
    return edged(tone + np.float32(0.06) * wood, 0.004, 0.05)


def harp(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A long soft string."""
    hz = hertz(midi)
    return edged(_struck(hz, length, 12, 0.95 * (262 / hz) ** 0.3, 0.75, 2 / 5, 7000), 0.006, 0.2)


def glockenspiel(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A metal bar: partials at 1, 2.76 and 5.4 times its pitch."""
    hz = hertz(midi)
    sound = np.zeros(length, np.float32)
    for ratio, level, ring in ((1.0, 0.8, 0.6), (2.756, 0.35, 0.22), (5.404, 0.15, 0.08)):
        if hz * ratio < CEILING_HZ:
            sound += np.float32(level) * np.sin(phase(hz * ratio, length)) * decay(length, ring)
    return edged(sound, 0.003, 0.12)


def strings(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A section that bows: it swells within a sixth of a second."""
    return _ensemble(midi, length, rng, _bowed, 0.006, 0.16, 0.45)


def spiccato(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """The same section with short strokes."""
    sound = _ensemble(midi, length, rng, _bowed, 0.006, 0.018, 0.12)
    return sound * (0.35 + 0.65 * decay(sound.shape[1], 0.14))


def choir(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Voices that sing an open vowel."""
    return _ensemble(midi, length, rng, _sung, 0.005, 0.35, 0.7)


def brass(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Horns: the louder the note grows, the more of its high partials sound."""
    hz = hertz(midi)
    time = np.arange(length, dtype=np.float32) / SAMPLE_RATE
    swell = (1 - np.exp(-time / 0.07)) * (0.75 + 0.25 * np.exp(-time / 0.5))
    swell = swell.astype(np.float32)
    damping = np.sqrt(swell)
    level = swell.copy()
    sound = np.zeros(length, np.float32)
    for k, partial in enumerate(partials(phase(hz, length), min(14, int(CEILING_HZ / hz))), 1):
        sound += np.float32(0.75 * k**-0.75 / (1 + (k * hz / 5000) ** 2)) * partial * level
        level *= damping
    return edged(sound, 0.03, 0.14)


def flute(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Mostly its fundamental, with breath and a slow vibrato."""
    hz = hertz(midi)
    theta = _vibrato(hz, length, 4.8, 0.0025)
    tone = np.sin(theta) + 0.22 * np.sin(2 * theta) + 0.08 * np.sin(3 * theta)
    breath = noise(length, 1500, 7000, rng) * (0.012 + 0.05 * decay(length, 0.04))
    return edged(0.8 * tone + breath, 0.04, 0.1)


def lead(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Two saws of a synthesiser through a filter, with vibrato."""
    hz = hertz(midi)
    count = min(16, int(CEILING_HZ / hz))
    sound = np.zeros(length, np.float32)
    for detune in (0.9965, 1.0035):
        for k, partial in enumerate(partials(_vibrato(hz * detune, length, 5.3, 0.002), count), 1):
            sound += np.float32(0.4 / k / (1 + (k * hz / 3600) ** 2)) * partial
    return edged(sound * (0.7 + 0.3 * decay(length, 0.3)), 0.012, 0.1)


def synth(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A short synthesiser note: a saw whose filter closes."""
    hz = hertz(midi)
    return edged(_struck(hz, length, 20, 0.4, 1.0, 0.0, 7000), 0.004, 0.06)


def sawbass(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A bass of a synthesiser: its filter closes, its fundamental stays."""
    hz = hertz(midi)
    body = np.sin(phase(hz, length)) * decay(length, 1.2)
    return edged(0.6 * body + 0.55 * _struck(hz, length, 22, 0.45, 1.0, 0.0, 2200), 0.006, 0.05)


def sub(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A deep bass that small speakers still hear by its second and third partial."""
    waves = partials(phase(hertz(midi), length), 3)
    weights = (0.8, 0.3, 0.1)
    tone = sum((np.float32(w) * p for w, p in zip(weights, waves, strict=True)), np.float32(0))
    return edged(tone * decay(length, 1.6), 0.012, 0.08)


def snare(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A drum with wires: a short body under noise."""
    body = np.sin(phase(192 + 4 * midi, length)) * decay(length, 0.06)
    wires = noise(length, 1500, 8500, rng) * decay(length, 0.075)
    return edged(0.5 * body + 0.33 * wires, 0.003, 0.03)


def rim(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A stick on the edge of a drum."""
    click = np.sin(phase(1650, length)) + 0.6 * np.sin(phase(820, length))
    return edged(0.4 * click * decay(length, 0.014), 0.002, 0.02)


def tom(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A large drum, tuned a little by its variant."""
    seconds = np.arange(length) / SAMPLE_RATE
    hz = 66 + 9 * midi
    turns = hz * seconds + 0.9 * hz * 0.05 * (1 - np.exp(-seconds / 0.05))
    skin = np.sin(2 * np.pi * turns).astype(np.float32) * decay(length, 0.24)
    stick = _burst(length, 700, 3800, 0.012, rng)
    return edged(0.8 * skin + 0.1 * stick, 0.005, 0.06)


def tambourine(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Jingles."""
    return edged(0.35 * noise(length, 5500, 12_500, rng) * decay(length, 0.06), 0.006, 0.03)


def ride(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A cymbal with a stick: a bell within noise."""
    bell = sum(np.sin(phase(hz, length)) for hz in (3140.0, 4405.0, 5870.0, 7420.0))
    wash = noise(length, 5200, 12_000, rng)
    return edged(0.05 * bell * decay(length, 0.16) + 0.16 * wash * decay(length, 0.12), 0.004, 0.06)


def crash(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A cymbal that opens a section, left and right apart."""
    sides = np.stack([noise(length, 2600, 11_500, rng), noise(length, 2600, 11_500, rng)])
    return edged(0.3 * sides * (0.7 * decay(length, 0.45) + 0.3 * decay(length, 0.08)), 0.004, 0.2)


def boom(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """The low hit of a climax."""
    seconds = np.arange(length) / SAMPLE_RATE
    turns = 41 * seconds + 45 * 0.08 * (1 - np.exp(-seconds / 0.08))
    low = np.sin(2 * np.pi * turns).astype(np.float32) * decay(length, 0.5)
    air = noise(length, 120, 900, rng) * decay(length, 0.12)
    return edged(0.85 * low + 0.08 * air, 0.006, 0.2)


def riser(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Noise that rises in loudness and brightness up to the next section."""
    rise = np.linspace(0, 1, length, dtype=np.float32)
    dark = np.stack([noise(length, 400, 2500, rng), noise(length, 400, 2500, rng)])
    light = np.stack([noise(length, 3000, 11_000, rng), noise(length, 3000, 11_000, rng)])
    return edged(0.25 * (dark * rise**2 * (1 - rise) + light * rise**4), 0.05, 0.05)


def tick(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A clock."""
    wood = np.sin(phase(2350 + 120 * midi, length)) * decay(length, 0.008)
    return edged(0.5 * wood + 0.15 * _burst(length, 4000, 9000, 0.006, rng), 0.002, 0.01)


def open_hat(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A hi-hat left open for a moment."""
    return edged(0.32 * noise(length, 6000, 13_000, rng) * decay(length, 0.13), 0.004, 0.04)


def _burst(
    length: int, low_hz: float, high_hz: float, seconds: float, rng: np.random.Generator
) -> Sound:
    """Noise that is over in a moment: of a stick, a finger, a hammer."""
    short = min(length, BURST)
    burst = np.zeros(length, np.float32)
    burst[:short] = edged(noise(short, low_hz, high_hz, rng) * decay(short, seconds), 0, 0.01)
    return burst


def _struck(
    hz: float, length: int, most: int, ring: float, fall: float, place: float, bright_hz: float
) -> Sound:
    """Partials of a string struck at a share of its length; each dies sooner than the one below."""
    fade = decay(length, ring)
    damping = fade**0.45
    level = fade.copy()
    sound = np.zeros(length, np.float32)
    for k, partial in enumerate(partials(phase(hz, length), min(most, int(CEILING_HZ / hz))), 1):
        weight = abs(np.sin(np.pi * k * place)) if place else 0.6
        weight *= k**-fall / (1 + (k * hz / bright_hz) ** 2)
        sound += np.float32(weight) * partial * level
        level *= damping
    return sound


def _vibrato(hz: float, length: int, rate_hz: float, depth: float) -> Sound:
    """The angle of a tone that wavers, more so once it lasts."""
    seconds = np.arange(length) / SAMPLE_RATE
    grown = np.minimum(1, seconds / 0.35)
    turns = hz * (seconds + depth / rate_hz * grown * np.sin(2 * np.pi * rate_hz * seconds))
    theta: Sound = ((turns - np.floor(turns)) * (2 * np.pi)).astype(np.float32)
    return theta


def _bowed(k: int, hz: float) -> float:
    return float(k**-0.85 / (1 + (k * hz / 6500) ** 2))


def _sung(k: int, hz: float) -> float:
    formants = ((650, 140, 1.0), (1080, 180, 0.6), (2650, 350, 0.25), (3400, 400, 0.15))
    at = k * hz
    peaks = sum(level * np.exp(-(((at - f) / width) ** 2)) for f, width, level in formants)
    return float((0.12 + peaks) * k**-0.5 / (1 + (at / 5000) ** 4))


def _ensemble(
    midi: int,
    length: int,
    rng: np.random.Generator,
    weight: Callable[[int, float], float],
    width: float,
    attack: float,
    release: float,
) -> Sound:
    """Many players on one pitch: each partial is a narrow band of random phase, RMS 0.25."""
    hz = hertz(midi)
    spectrum = np.zeros((2, TABLE // 2 + 1), np.complex64)
    for k in range(1, min(24, int(CEILING_HZ / hz)) + 1):
        center = k * hz * TABLE / SAMPLE_RATE
        spread = center * width + 1.2
        bins = np.arange(int(center - 3 * spread), int(center + 3 * spread) + 1)
        phases = np.exp(2j * np.pi * rng.random((2, len(bins))))
        phases[1] += 0.6 * phases[0]
        shape = np.exp(-(((bins - center) / spread) ** 2)) / np.sqrt(spread)
        spectrum[:, bins] += weight(k, hz) * shape * phases
    table = np.fft.irfft(spectrum, TABLE).astype(np.float32)
    table *= np.float32(0.25) / np.sqrt(np.mean(table**2, axis=1, keepdims=True))
    whole = length + round(release * SAMPLE_RATE)
    turns = -(-whole // TABLE)
    return edged(np.tile(table, turns)[:, :whole], attack, release)


INSTRUMENTS: Mapping[str, Voice] = MappingProxyType(
    {
        **VOICES,
        "piano": piano,
        "guitar": guitar,
        "pizzicato": pizzicato,
        "harp": harp,
        "glockenspiel": glockenspiel,
        "strings": strings,
        "spiccato": spiccato,
        "choir": choir,
        "brass": brass,
        "flute": flute,
        "lead": lead,
        "synth": synth,
        "sawbass": sawbass,
        "sub": sub,
        "snare": snare,
        "rim": rim,
        "tom": tom,
        "tambourine": tambourine,
        "ride": ride,
        "crash": crash,
        "boom": boom,
        "riser": riser,
        "tick": tick,
        "open_hat": open_hat,
    }
)
