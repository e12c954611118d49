"""What one system answered, matched with the measured pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.labels import LabelScheme, three_way_names


@dataclass(frozen=True)
class Answers:
    """One answer for each measured pair, in their order."""

    label: np.ndarray
    """Label numbers, shape (pairs,)."""
    probabilities: np.ndarray | None = None
    """Shape (pairs, labels); None for a system that gives labels only."""
    abstained: np.ndarray | None = None
    """Which answers the system would rather not have given, shape (pairs,); None for none."""
    before_merging: np.ndarray | None = None
    """Largest probability over the system's own labels, shape (pairs,), which its thresholds are for; None where no
    labels were merged."""

    @property
    def sureness(self) -> np.ndarray | None:
        """Probability of the label that was given, shape (pairs,)."""
        if self.probabilities is None:
            return None
        return self.probabilities[np.arange(len(self.label)), self.label]

    def take(self, indices: np.ndarray) -> "Answers":
        """The answers to the pairs with these positions."""
        probabilities = None if self.probabilities is None else self.probabilities[indices]
        abstained = None if self.abstained is None else self.abstained[indices]
        before = None if self.before_merging is None else self.before_merging[indices]
        return Answers(self.label[indices], probabilities, abstained, before)


def from_labels(labels: Sequence[str], scheme: LabelScheme) -> Answers:
    """Answers without probabilities."""
    number: Mapping[str, int] = {name: i for i, name in enumerate(scheme.names)}
    return Answers(np.array([number[label] for label in labels], dtype=np.int64))


def folding(fine: LabelScheme) -> tuple[LabelScheme, np.ndarray]:
    """(the three-way scheme, number in it of each label of `fine`): how four-way answers meet three-way gold."""
    names = list(three_way_names(fine))
    definitions = {name: fine.definitions.get(name, "takes no side, or is about something else") for name in names}
    coarse = LabelScheme(definitions=definitions, polar=fine.polar, merged_into_none=("none",))
    return coarse, np.array([names.index(fine.three_way(label)) for label in fine.names])
