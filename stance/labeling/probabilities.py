"""What a simple model thinks of labels that it has not seen: out-of-fold probabilities, articles kept whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray

FOLDS = 5
STRENGTH = 3.0
"""Inverse regularisation of the linear model on TF-IDF; between 1 and 10 nothing changes."""
SEED = 0


def joined(texts: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Sentence and target as the one text that a bag of words sees."""
    return [f"{text} [{target}]" for text, target in zip(texts, targets, strict=True)]


def out_of_fold(texts: Sequence[str], labels: Array, groups: Sequence[str], num_labels: int) -> Array:
    """Probabilities (pairs, labels), each row by a bag of words that saw no pair of its group.

    Raises ValueError with fewer than two groups.
    """
    from sklearn.model_selection import GroupKFold

    folds = min(FOLDS, len(set(groups)))
    if folds < 2:
        raise ValueError(f"pairs of {len(set(groups))} article; out-of-fold probabilities need at least two articles")
    found = np.zeros((len(texts), num_labels))
    for train, test in GroupKFold(folds).split(texts, labels, groups):
        model = WordsModel([texts[i] for i in train], labels[train], num_labels)
        found[test] = model.predict([texts[i] for i in test])
    return found


class WordsModel:
    """TF-IDF and a logistic regression with balanced classes, fitted on `texts`."""

    def __init__(self, texts: Sequence[str], labels: Array, num_labels: int) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline

        self.num_labels = num_labels
        self.model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), _linear(STRENGTH))
        self.classes = np.unique(labels)
        if len(self.classes) > 1:
            self.model.fit(texts, labels)

    def predict(self, texts: Sequence[str]) -> Array:
        """Probabilities (texts, labels); a label that never occurred has 0."""
        found = np.zeros((len(texts), self.num_labels))
        found[:, self.classes] = self.model.predict_proba(texts) if len(self.classes) > 1 else 1.0
        return found


def _linear(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000, random_state=SEED)
