"""What a simple system reaches on the same pairs: a model is worth its distance from these."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stance.evaluation.answers import Answers
from stance.evaluation.pairs import Pairs
from stance.labeling.rules import rule_book
from stance.labels import LabelScheme
from stance.records import Example, Pair

REGULARISATION = (0.3, 1.0, 3.0, 10.0)
"""Inverse strengths C tried for each linear model; the dev split chooses."""
SEED = 0
MAX_LINEAR_PAIRS = 200_000
"""With more measured pairs linear baselines and rules are left out: they would take longer than all the rest."""
Texts = Callable[[Pairs], list[str]]
LINEAR: Mapping[str, Texts] = {
    "TF-IDF, target only": lambda p: p.values("target"),
    "TF-IDF, sentence only": lambda p: p.values("text"),
    "TF-IDF, sentence and target": lambda p: [
        f"{a} [{b}]" for a, b in zip(p.values("text"), p.values("target"), strict=True)
    ],
}
"""What each linear model reads; the second is blind to the target."""


def all_baselines(train: Pairs | None, dev: Pairs | None, gold: Pairs, scheme: LabelScheme) -> dict[str, Answers]:
    """Name -> answers, from knowing nothing to knowing both texts as bags of words.

    Without `train` there is only the majority of the measured pairs themselves, which flatters it, and the rules.
    """
    if train is None or dev is None:
        most = int(np.bincount(gold.label).argmax())
        found = {"majority of these pairs": Answers(np.full(len(gold), most))}
    else:
        most = int(np.bincount(train.label).argmax())
        found = {"majority": Answers(np.full(len(gold), most)), "majority of the target": target_majority(train, gold)}
    if len(gold) > MAX_LINEAR_PAIRS:
        return found
    if set(scheme.polar) == {"favor", "against"}:
        found["rules"] = rules(gold, scheme, most)
    if train is not None and dev is not None:
        size = len(scheme.names)
        for name, texts in LINEAR.items():
            weights = train.weight.tolist()
            answers = fit_linear(texts(train), train.label, weights, texts(dev), dev.label, texts(gold), size)
            found[name] = Answers(*answers)
    return found


def target_majority(train: Pairs, gold: Pairs) -> Answers:
    """The most frequent label of the pair's target in training; of all targets where it is new."""
    most = int(np.bincount(train.label).argmax())
    by_target: dict[str | None, Counter[int]] = {}
    for target, label in zip(train.values("target"), train.label.tolist(), strict=True):
        by_target.setdefault(target, Counter())[label] += 1
    codes, names = gold.codes("target")
    answer = np.array([by_target[n].most_common(1)[0][0] if n in by_target else most for n in names] + [most])
    return Answers(answer[codes])


def rules(gold: Pairs, scheme: LabelScheme, otherwise: int) -> Answers:
    """The most frequent vote of the labelling rules, the first rule's on a tie, `otherwise` where all abstain."""
    numbers = {name: i for i, name in enumerate(scheme.names)}
    aside = numbers.get("none", otherwise)
    labels = np.full(len(gold), otherwise)
    rules = rule_book().rules.values()
    columns = (gold.values(name) for name in ("id", "text", "target", "intervener", "place"))
    for i, (identity, text, target, intervener, place) in enumerate(zip(*columns, strict=True)):
        pair = Pair(id=identity, sentence_id="", target=target or "", intervener=intervener, place=place)
        votes = Counter(vote for rule in rules if (vote := rule(text or "", pair)) is not None)
        if votes:
            labels[i] = numbers.get(votes.most_common(1)[0][0], aside)
    return Answers(labels)


def fit_linear(
    train: Sequence[str],
    label: np.ndarray,
    weights: Sequence[float],
    dev: Sequence[str],
    dev_label: np.ndarray,
    test: Sequence[str],
    num_labels: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(labels, probabilities of shape (pairs, labels)) of TF-IDF of words and word pairs, and a logistic regression.

    Classes are balanced; it is trained with the pairs' weights, as a model is; `dev` chooses the regularisation by
    macro-F1.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    known = np.unique(label)
    probabilities = np.zeros((len(test), num_labels))
    if len(known) == 1:
        probabilities[:, known] = 1
        return np.full(len(test), known[0]), probabilities
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    features, dev_features = vectorizer.fit_transform(train), vectorizer.transform(dev)
    best_score, best = -1.0, None
    for strength in REGULARISATION:
        model = LogisticRegression(C=strength, class_weight="balanced", solver="newton-cg", random_state=SEED)
        model.fit(features, label, sample_weight=weights)
        score = f1_score(dev_label, model.predict(dev_features), average="macro", zero_division=0)
        if score > best_score:
            best_score, best = score, model
    assert best is not None  # noqa: S101 - REGULARISATION is not empty
    probabilities[:, known] = best.predict_proba(vectorizer.transform(test))
    return probabilities.argmax(axis=1), probabilities


def linear(
    train: Sequence[Example], dev: Sequence[Example], test: Sequence[Example], text: Callable[[Example], str]
) -> list[str]:
    """Labels of `fit_linear` for examples, each of which `text` turns into what is read."""
    names = sorted({e.label for e in (*train, *dev)})
    number = {name: i for i, name in enumerate(names)}
    found, _ = fit_linear(
        [text(e) for e in train],
        np.array([number[e.label] for e in train]),
        [e.weight for e in train],
        [text(e) for e in dev],
        np.array([number[e.label] for e in dev]),
        [text(e) for e in test],
        len(names),
    )
    return [names[i] for i in found]
