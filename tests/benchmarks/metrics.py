"""How often metrics see planted faults, and how often they blame clean clips: 12 kinds of faults.

python -m tests.benchmarks.metrics [CLIPS_A_KIND]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lotus.experiments.measure import measure
from tests.faulty_clips import FAULTS, FPS, alarms, clean, detected, sound, write


def main() -> None:
    """Print a table: faults seen, and clean clips with an alarm."""
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seen = dict.fromkeys(FAULTS, 0)
    blamed = 0
    frames_measured = 0
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        for seed in range(clips):
            before = measure(write(path, clean(seed), sound(seed))).values
            blamed += bool(alarms(before))
            for fault, (plant, _) in FAULTS.items():
                rng = np.random.default_rng(seed)
                write(path, *plant(clean(seed), sound(seed), rng))
                began = time.perf_counter()
                result = measure(path)
                spent += time.perf_counter() - began
                frames_measured += result.frames
                seen[fault] += detected(fault, result.values, before)
    for fault, count in seen.items():
        print(f"{fault:<12} {FAULTS[fault][1]:<16} {count / clips:>7.1%}")
    print(f"all faults   {sum(seen.values()) / clips / len(seen):.1%}")
    print(f"clean clips with an alarm: {blamed / clips:.1%}")
    print(f"measured at {frames_measured / FPS / spent:.1f} times real time (320x180)")


if __name__ == "__main__":
    main()
