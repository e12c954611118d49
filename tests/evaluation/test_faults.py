"""Each fault is planted, and the report has to say its name."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.evaluation.baselines import all_baselines
from stance.evaluation.page import render_page
from stance.evaluation.report import Material, make_report
from stance.labels import LabelScheme
from stance.records import Example, Prediction
from tests.evaluation.conftest import NAMES, as_answers, as_pairs, example, prediction

WORDS = {"favor": "praised", "against": "condemned", "neutral": "described", "unrelated": "forgot"}


def corpus(start: int, articles: int) -> list[Example]:
    """Eight sentences an article; every other one is asked about a second target, with another label."""
    random = np.random.default_rng(start)
    made = []
    for article in range(articles):
        for i in range(8):
            number = start + 16 * article + 2 * i
            label = NAMES[random.integers(3)]
            text = (
                f"Speaker{number} {WORDS[label]} plan{number} in hall{number} before guests{number} came at {number}."
            )
            where = {"text": text, "document": f"article {start + article}", "group": f"group {start + article}"}
            made.append(example(number, label, target=f"t{random.integers(5)}", **where))
            if i % 2:
                made.append(example(number + 1, "unrelated", target="elsewhere", **where))
    return made


TRAIN, DEV, TEST = corpus(0, 30), corpus(10_000, 8), corpus(20_000, 12)


def good(gold: Sequence[Example]) -> list[Prediction]:
    """Right in four of five pairs."""
    random = np.random.default_rng(1)
    return [prediction(e, e.label if random.random() < 0.8 else NAMES[random.integers(4)]) for e in gold]


def faults_of(
    scheme: LabelScheme, gold: Sequence[Example], answers: Sequence[Prediction], train: Sequence[Example] = TRAIN
) -> tuple[set[str], dict[str, Any]]:
    pairs, train_pairs, dev_pairs = as_pairs(gold), as_pairs(train), as_pairs(DEV)
    material = Material(
        gold=pairs,
        scheme=scheme,
        split="test",
        submitted={"ours": as_answers(answers)},
        baselines=all_baselines(train_pairs, dev_pairs, pairs, scheme),
        others={"train": train_pairs, "dev": dev_pairs},
    )
    report = make_report(material, Resampling(100)) | {"probes": None, "also": []}
    return {fault["name"] for fault in report["faults"]}, report


def test_a_sound_evaluation_has_no_fault(scheme: LabelScheme) -> None:
    names, report = faults_of(scheme, TEST, good(TEST))
    assert names == set()
    json.dumps(report, allow_nan=False)


def test_a_leaked_article(scheme: LabelScheme) -> None:
    leaked = [e for e in TEST if e.document == TEST[0].document]
    names, report = faults_of(scheme, TEST, good(TEST), [*TRAIN, *leaked])
    assert {"leaked article", "leaked sentence"} <= names
    assert any(TEST[0].document in fault["text"] for fault in report["faults"])
    page = render_page(report)
    for fault in report["faults"]:
        assert fault["name"][1:] in page


def test_a_retold_story_under_another_name(scheme: LabelScheme) -> None:
    copied = [
        e.model_copy(update={"document": "copy", "group": "copy", "text": e.text + " Reuters"})
        for e in TEST
        if e.document == TEST[0].document
    ]
    names, _ = faults_of(scheme, TEST, good(TEST), [*TRAIN, *copied])
    assert {"same wire story", "near-duplicate sentence"} <= names


def test_a_test_set_equal_to_train(scheme: LabelScheme) -> None:
    names, _ = faults_of(scheme, TRAIN, good(TRAIN))
    assert "measured set equals train" in names


def test_a_shuffled_label_column_of_predictions(scheme: LabelScheme) -> None:
    random = np.random.default_rng(3)
    labels = random.permutation([p.label for p in good(TEST)])
    names, _ = faults_of(scheme, TEST, [prediction(e, str(k)) for e, k in zip(TEST, labels, strict=True)])
    assert "shuffled labels" in names
    assert "shuffled gold labels" not in names


def test_a_label_column_shuffled_beside_its_probabilities(scheme: LabelScheme) -> None:
    random = np.random.default_rng(3)
    answers = good(TEST)
    labels = random.permutation([p.label for p in answers])
    shuffled = [p.model_copy(update={"label": str(k)}) for p, k in zip(answers, labels, strict=True)]
    assert "labels contradict probabilities" in faults_of(scheme, TEST, shuffled)[0]


def test_a_shuffled_label_column_of_gold(scheme: LabelScheme) -> None:
    random = np.random.default_rng(5)
    labels = random.permutation([e.label for e in TEST])
    shuffled = [example_with(e, str(k)) for e, k in zip(TEST, labels, strict=True)]
    assert "shuffled gold labels" in faults_of(scheme, shuffled, good(TEST))[0]


def example_with(one: Example, label: str) -> Example:
    return one.model_copy(update={"label": label, "probabilities": tuple(float(n == label) for n in NAMES)})


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda _: "neutral", "constant predictor"),
        (lambda e: {"favor": "against", "against": "favor"}.get(e.label, e.label), "labels exchanged"),
        (lambda e: next(k for k, w in WORDS.items() if w in e.text), "ignores the target"),
    ],
)
def test_a_faulty_system(scheme: LabelScheme, answer: Callable[[Example], str], name: str) -> None:
    assert name in faults_of(scheme, TEST, [prediction(e, answer(e)) for e in TEST])[0]


def test_a_system_that_hardly_reads_the_target(scheme: LabelScheme) -> None:
    answers = []
    for e in TEST:
        blind = next(k for k, w in WORDS.items() if w in e.text)
        answers.append(prediction(e, e.label if e.document == TEST[0].document and e.id[-1] in "13" else blind))
    names, _ = faults_of(scheme, TEST, answers)
    assert names & {"hardly reads the target", "ignores the target"}


def test_a_set_of_another_kind(scheme: LabelScheme) -> None:
    opinion = [e.model_copy(update={"genre": "opinion"}) for e in TEST]
    news = [e.model_copy(update={"genre": "news"}) for e in TRAIN]
    assert "not drawn at random" in faults_of(scheme, opinion, good(opinion), news)[0]
