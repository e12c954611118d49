from pathlib import Path

import pytest

from stance.config import ConfigError, decode, defaults
from stance.examples import read_examples
from stance.inference.stage import PredictConfig, predict, predict_articles
from stance.records import Prediction, Removed
from stance.storage import read_records


def test_every_pair_of_the_split_is_predicted_in_order(trained: Path, dataset: Path, tmp_path: Path) -> None:
    predict(PredictConfig(model=trained, dataset=dataset, output=tmp_path / "out", threads=1))
    predictions = list(read_records(tmp_path / "out" / "predictions.jsonl", Prediction))
    examples = read_examples(dataset, "test")
    assert [(p.id, p.start, p.end, p.text) for p in predictions] == [(e.id, e.start, e.end, e.text) for e in examples]


def test_articles_are_predicted_sentence_by_sentence(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The council met. It voted for the mission.")
    (tmp_path / "b.txt").write_bytes(b"\0")
    config = PredictConfig(
        model=trained, dataset=tmp_path, output=tmp_path / "out", input=tmp_path, target="intervention", threads=1
    )
    rows = list(predict_articles(config))
    assert [type(row) for row in rows] == [Prediction, Prediction, Removed]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [{"input": "a.txt"}, {"target": "t"}])
def test_an_article_needs_a_target_and_a_target_an_article(given: dict[str, str]) -> None:
    values = defaults(PredictConfig) | {"model": "m", "dataset": "d", "output": "o"} | given
    with pytest.raises(ConfigError, match="input and target go together"):
        decode(PredictConfig, values)
