"""Prodigy: JSONL of tasks for its `choice` interface with spans (prodi.gy/docs/api-interfaces), one row an answer.

`accept` has the label, `answer` is `accept`, or `ignore` for an abstention; Prodigy keeps every other key.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stance.labeling.exchange.reading import HOLDER, in_row, item_of, numbered_rows, span_of
from stance.labeling.items import Item, collect, other_name, provenance, put_together
from stance.labels import LabelScheme
from stance.records import Vote
from stance.storage import atomic_file, dump_line


def write(path: Path, items: Sequence[Item], scheme: LabelScheme) -> None:
    """One row for each vote, and one to be answered for each item that has none."""
    with atomic_file(path) as file:
        for item in items:
            for vote in item.votes or (None,):
                file.write(dump_line(_row(item, vote, scheme)))


def read(path: Path) -> list[Item]:
    """Items with their votes; a row without an answer is no vote."""
    rows: list[tuple[Item, Vote | None]] = []
    for number, row in numbered_rows(path):
        with in_row(path, number):
            item = item_of(row)
            rows.append((item, _vote(item, row) if "answer" in row else None))
    return collect(rows)


def _row(item: Item, vote: Vote | None, scheme: LabelScheme) -> dict[str, Any]:
    row: dict[str, Any] = {
        **item.shown,
        "meta": {"target": item.target, "before": item.before, "after": item.after, "answers": item.answers},
        "options": [{"id": name, "text": f"{name}: {text}"} for name, text in scheme.definitions.items()],
        "config": {"choice_style": "single"},
        "_view_id": "choice",
    }
    if vote is None:
        return row
    row |= {"answer": "ignore" if vote.label is None else "accept", "accept": [vote.label] if vote.label else []}
    if vote.holder_start is not None:
        row["spans"] = [{"start": vote.holder_start, "end": vote.holder_end, "label": HOLDER}]
    return row | {
        "holder_name": other_name(item, vote),
        "notes": vote.notes,
        "_annotator_id": vote.labeler,
        "_session_id": vote.labeler,
        "provenance": provenance(vote),
    }


def _vote(item: Item, row: Mapping[str, Any]) -> Vote:
    accepted = row.get("accept") or []
    if len(accepted) > 1:
        raise ValueError(f"accepted {accepted}, expected one label")
    label = accepted[0] if accepted and row["answer"] == "accept" else None
    answer: dict[str, Any] = {"label": label, "notes": row.get("notes")}
    for span in row.get("spans") or ():
        if str(span.get("label")).lower() == HOLDER:
            answer |= span_of(item, span["start"], span["end"], span.get("text"))
    if row.get("holder_name") is not None:
        answer["holder"] = row["holder_name"]
    return put_together(item, answer, row.get("provenance") or _origin(row))


def _origin(row: Mapping[str, Any]) -> dict[str, Any]:
    stamp = row.get("_timestamp")
    return {
        "labeler": row.get("_annotator_id") or row.get("_session_id") or "prodigy",
        "created": datetime.fromtimestamp(stamp, UTC).isoformat() if stamp is not None else None,
    }
