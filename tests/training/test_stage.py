import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from stance import StanceClassifier
from stance.config import ConfigError, DataError
from stance.drills.stage import DrillsConfig, drills
from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.examples import read_examples
from stance.inference.stage import PredictConfig, predict
from stance.labels import LabelScheme
from stance.manifest import fingerprint, read_manifest
from stance.model.folder import load_network, read_settings
from stance.model.inputs import InputTemplate
from stance.training.objective import ObjectiveConfig
from stance.training.stage import ModelConfig, TrainConfig, learnt_nothing, train
from stance.training.tracking import open_trackers
from tests.conftest import ROOT, SCHEME, tiny_training

KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from stance.training.stage import train
from tests.training.test_stage import killable
scores = []
def after_epoch(score):
    scores.append(score)
    if len(scores) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
train(killable(*map(Path, sys.argv[1:4])), after_epoch=after_epoch)
"""


def killable(dataset: Path, encoder: Path, output: Path) -> TrainConfig:
    """A run with everything that a state file has to hold: dropout, a running mean, the best weights so far."""
    objective = ObjectiveConfig(average_decay=0.9)
    return tiny_training(dataset, encoder, output, epochs=8, checkpoint_seconds=0, objective=objective)


def test_training_reduces_the_loss_and_keeps_the_best_epoch(trained: Path) -> None:
    history = json.loads((trained / "training_log.json").read_text())
    assert history[-1]["loss"] < history[0]["loss"]
    manifest = read_manifest(trained)
    assert manifest is not None
    scores = [row["dev_macro_f1"] for row in history]
    assert max(i for i, score in enumerate(scores) if score == max(scores)) == manifest.counts["best_epoch"]
    assert read_settings(trained).dev_macro_f1 == pytest.approx(max(scores), abs=1e-6)


def test_nothing_but_plain_files_is_left(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "stance.json", "manifest.json"} <= names
    assert not [
        name for name in names if name.endswith((".bin", ".pt", ".pkl", ".partial")) or name.startswith("state")
    ]


def test_a_run_leaves_a_row_for_every_step_and_a_picture(trained: Path) -> None:
    rows = [json.loads(line) for line in (trained / "steps.jsonl").read_text().splitlines()]
    history = json.loads((trained / "training_log.json").read_text())
    assert [row["step"] for row in rows] == list(range(len(rows)))
    last = [row["loss"] for row in rows if row["epoch"] == history[-1]["epoch"]]
    assert history[-1]["loss"] == pytest.approx(sum(last) / len(last))
    picture = (trained / "curve.svg").read_text()
    assert "<svg" in picture
    assert all(f">{text}<" in picture for text in ("epoch", "training loss", "dev macro-F1"))


def test_the_plan_is_told_before_the_first_step(
    dataset: Path, encoder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "stance"):
        train(tiny_training(dataset, encoder, tmp_path / "out", epochs=1, swap_targets=0.0))
    lines = [record.getMessage() for record in caplog.records]
    plan = next(i for i, line in enumerate(lines) if "plan: " in line)
    number = len((tmp_path / "out" / "steps.jsonl").read_text().splitlines())
    assert re.search(rf"plan: \d+ pairs, \d\.\d\d M tokens in {number} steps, at most \d+\.\d minutes, \d", lines[plan])
    assert plan < next(i for i, line in enumerate(lines) if "epoch 1/1" in line)


def test_the_options_of_a_recipe_work_together(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    model = ModelConfig(
        pretrained=str(encoder),
        max_tokens=48,
        freeze_embeddings=False,
        freeze_layers=0,
        template=InputTemplate(first="{before} {text}", second="the author supports {target}"),
    )
    objective = ObjectiveConfig(label_smoothing=0.1, balance=1.0, average_decay=0.9)
    changes = {"model": model, "objective": objective, "mask_names": 1.0, "pairs_per_label": 4, "epochs": 2}
    made = train(tiny_training(dataset, encoder, tmp_path / "out", micro_batch_tokens=128, **changes))
    assert made.counts["train"] == 16
    assert made.counts["masked"] > 0
    assert read_settings(tmp_path / "out").template == model.template
    predicted = predict(PredictConfig(model=tmp_path / "out", dataset=dataset, output=tmp_path / "predictions"))
    assert predicted.counts["predictions"] > 0


@pytest.mark.parametrize("average_decay", [0.0, 0.9])
def test_the_last_weights_or_their_mean_are_kept_when_asked(
    dataset: Path, encoder: Path, tmp_path: Path, average_decay: float
) -> None:
    objective = ObjectiveConfig(average_decay=average_decay, pretrained_share=0)
    changes = {"keep": "last", "patience": 1, "epochs": 4, "objective": objective}
    made = train(tiny_training(dataset, encoder, tmp_path / "out", **changes))
    history = json.loads((tmp_path / "out" / "training_log.json").read_text())
    assert (made.counts["epochs"], made.counts["best_epoch"]) == (4, 3)
    assert read_settings(tmp_path / "out").dev_macro_f1 == pytest.approx(history[-1]["dev_macro_f1"], abs=1e-6)
    # What is saved scores on dev what the last epoch scored.
    classifier = StanceClassifier.load(tmp_path / "out", backend="torch-fp32", threads=1)
    examples = read_examples(dataset, "dev")
    found = [p.label for p in classifier.predict([e.text for e in examples], [e.target for e in examples])]
    names = classifier.scheme.names
    matrix = confusion_matrix([names.index(e.label) for e in examples], [names.index(label) for label in found], 4)
    assert float(macro_f1(matrix)) == pytest.approx(history[-1]["dev_macro_f1"], abs=1e-6)


def test_a_tracker_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"train\.track: mlflow not installed; pip install mlflow"):
        open_trackers(["mlflow"], tmp_path, "run", {})


def test_the_same_seed_gives_the_same_bits_and_another_does_not(
    trained: Path, dataset: Path, encoder: Path, tmp_path: Path
) -> None:
    train(tiny_training(dataset, encoder, tmp_path / "again"))
    train(tiny_training(dataset, encoder, tmp_path / "other", seed=1))
    weights = [
        (folder / "model.safetensors").read_bytes() for folder in (trained, tmp_path / "again", tmp_path / "other")
    ]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_killed_in_the_middle_it_resumes_to_the_same_bits(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(killable(dataset, encoder, whole))
    command = [sys.executable, "-c", KILLED_RUN, str(dataset), str(encoder), str(killed)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=200)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "killed.partial" / "state.safetensors").is_file()
    assert not killed.exists()
    train(killable(dataset, encoder, killed))
    for name in ("model.safetensors", "training_log.json", "steps.jsonl", "curve.svg"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert not (tmp_path / "killed.partial").exists()


def test_a_diverging_run_stops_before_the_weights_are_spoilt(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    from stance.training.optimizer import OptimizerConfig

    config = tiny_training(dataset, encoder, tmp_path / "out", optimizer=OptimizerConfig(learning_rate=1e30), epochs=9)
    with pytest.raises(
        FloatingPointError, match=r"the step was not taken\. Try a lower train\.optimizer\.learning_rate"
    ):
        train(config)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def composed(tmp_path: Path, scheme: LabelScheme) -> Path:
    lexicon = ROOT / "data" / "drills" / "lexicon.yaml"
    drills(DrillsConfig(lexicon=lexicon, number=40, scheme=scheme, output=tmp_path / "drills"))
    return tmp_path / "drills"


def test_what_comes_first_is_trained_on_but_only_main_epochs_are_kept(
    dataset: Path, encoder: Path, composed: Path, tmp_path: Path
) -> None:
    made = train(tiny_training(dataset, encoder, tmp_path / "out", first=(composed,), first_epochs=2, epochs=2))
    history = json.loads((tmp_path / "out" / "training_log.json").read_text())
    assert [row["main"] for row in history] == [False, False, True, True]
    assert made.counts["first"] == 40
    assert made.counts["best_epoch"] >= 2
    plain = tmp_path / "plain"
    train(tiny_training(dataset, encoder, plain, epochs=2))
    assert (plain / "model.safetensors").read_bytes() != (tmp_path / "out" / "model.safetensors").read_bytes()


def test_first_sets_with_other_labels_are_refused(dataset: Path, encoder: Path, composed: Path, tmp_path: Path) -> None:
    labels = json.loads((composed / "labels.json").read_text())
    labels["definitions"] = dict(reversed(labels["definitions"].items()))
    (composed / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(ConfigError, match=r"train\.first: .* has labels unrelated, neutral"):
        train(tiny_training(dataset, encoder, tmp_path / "out", first=(composed,)))


def test_frozen_parts_keep_their_weights(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    frozen = ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_layers=1)
    train(tiny_training(dataset, encoder, tmp_path / "out", model=frozen, epochs=1))
    before, after = load_file(encoder / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    same = {name for name, value in before.items() if torch.equal(value, after[f"bert.{name}"])}
    trained = set(before) - same
    assert "embeddings.word_embeddings.weight" in same
    assert "encoder.layer.0.output.dense.weight" in same
    assert "encoder.layer.1.output.dense.weight" in trained


def test_freezing_every_layer_is_refused(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    frozen = ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_layers=2)
    with pytest.raises(ConfigError, match=r"freeze_layers: 2, but the encoder has 2 layers"):
        train(tiny_training(dataset, encoder, tmp_path / "out", model=frozen))


def test_an_unreadable_dataset_is_named(encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    with pytest.raises(DataError, match=r"labels\.json: no such file"):
        train(tiny_training(tmp_path / "dataset", encoder, tmp_path / "out"))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "stance.json"])
def test_an_incomplete_model_folder_is_refused(trained: Path, tmp_path: Path, name: str) -> None:
    import shutil

    copy = shutil.copytree(trained, tmp_path / "copy")
    (copy / name).unlink()
    with pytest.raises(DataError, match=f"it lacks {name}"):
        read_settings(copy)


def test_a_label_order_that_contradicts_the_weights_is_refused(trained: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(trained, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text())
    config["id2label"] = {"0": "against", "1": "favor", "2": "neutral", "3": "unrelated"}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match=r"config\.json has labels"):
        read_settings(copy)


def test_the_folder_names_its_data_and_its_labels(trained: Path, dataset: Path) -> None:
    network, _ = load_network(trained)
    assert list(network.config.id2label.values()) == ["favor", "against", "neutral", "unrelated"]
    assert read_settings(trained).data_fingerprint == fingerprint(dataset)


def test_a_training_that_got_stuck_is_told() -> None:
    stuck = torch.eye(4)[[1, 1, 1]].numpy()
    assert f"all 3 dev pairs are answered {SCHEME.names[1]}" in str(learnt_nothing(stuck, [0, 1, 1], SCHEME))
    assert learnt_nothing(stuck, [1, 1, 1], SCHEME) is None
    assert learnt_nothing(torch.eye(4)[:3].numpy(), [0, 1, 1], SCHEME) is None
