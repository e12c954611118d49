"""The whole job: articles in, an evaluated and exported model out."""

from _hydra import main

from stance import pipeline


def run(config: pipeline.PipelineConfig) -> None:
    """The whole job: articles in, an evaluated and exported model out."""
    print(pipeline.run(config))


if __name__ == "__main__":
    main(run)
