"""What a simple system reaches on the same split: a model is worth its distance from these."""

from collections import Counter
from collections.abc import Callable, Sequence

from stance.records import Example

REGULARISATION = (0.3, 1.0, 3.0, 10.0)
"""Inverse strengths C tried for each linear model; the dev split chooses."""
SEED = 0


def majority(train: Sequence[Example], test: Sequence[Example]) -> list[str]:
    """The most frequent label of the training split, for every pair."""
    (label, _), *_ = Counter(e.label for e in train).most_common(1)
    return [label] * len(test)


def target_majority(train: Sequence[Example], test: Sequence[Example]) -> list[str]:
    """The most frequent label of the pair's target in the training split; of all targets where it is new."""
    by_target: dict[str, Counter[str]] = {}
    for example in train:
        by_target.setdefault(example.target, Counter())[example.label] += 1
    fallback = majority(train, test[:1])[0] if test else ""
    return [by_target[e.target].most_common(1)[0][0] if e.target in by_target else fallback for e in test]


def linear(
    train: Sequence[Example], dev: Sequence[Example], test: Sequence[Example], text: Callable[[Example], str]
) -> list[str]:
    """TF-IDF of words and word pairs of `text(example)`, and a logistic regression with balanced classes.

    It is trained with the examples' weights, as a model is; `dev` chooses its regularisation by macro-F1.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline

    labels = [e.label for e in train]
    if len(set(labels)) == 1:
        return [labels[0]] * len(test)
    best_score, best = -1.0, None
    for strength in REGULARISATION:
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=strength, class_weight="balanced", max_iter=2000, random_state=SEED),
        )
        model.fit([text(e) for e in train], labels, logisticregression__sample_weight=[e.weight for e in train])
        predicted = model.predict([text(e) for e in dev])
        score = f1_score([e.label for e in dev], predicted, average="macro", zero_division=0)
        if score > best_score:
            best_score, best = score, model
    assert best is not None  # noqa: S101 - REGULARISATION is not empty
    return [str(label) for label in best.predict([text(e) for e in test])]


def all_baselines(train: Sequence[Example], dev: Sequence[Example], test: Sequence[Example]) -> dict[str, list[str]]:
    """Name -> labels for the test pairs, from knowing nothing to knowing both texts as bags of words."""
    return {
        "majority": majority(train, test),
        "majority of the target": target_majority(train, test),
        "TF-IDF, target only": linear(train, dev, test, lambda e: e.target),
        "TF-IDF, sentence only": linear(train, dev, test, lambda e: e.text),
        "TF-IDF, sentence and target": linear(train, dev, test, lambda e: f"{e.text} [{e.target}]"),
    }
