import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from stance.config import DataError
from stance.evaluation.page import render_page
from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.examples import read_examples, split_file
from stance.records import Example, Prediction
from stance.storage import write_json, write_records
from tests.evaluation.conftest import prediction


@pytest.fixture
def gold(dataset: Path) -> list[Example]:
    return read_examples(dataset, "test")


def scored(dataset: Path, folder: Path, predictions: list[Prediction]) -> dict:
    write_records(folder / "answers.jsonl", predictions)
    config = EvaluateConfig(
        predictions=folder / "answers.jsonl", dataset=dataset, output=folder / "report", bootstrap_resamples=100
    )
    counts = evaluate(config).counts
    assert counts["predictions"] == counts["scored"] + counts["removed"] == len(predictions)
    assert counts["gold"] == counts["scored"]
    assert len((folder / "report" / "removed.jsonl").read_text().splitlines()) == counts["removed"]
    return json.loads((folder / "report" / "report.json").read_text())


def test_a_perfect_system_scores_one(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    report = scored(dataset, tmp_path, [prediction(e, e.label) for e in gold])
    assert report["system"]["macro_f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert report["errors"] == []
    majority = report["baselines"]["majority"]
    assert majority["difference"]["value"] == pytest.approx(1 - majority["macro_f1"]["value"])
    assert majority["intervals_overlap"] is False


def test_a_constant_system_scores_as_the_majority_does(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    report = scored(dataset, tmp_path, [prediction(e, "neutral") for e in gold])
    assert report["system"]["macro_f1"]["value"] == pytest.approx(0.1)
    assert report["baselines"]["majority"]["intervals_overlap"] is True
    assert {error["predicted"] for error in report["errors"]} == {"neutral"}
    assert report["system"]["labels"]["neutral"]["predicted"] == len(gold)


def test_strangers_and_repetitions_are_set_aside(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    answers = [prediction(e, e.label) for e in gold]
    stranger = answers[0].model_copy(update={"id": "of another set"})
    report = scored(dataset, tmp_path, [*answers, stranger, prediction(gold[0], "neutral")])
    assert report["system"]["macro_f1"]["value"] == 1.0
    removed = (tmp_path / "report" / "removed.jsonl").read_text()
    assert "not in the split" in removed
    assert "second prediction for the pair" in removed


def test_a_system_that_skips_pairs_is_refused(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"2 of {len(gold)} gold pairs have no prediction"):
        scored(dataset, tmp_path, [prediction(e, e.label) for e in gold[2:]])
    assert not (tmp_path / "report").exists()


def test_a_label_off_the_scheme_is_refused(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    answers = [prediction(e, e.label) for e in gold]
    odd = answers[0].model_copy(update={"label": "maybe"})
    with pytest.raises(DataError, match=r"'maybe'.*; expected one of favor"):
        scored(dataset, tmp_path, [odd, *answers[1:]])


def test_a_leak_planted_in_the_dataset_is_counted_and_logged(
    dataset: Path, gold: list[Example], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [prediction(e, e.label) for e in gold]
    clean = scored(dataset, tmp_path, answers)
    assert not any(leaks["article"] or leaks["sentence"] for leaks in clean["leaks"].values())
    caplog.clear()
    leaky = tmp_path / "leaky"
    shutil.copytree(dataset, leaky)
    train, test = (pyarrow.parquet.read_table(split_file(leaky, split)) for split in ("train", "test"))
    pyarrow.parquet.write_table(pa.concat_tables([train, test.slice(0, 1)]), split_file(leaky, "train"))
    (tmp_path / "again").mkdir()
    report = scored(leaky, tmp_path / "again", answers)
    shared = sum(e.document == gold[0].document for e in gold)
    leaks = report["leaks"]["train"]
    assert (leaks["group"], leaks["article"], leaks["sentence"]) == (shared, shared, 1)
    assert leaks["articles"] == [gold[0].document]
    assert f"leaked article: {shared} measured pairs" in caplog.text
    assert 'role="alert"' in (tmp_path / "again" / "report" / "report.html").read_text()


def test_probabilities_for_labels_off_the_scheme_are_refused(
    dataset: Path, gold: list[Example], tmp_path: Path
) -> None:
    answers = [prediction(e, e.label) for e in gold]
    odd = answers[0].model_copy(update={"probabilities": {gold[0].label: 0.5, "mixed": 0.5}})
    with pytest.raises(DataError, match=r"answers.jsonl: 1 predicted labels .* 'mixed'"):
        scored(dataset, tmp_path, [odd, *answers[1:]])


def test_predictions_in_parquet_or_in_a_folder_score_the_same(
    dataset: Path, gold: list[Example], tmp_path: Path
) -> None:
    answers = [prediction(e, "against") for e in gold]
    expected = scored(dataset, tmp_path, answers)
    write_records(tmp_path / "folder" / "predictions.jsonl", answers)
    pyarrow.parquet.write_table(pa.Table.from_pylist([a.model_dump() for a in answers]), tmp_path / "answers.parquet")
    for number, source in enumerate(["folder", "answers.parquet"]):
        output = tmp_path / str(number)
        evaluate(EvaluateConfig(predictions=tmp_path / source, dataset=dataset, output=output, bootstrap_resamples=100))
        report = json.loads((output / "report.json").read_text())
        assert (
            report.pop("measured_on")["predictions_fingerprint"] != expected["measured_on"]["predictions_fingerprint"]
        )
        assert report == {key: value for key, value in expected.items() if key != "measured_on"}


def test_several_systems_are_compared_with_each_other_and_with_the_ceiling(
    dataset: Path, gold: list[Example], tmp_path: Path
) -> None:
    write_records(tmp_path / "ours.jsonl", [prediction(e, e.label) for e in gold])
    person = [{"id": e.id, "label": "favor" if i % 2 else e.label} for i, e in enumerate(gold)]
    pyarrow.parquet.write_table(pa.Table.from_pylist(person), tmp_path / "person.parquet")
    agreement = {"annotators": ["a", "b"], "units": 9, "macro_f1": {"value": 0.8, "low": 0.7, "high": 0.9}}
    agreement |= {"confusion": (2 * np.eye(4, dtype=int)).tolist()}
    write_json(tmp_path / "labels" / "agreement.json", {"pairs_of_annotators": [agreement]})
    config = EvaluateConfig(
        predictions=tmp_path / "ours.jsonl",
        name="ours",
        systems={"a person": tmp_path / "person.parquet"},
        dataset=dataset,
        labels=tmp_path / "labels",
        output=tmp_path / "report",
        bootstrap_resamples=100,
    )
    assert config.inputs["systems.a person"] == tmp_path / "person.parquet"
    evaluate(config)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert list(report["systems"])[:2] == report["submitted"] == ["ours", "a person"]
    assert report["comparisons"][0]["second"] == "a person"
    assert report["comparisons"][0]["difference"]["value"] > 0.3
    assert report["ceiling"]["macro_f1"] == 1
    assert set(report["probabilities"]) == {"ours"}
    page = (tmp_path / "report" / "report.html").read_text()
    assert "a person" in page
    assert "annotators" in page


def test_any_gold_file_is_measured_on_without_a_dataset(gold: list[Example], tmp_path: Path) -> None:
    rows = [{"id": e.id, "text": e.text, "target": e.target, "label": e.label, "article": e.document} for e in gold]
    pyarrow.csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "gold.csv")
    write_records(tmp_path / "answers.jsonl", [prediction(e, e.label) for e in gold])
    config = EvaluateConfig(
        predictions=tmp_path / "answers.jsonl", gold=tmp_path / "gold.csv", output=tmp_path / "report"
    )
    evaluate(config)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["measured_on"]["split"] == "gold"
    assert report["measured_on"]["articles"] == len({e.document for e in gold})
    assert report["system"]["accuracy"]["value"] == 1
    assert report["leaks"] == {}
    assert any("No training data" in note for note in report["measured_on"]["notes"])


def test_thresholds_come_from_dev_predictions_where_they_are(
    dataset: Path, gold: list[Example], tmp_path: Path
) -> None:
    dev = read_examples(dataset, "dev")
    write_records(tmp_path / "answers" / "predictions.jsonl", [prediction(e, e.label) for e in gold])
    write_records(tmp_path / "answers" / "dev.jsonl", [prediction(e, e.label) for e in dev])
    evaluate(EvaluateConfig(predictions=tmp_path / "answers", dataset=dataset, output=tmp_path / "r"))
    promises = json.loads((tmp_path / "r" / "report.json").read_text())["promises"]
    if promises is not None:  # the tiny test split may have too few articles
        assert promises["fitted_on"]["pairs"] == len(dev)
        assert promises["fitted_on"]["half"] is False


def test_a_request_without_gold_or_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give dataset, or gold"):
        EvaluateConfig(predictions=tmp_path, output=tmp_path)
    with pytest.raises(ValueError, match="needs its own"):
        EvaluateConfig(predictions=tmp_path, gold=tmp_path, output=tmp_path, name="x", systems={"x": tmp_path})


def test_equal_runs_write_equal_bytes(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        scored(dataset, tmp_path / name, [prediction(e, "against") for e in gold])
    for file in ("report.json", "report.html", "removed.jsonl", "methods.md", "tables.md", "tables.tex"):
        one, two = ((tmp_path / name / "report" / file).read_bytes() for name in ("one", "two"))
        assert one == two


def test_the_page_is_a_function_of_the_json(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    report = scored(dataset, tmp_path, [prediction(e, "neutral") for e in gold])
    assert render_page(report) == (tmp_path / "report" / "report.html").read_text()
