"""The annotation queue, the flow of the corpus, tables."""

import csv
import io

import pytest

from stance.analysis.clusters import stories
from stance.analysis.flow import step
from stance.analysis.queue import answered, make_queue
from stance.analysis.tables import as_csv
from stance.config import DataError
from stance.records import Prediction, Removed, Sentence
from tests.conftest import SCHEME

NAMES = SCHEME.names


def world(count: int = 40) -> tuple[list[Prediction], dict[str, Sentence]]:
    sentences, predictions = {}, []
    for i in range(count):
        sentence = Sentence(id=f"d:{i}", document_id="d", index=i, start=0, end=1, text="S", before="b", after="a")
        sentences[sentence.id] = sentence
        label = "favor" if i < 4 else "neutral"
        chances = {name: 0.7 if name == label else 0.1 for name in NAMES}
        place = {"document": "d", "start": 0, "end": 1, "text": "S", "target": "t"}
        predictions.append(Prediction(id=f"d:{i}:t", label=label, probabilities=chances, **place))
    return predictions, sentences


def queue(size: int = 10) -> list:
    predictions, sentences = world()
    return make_queue(predictions, sentences, {"d": "article"}, {"d:1:t": "favor"}, size=size, at_least=4, seed=0)


def test_a_queue_says_with_what_chance_each_pair_was_drawn_and_fills_in_what_is_known() -> None:
    rows = queue()
    assert len(rows) == 10
    assert {row.stratum: row.inclusion for row in rows} == {"favor": 1.0, "neutral": 6 / 36}
    assert {row.id: row.label for row in rows if row.label} == {"d:1:t": "favor"}
    assert rows[0].before == "b"
    assert {row.id for row in rows} < {row.id for row in queue(20)}


def test_half_a_labelled_queue_is_a_smaller_sample() -> None:
    rows = [row.model_copy(update={"label": "neutral" if i < 5 else None}) for i, row in enumerate(queue())]
    asked = [row.id for row in rows][:-1]
    found, removed = answered(rows, asked, SCHEME)
    assert len(rows) == len(found) + len(removed)
    assert {row.reason for row in removed} == {"not labelled yet", "pair is not among the predictions"}
    for stratum in ("favor", "neutral"):
        drawn = [row for row in rows[:-1] if row.stratum == stratum]
        done = [row for row in found.values() if row.stratum == stratum]
        assert all(row.inclusion == pytest.approx(drawn[0].inclusion * len(done) / len(drawn)) for row in done)


def test_labels_that_cannot_be_used_are_named() -> None:
    rows = queue()
    bad = [rows[0].model_copy(update={"label": "pro"}), rows[1].model_copy(update={"inclusion": 0.0}), rows[2], rows[2]]
    with pytest.raises(DataError, match=r"3 rows cannot be used .*label 'pro'.*inclusion 0\.0.*2 times"):
        answered(bad, [row.id for row in rows], SCHEME)


def test_the_flow_adds_up_or_is_refused() -> None:
    removed = [Removed(item="a", reason="broken"), Removed(item="b", reason="broken"), Removed(item="c", reason="old")]
    box = step("articles", 5, 2, removed, "x")
    assert [(row["reason"], row["count"]) for row in box["removed"]] == [("broken", 2), ("old", 1)]
    with pytest.raises(DataError, match="5 came in, but 3 went on and 3 were left out"):
        step("articles", 5, 3, removed, "x")


def test_copies_of_copies_are_one_story() -> None:
    found = stories(["a", "b", "c", "d", "a"], [("a", "b"), ("b", "c"), ("x", "d")])
    assert found.tolist() == [0, 0, 0, 1, 0]


def test_tables_cannot_run_formulas() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([{"group": '=HYPERLINK("x")', "share": -0.5}]))))
    assert rows == [{"group": '\'=HYPERLINK("x")', "share": "-0.5"}]
    assert as_csv([]) == ""
