"""Predictions and gold labels -> a report with intervals and baselines."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, asks_also, describe


def run(config: PipelineConfig) -> None:
    """Predictions and gold labels -> a report with intervals and baselines."""
    if asks_also(config):
        print(
            describe(STAGES["predict_also"](config.predict_also, replace=config.overwrite), config.predict_also.output)
        )
    print(describe(STAGES["evaluate"](config.evaluate, replace=config.overwrite), config.evaluate.output))


if __name__ == "__main__":
    main(run, stage="evaluate")
