"""What a system gains when it may stay silent, and what it can promise then."""

from typing import Any

import numpy as np

from stance.bootstrap import Resampling, resampled_confusions, sums_by_group
from stance.evaluation.answers import Answers
from stance.evaluation.pairs import Pairs
from stance.evaluation.scores import interval
from stance.model.abstention import Abstention, fit_abstention

SHARES = tuple(round(0.05 * i, 2) for i in range(1, 21))
"""Of the pairs answered, the surest first: points of the risk-coverage curve."""
MIN_TARGET_PAIRS = 10
MAX_FITTED = 100_000


def risk_coverage(gold: Pairs, answers: Answers, resampling: Resampling) -> dict[str, Any] | None:
    """{points: list of {answered, threshold, error (an interval)}, area}, or None for a system without probabilities.

    `area` is the mean error over the curve (El-Yaniv and Wiener 2010; AURC of Geifman et al. 2019). Intervals are for
    the threshold as it stands; pairs that are exactly as sure are answered together.
    """
    if answers.sureness is None:
        return None
    sureness, wrong = answers.sureness, answers.label != gold.label
    ranked = np.sort(sureness)[::-1]
    thresholds = np.array([ranked[max(1, round(share * len(ranked))) - 1] for share in SHARES])
    # Number of the strictest threshold at which a pair is answered; sums over pairs of lower numbers follow by cumsum.
    first = np.searchsorted(-thresholds, -sureness, side="left").clip(max=len(SHARES) - 1)
    cell = gold.unit * len(SHARES) + first
    size = gold.num_groups * len(SHARES)
    parts = np.stack([np.bincount(cell, weights=w, minlength=size) for w in (np.ones(len(wrong)), wrong)], axis=1)
    parts = parts.reshape(gold.num_groups, len(SHARES), 2).cumsum(axis=1)
    whole, resampled = parts.sum(axis=0), resampled_confusions(parts, resampling)
    errors = resampled[..., 1] / np.maximum(resampled[..., 0], 1)
    points = [
        {
            "answered": float(whole[i, 0] / len(gold)),
            "threshold": float(thresholds[i]),
            "error": interval(float(whole[i, 1] / whole[i, 0]), errors[:, i], resampling.confidence),
        }
        for i in range(len(SHARES))
    ]
    order = np.argsort(-sureness, kind="stable")
    return {"points": points, "area": float((wrong[order].cumsum() / np.arange(1, len(wrong) + 1)).mean())}


def promises(
    gold: Pairs, answers: Answers, resampling: Resampling, held_out: tuple[Pairs, Answers] | None
) -> dict[str, Any] | None:
    """Thresholds fitted on other articles, and what they do here; None without probabilities or articles.

    `held_out` are pairs and the same system's answers to them. Without, every other group of articles of `gold` is
    used to fit, and the rest to measure. Where the answers' labels were merged, `held_out` has them as they were: the
    thresholds are the system's own, an answer is right when its merged label is, and there are no `sets`; None without
    `held_out`.

    - `fitted_on`: {articles, pairs, half}, `half` whether it was half of the measured set
    - `measured`: pairs that the thresholds were tried on; `confidence`
    - `answers`: list of {max_error, threshold, answered, error (an interval), kept}; threshold None where the error
      cannot be promised, and then the rest too
    - `sets`: list of {coverage, least, covered (an interval; every article weighs the same), size, all_labels (share of
      sets that hold every label)}
    - `targets`, None where there are no sets: {fitted (with a threshold of their own), least (lowest coverage of a
      target, nominal 0.9), target}
    """
    if answers.probabilities is None or gold.num_groups < 4:
        return None
    half, merged = held_out is None, answers.before_merging is not None
    if half and merged:
        return None
    if held_out is None:
        odd = gold.unit % 2 == 1
        fit, tried = (gold.take(np.flatnonzero(part)) for part in (odd, ~odd))
        fit_answers, tried_answers = (answers.take(np.flatnonzero(part)) for part in (odd, ~odd))
    else:
        (fit, fit_answers), tried, tried_answers = held_out, gold, answers
    if fit_answers.probabilities is None or tried_answers.probabilities is None:
        return None
    if len(fit) > MAX_FITTED:
        some = np.flatnonzero(fit.unit < np.searchsorted(np.bincount(fit.unit).cumsum(), MAX_FITTED))
        fit, fit_answers = fit.take(some), fit_answers.take(some)
    fitted = _fit(fit, fit_answers)
    return {
        "fitted_on": {"articles": fitted.articles, "pairs": fitted.pairs, "half": half},
        "measured": len(tried),
        "confidence": fitted.confidence,
        "answers": _answered(tried, tried_answers, fitted, resampling),
        **({"sets": [], "targets": None} if merged else _sets(tried, tried_answers, fitted, resampling)),
    }


