"""Since when: net stance by period, for all opinions and for the largest groups, with events and change points."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stance.analysis.changes import change_points
from stance.analysis.groups import group_of
from stance.analysis.how_much import GroupShares, Rows, by_group
from stance.analysis.opinions import Opinion
from stance.analysis.periods import Event, period, place_in_time
from stance.analysis.shares import difference, net
from stance.analysis.wishes import Wishes

Describe = Callable[[GroupShares, str, str, np.ndarray], dict[str, Any]]
MIN_PERIODS = 2
EVERYTHING = "All"


def panels(
    opinions: Sequence[Opinion],
    rows: Rows,
    events: Sequence[Event],
    polar: tuple[int, int],
    wishes: Wishes,
    describe: Describe,
) -> dict[str, Any]:
    """The timeline of everything first, then of the largest groups that lie in at least two periods."""
    times = [period(opinion.published, wishes.period) for opinion in opinions]
    names = [group_of(opinion, wishes.timeline_by) for opinion in opinions]
    sizes = Counter(n for n, time in zip(names, times, strict=True) if n is not None and time is not None)
    chosen = [None, *(name for name, size in sizes.most_common(wishes.max_panels - 1) if size >= wishes.min_rows)]
    numbered = [{"number": i, "date": e.published, "label": e.label, "group": e.group} for i, e in enumerate(events, 1)]
    found = []
    for number, name in enumerate(chosen):
        inside = np.array([t is not None and name in (None, n) for t, n in zip(times, names, strict=True)], dtype=bool)
        if len({t for t, i in zip(times, inside, strict=True) if i}) < MIN_PERIODS:
            continue
        found.append(
            {
                "name": name or EVERYTHING,
                "points": _points(rows, times, inside, f"time-{number}", wishes, describe),
                "changes": _changes(opinions, rows, inside, polar, wishes),
                "events": [event for event in numbered if event["group"] in (None, name)],
            }
        )
    return {
        "unit": wishes.period,
        "by": wishes.timeline_by,
        "undated": sum(time is None for time in times),
        "events": numbered,
        "panels": found,
    }


def _points(
    rows: Rows, times: Sequence[str | None], inside: np.ndarray, anchor: str, wishes: Wishes, describe: Describe
) -> list[dict[str, Any]]:
    groups = [time if i else None for time, i in zip(times, inside, strict=True)]
    found = by_group(rows, groups, wishes.confidence, wishes.min_gold)
    points = []
    for place, name in enumerate(sorted(found)):
        chosen = np.array([group == name for group in groups], dtype=bool)
        point = describe(found[name], "time", f"{anchor}-{place}", chosen)
        points.append(point | {"period": name})
    return points


def _changes(
    opinions: Sequence[Opinion], rows: Rows, inside: np.ndarray, polar: tuple[int, int], wishes: Wishes
) -> list[dict[str, Any]]:
    """Change points of the mean lean of stories in order of time, with the corrected difference across each."""
    stories, dates, values = story_series(opinions, rows, inside, polar)
    found = change_points(values, confidence=wishes.confidence, shuffles=wishes.shuffles, seed=wishes.seed)
    edges = [0, *(change.index for change in found), len(values)]
    described = []
    for place, change in enumerate(found):
        before, after = (set(stories[edges[i] : edges[i + 1]].tolist()) for i in (place, place + 1))
        side = dict.fromkeys(before, "before") | dict.fromkeys(after, "after")
        groups = [side.get(int(story)) if i else None for story, i in zip(rows.clusters, inside, strict=True)]
        parts = by_group(rows, groups, wishes.confidence, wishes.min_gold)
        both_own = parts["before"].correction == parts["after"].correction == "own"
        described.append(
            {
                "date": dates[change.index],
                "low": dates[change.low],
                "high": dates[change.high],
                "p": change.p,
                "stories_before": len(before),
                "stories_after": len(after),
                "before": change.before,
                "after": change.after,
                "corrected": net(
                    difference(parts["after"].fitted, parts["before"].fitted), polar, wishes.confidence, limit=2
                )
                if both_own
                else None,
            }
        )
    return described


def story_series(
    opinions: Sequence[Opinion], rows: Rows, inside: np.ndarray, polar: tuple[int, int]
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(stories, their dates, mean probability for minus against in each), in order of time: shapes (S,), S, (S,)."""
    lean = rows.probabilities[:, polar[0]] - rows.probabilities[:, polar[1]]
    dates: dict[int, str] = {}
    sums: defaultdict[int, float] = defaultdict(float)
    counts: Counter[int] = Counter()
    for number in np.flatnonzero(inside):
        story, published = int(rows.clusters[number]), opinions[number].published or ""
        dates[story] = min(dates.get(story, published), published)
        sums[story] += float(lean[number])
        counts[story] += 1
    stories = sorted(dates, key=lambda story: (place_in_time(dates[story]), story))
    values = np.array([sums[story] / counts[story] for story in stories])
    return np.array(stories, dtype=int), [dates[story] for story in stories], values
