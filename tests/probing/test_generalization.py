"""Folds, scores and the run over them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stance.config import ConfigError
from stance.examples import LABELS, write_examples
from stance.probing import generalization as module
from stance.probing.folds import Fold, period, values_of, without
from stance.probing.generalization import GeneralizationConfig, duration, f_avg, generalization
from stance.probing.holders import holder_type
from stance.records import Example
from stance.storage import read_json, write_json
from tests.conftest import SCHEME
from tests.probing.conftest import example


def made(split: str, genre: str, number: int) -> list[Example]:
    texts = {"favor": "They praised it.", "against": "They cursed it.", "neutral": "It rained."}
    return [
        example(
            f"{texts[label]} {genre}",
            label,
            id=f"{split}-{genre}-{i}-{label}",
            genre=genre,
            group=f"{split}-{genre}-{i}",
        )
        for i in range(number)
        for label in texts
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "dataset"
    data.mkdir()
    for split, number in (("train", 12), ("dev", 4), ("test", 8)):
        rows = [e for genre in ("letter", "blog") for e in made(split, genre, number)]
        write_examples(data, split, rows, SCHEME)
    write_json(data / LABELS, SCHEME.model_dump(mode="json"))
    return data


def test_what_is_left_out_is_out_with_its_whole_groups() -> None:
    rows = made("train", "letter", 2) + made("train", "blog", 2)
    mixed = example("Mixed.", id="mixed", genre="blog", group="train-letter-0")
    left = without([*rows, mixed], Fold("genre", "letter"))
    assert {e.genre for e in left} == {"blog"}
    assert mixed not in left
    assert without(rows, Fold("all", None)) == rows


def test_small_values_are_not_worth_a_model() -> None:
    train, test = (
        made("train", "letter", 12) + made("train", "blog", 2),
        made("test", "letter", 8) + made("test", "blog", 8),
    )
    assert values_of("genre", train, test, SCHEME) == ["letter"]


@pytest.mark.parametrize(("year", "expected"), [("1956", "to 1990"), ("2003-04", "2002 to 2013"), (None, None)])
def test_periods(year: str | None, expected: str | None) -> None:
    assert period(example("x", year=year)) == expected


@pytest.mark.parametrize(
    ("holder", "expected"),
    [
        (None, None),
        ("author", "author"),
        ("Anna Bergholm", "person"),
        ("a fisherman", "person"),
        ("Senator Bergholm", "official"),
        ("the foreign minister", "official"),
        ("Norway's government", "body"),
        ("Russia", "body"),
        ("46 percent of Norwegians", "public"),
    ],
)
def test_kinds_of_holders(holder: str | None, expected: str | None) -> None:
    assert holder_type(holder) == expected


def test_f_avg_is_the_mean_f1_of_the_two_sides() -> None:
    random = np.random.default_rng(0)
    names = list(SCHEME.names)
    gold, answers = random.choice(names, 200), random.choice(names, 200)
    rows = [example("x", str(g), id=str(i), group=str(i % 9)) for i, g in enumerate(gold)]
    counts = module._counts(rows, [str(a) for a in answers], SCHEME)
    expected = f1_score(gold, answers, labels=["favor", "against"], average="macro")
    assert f_avg(counts.sum(axis=0)) == pytest.approx(expected, abs=1e-12)


def test_the_baseline_is_trained_for_every_fold_and_drawn(folder: Path) -> None:
    config = GeneralizationConfig(dataset=folder, output=folder.parent / "out", axes=("genre",), resamples=100)
    assert generalization(config).counts == {"folds": 3, "test": 48}
    block = read_json(config.output / "generalization.json")["axes"]["genre"]
    assert block["reference"] == [1.0, 1.0]
    assert np.array(block["matrix"]).shape == (2, 2)
    assert {row["value"] for row in block["unseen"]} == {"letter", "blog"}
    assert "<svg" in (config.output / "generalization.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("seconds", "expected"), [(40, "40 s"), (600, "10 min"), (9000, "2.5 h")])
def test_a_duration_is_told_in_a_unit_that_fits(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_a_stopped_run_keeps_its_finished_folds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    config = GeneralizationConfig(dataset=folder, output=folder.parent / "out", axes=("genre",), resamples=100)
    asked: list[int] = []

    def stops(train: Sequence[Example], dev: object, test: Sequence[Example], place: Path) -> list[str]:
        asked.append(len(train))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return [e.label for e in test]

    monkeypatch.setattr(module, "tfidf", stops)
    with pytest.raises(KeyboardInterrupt):
        generalization(config)
    generalization(config)
    assert asked == [72, 36, 36, 36]
    told = [r.getMessage() for r in caplog.records if "models to train" in r.getMessage()]
    assert ["3 of 3" in told[0], "2 of 3" in told[1]] == [True, True]


def test_an_unknown_axis_is_a_usage_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match="expected some of conflict"):
        generalization(GeneralizationConfig(dataset=folder, output=folder.parent / "out", axes=("colour",)))


@pytest.mark.slow
def test_the_encoder_is_trained_for_every_fold(folder: Path, encoder: Path) -> None:
    from tests.conftest import tiny_training

    training = tiny_training(folder, encoder, folder.parent / "unused", epochs=1)
    config = GeneralizationConfig(
        dataset=folder, train=training, output=folder.parent / "encoder", axes=("genre",), resamples=100
    )
    assert generalization(config).counts["folds"] == 3
    assert not list((config.output / "work").rglob("*.safetensors"))
