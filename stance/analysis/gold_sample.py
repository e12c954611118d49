"""Which pairs to label by hand: a stratified random sample that grows without being thrown away.

Every pair has a permanent random number, a hash of its id (Ohlsson 1995, Coordination of samples using permanent random
numbers). In each stratum the pairs with the lowest numbers are drawn, which is simple random sampling without
replacement: each is in with probability n / N. A larger sample later on contains the smaller one, so earlier labels
keep their worth and every label's inclusion probability is that of the larger sample.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Drawn:
    """One pair to be labelled."""

    row: int
    """Its place among the ids that were drawn from."""
    stratum: str
    inclusion: float
    """Probability with which a pair of its stratum is drawn."""


def allocate(sizes: Mapping[str, int], total: int, at_least: int) -> dict[str, int]:
    """Labels for each stratum: `at_least` (or all it has) first, the others in proportion to what is left over.

    The sum is `total` where there are as many pairs and the minimum fits; otherwise the minimum goes first, in order.
    """
    given = {}
    left = min(total, sum(sizes.values()))
    for name, size in sizes.items():
        given[name] = min(at_least, size, left)
        left -= given[name]
    rest = {name: size - given[name] for name, size in sizes.items()}
    spare = sum(rest.values())
    quotas = {name: left * rest[name] / spare if spare else 0.0 for name in sizes}
    for name, quota in quotas.items():
        given[name] += int(quota)
    by_remainder = sorted(sizes, key=lambda name: int(quotas[name]) - quotas[name])
    for name in by_remainder[: left - sum(int(quota) for quota in quotas.values())]:
        given[name] += 1
    return given


def draw(ids: Sequence[str], strata: Sequence[str], total: int, at_least: int = 0, seed: int = 0) -> list[Drawn]:
    """A sample of `total` of the ids, at least `at_least` of each stratum, in random order; equal requests draw equal
    samples, and with the same seed and strata a larger total draws the same ones and more.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, stratum in enumerate(strata):
        members[stratum].append(row)
    numbers = [_number(seed, name) for name in ids]
    drawn = []
    for stratum, size in allocate({name: len(rows) for name, rows in members.items()}, total, at_least).items():
        rows = sorted(members[stratum], key=numbers.__getitem__)
        drawn += [Drawn(row, stratum, size / len(rows)) for row in rows[:size]]
    return sorted(drawn, key=lambda one: numbers[one.row])


def _number(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:8], "big")
