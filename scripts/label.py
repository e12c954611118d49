"""Sentences and annotations -> gold labels."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Sentences and annotations -> gold labels."""
    print(describe(STAGES["label"](config.label, replace=config.overwrite), config.label.output))


if __name__ == "__main__":
    main(run, stage="label")
