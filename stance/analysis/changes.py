"""Since when: points where the mean of a series changes, accepted only where shuffled articles would not show them.

The statistic is the largest drop in the sum of squares that one split brings, over seeded intervals of all lengths
(Kovacs, Buhlmann, Li and Munk 2023, Biometrika 110, seeded binary segmentation), so that a rise that falls again
is seen too. Its threshold is the quantile of its maximum over shuffled series: with no change articles are
exchangeable, and a series is given any change at all with a chance of 1 - confidence at most. How many changes pass
is decided there; where they lie is found by optimal partitioning (ruptures, KernelCPD with a linear kernel: Truong,
Oudre and Vayatis 2020, Signal Processing 167), with percentile intervals from articles resampled within their segments.
"""

from dataclasses import dataclass

import numpy as np

CHUNK_CELLS = 2_000_000
DECAY = 2**0.5


@dataclass(frozen=True)
class Change:
    """One change point."""

    index: int
    """Of the first article after it."""
    low: int
    high: int
    """Interval of that index."""
    before: float
    after: float
    """Means of the segments on both sides."""
    p: float
    """Share of shuffled series whose largest statistic is as large."""


def change_points(
    values: np.ndarray, *, min_size: int = 5, confidence: float = 0.95, shuffles: int = 999, seed: int = 0
) -> list[Change]:
    """Changes in the mean of `values`, one a story in order of time, shape (n,); none in a series shorter than two
    segments of `min_size`.
    """
    if len(values) < 2 * min_size:
        return []
    random = np.random.default_rng(seed)
    intervals = seeded_intervals(len(values), 2 * min_size)
    null = np.sort(_null_maxima(values, intervals, min_size, shuffles, random))
    threshold = null[min(shuffles - 1, int(np.ceil(confidence * (shuffles + 1))) - 1)]
    accepted = _narrowest(values, intervals, min_size, threshold)
    if not accepted:
        return []
    points = _positions(values, len(accepted), min_size)
    edges = [0, *points, len(values)]
    return [
        Change(
            point,
            *_location_interval(values, edges[i], point, edges[i + 2], min_size, confidence, random),
            float(values[edges[i] : point].mean()),
            float(values[point : edges[i + 2]].mean()),
            float((1 + (null >= _gain_at(values, points, i)).sum()) / (1 + shuffles)),
        )
        for i, point in enumerate(points)
    ]


def seeded_intervals(length: int, shortest: int) -> list[tuple[int, int]]:
    """(start, end) of overlapping intervals, each layer shorter than the last by a factor of sqrt 2."""
    found: dict[tuple[int, int], None] = {(0, length): None}
    size = float(length)
    while size / DECAY >= shortest:
        size /= DECAY
        count = 2 * int(np.ceil(length / size)) - 1
        for start in np.linspace(0, length - size, count):
            found[int(np.floor(start)), int(np.ceil(start + size))] = None
    return list(found)


def split_gains(series: np.ndarray, min_size: int) -> np.ndarray:
    """Drop in the sum of squares for each split of each series, shape (series, splits); the first is after `min_size`.

    `series` has shape (series, n). The drop is n1 n2 / n (mean1 - mean2)^2, what ruptures calls the gain of CostL2.
    """
    count = series.shape[1]
    sizes = np.arange(min_size, count - min_size + 1)
    sums = np.cumsum(series, axis=1)
    left = sums[:, sizes - 1]
    total = sums[:, -1:]
    return np.square(left * count - total * sizes) / (count * sizes * (count - sizes))


def _null_maxima(
    values: np.ndarray, intervals: list[tuple[int, int]], min_size: int, shuffles: int, random: np.random.Generator
) -> np.ndarray:
    found = []
    step = max(1, CHUNK_CELLS // len(values))
    for start in range(0, shuffles, step):
        shuffled = random.permuted(np.tile(values, (min(step, shuffles - start), 1)), axis=1)
        best = np.zeros(len(shuffled))
        for low, high in intervals:
            np.maximum(best, split_gains(shuffled[:, low:high], min_size).max(axis=1), out=best)
        found.append(best)
    return np.concatenate(found)


def _narrowest(values: np.ndarray, intervals: list[tuple[int, int]], min_size: int, threshold: float) -> list[int]:
    """Splits over the threshold, the narrowest interval first; an interval that holds an earlier one is passed over."""
    accepted: list[int] = []
    for low, high in sorted(intervals, key=lambda pair: pair[1] - pair[0]):
        gains = split_gains(values[None, low:high], min_size)[0]
        best = int(gains.argmax())
        point = low + min_size + best
        if gains[best] > threshold and not any(low < other < high for other in accepted):
            accepted.append(point)
    return accepted


def _positions(values: np.ndarray, count: int, min_size: int) -> list[int]:
    import ruptures

    search = ruptures.KernelCPD(kernel="linear", min_size=min_size).fit(values[:, None])
    return search.predict(n_bkps=count)[:-1]


def _gain_at(values: np.ndarray, points: list[int], place: int) -> float:
    edges = [0, *points, len(values)]
    start, point, end = edges[place], edges[place + 1], edges[place + 2]
    before, after = values[start:point], values[point:end]
    return float(len(before) * len(after) / (end - start) * (before.mean() - after.mean()) ** 2)


def _location_interval(
    values: np.ndarray,
    start: int,
    point: int,
    end: int,
    min_size: int,
    confidence: float,
    random: np.random.Generator,
    resamples: int = 499,
) -> tuple[int, int]:
    before = random.choice(values[start:point], size=(resamples, point - start))
    after = random.choice(values[point:end], size=(resamples, end - point))
    places = start + min_size + split_gains(np.hstack([before, after]), min_size).argmax(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(places, [tail, 1 - tail], method="nearest")
    return int(low), int(high)
