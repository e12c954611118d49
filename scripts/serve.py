"""An exported model -> an HTTP API and a page, on this machine only unless serve.host says otherwise."""

from _hydra import main

from stance.pipeline import PipelineConfig
from stance.serving.command import serve


def run(config: PipelineConfig) -> None:
    """An exported model -> an HTTP API and a page, on this machine only unless serve.host says otherwise."""
    serve(config.serve)


if __name__ == "__main__":
    main(run, stage="serve")
