"""Does the score move when only the intervener is another one? A counterfactual table (after Garg et al. 2019).

Only sentences in which every power of POWERS fits are used, so that all rows of the table are about the same sentences.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.labels import LabelScheme
from stance.probing.edit import choose
from stance.probing.powers import POWERS, with_intervener
from stance.probing.robustness import Score, mean_with_interval
from stance.records import Example

NAMED_PAIR = ("NATO", "Russia")
"""The question that is put by name."""


def swappable(examples: Sequence[Example], most: int) -> list[dict[str, Example]]:
    """At most `most` sentences, each as power -> example; only sentences in which every power fits."""
    found: list[dict[str, Example]] = []
    for example in sorted(examples, key=lambda e: choose(e, range(1 << 62), "fairness")):
        versions = {power: with_intervener(example, power) for power in POWERS if power != example.intervener}
        if example.intervener in POWERS and None not in versions.values():
            found.append({p: versions.get(p) or example for p in POWERS})
        if len(found) == most:
            break
    return found


def fairness_table(
    versions: Sequence[Mapping[str, Example]], score: Score, scheme: LabelScheme, resampling: Resampling
) -> dict[str, Any]:
    """{sentences, groups, rows, pair, widest_gap}; scores are P(for) - P(against), from -1 to 1.

    A row is {intervener, for, against, score, difference}: mean probabilities, the mean score, its distance from the
    mean of all interveners in the same sentences, with interval. `pair` is the mean move from NATO to Russia, and the
    share of sentences whose label changes. Everything but the counts is empty without sentences.
    """
    groups = [next(iter(v.values())).group for v in versions]
    result: dict[str, Any] = {"sentences": len(versions), "groups": len(set(groups)), "rows": [], "pair": None}
    if not versions:
        return result | {"widest_gap": None}
    probabilities = score([v[power] for power in POWERS for v in versions])
    probabilities = probabilities.reshape(len(POWERS), len(versions), -1)
    side_for, side_against = (scheme.index(name) for name in scheme.polar)
    scores = probabilities[:, :, side_for] - probabilities[:, :, side_against]
    centred = scores - scores.mean(axis=0)
    for i, power in enumerate(POWERS):
        result["rows"].append(
            {
                "intervener": power,
                "for": float(probabilities[i, :, side_for].mean()),
                "against": float(probabilities[i, :, side_against].mean()),
                "score": mean_with_interval(scores[i], groups, resampling),
                "difference": mean_with_interval(centred[i], groups, resampling),
            }
        )
    first, second = (list(POWERS).index(name) for name in NAMED_PAIR)
    flips = (probabilities[first].argmax(axis=1) != probabilities[second].argmax(axis=1)).astype(float)
    result["pair"] = {
        "from": NAMED_PAIR[0],
        "to": NAMED_PAIR[1],
        "move": mean_with_interval(scores[second] - scores[first], groups, resampling),
        "absolute_move": float(np.abs(scores[second] - scores[first]).mean()),
        "flips": mean_with_interval(flips, groups, resampling),
    }
    means = scores.mean(axis=1)
    names = list(POWERS)
    return result | {
        "widest_gap": {
            "highest": names[int(means.argmax())],
            "lowest": names[int(means.argmin())],
            "value": float(means.max() - means.min()),
        }
    }
