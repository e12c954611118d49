"""doccano: JSONL of a project of the type "intent detection and slot filling", one row a coder's answer.

`cats` has the label, `entities` the holder as [start, end, name]; other keys are a row's metadata, which doccano keeps.
It exports one file a coder, named after the coder: a row without our provenance is a vote of the file's name.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.labeling.exchange.reading import HOLDER, in_row, item_of, numbered_rows, span_of
from stance.labeling.items import Item, collect, other_name, provenance, put_together
from stance.labels import LabelScheme
from stance.records import Vote
from stance.storage import atomic_file, dump_line


def write(path: Path, items: Sequence[Item], _scheme: LabelScheme) -> None:
    """One row for each vote, and one for each item that has none."""
    with atomic_file(path) as file:
        for item in items:
            for vote in item.votes or (None,):
                file.write(dump_line(_row(item, vote)))


def read(path: Path) -> list[Item]:
    """Items with their votes; a row without a label and without provenance is no vote."""
    rows: list[tuple[Item, Vote | None]] = []
    for number, row in numbered_rows(path):
        with in_row(path, number):
            item = item_of(row)
            rows.append((item, _vote(item, row, path.stem)))
    return collect(rows)


def _row(item: Item, vote: Vote | None) -> dict[str, Any]:
    row: dict[str, Any] = {**item.shown, "cats": [], "entities": []}
    if vote is None:
        return row
    if vote.label is not None:
        row["cats"] = [vote.label]
    if vote.holder_start is not None:
        row["entities"] = [[vote.holder_start, vote.holder_end, HOLDER]]
    if vote.notes is not None:
        row["Comments"] = [vote.notes]
    return row | {"holder_name": other_name(item, vote), "provenance": provenance(vote)}


def _vote(item: Item, row: Mapping[str, Any], coder: str) -> Vote | None:
    answered = row.get("cats") or row.get("label") or []
    labels = [answered] if isinstance(answered, str) else [x for x in answered if isinstance(x, str)]
    origin = row.get("provenance")
    if not labels and origin is None:
        return None
    if len(labels) > 1:
        raise ValueError(f"labels {labels}, expected one")
    answer: dict[str, Any] = {"label": labels[0] if labels else None, "notes": None}
    if comments := row.get("Comments"):
        answer["notes"] = "\n".join(comments)
    for entity in row.get("entities") or ():
        start, end = (entity["start_offset"], entity["end_offset"]) if isinstance(entity, Mapping) else entity[:2]
        answer |= span_of(item, start, end, None)
    if row.get("holder_name") is not None:
        answer["holder"] = row["holder_name"]
    return put_together(item, answer, origin or {"labeler": coder})
