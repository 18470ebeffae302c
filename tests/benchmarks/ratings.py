"""Leaderboards of simulated worlds whose strengths are known: how often what is said is true.

`python -m tests.benchmarks.ratings [worlds]` prints a line a kind of world: the share of intervals
that hold the true strength, the share of worlds in which some order is called sure that is wrong
(in worlds of equals: any order), and the share of worlds whose order is called decided. Then: how
well the number of further judgements is told, whom it doubts, intervals of shares, and how often a
comparison of equals finds a difference.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

import lotus
from lotus.experiments.comparison import changes_between
from lotus.experiments.fitting import all_strengths
from lotus.experiments.leaderboard import Leaderboard
from lotus.experiments.metrics import METRICS
from lotus.experiments.ratings import Choice, Rating
from lotus.experiments.shares import share_interval

Strengths = npt.NDArray[np.float64]
Pairs = Callable[[np.random.Generator], tuple[int, int]]
WORLDS = 500


@dataclass(frozen=True)
class World:
    """A kind of world: `strengths` are points of rating, spreads too (standard deviations)."""

    contestants: int = 6
    spread: float = 150.0  # of the strengths; 0: all are equal
    gap: float | None = None  # between neighbours, instead of a spread
    blocks: int = 40
    judgements: int = 8  # a block
    raters: int = 3
    ties: float = 0.0  # Davidson's tendency
    block_spread: float = 0.0  # strengths differ so much from block to block
    rater_spread: float = 0.0  # and from rater to rater
    repeats: float = 0.0  # share of judgements that are the one before again, by the same rater
    pairs: str = "all"  # all, chain (neighbours alone), uneven (the first in most), star
    named_blocks: bool = True

    def strengths(self, rng: np.random.Generator) -> Strengths:
        """The true ones, with a mean of 1000."""
        if self.gap is not None:
            values = np.arange(self.contestants) * -self.gap
        else:
            values = rng.normal(0, self.spread, self.contestants)
        return np.asarray(1000 + values - values.mean(), float)

    def expected(self, strengths: Strengths) -> Strengths:
        """What many blocks, raters and pairs would lead to: ties count half, and what differs from
        block to block and from rater to rater is averaged over their population.
        """
        if not (self.ties or self.block_spread or self.rater_spread):
            return strengths
        nodes, weights = np.polynomial.hermite_e.hermegauss(31)
        spread = np.sqrt(2 * (self.block_spread**2 + self.rater_spread**2))
        gaps = strengths[:, None, None] - strengths[None, :, None] + spread * nodes
        odds = 10 ** (gaps / 400)
        tie = self.ties * np.sqrt(odds)
        shares = (odds + tie / 2) / (odds + 1 + tie) @ (weights / weights.sum())
        return np.asarray(all_strengths(shares[None] * (1 - np.eye(len(strengths))))[0])

    def ratings(self, rng: np.random.Generator, strengths: Strengths) -> list[Rating]:
        """What raters say of it."""
        own = rng.normal(0, self.rater_spread, (self.raters, self.contestants))
        ratings: list[Rating] = []
        for block in range(self.blocks):
            here = strengths + rng.normal(0, self.block_spread, self.contestants)
            for _ in range(self.judgements):
                if ratings and rng.random() < self.repeats:
                    ratings.append(ratings[-1])
                    continue
                rater = int(rng.integers(self.raters))
                left, right = self._pair(rng)
                gap = here[right] + own[rater, right] - here[left] - own[rater, left]
                choice = _choice(rng, float(10 ** (-gap / 400)), self.ties)
                name = f"p{block}" if self.named_blocks else ""
                ratings.append(_rating(f"r{rater}", f"m{left:02}", f"m{right:02}", choice, name))
        return ratings

    def _pair(self, rng: np.random.Generator) -> tuple[int, int]:
        n = self.contestants
        if self.pairs == "chain":
            left = int(rng.integers(n - 1))
            pair = [left, left + 1]
        elif self.pairs == "star":
            pair = [0, int(rng.integers(1, n))]
        elif self.pairs == "uneven":
            weights = 1.0 / np.arange(1, n + 1) ** 1.5
            pair = list(rng.choice(n, 2, replace=False, p=weights / weights.sum()))
        else:
            left = int(rng.integers(n))
            pair = [left, (left + 1 + int(rng.integers(n - 1))) % n]
        if rng.random() < 0.5:
            pair.reverse()
        return int(pair[0]), int(pair[1])


def _choice(rng: np.random.Generator, odds: float, ties: float) -> Choice:
    """By Davidson (1970): ties as likely as the mean of both, times a tendency."""
    tie = ties * np.sqrt(odds)
    drawn = rng.random() * (odds + 1 + tie)
    return "left" if drawn < odds else "right" if drawn < odds + 1 else "tie"


def _rating(rater: str, left: str, right: str, choice: Choice, block: str) -> Rating:
    return Rating.model_construct(
        rater=rater,
        left=left,
        right=right,
        choice=choice,
        question="better",
        block=block,
        seconds=None,
    )


WORLDS_OF = {
    "six, 320 judgements": World(),
    "two, 30 judgements": World(contestants=2, spread=100, blocks=15, judgements=2),
    "two, 6 judgements": World(contestants=2, spread=100, blocks=6, judgements=1),
    "two far apart, 20": World(contestants=2, gap=400, blocks=20, judgements=1),
    "one that almost always wins": World(contestants=4, gap=350, blocks=20, judgements=4),
    "six, 40 judgements": World(blocks=10, judgements=4),
    "six, 3 prompts": World(blocks=3, judgements=20),
    "half of them ties": World(ties=2.0),
    "pairs in a chain": World(pairs="chain", blocks=30),
    "one against all": World(pairs="star", blocks=30),
    "uneven pairs": World(pairs="uneven"),
    "prompts differ": World(block_spread=150),
    "prompts differ, 8 prompts": World(block_spread=150, blocks=8, judgements=20),
    "one rater repeats himself": World(repeats=0.5),
    "repeats, no blocks": World(repeats=0.5, named_blocks=False),
    "3 raters differ": World(rater_spread=120),
    "12 raters differ": World(rater_spread=120, raters=12),
    "30 raters differ": World(rater_spread=120, raters=30),
    "30 raters and prompts differ": World(rater_spread=120, raters=30, block_spread=120),
    "two equals": World(contestants=2, spread=0, blocks=20, judgements=2),
    "six equals": World(spread=0),
    "twelve equals": World(contestants=12, spread=0, blocks=60),
    "thirty equals": World(contestants=30, spread=0, blocks=100, judgements=10),
}


def worlds(kind: World, count: int, draws: int = 100) -> Iterator[tuple[Strengths, Leaderboard]]:
    """So many worlds of a kind, and the leaderboard of each."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        strengths = kind.strengths(rng)
        board = lotus.leaderboard(kind.ratings(rng, strengths), draws=draws)
        yield kind.expected(strengths), board


