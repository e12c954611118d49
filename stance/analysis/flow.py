"""What became of everything: the boxes of the corpus flow diagram, made from what the stages counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stance.config import DataError
from stance.records import Removed

MAX_LISTED = 100


def step(unit: str, arrived: int, kept: int, removed: Iterable[Removed], anchor: str) -> dict[str, Any]:
    """One box: `arrived` things came in, `kept` went on, the others are listed by reason; `anchor` says more of them.

    Raises DataError where in = out + removed does not hold.
    """
    reasons: defaultdict[str, list[Removed]] = defaultdict(list)
    for row in removed:
        reasons[row.reason].append(row)
    left_out = sum(len(rows) for rows in reasons.values())
    if arrived != kept + left_out:
        raise DataError(
            f"{unit}: {arrived} came in, but {kept} went on and {left_out} were left out; "
            f"the outputs do not belong together: run ingest and survey again"
        )
    return {
        "unit": unit,
        "arrived": arrived,
        "kept": kept,
        "anchor": anchor,
        "removed": [
            {
                "reason": reason,
                "count": len(rows),
                "items": [{"item": row.item, "detail": row.detail} for row in rows[:MAX_LISTED]],
            }
            for reason, rows in sorted(reasons.items(), key=lambda pair: -len(pair[1]))
        ],
    }


def methods(manifests: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """One row a stage for the methods appendix: settings that are not paths, inputs with fingerprints, counts."""
    rows = []
    for name, manifest in manifests.items():
        settings = {
            key: value for key, value in _flat(manifest.config) if key not in manifest.inputs and key != "output"
        }
        rows.append(
            {
                "name": name,
                "stage": manifest.stage,
                "version": manifest.stance_version,
                "key": manifest.key,
                "settings": settings,
                "inputs": dict(manifest.inputs),
                "counts": dict(manifest.counts),
            }
        )
    return rows


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif value not in (None, [], {}):
            yield f"{prefix}{key}", value
