"""A dataset -> a fine-tuned model."""

import os

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """A dataset -> a fine-tuned model."""
    made = STAGES["train"](config.train, replace=config.overwrite)
    if os.environ.get("RANK", "0") == "0":  # torchrun starts several of us
        print(describe(made, config.train.output))


if __name__ == "__main__":
    main(run, stage="train")
