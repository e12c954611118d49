"""Pairs -> votes of a model that was never trained on the labels: prototypes or natural-language inference."""

from _hydra import main

from stance.labeling.zero_shot_stage import label_zero_shot
from stance.pipeline import PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Pairs -> votes of a model that was never trained on the labels: prototypes or natural-language inference."""
    print(describe(label_zero_shot(config.label_zero_shot, replace=config.overwrite), config.label_zero_shot.output))


if __name__ == "__main__":
    main(run, stage="label_zero_shot")
