"""Everything that the report says, as plain JSON-able values; the page is a function of these."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from stance.evaluation.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.evaluation.metrics import confusion_matrix, f1, headline_metrics, precision, recall
from stance.labels import LabelScheme
from stance.records import Example, Prediction

MIN_SLICE_PAIRS = 10
MAX_ERRORS_SHOWN = 20
SLICES: Mapping[str, Callable[[Example], Sequence[str | None]]] = {
    "conflict": lambda e: (e.conflict,),
    "genre": lambda e: (e.genre,),
    "intervener": lambda e: (e.intervener,),
    "year": lambda e: (e.year,),
    "tag": lambda e: e.tags,
}


class Scorer:
    """Scores systems on the same examples with the same resamples, so that their differences are paired."""

    def __init__(self, gold: Sequence[Example], scheme: LabelScheme, resampling: Resampling) -> None:
        self.scheme = scheme
        self.resampling = resampling
        self._gold = [scheme.index(e.label) for e in gold]
        self._groups = [e.group for e in gold]

    def score(self, labels: Sequence[str]) -> tuple[dict[str, Any], np.ndarray]:
        """Every metric with its interval, and macro-F1 of each resample, shape (resamples,)."""
        predicted = [self.scheme.index(label) for label in labels]
        size = len(self.scheme.names)
        resampled = resampled_confusions(group_confusions(self._gold, predicted, self._groups, size), self.resampling)
        confusion = confusion_matrix(self._gold, predicted, size)
        point, spread = headline_metrics(confusion, self.scheme), headline_metrics(resampled, self.scheme)
        scores: dict[str, Any] = {name: self._with_interval(point[name], spread[name]) for name in point}
        per_label = {"precision": precision(confusion), "recall": recall(confusion), "f1": f1(confusion)}
        f1_spread = f1(resampled)
        scores["labels"] = {
            name: {
                "precision": float(per_label["precision"][i]),
                "recall": float(per_label["recall"][i]),
                "f1": self._with_interval(per_label["f1"][i], f1_spread[:, i]),
                "gold": int(confusion[i].sum()),
                "predicted": int(confusion[:, i].sum()),
            }
            for i, name in enumerate(self.scheme.names)
        }
        scores["confusion"] = confusion.tolist()
        return scores, spread["macro_f1"]

    def difference(self, ours: np.ndarray, theirs: np.ndarray, point: float) -> dict[str, float]:
        """Interval of the paired difference of macro-F1."""
        return self._with_interval(point, ours - theirs)

    def _with_interval(self, value: float | np.ndarray, spread: np.ndarray) -> dict[str, float]:
        low, high = percentile_interval(spread, self.resampling.confidence)
        return {"value": float(value), "low": low, "high": high}


def make_report(
    train: Sequence[Example],
    gold: Sequence[Example],
    predictions: Sequence[Prediction],
    baselines: Mapping[str, Sequence[str]],
    scheme: LabelScheme,
    resampling: Resampling,
    split: str,
) -> dict[str, Any]:
    """The report on `predictions`, one for each of `gold` in the same order.

    Keys: `labels`, `measured_on`, `system`, `baselines` (name -> the same metrics, with `difference` of the system's
    macro-F1 to it and `intervals_overlap`), `slices`, `minimal_pairs`, `leaks`, `errors`. Intervals are
    {value, low, high}.
    """
    scorer = Scorer(gold, scheme, resampling)
    labels = [p.label for p in predictions]
    system, spread = scorer.score(labels)
    compared: dict[str, Any] = {}
    for name, answers in baselines.items():
        scores, other = scorer.score(answers)
        point = system["macro_f1"]["value"] - scores["macro_f1"]["value"]
        scores["difference"] = scorer.difference(spread, other, point)
        scores["intervals_overlap"] = scores["macro_f1"]["high"] >= system["macro_f1"]["low"]
        compared[name] = scores
    return {
        "labels": list(scheme.names),
        "measured_on": _measured_on(train, gold, resampling, split),
        "system": system,
        "baselines": compared,
        "slices": list(_slices(gold, labels, scheme, resampling)),
        "minimal_pairs": _minimal_pairs(gold, labels),
        "leaks": find_leaks(train, gold),
        "errors": _errors(gold, predictions),
    }


def find_leaks(train: Sequence[Example], gold: Sequence[Example]) -> dict[str, int]:
    """How many of the measured pairs share their group, article or sentence with the training split."""
    leaks: dict[str, int] = {}
    for name, key in {"group": _group, "article": _article, "sentence": _folded_text}.items():
        known = {key(e) for e in train}
        leaks[name] = sum(key(e) in known for e in gold)
    return leaks


def _measured_on(
    train: Sequence[Example], gold: Sequence[Example], resampling: Resampling, split: str
) -> dict[str, Any]:
    return {
        "split": split,
        "pairs": len(gold),
        "articles": len({e.document for e in gold}),
        "groups": len({e.group for e in gold}),
        "label_counts": dict(Counter(e.label for e in gold)),
        "train_pairs": len(train),
        "new_targets": sum(t not in {e.target for e in train} for t in {e.target for e in gold}),
        "targets": len({e.target for e in gold}),
        "resamples": resampling.resamples,
        "confidence": resampling.confidence,
    }


def _slices(
    gold: Sequence[Example], labels: Sequence[str], scheme: LabelScheme, resampling: Resampling
) -> Iterator[dict[str, Any]]:
    for kind, values_of in SLICES.items():
        members: dict[str, list[int]] = {}
        for i, example in enumerate(gold):
            for value in values_of(example):
                if value:
                    members.setdefault(value, []).append(i)
        for value, indices in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
            part = [gold[i] for i in indices]
            if len(part) < MIN_SLICE_PAIRS or len({e.group for e in part}) < 2:
                continue
            scores, _ = Scorer(part, scheme, resampling).score([labels[i] for i in indices])
            yield {
                "kind": kind,
                "value": value,
                "pairs": len(part),
                "articles": len({e.document for e in part}),
                "accuracy": scores["accuracy"],
            }


def _minimal_pairs(gold: Sequence[Example], labels: Sequence[str]) -> dict[str, int]:
    couples: dict[str, list[bool]] = {}
    for example, label in zip(gold, labels, strict=True):
        if example.minimal_pair:
            couples.setdefault(example.minimal_pair, []).append(label == example.label)
    whole = [right for right in couples.values() if len(right) > 1]
    return {"couples": len(whole), "both_right": sum(all(right) for right in whole)}


def _errors(gold: Sequence[Example], predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    wrong = [(p, e) for p, e in zip(predictions, gold, strict=True) if p.label != e.label]
    wrong.sort(key=lambda row: (-row[0].probabilities[row[0].label], row[1].id))
    return [
        {
            "text": e.text,
            "target": e.target,
            "gold": e.label,
            "predicted": p.label,
            "probability": p.probabilities[p.label],
            "article": e.document,
            "holder": e.holder,
            "tags": list(e.tags),
        }
        for p, e in wrong[:MAX_ERRORS_SHOWN]
    ]


def _group(example: Example) -> str:
    return example.group


def _article(example: Example) -> str:
    return example.document


def _folded_text(example: Example) -> str:
    return " ".join(example.text.lower().split())
