"""How well annotators agree: no system can be shown to be better than that on their labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stance.evaluation.metrics import cohen_kappa, headline_metrics
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
