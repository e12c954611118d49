"""More training examples out of those there are."""

import random
import re
from collections.abc import Sequence

from stance.labels import LabelScheme
from stance.records import Example


def swap_targets(examples: Sequence[Example], share: float, scheme: LabelScheme, seed: int) -> list[Example]:
    """Copies of about `share` of the examples with a target from another place, as the last label that takes no side.

    Without them a model that ignores the target loses nothing. Only sentences that name their own place are copied, and
    the new place is one that they do not name, so that the label is sure: the sentence is about something else.
    """
    generator = random.Random(seed)  # noqa: S311
    off_target = scheme.merged_into_none[-1]
    others = sorted({(e.place, e.target, e.intervener) for e in examples if e.place})
    copies: list[Example] = []
    for example in examples:
        if not example.place or not _names(example.text, example.place) or generator.random() >= share:
            continue
        place, target, intervener = generator.choice(others)
        if place is None or _names(example.text, place):
            continue
        copies.append(
            example.model_copy(
                update={
                    "id": f"{example.id}:swapped",
                    "target": target,
                    "label": off_target,
                    "probabilities": tuple(float(name == off_target) for name in scheme.names),
                    "holder": None,
                    "intervener": intervener,
                    "place": place,
                }
            )
        )
    return copies


def _names(text: str, place: str) -> bool:
    """Whether `text` has the place's first word or its adjective: Mali is in Malian, Syria in Syrian."""
    stem = place.split()[0].rstrip("aeiouy")
    return re.search(rf"\b{re.escape(stem)}", text) is not None
