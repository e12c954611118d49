"""Gold labels -> a dataset in leak-free splits."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Gold labels -> a dataset in leak-free splits."""
    print(describe(STAGES["dataset"](config.dataset, replace=config.overwrite), config.dataset.output))


if __name__ == "__main__":
    main(run, stage="dataset")