def _fit(gold: Pairs, answers: Answers) -> Abstention:
    assert answers.probabilities is not None  # noqa: S101 - the caller looked
    targets = [target or "" for target in gold.values("target")]
    return fit_abstention(answers.probabilities, gold.label, gold.unit.astype(str).tolist(), targets)


def _answered(gold: Pairs, answers: Answers, fitted: Abstention, resampling: Resampling) -> list[dict[str, Any]]:
    from stance.model.abstention import MAX_ERRORS

    assert answers.probabilities is not None  # noqa: S101 - the caller looked
    sureness, wrong = answers.before_merging, answers.label != gold.label
    if sureness is None:
        sureness, wrong = answers.probabilities.max(axis=1), answers.probabilities.argmax(axis=1) != gold.label
    rows: list[dict[str, Any]] = []
    for allowed in MAX_ERRORS:
        threshold = fitted.answers.get(f"{allowed:g}")
        if threshold is None:
            rows.append({"max_error": allowed, "threshold": None, "answered": None, "error": None, "kept": None})
            continue
        said = sureness >= threshold
        sums = sums_by_group(np.stack([said & wrong, said], axis=1).astype(float), gold.unit, gold.num_groups)
        resampled = resampled_confusions(sums, resampling)
        share = float((said & wrong).sum() / max(1, said.sum()))
        spread = resampled[:, 0] / np.maximum(resampled[:, 1], 1)
        rows.append(
            {
                "max_error": allowed,
                "threshold": threshold,
                "answered": float(said.mean()),
                "error": interval(share, spread, resampling.confidence),
                "kept": bool(share <= allowed),
            }
        )
    return rows


def _sets(gold: Pairs, answers: Answers, fitted: Abstention, resampling: Resampling) -> dict[str, Any]:
    probabilities = answers.probabilities
    assert probabilities is not None  # noqa: S101 - the caller looked
    of_gold = probabilities[np.arange(len(gold)), gold.label]
    target, names = gold.codes("target")
    sizes = np.bincount(gold.unit, minlength=gold.num_groups)
    rows = []
    lowest: dict[str, Any] = {"fitted": len(fitted.sets_by_target), "least": None, "target": None}
    for name, pooled in fitted.sets.items():
        own = np.array([fitted.sets_by_target.get(n, fitted.sets)[name] for n in names] + [pooled])[target]
        covered = of_gold >= own
        size = (probabilities >= own[:, None]).sum(axis=1)
        means = np.bincount(gold.unit, weights=covered, minlength=gold.num_groups) / sizes
        resampled = resampled_confusions(np.stack([means, np.ones(len(means))], axis=1), resampling)
        rows.append(
            {
                "coverage": float(name),
                "least": pooled,
                "covered": interval(float(means.mean()), resampled[:, 0] / resampled[:, 1], resampling.confidence),
                "size": float(size.mean()),
                "all_labels": float((size == probabilities.shape[1]).mean()),
            }
        )
        if name == "0.9":
            number = np.bincount(target[target >= 0], minlength=len(names))
            share = np.bincount(target[target >= 0], weights=covered[target >= 0], minlength=len(names))
            enough = np.flatnonzero(number >= MIN_TARGET_PAIRS)
            if len(enough):
                worst = enough[np.argmin(share[enough] / number[enough])]
                lowest |= {"least": float(share[worst] / number[worst]), "target": names[worst]}
    return {"sets": rows, "targets": lowest}
