"""Which words an answer hangs on: each word left out in turn, the model asked again (Li et al. 2016, arXiv 1612.08220).

It needs nothing but answers, so it explains the very model that answers, whatever runs it: gradients do not pass
through an exported, quantised graph, and those of its fp32 source would explain another model.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+(?:[-’'.]\w+)*")
MAX_WORDS = 80
FLOOR = 1e-6


@dataclass(frozen=True)
class Without:
    """The sentence without the word at start..end, code points of the sentence."""

    start: int
    end: int
    text: str


def without_each(text: str) -> list[Without]:
    """The sentence without each of its first MAX_WORDS words; empty where only one word is there."""
    words = list(WORD.finditer(text))[:MAX_WORDS]
    if len(words) < 2:
        return []
    return [Without(w.start(), w.end(), " ".join((text[: w.start()] + text[w.end() :]).split())) for w in words]


def contrasted(probabilities: Mapping[str, float]) -> tuple[str, str]:
    """(most probable label, the next one), the earlier one in the scheme on a tie."""
    first, second, *_ = sorted(probabilities, key=lambda name: -probabilities[name])
    return first, second


def weights(
    whole: Mapping[str, float], left_out: Sequence[Mapping[str, float]], label: str, against: str
) -> list[float]:
    """How many log-odds of `label` against the other are lost without each word; negative where they grow."""
    full = _log_odds(whole, label, against)
    return [round(full - _log_odds(each, label, against), 4) for each in left_out]


def _log_odds(probabilities: Mapping[str, float], label: str, against: str) -> float:
    return math.log(max(probabilities[label], FLOOR) / max(probabilities[against], FLOOR))
