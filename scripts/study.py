"""Search for better training settings with optuna: TRIALS=20 in the environment says how many trials to add."""

import os

from _hydra import main

from stance.pipeline import PipelineConfig
from stance.study import SPACE, run_study, sweep_table, write_table


def run(config: PipelineConfig) -> None:
    """Search for better training settings with optuna: TRIALS=20 in the environment says how many trials to add."""
    rows = run_study(config.train, SPACE, int(os.environ.get("TRIALS", "20")))
    print(sweep_table(rows))
    print(write_table(config.train, rows))


if __name__ == "__main__":
    main(run, stage="train")
