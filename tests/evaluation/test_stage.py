import json
import re
from pathlib import Path

import pytest

from stance.config import DataError
from stance.evaluation.page import render_page
from stance.evaluation.report import find_leaks
from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.examples import read_examples
from stance.records import Example, Prediction
from stance.storage import write_records


def prediction(example: Example, label: str) -> Prediction:
    rest = {name: 0.1 for name in ("favor", "against", "neutral", "unrelated") if name != label}
    return Prediction(
        id=example.id,
        document=example.document,
        start=example.start,
        end=example.end,
        text=example.text,
        target=example.target,
        label=label,
        probabilities={label: 0.7, **rest},
    )


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
    with pytest.raises(DataError, match="label 'maybe'; expected one of favor"):
        scored(dataset, tmp_path, [odd, *answers[1:]])


def test_a_leaked_article_is_counted_and_shouted_about(dataset: Path, gold: list[Example], tmp_path: Path) -> None:
    train = read_examples(dataset, "train")
    assert find_leaks(train, gold) == {"group": 0, "article": 0, "sentence": 0}
    leaks = find_leaks([*train, gold[0]], gold)
    assert leaks["sentence"] == 1
    assert leaks["article"] == sum(e.document == gold[0].document for e in gold)
    report = scored(dataset, tmp_path, [prediction(e, e.label) for e in gold])
    assert 'role="alert"' not in render_page(report)
    assert 'role="alert"' in render_page(report | {"leaks": leaks})


def test_the_page_is_one_file_that_fetches_nothing_and_runs_nothing(
    dataset: Path, gold: list[Example], tmp_path: Path
) -> None:
    report = scored(dataset, tmp_path, [prediction(e, "neutral") for e in gold])
    report["errors"][0]["text"] = "<script>alert(1)</script>"
    page = render_page(report)
    assert page == render_page(report)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|@import|url\((?!#)""", page)
    assert page.count('role="img"') == 3
