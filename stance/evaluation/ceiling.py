"""How well annotators agree: no system can be shown to be better than that on their labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.evaluation.answers import folding
from stance.evaluation.metrics import cohen_kappa, confusion_matrix, headline_metrics
from stance.labels import LabelScheme


def annotators_ceiling(
    agreement: Mapping[str, Any] | None, scheme: LabelScheme, into: np.ndarray | None
) -> dict[str, Any] | None:
    """{annotators, units, macro_f1, kappa, low, high} of the pair of annotators with most units in common.

    `agreement` is the JSON of the label stage; None without one, or without two annotators. `into` folds its labels
    into those of `scheme`; the interval of macro-F1 is null then.
    """
    pairs = (agreement or {}).get("pairs_of_annotators") or []
    if not pairs:
        return None
    best = max(pairs, key=lambda pair: pair["units"])
    confusion = np.asarray(best["confusion"], dtype=np.float64)
    own = {"low": best["macro_f1"]["low"], "high": best["macro_f1"]["high"]}
    if into is not None and len(into) == len(confusion):
        member = np.eye(len(scheme.names))[into]
        confusion, own = member.T @ confusion @ member, {"low": None, "high": None}
    if len(confusion) != len(scheme.names):
        return None
    return {
        "annotators": list(best["annotators"]),
        "units": best["units"],
        "macro_f1": float(headline_metrics(confusion, scheme)["macro_f1"]),
        "kappa": float(cohen_kappa(confusion)),
        **own,
    }


def voters_ceiling(votes: Sequence[Sequence[str]], scheme: LabelScheme, full: LabelScheme) -> dict[str, Any] | None:
    """The same from the labels that people gave to each pair, the first two of each, in `scheme` or in `full`.

    `full` is the finer scheme where `scheme` is its three-way form. None without votes, or with a label of neither.
    """
    used = scheme if all(vote in scheme.names for each in votes for vote in each[:2]) else full
    if not votes or any(vote not in used.names for each in votes for vote in each[:2]):
        return None
    first, second = ([used.index(each[i]) for each in votes] for i in (0, 1))
    both = {
        "annotators": ["one annotator", "another"],
        "units": len(votes),
        "confusion": confusion_matrix(first, second, len(used.names)).tolist(),
        "macro_f1": {"low": None, "high": None},
    }
    return annotators_ceiling({"pairs_of_annotators": [both]}, scheme, None if used == scheme else folding(full)[1])
