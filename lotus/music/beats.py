"""Beats, bars, sections and loudness of a track, by its sound alone. Pure: numpy, no downloads.

Onsets are rises in the spectrum; the low band (kick, bass) counts most, because hi-hats between the
beats would pull a grid half a beat aside. The local tempo is the smoothest path through
autocorrelation and spectrum of the onsets over time, and the beats are the path through the onsets
that keeps that tempo best (dynamic programming after D. Ellis, Beat Tracking by Dynamic
Programming, 2007), or a grid through the whole track if it keeps one tempo (`steady`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lotus.music.grid import BeatGrid, Section
from lotus.music.steady import one_grid, straighten

__all__ = ["RATE", "analyse"]

RATE = 22_050  # samples a second of the mono sound that is analysed
HOP = 128  # samples between two looks: 5.8 ms
WINDOW = 1024
COARSE, FINE, FINEST = 12, 24, 36  # bands for sections, for onsets, for bars
LOW_HZ = 160.0  # kick drums and bass
SLOWEST_BPM = 50.0
FASTEST_BPM = 200.0
USUAL_BPM = 110.0  # of two tempos that fit (one twice the other), the nearer to this
OCTAVES = 0.9  # how far tempos lie from the usual one: standard deviation of their logarithm
TEMPO_WINDOW_SECONDS = 8.0
TEMPO_STEP_SECONDS = 1.0
TEMPO_CHANGE_COST = 60.0  # for a change by one octave, against scores between 0 and 1
WHOLE_SHARE = 0.5  # of the whole track's tempos, beside those of the moment
STIFFNESS = 60.0  # the cost of a beat one octave off the tempo, against onsets of unit variance
DOUBTFUL_BPM = 105.0  # above this, every other beat may be half of one
HALF_STRENGTH = 0.3
SNAP_SECONDS = 0.04  # a beat moves to an attack that is this near
SILENCE = 1e-3  # of full scale, RMS: nothing is played (-60 dBFS)
LEAST_RISE = 0.1  # of the logarithm of power, at the strongest onsets: less is no onset
CERTAIN = 0.3  # a weaker periodicity is no beat: noise has 0.15, music with a beat 0.45 and more
PULSE_WIDTH = 1 << 14  # of the spectrum of onsets: 0.6 beats a minute a line

Vector = npt.NDArray[np.float64]


def analyse(samples: npt.NDArray[Any]) -> BeatGrid:
    """The beats of mono sound at RATE, as floats between -1 and 1, shape (n,)."""
    mono = np.asarray(samples, np.float64)
    seconds = len(mono) / RATE
    if len(mono) < 2 * RATE or not np.isfinite(mono).all() or np.abs(mono).max() < SILENCE:
        return BeatGrid(seconds, (), (), (), ())
    spectrum = _spectrum(mono)
    loudness = _loudness(mono)
    onsets = _onsets(spectrum.fine)
    periods = _periods(onsets)
    frames = _track(onsets, periods) if periods is not None else np.array([], int)
    grid = one_grid(onsets, frames, RATE / HOP)
    beats = _refined(mono, _whole_beats(frames if grid is None else grid, spectrum.low))
    if grid is not None:
        beats = straighten(beats)
    beats = beats[(beats >= _first_sound(mono) - SNAP_SECONDS) & (beats < seconds)]
    if len(beats) < 4:
        return BeatGrid(seconds, (), (), (), _sections(spectrum.coarse, loudness, (), seconds))
    downbeats = _downbeats(spectrum.finest, beats)
    bars = tuple(float(beats[index]) for index in downbeats)
    energies = tuple(float(loudness[_index(beat, loudness)]) for beat in beats)
    return BeatGrid(
        seconds,
        tuple(round(float(beat), 4) for beat in beats),
        downbeats,
        energies,
        _sections(spectrum.coarse, loudness, bars, seconds),
    )


@dataclass(frozen=True)
class _Spectrum:
    """Power over time in bands, shape (times, bands); a time is the middle of its window."""

    low: Vector  # from 20 to 150 Hz, shape (times,)
    coarse: Vector
    fine: Vector
    finest: Vector


def _spectrum(mono: Vector) -> _Spectrum:
    """Windows are summed to bands block by block, so that memory grows with bands alone."""
    padded = np.pad(mono, (WINDOW // 2, WINDOW // 2 + HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW)
    weights = [_band_weights(count) for count in (COARSE, FINE, FINEST)]
    low = np.zeros((weights[0].shape[0], 1))
    low[1:8] = 1.0
    matrix = np.concatenate([low, *weights], axis=1)
    blocks = [
        (np.abs(np.fft.rfft(windows[at : at + 2048] * shape, axis=1)) ** 2 @ matrix).astype(
            np.float32
        )
        for at in range(0, len(windows), 2048)
    ]
    bands = np.concatenate(blocks)
    coarse, fine, finest = np.split(bands[:, 1:], (COARSE, COARSE + FINE), axis=1)
    return _Spectrum(bands[:, 0], coarse, fine, finest)


def _band_weights(count: int) -> Vector:
    """Which band each frequency belongs to: even on a logarithmic scale from 40 Hz up."""
    hz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    edges = np.geomspace(40.0, RATE / 2, count + 1)
    places = np.clip(np.searchsorted(edges, hz) - 1, 0, count - 1)
    weights = np.zeros((len(hz), count))
    weights[np.arange(len(hz)), places] = hz >= 20.0
    return weights


def _onsets(bands: Vector) -> Vector:
    """How much begins at each time: rises of the logarithm of the bands, the low ones first."""
    edges = np.geomspace(40.0, RATE / 2, FINE + 1)
    loud = np.percentile(bands, 95, axis=0)
    # what leaks between bands is no onset
    floor = np.maximum(loud * 1e-4, loud.max() * 1e-6) + 1e-9
    rises = np.maximum(np.diff(np.log(bands + floor), axis=0, prepend=np.log(bands[:1] + floor)), 0)
    if np.percentile(rises.mean(axis=1), 98) < LEAST_RISE:  # one tone that lasts
        return np.zeros(len(rises))
    low = rises[:, edges[1:] <= LOW_HZ * 1.3].mean(axis=1)
    high = rises[:, edges[1:] > LOW_HZ * 1.3].mean(axis=1)
    share = _presence(bands[:, edges[1:] <= LOW_HZ * 1.3].sum(axis=1), bands.sum(axis=1))
    strength = share * _unit(low) + (1 - share) * 0.5 * _unit(high) + 0.2 * _unit(high)
    smooth = np.convolve(strength, np.hanning(9) / np.hanning(9).sum(), "same")
    local = np.convolve(smooth, np.ones(345) / 345, "same")  # two seconds
    return np.asarray(_unit(np.maximum(smooth - local, 0)))


def _presence(low: Vector, whole: Vector) -> float:
    """0 to 1: whether the track has a low end that could carry the beat."""
    ratio = float(np.percentile(low, 90) / (np.percentile(whole, 90) + 1e-12))
    return float(np.clip(ratio / 0.05, 0, 1))


def _unit(values: Vector) -> Vector:
    """Scaled to a standard deviation of 1."""
    deviation = values.std()
    return values / deviation if deviation > 1e-12 else values * 0


def _lags() -> npt.NDArray[np.int64]:
    a_minute = 60 * RATE / HOP
    return np.arange(int(a_minute / FASTEST_BPM), int(a_minute / SLOWEST_BPM) + 1)


def _periods(onsets: Vector) -> Vector | None:
    """The local period in hops at each time; None if nothing is periodic."""
    lags = _lags()
    size = round(TEMPO_WINDOW_SECONDS * RATE / HOP)
    step = round(TEMPO_STEP_SECONDS * RATE / HOP)
    centers = np.arange(0, max(1, len(onsets) - size // 2), step)
    scores = np.stack([_tempo_scores(onsets, int(center), size, lags) for center in centers])
    if np.percentile(scores.max(axis=1), 75) < CERTAIN:
        return None
    whole = scores.mean(axis=0)  # where little is played, the tempo is the track's
    path = _smoothest(scores + WHOLE_SHARE * whole, np.log2(lags))
    times = np.minimum(centers + 0.0, len(onsets))
    return np.asarray(np.interp(np.arange(len(onsets)), times, lags[path].astype(float)))


def _tempo_scores(onsets: Vector, center: int, size: int, lags: npt.NDArray[np.int64]) -> Vector:
    """How well each lag fits around a time: 0 to about 1, usual tempos preferred.

    Autocorrelation takes one and a half beats for one where a rhythm is dotted, and a spectrum of
    the onsets takes half of one for one; only a beat has both (after G. Peeters, Time Variable
    Tempo Detection and Beat Marking, 2005).
    """
    begin = max(0, center - size // 2)
    part = onsets[begin : begin + size]
    part = (part - part.mean()) * np.hanning(len(part))
    if float(part @ part) < 1e-6:
        return np.zeros(len(lags))
    usual = np.exp(-0.5 * (np.log2(60 * RATE / HOP / lags / USUAL_BPM) / OCTAVES) ** 2)
    return np.asarray(np.sqrt(_repeats(part, lags) * _pulses(part, lags)) * usual)


def _repeats(part: Vector, lags: npt.NDArray[np.int64]) -> Vector:
    """How far onsets come again after one beat, two, four and eight, for each lag of a beat, 0 to
    about 1. Bars come again more surely than beats.
    """
    width = 1 << (2 * len(part) - 1).bit_length()
    spectrum = np.fft.rfft(part, width)
    correlation = np.fft.irfft(spectrum * np.conj(spectrum), width)[: len(part)]
    correlation /= float(part @ part)
    correlation = np.convolve(correlation, np.hanning(7) / np.hanning(7).sum(), "same")
    reach = np.arange(len(correlation))
    comb = np.zeros(len(lags))
    for multiple, weight in ((1, 0.5), (2, 1.0), (4, 1.5), (8, 1.0)):
        comb += weight * np.interp(lags * multiple, reach, correlation, right=0.0)
    return np.maximum(comb / 2.0, 0)


def _pulses(part: Vector, lags: npt.NDArray[np.int64]) -> Vector:
    """How far onsets fall on pulses one lag apart, or a half or a quarter, 0 to about 1."""
    magnitude = np.abs(np.fft.rfft(part, PULSE_WIDTH)) / np.abs(part).sum()
    reach = np.arange(len(magnitude))
    comb = np.zeros(len(lags))
    for multiple in (1, 2, 4):
        comb += np.interp(PULSE_WIDTH * multiple / lags, reach, magnitude, right=0.0)
    return comb / 1.5


def _smoothest(scores: Vector, octaves: Vector) -> npt.NDArray[np.int64]:
    """The path of lags over the times that scores most and changes least (Viterbi)."""
    change = TEMPO_CHANGE_COST * (octaves[:, None] - octaves[None, :]) ** 2
    change = np.minimum(change, 1.5)  # another tempo from one section to the next is possible
    best = scores[0].copy()
    back = np.zeros(scores.shape, np.int64)
    for time in range(1, len(scores)):
        options = best[None, :] - change
        back[time] = options.argmax(axis=1)
        best = options.max(axis=1) + scores[time]
    path = np.zeros(len(scores), np.int64)
    path[-1] = int(best.argmax())
    for time in range(len(scores) - 1, 0, -1):
        path[time - 1] = back[time, path[time]]
    return path


def _track(onsets: Vector, periods: Vector) -> npt.NDArray[np.int64]:
    """The hops of the beats: onsets on the way, distances near the local period."""
    score = onsets.copy()
    back = np.full(len(onsets), -1, np.int64)
    for now in range(len(onsets)):
        period = periods[now]
        first = now - round(2 * period)
        last = now - round(period / 2)
        if last <= 0:
            continue
        earlier = np.arange(max(first, 0), last)
        cost = STIFFNESS * np.log2((now - earlier) / period) ** 2
        options = score[earlier] - cost
        at = int(options.argmax())
        if options[at] > 0:
            score[now] += options[at]
            back[now] = earlier[at]
    tail = max(0, len(score) - round(2 * periods[-1]))
    here = tail + int(score[tail:].argmax())
    beats = []
    while here >= 0:
        beats.append(here)
        here = int(back[here])
    return np.array(beats[::-1], np.int64)


def _whole_beats(frames: npt.NDArray[np.int64], low_power: Vector) -> npt.NDArray[np.int64]:
    """Every other beat, if those between are much weaker and the tempo is quick: halves."""
    if len(frames) < 8 or 60 * RATE / HOP / np.median(np.diff(frames)) < DOUBTFUL_BPM:
        return frames
    low = np.sqrt(low_power)
    hits = np.array([low[f : f + 10].max() for f in frames])
    even, odd = hits[::2].mean(), hits[1::2].mean()
    if min(even, odd) > HALF_STRENGTH * max(even, odd):
        return frames
    return frames[int(odd > even) :: 2]


def _refined(mono: Vector, frames: npt.NDArray[np.int64]) -> Vector:
    """Beats in seconds, each moved to the steepest attack nearby, if there is one.

    The rise of a windowed spectrum is seen before the attack that causes it; the attack itself is
    found in the energy of a millisecond.
    """
    hop = RATE // 1000
    size = len(mono) // hop
    energy = np.log(np.square(mono[: size * hop]).reshape(size, hop).mean(axis=1) + 1e-7)
    smooth = np.convolve(energy, np.ones(8) / 8, "full")[:size]  # of the last eight milliseconds
    rise = np.zeros(size)
    rise[:-8] = smooth[8:] - smooth[:-8]
    reach = round(SNAP_SECONDS * 1000 * 1.0)
    beats = []
    for frame in frames:
        middle = round(frame * HOP / hop)
        begin = max(0, middle - reach)
        near = rise[begin : middle + reach]
        shaped = near * np.hanning(len(near) + 2)[1:-1] if len(near) else near
        if len(near) and shaped.max() > 1.0:
            middle = begin + int(shaped.argmax())
        beats.append(middle * hop / RATE)
    return _evened(np.array(beats))


def _evened(beats: Vector) -> Vector:
    """A beat that stands alone between two even neighbours is moved to their middle."""
    if len(beats) < 3:
        return beats
    even = beats.copy()
    for i in range(1, len(beats) - 1):
        middle = (beats[i - 1] + beats[i + 1]) / 2
        off = abs(beats[i] - middle)
        if 0.012 < off < 0.08 and abs(beats[i + 1] - beats[i - 1]) < 2.4:
            around = [beats[j] for j in (i - 2, i + 2) if 0 <= j < len(beats)]
            steps = np.diff([around[0], beats[i - 1]]) if around else [0]
            if abs(float(np.abs(steps[0])) - (beats[i + 1] - beats[i - 1]) / 2) < 0.012:
                even[i] = middle
    return np.asarray(even)


def _first_sound(mono: Vector) -> float:
    """When the track begins to sound, in seconds."""
    block = RATE // 100
    size = len(mono) // block
    loud = np.sqrt(np.square(mono[: size * block]).reshape(size, block).mean(axis=1)) > SILENCE
    return float(loud.argmax() * block / RATE) if loud.any() else len(mono) / RATE


def _loudness(mono: Vector) -> Vector:
    """Loudness ten times a second over about a second, 0 to 1 between quiet and loud."""
    block = RATE // 10
    size = max(1, len(mono) // block)
    mean = np.square(mono[: size * block]).reshape(size, -1).mean(axis=1)
    level = 10 * np.log10(np.convolve(mean, np.ones(9) / 9, "same") + 1e-8)
    quiet = max(np.percentile(level, 5), level.max() - 40)
    loud = np.percentile(level, 95)
    return np.asarray(np.clip((level - quiet) / max(loud - quiet, 3.0), 0, 1))


def _index(seconds: float, values: Vector) -> int:
    return min(len(values) - 1, max(0, int(seconds * 10)))


def _downbeats(power: Vector, beats: Vector) -> tuple[int, ...]:
    """Indices of the beats that begin a bar of three or four: low end and new harmony there."""
    bands = np.log(power + 1e-6)
    places = np.clip((beats * RATE / HOP).astype(int), 0, len(bands) - 1)
    hits = np.array(
        [bands[p : p + 12].max(axis=0) - bands[max(0, p - 8) : p + 1].min(axis=0) for p in places]
    )
    low = _unit(hits[:, :6].mean(axis=1))
    tone = np.array(
        [
            bands[a:b].mean(axis=0) if b > a else bands[a]
            for a, b in zip(places, [*places[1:], len(bands)], strict=True)
        ]
    )
    change = np.abs(np.diff(tone, axis=0, prepend=tone[:1])).mean(axis=1)
    strength = low + _unit(change)
    best = max(
        ((count, phase) for count in (4, 3) for phase in range(count)),
        key=lambda bar: _bar_score(strength, *bar),
    )
    return tuple(range(best[1], len(beats), best[0]))


def _bar_score(strength: Vector, count: int, phase: int) -> float:
    """How much the first beats of such bars stand out; bars of four are the rule."""
    first = strength[phase::count]
    rest = np.delete(strength, np.arange(phase, len(strength), count))
    if not len(first) or not len(rest):
        return -1e9
    return float(first.mean() - rest.mean()) * (1.0 if count == 4 else 0.92)


LEAST_SECTION_SECONDS = 6.0


def _sections(
    power: Vector, loudness: Vector, bars: tuple[float, ...], seconds: float
) -> tuple[Section, ...]:
    """Stretches between places where sound or loudness changes most, on bars where there are."""
    grid = np.array(bars) if len(bars) > 3 else np.arange(0.0, seconds, 2.0)
    bands = np.log(power + 1e-6)
    marks = np.clip((grid * RATE / HOP).astype(int), 0, len(bands) - 1)
    tone = np.array(
        [
            bands[a : max(b, a + 1)].mean(axis=0)
            for a, b in zip(marks, [*marks[1:], len(bands)], strict=True)
        ]
    )
    edges = [0.0, *(float(grid[i]) for i in _boundaries(tone, grid, seconds)), seconds]
    return tuple(
        Section(a, b, float(loudness[_index(a, loudness) : _index(b, loudness) + 1].mean()))
        for a, b in pairwise(edges)
        if b > a
    )


def _boundaries(tone: Vector, grid: Vector, seconds: float) -> list[int]:
    """Where four bars differ from the four before by more than usual, far enough apart."""
    reach = 4
    novelty = np.zeros(len(tone))
    for i in range(1, len(tone)):
        before = tone[max(0, i - reach) : i].mean(axis=0)
        after = tone[i : i + reach].mean(axis=0)
        novelty[i] = np.abs(after - before).mean()
    least = max(1.0, float(np.median(novelty)) * 2.2)
    choice: list[int] = []
    for i in np.argsort(-novelty):
        apart = all(abs(grid[i] - grid[j]) >= LEAST_SECTION_SECONDS for j in choice)
        inside = LEAST_SECTION_SECONDS / 2 <= grid[i] <= seconds - LEAST_SECTION_SECONDS / 2
        if novelty[i] >= least and apart and inside:
            choice.append(int(i))
    return sorted(choice)
