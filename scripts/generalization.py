"""Train without one conflict, intervener, genre, period or kind of holder, test on it -> a matrix and its picture."""

import os

from _hydra import main

from stance.config import ConfigError
from stance.pipeline import PipelineConfig, describe
from stance.probing.generalization import RESULT, GeneralizationConfig, generalization
from stance.storage import read_json

SYSTEMS = ("tfidf", "encoder")


def run(config: PipelineConfig) -> None:
    """Leave one out and train again: SYSTEM=encoder in the environment trains the encoder, else the TF-IDF baseline.

    The encoder is trained as the branch `train` says; train.epochs=2 makes it quick.
    """
    system = os.environ.get("SYSTEM", SYSTEMS[0])
    if system not in SYSTEMS:
        raise ConfigError(f"SYSTEM={system}: expected one of {', '.join(SYSTEMS)}")
    output = config.train.output.parent / f"generalization-{system}"
    request = GeneralizationConfig(
        dataset=config.train.dataset, train=config.train if system == "encoder" else None, output=output
    )
    print(describe(generalization(request, replace=config.overwrite), output))
    result = read_json(output / RESULT)
    for axis, block in result["axes"].items():
        print(f"\n{axis}: {result['metric']} seen in training -> not seen")
        for row in block["unseen"]:
            change = row["difference"]
            between = "" if change["low"] is None else f" [{change['low']:+.3f}, {change['high']:+.3f}]"
            scores = f"{row['seen']:.3f} -> {row['unseen']:.3f}  {change['value']:+.3f}{between}"
            print(f"  {row['value']:<28} {row['pairs']:>4} pairs  {scores}")


if __name__ == "__main__":
    main(run, stage="train")
