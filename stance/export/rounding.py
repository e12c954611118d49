"""Rounding weights to integers so that a layer's outputs, not its weights, stay near (Frantar et al. 2022, GPTQ)."""

import numpy as np

LEVELS = 127
DAMPING = 0.01
"""Added to the diagonal, as a share of its mean, so that inputs that never vary do not make it singular."""
COLUMNS = 64
"""So many inputs are rounded before the rest of the matrix is brought up to date."""
TINY = 1e-12


def column_scales(weight: np.ndarray) -> np.ndarray:
    """The fp32 scale of each output, shape (outputs,), for a weight of shape (inputs, outputs): no value is clipped."""
    return np.maximum(np.abs(weight).max(axis=0) / LEVELS, TINY).astype(np.float32)


def round_weight(weight: np.ndarray, products: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """(int8 of the weight's shape, fp32 scale of each output).

    `products` is the sum of x @ x.T over the inputs x that the layer reads, shape (inputs, inputs). Inputs are rounded
    one after the other, the most active first, and each error is made good by those that are still to come (algorithm
    1 of the paper). Without `products` every weight goes to its nearest integer.
    """
    scale = column_scales(weight)
    if products is None:
        return np.round(weight / scale).astype(np.int8), scale
    order = np.argsort(-np.diag(products), kind="stable")
    left = (weight[order] / scale).astype(np.float64)
    damped = products[np.ix_(order, order)].astype(np.float64)
    damped[np.diag_indices_from(damped)] += DAMPING * np.diag(damped).mean() + TINY
    # The upper Cholesky factor of the inverse holds, row by row, what an input's error does to later ones.
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T
    integers = np.empty(left.shape, dtype=np.int8)
    for start in range(0, len(left), COLUMNS):
        stop = min(start + COLUMNS, len(left))
        errors = np.empty((stop - start, left.shape[1]))
        for row in range(start, stop):
            nearest = np.clip(np.round(left[row]), -LEVELS, LEVELS)
            integers[order[row]] = nearest
            errors[row - start] = (left[row] - nearest) / factor[row, row]
            left[row:stop] -= np.outer(factor[row, row:stop], errors[row - start])
        left[stop:] -= factor[start:stop, stop:].T @ errors
    return integers, scale
