"""A lexicon -> composed sentences of known stance, to train on first."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """A lexicon -> composed sentences of known stance, to train on first."""
    print(describe(STAGES["drills"](config.drills, replace=config.overwrite), config.drills.output))


if __name__ == "__main__":
    main(run, stage="drills")
