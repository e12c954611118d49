"""Rounding weights to integers so that a layer's outputs, not its weights, stay near (Frantar et al. 2022, GPTQ)."""

from dataclasses import dataclass

import numpy as np

LEVELS = 127
QUARTER = 0.25
DAMPING = 0.01
"""Added to the diagonal, as a share of its mean, so that inputs that never vary do not make it singular."""
COLUMNS = 64
"""So many inputs are rounded before the rest of the matrix is brought up to date."""
TINY = 1e-12


def column_scales(weight: np.ndarray) -> np.ndarray:
    """The fp32 scale of each output, shape (outputs,), for a weight of shape (inputs, outputs): no value is clipped."""
    return np.maximum(np.abs(weight).max(axis=0) / LEVELS, TINY).astype(np.float32)


@dataclass(frozen=True)
class Rounded:
    """A weight in 8 bits and a ninth: `scale * (integers + 1/4)` where `upper`, `scale * (integers - 1/4)` elsewhere.

    The integers alone are the weight in 8 bits.
    """

    integers: np.ndarray
    """int8, shape (inputs, outputs)."""
    upper: np.ndarray
    """bool, of the same shape."""
    scale: np.ndarray
    """fp32, shape (outputs,)."""

    def weight(self) -> np.ndarray:
        """What all 9 bits stand for, fp32, shape (inputs, outputs)."""
        return (self.integers + np.where(self.upper, QUARTER, -QUARTER)).astype(np.float32) * self.scale


def round_weight(weight: np.ndarray, products: np.ndarray | None) -> Rounded:
    """A weight of shape (inputs, outputs) on a grid of half steps.

    `products` is the sum of x @ x.T over the inputs x that the layer reads, shape (inputs, inputs). Inputs are rounded
    one after the other, the most active first, and each error is made good by those that are still to come (algorithm
    1 of the paper). Without `products` every weight goes to its nearest place.
    """
    scale = column_scales(weight)
    if products is None:
        return _split(_nearest(weight / scale), scale)
    order = np.argsort(-np.diag(products), kind="stable")
    left = (weight[order] / scale).astype(np.float64)
    damped = products[np.ix_(order, order)].astype(np.float64)
    damped[np.diag_indices_from(damped)] += DAMPING * np.diag(damped).mean() + TINY
    # The upper Cholesky factor of the inverse holds, row by row, what an input's error does to later ones.
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T
    places = np.empty(left.shape)
    for start in range(0, len(left), COLUMNS):
        stop = min(start + COLUMNS, len(left))
        errors = np.empty((stop - start, left.shape[1]))
        for row in range(start, stop):
            nearest = _nearest(left[row])
            places[order[row]] = nearest
            errors[row - start] = (left[row] - nearest) / factor[row, row]
            left[row:stop] -= np.outer(factor[row, row:stop], errors[row - start])
        left[stop:] -= factor[start:stop, stop:].T @ errors
    return _split(places, scale)


def _nearest(steps: np.ndarray) -> np.ndarray:
    """The nearest of …, -3/4, -1/4, 1/4, 3/4, …: each has one nearest integer, a quarter away."""
    return np.clip((np.floor(2 * steps) + 0.5) / 2, -LEVELS - QUARTER, LEVELS + QUARTER)


def _split(places: np.ndarray, scale: np.ndarray) -> Rounded:
    integers = np.round(places)
    return Rounded(integers.astype(np.int8), places > integers, scale)
