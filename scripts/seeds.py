"""Train, predict and evaluate with several seeds -> mean, standard deviation and interval of every figure."""

import os

from _hydra import main

from stance.config import ConfigError
from stance.pipeline import PipelineConfig
from stance.repeats import run_seeds
from stance.storage import write_json


def run(config: PipelineConfig) -> None:
    """Train, predict and evaluate with several seeds: SEEDS=0,1,2,3,4 in the environment says which."""
    given = os.environ.get("SEEDS", "0,1,2,3,4")
    if not all(seed.strip().isdigit() for seed in given.split(",")):
        raise ConfigError(f"SEEDS={given}: expected whole numbers with commas between, like 0,1,2")
    seeds = [int(seed) for seed in given.split(",")]
    spreads = run_seeds(config, seeds, lambda seed, scores: print(f"seed {seed}: macro-F1 {scores['macro_f1']:.3f}"))
    print(f"\n{len(seeds)} seeds: mean ± standard deviation [95% interval of the mean over seeds]")
    for metric, spread in spreads.items():
        print(f"{metric:<20} {spread}")
    summary = {metric: {"values": s.values, "mean": s.mean, "sd": s.deviation} for metric, s in spreads.items()}
    write_json(config.train.output.parent / "seeds.json", {"seeds": seeds, "metrics": summary})


if __name__ == "__main__":
    main(run, stage="train")