def covered(strengths: Strengths, board: Leaderboard) -> list[bool]:
    """Whether each interval holds the truth."""
    return [p.low <= strengths[int(p.name[1:])] <= p.high for p in board.places]


def wrong_order(strengths: Strengths, board: Leaderboard) -> bool:
    """Whether some order that the ranks call sure is none."""
    for a, b in combinations(board.places, 2):
        sure = a.worst_rank < b.best_rank
        if sure and strengths[int(a.name[1:])] <= strengths[int(b.name[1:])]:
            return True
    return False


def told_apart(kind: World, count: int) -> tuple[int, float]:
    """Of worlds of two whose order is open: how many, and the share that is decided after as many
    more judgements as the note says.
    """
    decided = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        strengths = kind.strengths(rng)
        first = kind.ratings(rng, strengths)
        needed = re.search(r"about (\d+) more", " ".join(lotus.leaderboard(first).notes))
        if needed is None:
            continue
        blocks = math.ceil(int(needed[1]) / kind.judgements)
        more = replace(kind, blocks=blocks).ratings(rng, strengths)
        later = [one.model_copy(update={"block": f"q{one.block}"}) for one in more]
        decided.append(lotus.leaderboard([*first, *later]).decided)
    return len(decided), float(np.mean(decided))


def doubted(kind: World, count: int) -> tuple[float, float]:
    """The share of honest raters, and of those who throw a coin, whose answers are doubted: three
    of the first and one of the second judge the same 60 pairs, 12 of them twice.
    """
    honest: list[bool] = []
    coins: list[bool] = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        strengths = kind.strengths(rng)
        ratings = []
        for pair in range(60):
            left, right = kind._pair(rng)
            odds = float(10 ** ((strengths[left] - strengths[right]) / 400))
            for rater in ("r0", "r1", "r2", "coin"):
                for _ in range(2 if pair < 12 else 1):
                    choice = _choice(rng, 1.0 if rater == "coin" else odds, 0.0)
                    ratings.append(_rating(rater, f"m{left}", f"m{right}", choice, str(pair)))
        for one in lotus.leaderboard(ratings, draws=50).raters:
            (coins if one.name == "coin" else honest).append(bool(one.doubts))
    return float(np.mean(honest)), float(np.mean(coins))


