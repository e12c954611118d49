"""A model -> a portable folder with model card and checked ONNX graph."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """A model -> a portable folder with model card and checked ONNX graph."""
    print(describe(STAGES["export"](config.export, replace=config.overwrite), config.export.output))


if __name__ == "__main__":
    main(run, stage="export")
