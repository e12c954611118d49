"""What several simple models together think of labels that they have not seen, for the list of likely label errors.

Stacked generalisation (Wolpert 1992), articles kept whole: the out-of-fold probabilities of a bag of words and of a
frozen encoder, the votes of rules and models, and what was asked are the features of a last model, itself out of fold.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.labeling.probabilities import FOLDS, SEED

Array = np.ndarray
Embed = Callable[[Sequence[str]], Array]
"""Texts -> vectors of length 1, of shape (texts, width)."""

ENCODER_STRENGTH = 5e-4
"""Inverse regularisation of the linear model on some thousand standardised numbers of the encoder."""
STACK_STRENGTH = 0.05
FLOOR = 1e-3
"""Added to a probability before its logarithm."""


@dataclass(frozen=True)
class Evidence:
    """What is known of pairs besides their labels, one entry a pair."""

    texts: Sequence[str]
    targets: Sequence[str]
    groups: Sequence[str]
    """The article of each."""
    votes: Sequence[Mapping[str, int]]
    """Machine -> number of the label that it voted for."""


def second_opinion(words: Array, evidence: Evidence, embed: Embed, labels: Array, num_labels: int) -> Array:
    """Probabilities (pairs, labels), no row by a model that was fitted on a label of its article.

    `words` are the out-of-fold probabilities of the bag of words, of the same shape.
    """
    sentences, targets = _embedded(embed, evidence.texts), _embedded(embed, evidence.targets)
    meaning = np.hstack([sentences, targets, sentences * targets])
    encoder = _out_of_fold(meaning, labels, evidence.groups, num_labels, ENCODER_STRENGTH)
    near = (sentences * targets).sum(axis=1)
    features = [
        np.log(words + FLOOR),
        np.log(encoder + FLOOR),
        _votes(evidence.votes, num_labels),
        _asked(evidence, near),
    ]
    return _out_of_fold(np.hstack(features), labels, evidence.groups, num_labels, STACK_STRENGTH)


def _embedded(embed: Embed, texts: Sequence[str]) -> Array:
    different = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(different)}
    return embed(different)[[place[text] for text in texts]]


def _out_of_fold(features: Array, labels: Array, groups: Sequence[str], num_labels: int, c: float) -> Array:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = np.zeros((len(labels), num_labels))
    for train, test in GroupKFold(min(FOLDS, len(set(groups)))).split(features, labels, groups):
        classes = np.unique(labels[train])
        if len(classes) < 2:
            found[np.ix_(test, classes)] = 1.0
            continue
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500, random_state=SEED))
        found[np.ix_(test, classes)] = model.fit(features[train], labels[train]).predict_proba(features[test])
    return found


def _votes(votes: Sequence[Mapping[str, int]], num_labels: int) -> Array:
    """How many machines voted for each label, and which of them said something."""
    place = {name: i for i, name in enumerate(sorted({name for cast in votes for name in cast}))}
    found = np.zeros((len(votes), num_labels + len(place)))
    for row, cast in zip(found, votes, strict=True):
        for name, label in cast.items():
            row[label] += 1
            row[num_labels + place[name]] = 1
    return found


def _asked(evidence: Evidence, near: Array) -> Array:
    """Whether the target is what sentence and article are about: nearness, shared words, how often it was asked."""
    of_article = Counter(zip(evidence.groups, evidence.targets, strict=True))
    most: dict[str, int] = {}
    for (group, _), count in of_article.items():
        most[group] = max(count, most.get(group, 0))
    of_sentence = Counter(zip(evidence.groups, evidence.texts, strict=True))
    rows = zip(evidence.groups, evidence.texts, evidence.targets, near.tolist(), strict=True)
    return np.array(
        [
            (value, _shared(text, target), of_article[group, target] / most[group], of_sentence[group, text])
            for group, text, target, value in rows
        ]
    )


def _shared(text: str, target: str) -> float:
    """The share of the target's words whose first five letters begin a word of the sentence (Russian, Russia)."""
    starts = {word[:5] for word in text.lower().split()}
    return float(np.mean([word[:5] in starts for word in target.lower().split()]))
