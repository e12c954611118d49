"""What is minimised."""

from typing import Annotated

from pydantic import Field

from stance.config import Config

Share = Annotated[float, Field(ge=0, lt=1)]


class ObjectiveConfig(Config):
    """Additions to the weighted cross-entropy with the labels' distribution."""

    label_smoothing: Share = 0.0
    """Share of every target that is spread evenly over the labels."""
    balance: Annotated[float, Field(ge=0, le=1)] = 0.0
    """0 weighs examples as they come; 1 gives every label the same total weight; 0.5 goes half the way."""
    average_decay: Share = 0.0
    """Keep a running mean of the weights, with this share of it kept a step, and judge and save it; 0 is off."""
    pretrained_share: Share = 0.2
    """Of the final encoder, the share taken back from the pretrained weights: WiSE-FT (Wortsman et al. 2022, eq. 2)."""
