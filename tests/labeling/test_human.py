import json
from pathlib import Path
from typing import Any

import pytest

from stance.config import DataError
from stance.ingest.sentences import split_sentences
from stance.labeling.human import HumanLabels, anchor, read_annotations
from stance.labels import LabelScheme
from stance.records import Document

DOCUMENT = Document(id="d1", text="The council voted for it. Rain fell. Rain fell.", source="news/council.md")


def annotate(tmp_path: Path, scheme: LabelScheme, *rows: dict[str, Any]) -> HumanLabels:
    path = tmp_path / "annotations.jsonl"
    path.write_text("".join(json.dumps({"target": "t", "label": "favor"} | row) + "\n" for row in rows))
    return anchor(read_annotations(path, scheme), [DOCUMENT], split_sentences(DOCUMENT))


def test_sentences_are_found_by_id_and_by_text(tmp_path: Path, scheme: LabelScheme) -> None:
    labels = annotate(
        tmp_path,
        scheme,
        {"sentence_id": "d1:0"},
        {"article": "council", "sentence": "The council  voted\nfor it.", "target": "u"},
    )
    assert [pair.sentence_id for pair in labels.pairs] == ["d1:0", "d1:0"]
    assert not labels.removed


def test_rows_that_cannot_be_placed_are_removed_with_the_reason(tmp_path: Path, scheme: LabelScheme) -> None:
    rows: list[dict[str, Any]] = [
        {"sentence_id": "d1:0"},
        {"sentence_id": "d1:0"},
        {"sentence_id": "d9:0"},
        {"article": "council", "sentence": "It was never said."},
        {"article": "council", "sentence": "Rain fell."},
        {"article": "senate", "sentence": "Rain fell."},
    ]
    labels = annotate(tmp_path, scheme, *rows)
    assert len(labels.pairs) + len(labels.removed) == len(rows)
    assert [(row.item, row.reason) for row in labels.removed] == [
        ("line 2", "duplicate pair"),
        ("line 3", "unknown sentence id"),
        ("line 4", "sentence not found in its article"),
        ("line 5", "sentence occurs twice in its article"),
        ("line 6", "unknown article"),
    ]


def test_every_reading_is_kept_as_a_vote(tmp_path: Path, scheme: LabelScheme) -> None:
    readings = [{"annotator": "b", "label": "neutral"}, {"annotator": "c", "label": "favor", "holder": "the council"}]
    labels = annotate(tmp_path, scheme, {"sentence_id": "d1:0", "annotator": "a", "readings": readings})
    assert [(v.labeler, v.label, v.kind) for v in labels.votes] == [
        ("a", "favor", "adjudicated"),
        ("b", "neutral", "human"),
        ("c", "favor", "human"),
    ]


def test_all_malformed_rows_are_listed(tmp_path: Path, scheme: LabelScheme) -> None:
    rows: list[dict[str, Any]] = [
        {"sentence_id": "d1:0", "label": "maybe"},
        {"sentence_id": "d1:1", "colour": "red"},
        {"article": "council"},
        {"sentence_id": "d1:2", "readings": [{"annotator": "b", "label": "perhaps"}]},
    ]
    with pytest.raises(DataError) as caught:
        annotate(tmp_path, scheme, *rows)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert ":1: label 'maybe'; expected one of favor, against, neutral, unrelated" in lines[0]
    assert ":2: colour: " in lines[1]
    assert ":3: names no sentence" in lines[2]
    assert ":4: label 'perhaps'" in lines[3]
