"""Probabilities that mean what they say: logits rescaled so that they fit held-out gold labels.

Temperature and vector scaling are those of Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural
Networks", section 4.2. Log-probabilities serve as logits: they differ by a constant a row.
"""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

Method = Literal["temperature", "vector"]
LOG_TEMPERATURES = (float(np.log(0.5)), float(np.log(20)))
"""Between which the temperature is searched; on dev pairs that are all right it would fall to 0."""
RIDGE = 1e-2
"""Pull of vector scaling towards the temperature, in nats a pair: few dev articles do not fit 2k numbers freely."""


class Calibration(BaseModel):
    """A logit z of label k becomes `scale[k] * z + bias[k]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method
    """`temperature` has one scale and no bias and never changes a label; `vector` may."""
    scale: tuple[float, ...]
    """One factor a label, in the scheme's order."""
    bias: tuple[float, ...]
    """One addend a label."""
    pairs: int
    """Fitted on so many pairs."""
    nll_before: float
    """Mean negative log-likelihood on them as the network gives it, in nats."""
    nll_after: float
    """The same after scaling."""

    @property
    def temperature(self) -> float:
        """What logits are divided by; the mean one of vector scaling."""
        return float(1 / np.mean(self.scale))

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Scaled logits in fp64, shape (pairs, labels)."""
        return logits.astype(np.float64) * np.asarray(self.scale) + np.asarray(self.bias)


def fit_calibration(logits: np.ndarray, gold: np.ndarray, method: Method = "temperature") -> Calibration:
    """The scaling with the smallest negative log-likelihood of `gold`.

    `logits` has shape (pairs, labels); `gold` is label numbers of shape (pairs,) or distributions of shape (pairs,
    labels). Raises ValueError for no pairs.
    """
    from scipy.optimize import minimize, minimize_scalar

    logits = np.asarray(logits, dtype=np.float64)
    if not len(logits):
        raise ValueError("no pairs to fit a calibration on; expected a dev split with gold labels")
    num_labels = logits.shape[1]
    wanted = np.eye(num_labels)[gold] if np.ndim(gold) == 1 else np.asarray(gold, dtype=np.float64)
    found = minimize_scalar(lambda t: _nll(logits * np.exp(-t), wanted), bounds=LOG_TEMPERATURES, method="bounded")
    scale, bias = np.full(num_labels, np.exp(-found.x)), np.zeros(num_labels)
    if method == "vector":
        start = np.concatenate([scale, bias])

        def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
            scaled = logits * values[:num_labels] + values[num_labels:]
            residual = (np.exp(_log_softmax(scaled)) * wanted.sum(axis=1, keepdims=True) - wanted) / len(logits)
            gradient = np.concatenate([(residual * logits).sum(axis=0), residual.sum(axis=0)])
            away = values - start
            return _nll(scaled, wanted) + RIDGE * float(away @ away), gradient + 2 * RIDGE * away

        values = minimize(loss, start, jac=True, method="L-BFGS-B").x
        scale, bias = values[:num_labels], values[num_labels:]
    return Calibration(
        method=method,
        scale=tuple(round(float(v), 6) for v in scale),
        bias=tuple(round(float(v), 6) for v in bias),
        pairs=len(logits),
        nll_before=round(_nll(logits, wanted), 6),
        nll_after=round(_nll(logits * scale + bias, wanted), 6),
    )


def _nll(logits: np.ndarray, wanted: np.ndarray) -> float:
    return float(-(wanted * _log_softmax(logits)).sum(axis=1).mean())


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
