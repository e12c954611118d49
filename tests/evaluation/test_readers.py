import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from stance.config import DataError
from stance.evaluation.readers import read_answers, read_pairs
from stance.labels import LabelScheme
from stance.storage import write_records
from tests.evaluation.conftest import NAMES, as_pairs, example, prediction

GOLD = [example(i, NAMES[i % 4]) for i in range(8)]


def lines(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv"])
@pytest.mark.parametrize("form", ["object", "columns", "none"])
def test_predictions_of_any_format_and_form_are_read(
    scheme: LabelScheme, tmp_path: Path, suffix: str, form: str
) -> None:
    rows = []
    for i, e in enumerate(reversed(GOLD)):
        shares = {name: 0.7 if name == NAMES[i % 3] else 0.1 for name in NAMES}
        row = {"id": e.id, "label": NAMES[i % 3]}
        if form == "object":
            row["probabilities"] = json.dumps(shares) if suffix == "csv" else shares  # ty: ignore[invalid-assignment]
        elif form == "columns":
            row |= {f"p_{name}": share for name, share in shares.items()}  # ty: ignore[unsupported-operator]
        rows.append(row)
    path = tmp_path / f"answers.{suffix}"
    if suffix == "jsonl":
        lines(path, *rows)
    elif suffix == "parquet":
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        pyarrow.csv.write_csv(pa.Table.from_pylist(rows), path)
    answers, removed = read_answers(path, as_pairs(GOLD), scheme)
    assert answers.label.tolist() == [(7 - i) % 3 for i in range(8)]
    assert removed == []
    if form == "none":
        assert answers.probabilities is None
    else:
        assert answers.probabilities is not None
        assert answers.probabilities.argmax(axis=1).tolist() == answers.label.tolist()


def test_shares_may_be_a_list_or_a_map_or_name_some_labels_only(scheme: LabelScheme, tmp_path: Path) -> None:
    gold = as_pairs(GOLD[:2])
    part = lines(
        tmp_path / "part.jsonl",
        {"id": "e0", "probabilities": {"neutral": 1.0}},
        {"id": "e1", "probabilities": {"favor": 0.4, "against": 0.6}},
    )
    assert read_answers(part, gold, scheme)[0].label.tolist() == [2, 1]
    listed = lines(tmp_path / "list.jsonl", *({"id": f"e{i}", "probabilities": [0.1, 0.2, 0.3, 0.4]} for i in range(2)))
    assert read_answers(listed, gold, scheme)[0].label.tolist() == [3, 3]
    kind = pa.map_(pa.string(), pa.float64())
    table = pa.table({"id": ["e1", "e0"], "probabilities": pa.array([[("favor", 1.0)], [("unrelated", 1.0)]], kind)})
    pyarrow.parquet.write_table(table, tmp_path / "map.parquet")
    assert read_answers(tmp_path / "map.parquet", gold, scheme)[0].label.tolist() == [3, 0]


def test_pairs_without_id_are_matched_by_text_and_target(scheme: LabelScheme, tmp_path: Path) -> None:
    rows = [{"text": f"Sentence {i}.", "target": "Mali", "label": NAMES[i % 2]} for i in range(4)]
    gold, _ = read_pairs(lines(tmp_path / "gold.jsonl", *rows), scheme)
    answers, _ = read_answers(lines(tmp_path / "answers.jsonl", *reversed(rows)), gold, scheme)
    assert answers.label.tolist() == gold.label.tolist()


def test_three_way_gold_meets_four_way_answers(scheme: LabelScheme, tmp_path: Path) -> None:
    rows = [{"id": f"e{i}", "label": ("favor", "against", "none", "none")[i % 4]} for i in range(8)]
    gold, coarse = read_pairs(lines(tmp_path / "gold.jsonl", *rows), scheme)
    assert coarse.names == ("favor", "against", "none")
    write_records(tmp_path / "answers.jsonl", [prediction(e, e.label) for e in GOLD])
    answers, _ = read_answers(tmp_path / "answers.jsonl", gold, coarse, scheme)
    assert answers.label.tolist() == gold.label.tolist()
    assert answers.probabilities is not None
    np.testing.assert_allclose(answers.probabilities[2], [0.1, 0.1, 0.8])
    three, _ = read_answers(tmp_path / "gold.jsonl", gold, coarse, scheme)
    assert three.label.tolist() == gold.label.tolist()


def test_gold_alone_says_which_labels_there_are(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "gold.jsonl", *({"id": str(i), "label": n} for i, n in enumerate(("none", "against", "favor")))
    )
    gold, scheme = read_pairs(path, None)
    assert scheme.names == ("favor", "against", "none")
    assert gold.label.tolist() == [2, 1, 0]
    assert gold.num_groups == 3
    with pytest.raises(DataError, match="expected favor and against"):
        read_pairs(lines(tmp_path / "odd.jsonl", {"id": "1", "label": "yes"}), None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "e0", "label": "maybe"}, "1 predicted labels are off the scheme .*'maybe'.*expected one of favor"),
        ({"id": "e0", "label": "favor", "probabilities": {"favor": 0.5}}, r"do not sum to 1 .*row 1, sum 0\.5"),
        ({"id": "e0", "label": "favor", "probabilities": {"odd": 1.0}}, "off the scheme .*'odd'"),
        ({"id": "e0", "label": "favor", "probabilities": [1.0]}, "expected 4 probabilities a row"),
        ({"id": "other", "label": "favor"}, "1 of 1 gold pairs have no prediction .*e0"),
        ({"id": "e0"}, "no column label; found id"),
        ({"label": "favor"}, "no column id, nor text and target"),
    ],
)
def test_what_cannot_be_scored_is_refused(scheme: LabelScheme, tmp_path: Path, row: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_answers(lines(tmp_path / "answers.jsonl", row), as_pairs(GOLD[:1]), scheme)


def test_gold_that_names_a_pair_twice_is_refused(scheme: LabelScheme, tmp_path: Path) -> None:
    row = {"id": "e0", "label": "favor"}
    with pytest.raises(DataError, match="1 ids occur twice"):
        read_pairs(lines(tmp_path / "gold.jsonl", row, row), scheme)


@pytest.mark.parametrize("name", ["missing.jsonl", "answers.txt"])
def test_a_file_that_cannot_be_read_is_named(scheme: LabelScheme, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=name):
        read_answers(tmp_path / name, as_pairs(GOLD), scheme)
