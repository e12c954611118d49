"""Predictions and gold labels -> a report with intervals and baselines."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Predictions and gold labels -> a report with intervals and baselines."""
    print(describe(STAGES["evaluate"](config.evaluate, replace=config.overwrite), config.evaluate.output))


if __name__ == "__main__":
    main(run, stage="evaluate")
