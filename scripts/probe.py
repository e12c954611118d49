"""A trained model and its dataset -> robustness, fairness, attributions, and a browser of errors."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """A trained model and its dataset -> robustness, fairness, attributions, and a browser of errors."""
    print(describe(STAGES["probe"](config.probe, replace=config.overwrite), config.probe.output))


if __name__ == "__main__":
    main(run, stage="probe")
