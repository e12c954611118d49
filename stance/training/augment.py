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
    if not share or not scheme.merged_into_none:  # without such a label nothing can be said of a swapped pair
        return []
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


def mask_names(examples: Sequence[Example], share: float, mask: str, seed: int) -> list[Example]:
    """Copies of about `share` of the examples with place and intervener replaced by `mask`, in sentence and target.

    The label has to follow from what is said, not from who is known to have intervened where. Examples whose sentence
    names neither are not copied.
    """
    generator = random.Random(seed)  # noqa: S311
    copies: list[Example] = []
    for example in examples:
        names = [re.escape(name) for name in (example.place, example.intervener) if name]
        if not names or generator.random() >= share:
            continue
        pattern = re.compile(rf"\b({'|'.join(names)})\w*")
        text, found = pattern.subn(mask, example.text)
        if found:
            change = {"id": f"{example.id}:masked", "text": text, "target": pattern.sub(mask, example.target)}
            copies.append(example.model_copy(update=change))
    return copies


def draw_per_label(examples: Sequence[Example], number: int, seed: int) -> list[Example]:
    """At most `number` examples of each label, drawn at random, in their order."""
    shuffled = list(enumerate(examples))
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    taken: dict[str, list[int]] = {}
    for position, example in shuffled:
        of_label = taken.setdefault(example.label, [])
        if len(of_label) < number:
            of_label.append(position)
    return [examples[i] for i in sorted(i for positions in taken.values() for i in positions)]
