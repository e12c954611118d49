"""Examples written for the tests."""

from typing import Any

from stance.records import Example


def example(text: str, label: str = "favor", **values: Any) -> Example:
    """An example of US intervention in Libya, as far as `values` do not say otherwise."""
    names = ("favor", "against", "neutral", "unrelated")
    defaults: dict[str, Any] = {
        "id": text[:20],
        "text": text,
        "target": "foreign intervention in Libya",
        "before": "It rained.",
        "after": "",
        "label": label,
        "probabilities": tuple(float(name == label) for name in names),
        "weight": 1.0,
        "holder": None,
        "intervener": "US",
        "place": "Libya",
        "tags": (),
        "minimal_pair": None,
        "document": "d",
        "start": 10,
        "end": 10 + len(text),
        "group": "d",
        "conflict": "Libya 2011",
        "outlet": None,
        "year": "2011",
        "genre": "wire report",
        "source": "human",
    }
    return Example(**(defaults | values))
