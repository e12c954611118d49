"""Argilla: the JSON list of records that `dataset.records.to_json` writes and `from_json` reads (Argilla 2).

A record has `fields`, `metadata`, and `responses` by question, each with its user's id. Argilla's metadata is flat, so
what it has no field for travels there as one JSON text.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.config import DataError
from stance.labeling.exchange.reading import HOLDER, in_row, item_of, span_of
from stance.labeling.items import Item, collect, other_name, provenance, put_together
from stance.labels import LabelScheme
from stance.records import Vote
from stance.storage import read_json, write_json

NAMESPACE = uuid.UUID("0b0f7f1c-8f7e-4f0a-9a25-5f2f3b0d7a11")
FIELDS = ("text", "target", "before", "after", "answers")
"""What the coder sees; the rest of an item is metadata."""


def write(path: Path, items: Sequence[Item], _scheme: LabelScheme) -> None:
    """One record an item; questions are `label`, `holder` (a span of `text`), `holder_name` and `notes`."""
    write_json(path, [_record(item) for item in items])


def read(path: Path) -> list[Item]:
    """Items with one vote for each user who responded."""
    records = read_json(path)
    if not isinstance(records, list):
        raise DataError(f"{path}: expected a list of records, as dataset.records.to_json writes it")
    rows: list[tuple[Item, Vote | None]] = []
    for number, record in enumerate(records, start=1):
        with in_row(path, number):
            item = item_of({**record["fields"], **record["metadata"]})
            rows.append((item, None))
            rows += [(item, vote) for vote in _votes(item, record)]
    return collect(rows)


def _record(item: Item) -> dict[str, Any]:
    users = [str(uuid.uuid5(NAMESPACE, f"{vote.kind} {vote.labeler} {i}")) for i, vote in enumerate(item.votes)]
    responses: dict[str, list[dict[str, Any]]] = {}
    for user, vote in zip(users, item.votes, strict=True):
        answers: dict[str, Any] = {"label": vote.label, "holder_name": other_name(item, vote), "notes": vote.notes}
        if vote.holder_start is not None:
            answers[HOLDER] = [{"label": HOLDER, "start": vote.holder_start, "end": vote.holder_end}]
        for question, value in answers.items():
            if value is not None:
                responses.setdefault(question, []).append({"value": value, "user_id": user})
    metadata = {name: value for name, value in item.shown.items() if name not in FIELDS and value is not None}
    votes = {user: provenance(vote) for user, vote in zip(users, item.votes, strict=True)}
    return {
        "id": item.pair_id,
        "fields": {name: item.shown[name] for name in FIELDS},
        "metadata": metadata | {"votes": json.dumps(votes)},
        "suggestions": {},
        "responses": responses,
        "vectors": {},
    }


def _votes(item: Item, record: Mapping[str, Any]) -> list[Vote]:
    origins: dict[str, Any] = json.loads(record["metadata"].get("votes", "{}"))
    answers: dict[str, dict[str, Any]] = {user: {"label": None} for user in origins}
    for question, responses in record["responses"].items():
        for response in responses:
            answer = answers.setdefault(str(response["user_id"]), {"label": None})
            value = response["value"]
            if question == HOLDER:
                for span in value:
                    answer |= span_of(item, span["start"], span["end"], span.get("text"))
            elif question in ("label", "notes"):
                answer[question] = value
            elif question == "holder_name":
                answer["holder"] = value
    return [put_together(item, answer, origins.get(user, {"labeler": user})) for user, answer in answers.items()]