def share_held(count: int, clusters: int, each: int, between: float) -> float:
    """The share of intervals of a share that hold it, where clusters differ by `between`."""
    held = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        mean = rng.uniform(0.35, 0.9)
        spread = mean * (1 - mean) * between
        total = mean * (1 - mean) / max(spread, 1e-9) - 1
        chances = rng.beta(mean * total, (1 - mean) * total, clusters) if between else [mean] * 99
        wins = [(c, bool(rng.random() < chances[c])) for c in range(clusters) for _ in range(each)]
        span = share_interval(wins)
        assert span is not None
        held.append(span[0] <= mean <= span[1])
    return float(np.mean(held))


def false_alarms(count: int, prompts: int, seeds: int) -> float:
    """The share of comparisons of equals in which some of ten metrics is called changed; prompts
    differ more than seeds.
    """
    alarms = []
    names = list(METRICS)[:10]
    for seed in range(count):
        rng = np.random.default_rng(seed)
        keys = [(p, s) for p in range(prompts) for s in range(seeds)]
        levels = rng.normal(0, 3, (prompts, len(names)))
        frames = [
            pd.DataFrame(
                [levels[p] + rng.normal(0, 1, len(names)) for p, _ in keys], columns=names
            ).assign(prompt=[p for p, _ in keys], seed=[s for _, s in keys])
            for _ in range(2)
        ]
        verdicts = changes_between(frames[0], frames[1], ["prompt", "seed"])["verdict"]
        alarms.append(bool(verdicts.isin(["better", "worse", "changed"]).any()))
    return float(np.mean(alarms))


def orders(count: int, part: str) -> None:
    """Print a line a kind of world."""
    print(f"{'':34}held   wrong  decided   width")
    for name, kind in ((n, k) for n, k in WORLDS_OF.items() if part in n):
        held: list[bool] = []
        wrong, decided, widths = [], [], []
        for strengths, board in worlds(kind, count):
            held += covered(strengths, board)
            wrong.append(wrong_order(strengths, board))
            decided.append(board.decided)
            widths += [p.high - p.low for p in board.places]
        print(
            f"{name:32}{np.mean(held):7.3f}{np.mean(wrong):7.3f}{np.mean(decided):8.3f}"
            f"{np.median(widths):9.0f}",
            flush=True,
        )


def main(count: int = WORLDS, part: str = "") -> None:
    """Print all tables, or that of the worlds whose name has this part."""
    orders(count, part)
    if part:
        return
    for gap in (60, 120):
        open_worlds, share = told_apart(World(2, gap=gap, blocks=20, judgements=2), count)
        print(f"two {gap} points apart, open: {open_worlds}; decided by as many more: {share:.3f}")
    for name, kind in (("six", World()), ("six equals", World(spread=0))):
        honest, coins = doubted(kind, count)
        print(f"{name}: honest raters doubted {honest:.4f}, coins {coins:.3f}")
    for clusters, each, between in ((20, 1, 0.0), (20, 4, 0.3), (8, 10, 0.3), (60, 3, 0.2)):
        held_share = share_held(count, clusters, each, between)
        print(f"shares of {clusters} clusters of {each}, between {between}: held {held_share:.3f}")
    for prompts, seeds in ((12, 1), (4, 10)):
        alarms = false_alarms(count, prompts, seeds)
        print(f"equals compared, {prompts} prompts, {seeds} seeds: alarms {alarms:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WORLDS, "".join(sys.argv[2:3]))
