import json
import shutil
from pathlib import Path

import pytest

from stance.config import DataError
from stance.dataset.stage import DatasetConfig, build_dataset
from stance.examples import read_examples, read_scheme
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.stage import LabelConfig, label
from stance.labels import LabelScheme
from stance.manifest import read_manifest
from tests.conftest import PLACES, write_corpus


def test_every_gold_pair_is_in_one_split_or_removed(dataset: Path) -> None:
    manifest = read_manifest(dataset)
    assert manifest is not None
    counts = manifest.counts
    assert counts["gold"] == counts["train"] + counts["dev"] + counts["test"] + counts["removed"] == 4 * len(PLACES)


def test_no_group_and_no_text_crosses_splits(dataset: Path) -> None:
    parts = [read_examples(dataset, split) for split in ("train", "dev", "test")]
    for key in ("group", "document", "text"):
        values = [{getattr(e, key) for e in part} for part in parts]
        assert not values[0] & values[1]
        assert not values[0] & values[2]
        assert not values[1] & values[2]


def test_datasets_loads_the_folder_with_class_labels(dataset: Path, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(dataset), cache_dir=str(tmp_path))
    assert set(loaded) == {"train", "dev", "test"}
    assert loaded["train"].features["label"].names == list(read_scheme(dataset).names)
    first = loaded["test"][0]
    assert loaded["test"].features["label"].int2str(first["label"]) == read_examples(dataset, "test")[0].label


def test_articles_that_share_a_sentence_or_a_minimal_pair_stay_together(tmp_path: Path, scheme: LabelScheme) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    rows = [json.loads(line) for line in (corpus / "annotations.jsonl").read_text().splitlines()]
    for row in rows:
        if row["article"] in ("libya", "mali") and row["label"] == "favor":
            row["minimal_pair"] = "vote"
    (corpus / "annotations.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shared = "Two transport planes landed near the capital of Mali on Monday."
    article = corpus / "articles" / "cuba.md"
    article.write_text(article.read_text() + f"\n\n{shared}\n")
    with (corpus / "annotations.jsonl").open("a") as file:
        file.write(json.dumps({"article": "cuba", "sentence": shared, "target": "t", "label": "neutral"}) + "\n")
    dataset = make_dataset(corpus, tmp_path, scheme)
    groups = {e.document: e.group for split in ("train", "dev", "test") for e in read_examples(dataset, split)}
    assert groups["libya"] == groups["mali"] == groups["cuba"]
    assert len(set(groups.values())) == len(PLACES) - 2


def test_labels_of_other_sentences_are_refused(tmp_path: Path, scheme: LabelScheme) -> None:
    dataset = make_dataset(write_corpus(tmp_path / "corpus"), tmp_path, scheme)
    shutil.rmtree(tmp_path / "sentences")
    (tmp_path / "other.txt").write_text("Another article. With two sentences.")
    ingest(IngestConfig(articles=tmp_path / "other.txt", output=tmp_path / "sentences"))
    config = DatasetConfig(sentences=tmp_path / "sentences", labels=tmp_path / "labels", output=dataset)
    with pytest.raises(DataError, match=r"48 of 48 pairs name sentences that .* does not have"):
        build_dataset(config, replace=True)


def test_the_page_shows_every_pair_and_reaches_for_nothing(dataset: Path) -> None:
    page = (dataset / "browse.html").read_text()
    assert page.count('<div class="pair"') == 4 * len(PLACES)
    assert "http" not in page
    for example in read_examples(dataset, "test"):
        assert example.text in page


def test_a_smaller_training_split_is_accounted_for(tmp_path: Path, scheme: LabelScheme) -> None:
    folder = make_dataset(write_corpus(tmp_path / "corpus"), tmp_path, scheme)
    counts = read_manifest(folder)
    config = DatasetConfig(
        sentences=tmp_path / "sentences", labels=tmp_path / "labels", output=tmp_path / "small", max_train_pairs=8
    )
    small = build_dataset(config).counts
    assert counts is not None
    assert (small["train"], small["dev"], small["test"]) == (8, counts.counts["dev"], counts.counts["test"])
    assert small["gold"] == small["train"] + small["dev"] + small["test"] + small["removed"]


def make_dataset(corpus: Path, folder: Path, scheme: LabelScheme) -> Path:
    ingest(IngestConfig(articles=corpus / "articles", output=folder / "sentences"))
    annotations = corpus / "annotations.jsonl"
    label(LabelConfig(sentences=folder / "sentences", annotations=annotations, scheme=scheme, output=folder / "labels"))
    build_dataset(DatasetConfig(sentences=folder / "sentences", labels=folder / "labels", output=folder / "dataset"))
    return folder / "dataset"
