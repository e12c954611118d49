"""Do attributions name what matters? Top tokens are taken out, then as many random ones (DeYoung et al. 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.model.inputs import Encoding
from stance.probing.attribution import Attribution, Explainer
from stance.probing.robustness import mean_with_interval

TOP_TOKENS = 3
RANDOM_DRAWS = 5


@dataclass(frozen=True)
class Deletion:
    """How far the logit difference fell when tokens were taken out."""

    group: str
    top: float
    random: float
    """Mean over RANDOM_DRAWS draws of as many tokens."""


def delete_tokens(
    explainer: Explainer, encoding: Encoding, attribution: Attribution, group: str, seed: int
) -> Deletion | None:
    """The fall for the top tokens and for random ones; None for a pair of fewer than twice as many words."""
    words = [i for i, part in enumerate(attribution.sequence) if part is not None]
    if len(words) < 2 * TOP_TOKENS:
        return None
    top = sorted(words, key=lambda i: -attribution.values[i])[:TOP_TOKENS]
    random = np.random.default_rng(seed)
    drawn = [random.choice(words, TOP_TOKENS, replace=False) for _ in range(RANDOM_DRAWS)]
    versions = [encoding, _without(encoding, top), *(_without(encoding, [int(i) for i in each]) for each in drawn)]
    margins = explainer.margins(versions, attribution.label, attribution.against)
    falls = margins[0] - margins[1:]
    return Deletion(group, float(falls[0]), float(falls[1:].mean()))


def summarise_deletions(deletions: Sequence[Deletion], resampling: Resampling) -> dict[str, Any]:
    """{pairs, top, random, difference}: mean falls of the logit difference, with intervals over articles."""
    if not deletions:
        return {"pairs": 0, "top": None, "random": None, "difference": None}
    groups = [d.group for d in deletions]
    top, random = (np.array([getattr(d, name) for d in deletions]) for name in ("top", "random"))
    return {
        "pairs": len(deletions),
        "top": mean_with_interval(top, groups, resampling),
        "random": mean_with_interval(random, groups, resampling),
        "difference": mean_with_interval(top - random, groups, resampling),
    }


def _without(encoding: Encoding, positions: Sequence[int]) -> Encoding:
    gone = set(positions)
    return {name: [v for i, v in enumerate(values) if i not in gone] for name, values in encoding.items()}
