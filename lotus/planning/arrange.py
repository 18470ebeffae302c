"""Ideas laid over scenes: neighbours merged where there are too many, shown again where there are
too few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from lotus.planning.ideas import Idea
from lotus.planning.words import DIRECTOR

__all__ = ["SceneIdeas", "cycle", "spread"]


@dataclass(frozen=True)
class SceneIdeas:
    """The ideas of one scene; `take` counts from 0 how often they have been shown before."""

    ideas: tuple[Idea, ...]
    take: int = 0
    number: int = 0


def spread(ideas: Sequence[Idea], count: int) -> tuple[SceneIdeas, ...]:
    """`count` shots in the order of the prompt; an idea that is shown again follows itself."""
    if len(ideas) >= count:
        return tuple(SceneIdeas(group, 0, i) for i, group in enumerate(_merged(ideas, count)))
    takes = _takes(ideas, count)
    return tuple(
        SceneIdeas((idea,), take, i) for i, idea in enumerate(ideas) for take in range(takes[i])
    )


def cycle(ideas: Sequence[Idea], count: int) -> tuple[SceneIdeas, ...]:
    """`count` shots that go round the ideas again and again, as the verses of a song do."""
    if len(ideas) >= count:
        return spread(ideas, count)
    return tuple(
        SceneIdeas((ideas[i % len(ideas)],), i // len(ideas), i % len(ideas)) for i in range(count)
    )


def _takes(ideas: Sequence[Idea], count: int) -> list[int]:
    """How often each idea is shown: all the same, the longer ones once more, those with a framing
    last.
    """
    each, more = divmod(count, len(ideas))
    order = sorted(
        range(len(ideas)), key=lambda i: (bool(DIRECTOR.search(ideas[i].text)), -len(ideas[i].text))
    )
    return [each + (i in order[:more]) for i in range(len(ideas))]


def _merged(ideas: Sequence[Idea], count: int) -> list[tuple[Idea, ...]]:
    """Groups of neighbours: whole sentences stay together unless there are fewer of them than
    scenes.
    """
    sentences = [tuple(group) for _, group in groupby(ideas, key=lambda idea: idea.sentence)]
    if len(sentences) > count:
        groups = _balanced(
            [sum(_weight(idea) for idea in sentence) for sentence in sentences], count
        )
        return [tuple(idea for i in group for idea in sentences[i]) for group in groups]
    parts = [1] * len(sentences)
    for _ in range(count - len(sentences)):
        parts[max(range(len(sentences)), key=lambda i: _need(sentences[i], parts[i]))] += 1
    return [
        tuple(sentence[i] for i in group)
        for sentence, number in zip(sentences, parts, strict=True)
        for group in _balanced([_weight(idea) for idea in sentence], number)
    ]


def _weight(idea: Idea) -> int:
    """Length, with something for being an image at all, so that short items count."""
    return len(idea.text) + 12


def _need(sentence: Sequence[Idea], parts: int) -> float:
    """How much one more scene would relieve a sentence; none when each item has its own."""
    return sum(map(_weight, sentence)) / parts if parts < len(sentence) else 0.0


def _balanced(weights: Sequence[int], count: int) -> list[range]:
    """`count` runs of neighbours of about the same weight, none empty."""
    sums = [0, *accumulate(weights)]
    cuts = [0]
    for i in range(1, count):
        target = sums[-1] * i / count
        near = bisect_left(sums, target)
        near -= near > 0 and target - sums[near - 1] < sums[near] - target
        cuts.append(min(max(near, cuts[-1] + 1), len(weights) - (count - i)))
    return [range(a, b) for a, b in zip(cuts, [*cuts[1:], len(weights)], strict=True)]
