"""A model and a dataset split -> predictions; or a model, an article and a target -> a line for each sentence."""

import sys

from _hydra import main

from stance.inference.stage import describe as describe_sentence
from stance.inference.stage import predict, predict_articles
from stance.pipeline import PipelineConfig, describe
from stance.records import Prediction


def run(config: PipelineConfig) -> None:
    """A model and a dataset split -> predictions; or a model, an article and a target -> a line for each sentence."""
    if config.predict.input is None:
        print(describe(predict(config.predict, replace=config.overwrite), config.predict.output))
        return
    as_json = config.predict.format == "jsonl"
    for row in predict_articles(config.predict):
        if isinstance(row, Prediction):
            print(row.model_dump_json() if as_json else describe_sentence(row))
        else:
            print(f"left out {row.item}: {row.reason} {row.detail}".rstrip(), file=sys.stderr)


if __name__ == "__main__":
    main(run, stage="predict")
