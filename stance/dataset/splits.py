"""Leak-free splits: whole groups of articles that share text go to one side."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stance.records import Example

SPLITS = ("train", "dev", "test")


def connected_groups(links: Iterable[Sequence[str]]) -> dict[str, str]:
    """Item -> name of its group, where all items of one link, and of links that share an item, belong together.

    The name is the group's first item in alphabetical order.
    """
    parent: dict[str, str] = {}

    def root(item: str) -> str:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for link in links:
        first = root(link[0])
        for other in link[1:]:
            a, b = sorted((first, root(other)))
            parent[b] = a
            first = a
    return {item: root(item) for item in parent}


def assign_splits(group_sizes: Mapping[str, int], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Group -> split, drawn at random: groups in random order fill test, then dev, and the rest is train.

    `group_sizes` counts the pairs of each group; `shares` are the wanted shares of pairs for dev and test.
    Raises ValueError when a split would stay empty.
    """
    order = sorted(group_sizes)
    random.Random(seed).shuffle(order)  # noqa: S311
    total = sum(group_sizes.values())
    assigned: dict[str, str] = {}
    queue = list(order)
    for split in ("test", "dev"):
        filled = 0
        # The first group is taken whatever its size: where that is a large one, the split is larger, not empty.
        while queue and (not filled or filled + group_sizes[queue[-1]] / 2 < shares[split] * total):
            group = queue.pop()
            assigned[group] = split
            filled += group_sizes[group]
    assigned |= dict.fromkeys(queue, "train")
    empty = [split for split in SPLITS if split not in assigned.values()]
    if empty:
        raise ValueError(
            f"{len(order)} independent groups of articles leave the split {' and '.join(empty)} empty; "
            f"label more articles, or change dataset.dev_share and dataset.test_share"
        )
    return assigned


def take_groups(examples: Sequence[Example], size: int, seed: int) -> tuple[list[Example], list[Example]]:
    """(taken, left over): whole groups in random order until `size` examples are reached, at least one group.

    A larger `size` takes all that a smaller one takes: the points of a learning curve are nested.
    """
    order = sorted({e.group for e in examples})
    random.Random(seed).shuffle(order)  # noqa: S311
    counts = Counter(e.group for e in examples)
    taken: set[str] = set()
    total = 0
    for group in order:
        if taken and total + counts[group] / 2 > size:
            break
        taken.add(group)
        total += counts[group]
    return [e for e in examples if e.group in taken], [e for e in examples if e.group not in taken]
