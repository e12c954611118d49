from pathlib import Path

import pytest

from stance.config import ConfigError
from stance.study import Range, changed, run_study, sweep_table
from tests.conftest import tiny_training

pytest.importorskip("optuna", reason="a study needs the extra `study`")


def test_a_study_goes_on_where_it_stopped_and_ranks_its_trials(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    config = tiny_training(dataset, encoder, tmp_path / "training", epochs=2)
    space = {"optimizer.learning_rate": Range(low=1e-4, high=1e-2, log=True), "batch_tokens": Range(choices=(256, 512))}
    assert len(run_study(config, space, 1, lambda _: None)) == 1
    rows = run_study(config, space, 1, lambda _: None)
    assert [row["trial"] for row in sorted(rows, key=lambda r: r["trial"])] == [0, 1]
    assert rows[0]["dev_macro_f1"] >= rows[1]["dev_macro_f1"]
    assert 1e-4 <= rows[0]["optimizer.learning_rate"] <= 1e-2
    assert sweep_table(rows).count("\n") == 3


def test_a_hopeless_trial_is_given_up(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    import optuna

    from stance.training.stage import train

    def give_up(score: float) -> None:
        raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        train(tiny_training(dataset, encoder, tmp_path / "out", epochs=3), after_epoch=give_up)
    assert not (tmp_path / "out").exists()


def test_a_field_that_is_not_there_cannot_be_searched(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    config = tiny_training(dataset, encoder, tmp_path / "out")
    with pytest.raises(ConfigError, match=r"train\.optimizer\.rate: no such field"):
        changed(config, {"optimizer.rate": 1.0})
    assert changed(config, {"model.freeze_layers": 0}).model.freeze_layers == 0
