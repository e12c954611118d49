"""A dataset -> a fine-tuned model."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """A dataset -> a fine-tuned model."""
    print(describe(STAGES["train"](config.train, replace=config.overwrite), config.train.output))


if __name__ == "__main__":
    main(run, stage="train")
