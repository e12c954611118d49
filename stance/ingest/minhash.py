"""MinHash: a few numbers that tell how much two sets have in common without the sets."""

from collections.abc import Sequence

import numpy as np


def minhash(items: Sequence[str], num_hashes: int, seed: int) -> np.ndarray:
    """The signature of a set, shape (num_hashes,): of two sets, the share of equal numbers estimates their Jaccard."""
    from rensa import RMinHash  # ty: ignore[missing-module-member]

    hashes = RMinHash(num_perm=num_hashes, seed=seed)
    hashes.update(items)
    return np.array(hashes.digest(), np.uint32)
