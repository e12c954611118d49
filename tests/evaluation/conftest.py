"""Examples and predictions made by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stance.evaluation.answers import Answers, from_labels
from stance.evaluation.pairs import Pairs, from_examples
from stance.records import Example, Prediction
from tests.conftest import SCHEME

NAMES = ("favor", "against", "neutral", "unrelated")


def example(number: int, label: str = "neutral", **values: Any) -> Example:
    """An example with its own sentence, target, article and group, as far as `values` do not say otherwise."""
    defaults: dict[str, Any] = {
        "id": f"e{number}",
        "text": f"Sentence {number}.",
        "target": f"intervention {number}",
        "before": "",
        "after": "",
        "label": label,
        "probabilities": tuple(float(name == label) for name in NAMES),
        "weight": 1.0,
        "holder": None,
        "intervener": None,
        "place": None,
        "tags": (),
        "minimal_pair": None,
        "document": f"article {number}",
        "start": 0,
        "end": 10,
        "group": f"group {number}",
        "conflict": None,
        "outlet": None,
        "year": None,
        "genre": None,
        "source": "human",
    }
    return Example(**(defaults | values))


def prediction(gold: Example, label: str, probability: float = 0.7, names: tuple[str, ...] = NAMES) -> Prediction:
    """An answer to `gold` that leaves the other labels equal shares."""
    rest = {name: (1 - probability) / (len(names) - 1) for name in names if name != label}
    return Prediction(
        id=gold.id,
        document=gold.document,
        start=gold.start,
        end=gold.end,
        text=gold.text,
        target=gold.target,
        label=label,
        probabilities={label: probability, **rest},
    )


def as_pairs(examples: Sequence[Example]) -> Pairs:
    """Examples as the columns that are measured on."""
    return from_examples(examples, SCHEME)


def as_answers(predictions: Sequence[Prediction]) -> Answers:
    """Predictions in the order of the pairs."""
    labels = from_labels([p.label for p in predictions], SCHEME).label
    return Answers(labels, np.array([[p.probabilities.get(name, 0.0) for name in NAMES] for p in predictions]))


def labelled(labels: Sequence[str]) -> Answers:
    """Answers without probabilities."""
    return from_labels(labels, SCHEME)
