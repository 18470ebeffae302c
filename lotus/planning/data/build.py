"""Learn the weights of `lotus.planning.clauses`; run by hand, never imported by lotus.

    python lotus/planning/data/build.py tests/data

The folder holds `clauses.txt` (a clause a line: `talk | ...` or `content | ...`) and the sets of
prompts, whose cases say which words may be seen. Prints how often clauses of prompts that were left
out are judged rightly, then writes `clauses.gz` beside this file. The same folder gives the same
bytes.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lotus.planning.clauses import BUCKETS, DROPPED, SCALE, buckets, clauses_of
from lotus.planning.cutting import blocks_of, split
from lotus.planning.labels import label_of
from lotus.planning.markup import plain

SETS = ("prompts.yaml", "prompts_fresh.yaml", "prompts_round1.yaml", "prompts_round2.yaml")
HIDDEN = ("hidden", "unsaid", "never_on_screen")
SHOWN = ("seen", "said", "heard", "must_show", "says")
FOLDS, EPOCHS, RATE, DECAY = 5, 12, 0.25, 1e-3

Clause = tuple[str, bool]  # and whether it is talk


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'")).strip()


def clauses_in(prompt: str) -> Iterator[str]:
    """The clauses of a prompt as they stand there, without labels."""
    for block, _ in blocks_of(plain(prompt).text):
        for sentence in split(block):
            label = label_of(sentence.strip())
            words = sentence.strip()[label.start :] if label else sentence
            yield from map(str.strip, clauses_of(words))


def judged(case: Mapping[str, Any]) -> Iterator[Clause]:
    """The clauses of a case that it says something of."""
    talk = [squeezed(words) for key in HIDDEN for words in case.get(key) or ()]
    shown = [squeezed(words) for key in SHOWN for words in case.get(key) or ()]
    for clause in clauses_in(case["prompt"]):
        text = squeezed(clause).strip(' .!?"')
        of_talk = [w for w in talk if w in text or (len(text) > 2 and text in w)]
        of_shown = [w for w in shown if w in text or (len(text) > 3 and text in w)]
        whole = any(text in w for w in of_talk) or sum(map(len, of_talk)) * 2 > len(text)
        if of_talk and not of_shown and whole:
            yield clause, True
        elif of_shown and not of_talk:
            yield clause, False


def listed(path: Path) -> list[Clause]:
    lines = [line.split(" | ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(line[1], line[0] == "talk") for line in lines if len(line) == 2]


def learn(clauses: Sequence[Clause]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Weights by logistic regression: stochastic descent with a rate for each feature."""
    places = [np.array(buckets(words)) for words, _ in clauses]
    weights, squares = np.zeros(BUCKETS), np.full(BUCKETS, 1e-2)
    order = np.random.default_rng(0)
    for _ in range(EPOCHS):
        for i in order.permutation(len(clauses)):
            at, scale = places[i], 1 / np.sqrt(len(places[i]))
            chance = 1 / (1 + np.exp(-weights[at].sum() * scale))
            slope = (chance - clauses[i][1]) * scale + DECAY * weights[at]
            squares[at] += slope * slope
            weights[at] -= RATE * slope / np.sqrt(squares[at])
    return weights


def scored(weights: np.ndarray[Any, np.dtype[np.float64]], clause: str) -> float:
    at = buckets(clause)
    return float(weights[at].sum() / np.sqrt(len(at)))


def main(folder: Path) -> None:
    corpus = listed(folder / "clauses.txt")
    files = [yaml.safe_load((folder / name).read_text(encoding="utf-8")) for name in SETS]
    prompts = [list(judged(case)) for cases in files for case in cases]
    counts = {True: [0, 0], False: [0, 0]}
    for fold in range(FOLDS):
        known = [one for i, case in enumerate(prompts) if i % FOLDS != fold for one in case]
        weights = learn(corpus + known)
        for clause, is_talk in (one for case in prompts[fold::FOLDS] for one in case):
            counts[is_talk][0] += (scored(weights, clause) > DROPPED) == is_talk
            counts[is_talk][1] += 1
    for is_talk, (right, total) in counts.items():
        print(f"{'talk' if is_talk else 'content'}: {right} of {total} right, left out")
    weights = learn(corpus + [one for case in prompts for one in case])
    data = np.clip(np.rint(weights * SCALE), -127, 127).astype(np.int8).tobytes()
    Path(__file__).with_name("clauses.gz").write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
