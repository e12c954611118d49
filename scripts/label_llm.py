"""Pairs -> votes of a large language model behind any OpenAI-compatible server; prints what it will cost, and asks."""

import sys

from _hydra import main

from stance.labeling.llm_plan import Plan
from stance.labeling.llm_stage import label_llm
from stance.pipeline import PipelineConfig, describe


def run(config: PipelineConfig) -> None:
    """Pairs -> votes of a large language model behind any OpenAI-compatible server; prints what it will cost, asks."""
    manifest = label_llm(config.label_llm, replace=config.overwrite, confirm=confirm)
    print(describe(manifest, config.label_llm.output))


def confirm(plan: Plan) -> bool:
    """Print the plan; ask where somebody can answer."""
    print(plan, file=sys.stderr)
    if not sys.stdin.isatty():
        return False
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    main(run, stage="label_llm")
