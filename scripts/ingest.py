"""Articles -> documents and sentences with exact offsets."""

from _hydra import main

from stance.pipeline import STAGES, PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Articles -> documents and sentences with exact offsets."""
    print(describe(STAGES["ingest"](config.ingest, replace=config.overwrite), config.ingest.output))


if __name__ == "__main__":
    main(run, stage="ingest")
