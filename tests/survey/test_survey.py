from pathlib import Path

import pytest

from stance.config import ConfigError, DataError, decode
from stance.examples import read_examples
from stance.records import Pair, Prediction, Removed, Sentence
from stance.storage import read_records
from stance.survey.asking import TRAINED_ON, askable, every_target
from stance.survey.stage import SurveyConfig, survey

TARGET = "foreign intervention in Mali"


def sentence(number: int, document: str = "d") -> Sentence:
    return Sentence(id=f"{document}:{number}", document_id=document, index=number, start=0, end=5, text="Text.")


def test_what_is_not_asked_is_listed() -> None:
    sentences = {s.id: s for s in (sentence(0), sentence(1), sentence(0, "seen"), sentence(2))}
    pairs = [
        *every_target([sentences["d:0"], sentences["d:1"], sentences["seen:0"]], [TARGET]),
        Pair(id="x", sentence_id="gone", target=TARGET),
    ]
    asked, removed = askable([*pairs, pairs[0]], sentences, {"seen"})
    assert [pair.sentence_id for pair in asked] == ["d:0", "d:1"]
    assert len(pairs) + 1 + 1 == len(asked) + len(removed)
    assert {row.reason for row in removed} >= {TRAINED_ON, "same sentence and target twice"}


def test_articles_that_the_model_was_trained_on_are_left_out(dataset: Path, trained: Path, tmp_path: Path) -> None:
    out = dataset.parent
    config = SurveyConfig(
        sentences=out / "sentences",
        model=trained,
        pairs=out / "labels" / "pairs.jsonl",
        trained_on=dataset,
        threads=1,
        output=tmp_path / "survey",
    )
    counts = survey(config).counts
    assert counts["pairs"] == counts["predictions"] + counts["removed"]
    predictions = list(read_records(tmp_path / "survey" / "predictions.jsonl", Prediction))
    unseen = {e.id for split in ("dev", "test") for e in read_examples(dataset, split)}
    assert {p.id for p in predictions} == unseen
    sentences = {s.id: s for s in read_records(out / "sentences" / "sentences.jsonl", Sentence)}
    assert all(sentences[p.id.rpartition(":")[0]].text == p.text for p in predictions)
    removed = list(read_records(tmp_path / "survey" / "removed.jsonl", Removed))
    assert {row.reason for row in removed} == {TRAINED_ON}


def test_every_sentence_is_asked_about_every_target(dataset: Path, trained: Path, tmp_path: Path) -> None:
    sentences = dataset.parent / "sentences"
    config = SurveyConfig(sentences=sentences, model=trained, targets=(TARGET, "t"), threads=1, output=tmp_path / "s")
    counts = survey(config).counts
    assert counts["predictions"] == 2 * counts["sentences"]


def test_a_request_that_asks_nothing_is_refused(dataset: Path, trained: Path, tmp_path: Path) -> None:
    common = {"sentences": str(dataset.parent / "sentences"), "model": str(trained), "output": str(tmp_path / "s")}
    with pytest.raises(ConfigError, match="targets or pairs: give one of them"):
        decode(SurveyConfig, common)
    empty = tmp_path / "pairs.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match="no pair is left to ask about"):
        survey(SurveyConfig(**{k: Path(v) for k, v in common.items()}, pairs=empty))
