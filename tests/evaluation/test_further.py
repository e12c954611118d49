"""Several test sets in one report, and the predictions for them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stance.config import ConfigError, DataError
from stance.evaluation.ceiling import voters_ceiling
from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.examples import read_examples
from stance.inference.also_stage import PredictAlsoConfig, predict_also
from stance.labels import LabelScheme
from stance.storage import write_records
from tests.evaluation.conftest import prediction

ROWS = [
    ("Traders in {} praised the landing and voted for it.", "favor", ["favor", "favor"]),
    ("A union in {} condemned the bombing and wants them gone.", "against", ["against", "neutral"]),
    ("Rain fell on {} all night.", "none", ["unrelated", "unrelated"]),
    ("The ships reached {} at noon.", "none", ["neutral", "neutral"]),
]
PLACES = ("Mali", "Chad", "Cuba", "Iraq", "Peru", "Fiji")


def write_set(path: Path, **more: Any) -> Path:
    """Three-way gold with votes of two people, one article a sentence; no ids."""
    with path.open("w", encoding="utf-8") as file:
        for place in PLACES:
            for number, (text, label, votes) in enumerate(ROWS):
                row = {"text": text.format(place), "target": f"foreign intervention in {place}", "label": label}
                row |= {"doc_id": f"{place}-{number}", "votes": votes} | more
                file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture
def asked(dataset: Path, trained: Path, tmp_path: Path) -> EvaluateConfig:
    """A request for a report on the tiny test split and on a further set, whose predictions are made."""
    write_set(tmp_path / "elsewhere.jsonl")
    gold = read_examples(dataset, "test")
    write_records(tmp_path / "answers" / "predictions.jsonl", [prediction(e, e.label) for e in gold])
    dev = [prediction(e, e.label) for e in read_examples(dataset, "dev")]
    write_records(tmp_path / "answers" / "dev.jsonl", dev)
    sets = {"elsewhere": tmp_path / "elsewhere.jsonl"}
    made = predict_also(PredictAlsoConfig(model=trained, sets=sets, threads=1, output=tmp_path / "also"))
    assert made.counts == {"elsewhere": len(ROWS) * len(PLACES)}
    return EvaluateConfig(
        predictions=tmp_path / "answers",
        dataset=dataset,
        also=sets,
        also_predictions=tmp_path / "also",
        output=tmp_path / "report",
        bootstrap_resamples=100,
    )


def test_a_further_set_has_its_own_figures_everywhere(asked: EvaluateConfig) -> None:
    assert evaluate(asked).counts["further_sets"] == 1
    report = json.loads((asked.output / "report.json").read_text())
    (part,) = report["also"]
    assert part["labels"] == ["favor", "against", "none"]
    assert report["labels"] == ["favor", "against", "neutral", "unrelated"]
    assert part["measured_on"]["label_counts"] == {"favor": 6, "against": 6, "none": 12}
    assert part["measured_on"]["articles"] == 24
    assert part["system"]["macro_f1"] == part["system"]["macro_f1_three_way"]
    low, value, high = (part["system"]["macro_f1"][end] for end in ("low", "value", "high"))
    assert low < value < high
    assert set(part["baselines"]) == set(report["baselines"])
    assert part["ceiling"]["units"] == 24
    assert part["ceiling"]["macro_f1"] == pytest.approx((1 + 0 + 2 * 12 / (12 + 18)) / 3)
    shown = f"{value:.2f} [{low:.2f}, {high:.2f}]"
    assert shown in (asked.output / "methods.md").read_text().partition("On elsewhere")[2]
    titles = {"Test sets": shown, "Systems on elsewhere": shown, "Labels, this system on elsewhere": "| none | 12 |"}
    for title, row in titles.items():
        assert row in (asked.output / "tables.md").read_text().partition(title)[2]
        assert title in (asked.output / "tables.tex").read_text()
    page = (asked.output / "report.html").read_text()
    assert shown in page.partition('id="further-1"')[2]
    assert re.search(r'<a href="#further-1">elsewhere</a>', page)


def test_no_sentence_of_a_further_set_is_shown(asked: EvaluateConfig) -> None:
    # One of its sentences is in training too, another nearly: counted and named, still not quoted.
    known = read_examples(asked.dataset or Path(), "train")[0].text
    near = known.removesuffix(".") + ", they said."
    rows = [{"text": text, "target": "t", "label": label} for text, label in ((known, "favor"), (near, "against"))]
    with asked.also["elsewhere"].open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    answers = [{"text": row["text"], "target": "t", "label": "neutral"} for row in rows]
    assert asked.also_predictions is not None
    lines = (asked.also_predictions / "elsewhere.jsonl").read_text().splitlines()
    plain = [{key: json.loads(line)[key] for key in ("text", "target", "label")} for line in lines] + answers
    folder = asked.output.parent / "others"
    folder.mkdir()
    (folder / "elsewhere.jsonl").write_text("".join(json.dumps(row) + "\n" for row in plain))
    evaluate(asked.model_copy(update={"also_predictions": folder}))
    part = json.loads((asked.output / "report.json").read_text())["also"][0]
    assert part["leaks"]["train"]["sentence"] == 1
    assert part["leaks"]["train"]["near_duplicate"] == 1
    assert {"leaked sentence", "near-duplicate sentence"} <= {fault["name"] for fault in part["faults"]}
    everything = "".join(path.read_text() for path in asked.output.iterdir())
    assert "leaked sentence" in everything
    for text in (*(text.format(place) for place in PLACES for text, _, _ in ROWS), near):
        assert text not in everything


def test_thresholds_are_the_systems_own_where_labels_are_merged(asked: EvaluateConfig) -> None:
    evaluate(asked)
    found = json.loads((asked.output / "report.json").read_text())["also"][0]["promises"]
    # No article of the further set has a part in them, and sets of four labels are none of three.
    assert asked.dataset is not None
    assert found["fitted_on"]["pairs"] == len(read_examples(asked.dataset, "dev"))
    assert found["fitted_on"]["half"] is False
    assert found["sets"] == []


def test_the_set_that_was_trained_on_is_told_of(
    asked: EvaluateConfig, dataset: Path, trained: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train = read_examples(dataset, "train")
    rows = [e.model_dump(include={"id", "text", "target", "label", "document"}) for e in train]
    path = asked.output.parent / "again.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    predict_also(PredictAlsoConfig(model=trained, sets={"again": path}, threads=1, output=asked.output.parent / "b"))
    evaluate(asked.model_copy(update={"also": {"again": path}, "also_predictions": asked.output.parent / "b"}))
    assert "again: measured set equals train" in caplog.text


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([["favor", "favor"], ["neutral", "unrelated"]], 2 / 3),
        ([["none", "none"], ["favor", "against"]], 1 / 3),
        ([["favor", "maybe"]], None),
        ([], None),
    ],
)
def test_votes_are_read_in_finer_or_in_merged_labels(
    scheme: LabelScheme, votes: list[list[str]], expected: float | None
) -> None:
    from stance.evaluation.answers import folding

    found = voters_ceiling(votes, folding(scheme)[0], scheme)
    assert (found and found["macro_f1"]) == (None if expected is None else pytest.approx(expected))


def test_what_is_missing_is_named(asked: EvaluateConfig, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="predict_also makes it"):
        EvaluateConfig(predictions=tmp_path, gold=tmp_path, output=tmp_path, also={"x": tmp_path})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"empty has no elsewhere\.jsonl"):
        evaluate(asked.model_copy(update={"also_predictions": tmp_path / "empty"}))
    (tmp_path / "odd.jsonl").write_text('{"text": "So.", "label": "favor"}\n')
    config = PredictAlsoConfig(model=trained, sets={"odd": tmp_path / "odd.jsonl"}, output=tmp_path / "odd")
    with pytest.raises(DataError, match="1 of 1 rows have no target"):
        predict_also(config)
