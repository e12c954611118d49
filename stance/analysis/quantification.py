"""Classical quantification: shares under the assumption that the classifier errs everywhere as it did on the gold rows.

They are shown beside the corrected shares as a check. Unlike those they are biased where the errors differ between
groups beyond what the labels' shares explain (anything but prior probability shift), and they come without intervals.
Forman 2008, Data Mining and Knowledge Discovery 17; Bella et al. 2010, ICDM; Saerens, Latinne and Decaestecker 2002,
Neural Computation 14; Bunse 2022, LQ workshop, for the constrained solution with more than two labels.
"""

import numpy as np

MAX_ROUNDS = 1000
TOLERANCE = 1e-10
SIMPLEX_WEIGHT = 1e3


def confusion(gold: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean answer for each true label, shape (K answered, K true), columns summing to 1.

    `gold` one-hot and `answers` one-hot or probabilities, both (n, K); `weights` (n,), inverse inclusion probabilities.
    A label that no gold row has is taken to be answered correctly, for want of better.
    """
    totals = (weights[:, None] * answers).T @ gold
    counts = weights @ gold
    rates = np.eye(gold.shape[1])
    np.divide(totals, counts, out=rates, where=np.broadcast_to(counts > 0, rates.shape))
    return rates


def adjusted_count(mean_answer: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Shares p >= 0, summing to 1, with `rates @ p` nearest to the mean answer, shape (K,).

    With one-hot answers this is adjusted classify-and-count (ACC, Forman 2008, eq. 1: (q - fpr) / (tpr - fpr) for two
    labels); with probabilities its probabilistic form (PACC, Bella et al. 2010).
    """
    from scipy.optimize import nnls

    count = len(mean_answer)
    matrix = np.vstack([rates, np.full((1, count), SIMPLEX_WEIGHT)])
    found, _ = nnls(matrix, np.append(mean_answer, SIMPLEX_WEIGHT))
    return found / found.sum()


def expectation_maximisation(probabilities: np.ndarray, trained_on: np.ndarray) -> np.ndarray:
    """Shares by SLD (Saerens et al. 2002, eq. 2.9): the prior under which the posteriors, re-weighted, average to it.

    `probabilities` (N, K) must be calibrated for a population with shares `trained_on` (K,).
    """
    floor = np.finfo(np.float64).tiny
    prior = np.maximum(trained_on, floor)
    shares = prior
    for _ in range(MAX_ROUNDS):
        weighted = probabilities * (shares / prior)
        update = (weighted / np.maximum(weighted.sum(axis=1, keepdims=True), floor)).mean(axis=0)
        done = np.abs(update - shares).max() < TOLERANCE
        shares = update
        if done:
            break
    return shares


def classical(
    probabilities: np.ndarray, gold: np.ndarray, rows: np.ndarray, weights: np.ndarray, trained_on: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Method -> shares (K,): CC, PCC, ACC, PACC, SLD.

    `probabilities` (N, K) of all rows; `gold` one-hot (N, K), read at `rows` (bool, N) with `weights` (N,);
    `trained_on` the shares among the training pairs (K,), without which there is no SLD.
    """
    answers = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    found = {"CC": answers.mean(axis=0), "PCC": probabilities.mean(axis=0)}
    if rows.any():
        truth, weight = gold[rows], weights[rows]
        found["ACC"] = adjusted_count(found["CC"], confusion(truth, answers[rows], weight))
        found["PACC"] = adjusted_count(found["PCC"], confusion(truth, probabilities[rows], weight))
    if trained_on is not None:
        found["SLD"] = expectation_maximisation(probabilities, trained_on)
    return found
