"""What a model can promise about its probabilities, measured on the dev split."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from stance.model.abstention import fit_abstention
from stance.model.calibration import Method, fit_calibration
from stance.model.folder import ModelSettings
from stance.records import Example


def with_promises(
    settings: ModelSettings, logits: np.ndarray, dev: Sequence[Example], method: Method | Literal["off"]
) -> ModelSettings:
    """`settings` with calibration and abstention fitted on `logits` of shape (dev pairs, labels).

    The articles of dev were not trained on; when they chose the epoch (train.keep=best) they flatter a little.
    """
    soft = np.array([e.probabilities for e in dev])
    calibration = None if method == "off" else fit_calibration(logits, soft, method)
    settings = settings.model_copy(update={"calibration": calibration})
    abstention = fit_abstention(
        settings.probabilities(logits),
        np.array([settings.scheme.index(e.label) for e in dev]),
        [e.group for e in dev],
        [e.target for e in dev],
    )
    return settings.model_copy(update={"abstention": abstention})
