import json
from pathlib import Path

import pytest

from stance.config import DataError
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.stage import LabelConfig, label
from stance.labels import LabelScheme
from stance.records import Gold, Pair, Removed
from stance.storage import read_records


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("The assembly backed the air strikes. Two jets struck the port. Nobody knows why.")
    ingest(IngestConfig(articles=tmp_path / "a.txt", output=tmp_path / "sentences"))
    return tmp_path / "sentences"


def configure(
    sentences: Path, scheme: LabelScheme, *rows: dict[str, str], targets: tuple[str, ...] = ()
) -> LabelConfig:
    annotations = sentences.parent / "annotations.jsonl"
    annotations.write_text("".join(json.dumps({"article": "a", "target": "t"} | row) + "\n" for row in rows))
    output = sentences.parent / "labels"
    return LabelConfig(sentences=sentences, annotations=annotations, targets=targets, scheme=scheme, output=output)


def test_annotations_and_unlabelled_pairs_are_labelled_or_accounted_for(sentences: Path, scheme: LabelScheme) -> None:
    rows = [
        {"sentence": "The assembly backed the air strikes.", "label": "against"},
        {"sentence": "It was never said.", "label": "favor"},
    ]
    counts = label(configure(sentences, scheme, *rows, targets=("the strikes",))).counts
    assert counts["annotations"] + counts["unlabelled_pairs"] == counts["gold"] + counts["removed"] == 4
    gold = list(read_records(sentences.parent / "labels" / "gold.jsonl", Gold))
    assert [(row.label, row.source) for row in gold] == [
        ("against", "human"),
        ("neutral", "rules"),
        ("unrelated", "rules"),
    ]
    removed = list(read_records(sentences.parent / "labels" / "removed.jsonl", Removed))
    assert [row.reason for row in removed] == ["sentence not found in its article"]


def test_two_readings_of_a_pair_give_an_agreement(sentences: Path, scheme: LabelScheme) -> None:
    readings = [{"annotator": "ann", "label": "favor"}, {"annotator": "bob", "label": "neutral"}]
    row = {"sentence": "The assembly backed the air strikes.", "label": "favor", "readings": readings}
    config = configure(sentences, scheme, row)  # ty: ignore[invalid-argument-type]
    assert label(config).counts["double_labelled"] == 1
    (pair,) = json.loads((config.output / "agreement.json").read_text())["pairs_of_annotators"]
    assert (pair["annotators"], pair["units"], pair["raw"]["value"]) == (["ann", "bob"], 1, 0.0)


def test_labels_that_fit_no_sentence_at_all_are_an_error(sentences: Path, scheme: LabelScheme) -> None:
    with pytest.raises(DataError, match="none of its rows could be placed"):
        label(configure(sentences, scheme, {"sentence": "It was never said.", "label": "favor"}))


def test_what_ingest_proposed_is_paired_where_nobody_labelled(tmp_path: Path, scheme: LabelScheme) -> None:
    (tmp_path / "a.txt").write_text("Russian jets struck a port in Libya. French troops landed in Mali.")
    ingest(IngestConfig(articles=tmp_path / "a.txt", output=tmp_path / "sentences", propose_targets=True))
    row = {"sentence": "French troops landed in Mali.", "label": "neutral"}
    config = configure(tmp_path / "sentences", scheme, row)
    assert label(config).counts["unlabelled_pairs"] == 1
    targets = [pair.target for pair in read_records(config.output / "pairs.jsonl", Pair)]
    assert targets == ["t", "Russian intervention in Libya"]
