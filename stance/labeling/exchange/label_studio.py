"""Label Studio: a JSON list of tasks with annotations, and the labelling configuration that a project needs.

https://labelstud.io/guide/task_format and https://labelstud.io/guide/export. Spans count code points there as here.
An annotation of ours is known again by its id: Label Studio keeps it as `import_id`; what it has no field for travels
in the task's `meta`.
"""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from stance.config import DataError
from stance.labeling.exchange.reading import HOLDER, in_row, item_of, span_of
from stance.labeling.items import Item, collect, other_name, provenance, put_together
from stance.labels import LabelScheme
from stance.records import Vote
from stance.storage import atomic_file, read_json, write_json

CONFIG_SUFFIX = ".config.xml"
NAMESPACE = uuid.UUID("b7b0a0f2-93b5-4a3c-9d6c-0c2a4c1f3f10")


def write(path: Path, items: Sequence[Item], scheme: LabelScheme) -> None:
    """Tasks to import, and beside them `<name>.config.xml` to paste into the project's labelling interface."""
    write_json(path, [_task(item, number) for number, item in enumerate(items, start=1)])
    with atomic_file(path.with_suffix(CONFIG_SUFFIX)) as file:
        file.write(labelling_config(scheme))


def read(path: Path) -> list[Item]:
    """Items of a JSON export, each annotation a vote; drafts and predictions are left out."""
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise DataError(f"{path}: expected a list of tasks; export from Label Studio as JSON, not as JSON-MIN or CSV")
    rows: list[tuple[Item, Vote | None]] = []
    for number, task in enumerate(tasks, start=1):
        with in_row(path, number):
            item = item_of(task["data"])
            origins = (task.get("meta") or {}).get("votes", {})
            rows.append((item, None))
            rows += [(item, _vote(item, annotation, origins)) for annotation in task.get("annotations", ())]
    return collect(rows)


def labelling_config(scheme: LabelScheme) -> str:
    """The project's labelling interface: target, sentence in context, labels by number keys, holder, notes."""
    choices = "\n".join(
        f'    <Choice value={quoteattr(name)} hint={quoteattr(text)} hotkey="{number}"/>'
        for number, (name, text) in enumerate(scheme.definitions.items(), start=1)
    )
    return f"""<View>
  <Header value="$target"/>
  <Text name="before" value="$before" granularity="word"/>
  <Text name="text" value="$text" granularity="word"/>
  <Text name="after" value="$after" granularity="word"/>
  <Text name="answers" value="$answers"/>
  <Choices name="label" toName="text" choice="single" showInline="true">
{choices}
  </Choices>
  <Labels name="{HOLDER}" toName="text"><Label value="{HOLDER}" hotkey="h"/></Labels>
  <TextArea name="holder_name" toName="text" placeholder="holder, if not in the sentence" maxSubmissions="1"/>
  <TextArea name="notes" toName="text" placeholder="notes" maxSubmissions="1"/>
</View>
"""


def _task(item: Item, number: int) -> dict[str, Any]:
    ids = [str(uuid.uuid5(NAMESPACE, f"{item.pair_id} {i}")) for i in range(len(item.votes))]
    return {
        "id": number,
        "data": item.shown,
        "meta": {"votes": {key: provenance(vote) for key, vote in zip(ids, item.votes, strict=True)}},
        "annotations": [_annotation(vote, item, key) for key, vote in zip(ids, item.votes, strict=True)],
        "predictions": [],
    }


def _annotation(vote: Vote, item: Item, key: str) -> dict[str, Any]:
    return {
        "id": key,
        "unique_id": key,
        "result": _result(vote, item),
        "was_cancelled": vote.label is None,
        "ground_truth": vote.kind == "adjudicated",
        "created_at": vote.created,
        "lead_time": vote.seconds,
    }


def _result(vote: Vote, item: Item) -> list[dict[str, Any]]:
    found: list[tuple[str, str, dict[str, Any]]] = []
    if vote.label is not None:
        found.append(("label", "choices", {"choices": [vote.label]}))
    if vote.holder_start is not None and vote.holder_end is not None:
        marked = item.text[vote.holder_start : vote.holder_end]
        value = {"start": vote.holder_start, "end": vote.holder_end, "text": marked, "labels": [HOLDER]}
        found.append((HOLDER, "labels", value))
    found += [
        (name, "textarea", {"text": [value]})
        for name, value in (("holder_name", other_name(item, vote)), ("notes", vote.notes))
        if value is not None
    ]
    return [
        {"id": name, "from_name": name, "to_name": "text", "type": kind, "origin": "manual", "value": value}
        for name, kind, value in found
    ]


def _vote(item: Item, annotation: Mapping[str, Any], origins: Mapping[str, Any]) -> Vote:
    keys = [str(annotation.get(name)) for name in ("import_id", "unique_id", "id")]
    origin = next((origins[key] for key in keys if key in origins), None)
    if origin is None:
        origin = {"labeler": _user(annotation.get("completed_by")), "created": annotation.get("created_at")}
        origin["kind"] = "adjudicated" if annotation.get("ground_truth") else "human"
    answer: dict[str, Any] = {"label": None}
    for region in annotation["result"]:
        value = region["value"]
        if region["from_name"] == "label" and not annotation.get("was_cancelled"):
            (answer["label"],) = value["choices"]
        elif region["from_name"] == HOLDER:
            answer |= span_of(item, value["start"], value["end"], value.get("text"))
        elif region["from_name"] == "holder_name":
            answer["holder"] = "\n".join(value["text"])
        elif region["from_name"] == "notes":
            answer["notes"] = "\n".join(value["text"])
    return put_together(item, answer, {"seconds": annotation.get("lead_time"), **origin})


def _user(completed_by: Any) -> str:
    """A coder's name: the e-mail where the export has it, else the number."""
    if isinstance(completed_by, Mapping):
        return str(completed_by.get("email") or f"user {completed_by['id']}")
    return f"user {completed_by}"
