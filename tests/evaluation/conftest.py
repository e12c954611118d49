"""Examples and predictions made by hand."""

from typing import Any

from stance.records import Example, Prediction

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
