"""Exports of the tools themselves: Label Studio's recorded, the others written by hand after their documentation.

`label_studio_recorded.json` came from Label Studio 1.23.0: our tasks imported into a project with our labelling
configuration, annotated through its API, exported as JSON. `label_studio_export.json` was written by hand and has what
a server with one user does not give: e-mail addresses of two coders.
"""

import json
from pathlib import Path

from stance.labeling.exchange import FORMATS
from stance.labeling.items import Item
from stance.labels import LabelScheme
from stance.records import Vote

EXPORT = Path(__file__).parent / "label_studio_export.json"
RECORDED = Path(__file__).parent / "label_studio_recorded.json"
FIELDS = {"pair_id": "p", "sentence_id": "d:0", "target": "UN intervention in Mali", "text": "The elders agreed."}


def test_what_label_studio_itself_exports_is_read() -> None:
    stays, ends, home = FORMATS["label-studio"].read(RECORDED)
    first, second = stays.votes
    assert (first.labeler, first.label, first.seconds, first.kind) == ("user 1", "favor", 9.5, "human")
    assert first.holder == stays.text[first.holder_start : first.holder_end] == "the elders of Gao"
    assert (second.label, second.holder, second.notes) == ("neutral", None, "a wish, not a stance?")
    assert [(v.label, v.kind, v.seconds) for v in ends.votes] == [("neutral", "adjudicated", 3.1)]
    assert [(v.label, v.kind, v.seconds) for v in home.votes] == [(None, "human", 2.0)]
    assert [item.pair_id for item in (stays, ends, home)] == ["gao-1", "gao-2", "gao-3"]


def test_a_label_studio_export_gives_votes_with_coder_time_and_span() -> None:
    first, second = FORMATS["label-studio"].read(EXPORT)
    ann, bob = first.votes
    assert (ann.labeler, ann.label, ann.kind, ann.seconds) == ("ann@example.org", "favor", "human", 12.4)
    assert first.text[ann.holder_start : ann.holder_end] == ann.holder == "The elders of Gao"
    assert (bob.labeler, bob.label, bob.notes) == ("user 2", "neutral", "only a greeting?")
    assert ann.created == "2026-03-02T09:14:22.508134Z"
    assert [(v.label, v.kind) for v in second.votes] == [(None, "human"), ("neutral", "adjudicated")]


def test_label_studio_keeps_our_provenance_when_it_renumbers_annotations(scheme: LabelScheme, tmp_path: Path) -> None:
    vote = Vote(pair_id="p", labeler="ann", label="favor", guidelines="1.1", cost=0.2)
    path = tmp_path / "tasks.json"
    FORMATS["label-studio"].write(path, [Item(**FIELDS, votes=(vote,))], scheme)
    tasks = json.loads(path.read_text())
    (annotation,) = tasks[0]["annotations"]
    annotation |= {"id": 977, "import_id": annotation["id"], "unique_id": "new", "completed_by": 1}
    annotation["result"][0]["value"]["choices"] = ["against"]
    path.write_text(json.dumps(tasks))
    assert FORMATS["label-studio"].read(path)[0].votes == (vote.model_copy(update={"label": "against"}),)


def test_a_doccano_export_of_one_coder_is_a_vote_of_the_file_name(tmp_path: Path) -> None:
    path = tmp_path / "ann.jsonl"
    row = {"id": 5, **FIELDS, "cats": ["favor"], "entities": [[0, 10, "holder"]], "Comments": ["sure"]}
    other = {"id": 6, **FIELDS, "pair_id": "q", "label": []}
    path.write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    first, second = FORMATS["doccano"].read(path)
    assert [(v.labeler, v.label, v.holder, v.notes) for v in first.votes] == [("ann", "favor", "The elders", "sure")]
    assert second.votes == ()


def test_a_prodigy_export_names_its_annotator_and_keeps_what_was_ignored(tmp_path: Path) -> None:
    path = tmp_path / "stance.jsonl"
    shared = {**FIELDS, "_input_hash": 1, "_task_hash": 2, "_view_id": "choice", "_annotator_id": "stance-bob"}
    span = {"start": 0, "end": 10, "token_start": 0, "token_end": 1, "label": "HOLDER"}
    rows = [
        shared | {"accept": ["against"], "answer": "accept", "spans": [span], "_timestamp": 1767225600},
        shared | {"pair_id": "q", "accept": [], "answer": "ignore"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second = FORMATS["prodigy"].read(path)
    assert [(v.labeler, v.label, v.holder) for v in first.votes] == [("stance-bob", "against", "The elders")]
    assert first.votes[0].created == "2026-01-01T00:00:00+00:00"
    assert [v.label for v in second.votes] == [None]


def test_argilla_records_give_one_vote_a_user(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    fields = {"text": FIELDS["text"], "target": FIELDS["target"]}
    responses = {
        "label": [{"value": "favor", "user_id": "u1"}, {"value": "neutral", "user_id": "u2"}],
        "holder": [{"value": [{"label": "holder", "start": 0, "end": 10}], "user_id": "u1"}],
    }
    record = {"id": "p", "fields": fields, "metadata": {"pair_id": "p", "sentence_id": "d:0"}, "responses": responses}
    path.write_text(json.dumps([record]))
    (item,) = FORMATS["argilla"].read(path)
    assert [(v.labeler, v.label, v.holder) for v in item.votes] == [
        ("u1", "favor", "The elders"),
        ("u2", "neutral", None),
    ]
