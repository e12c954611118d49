"""A million votes from a file to gold in a file, in a process of its own: `python -m bench.label_scale FOLDER`."""

import resource
import sys
import time
from pathlib import Path

import numpy as np

from bench.corpus_runs import read_scheme_config
from stance.labeling.aggregation import aggregate
from stance.records import Vote
from stance.storage import read_records, write_json, write_records

PAIRS = 100_000
VOTES_A_PAIR = 10
SOURCES = 60


def write_votes(path: Path) -> None:
    """A million votes: per pair two people, two models, six rules, of known accuracy."""
    scheme = read_scheme_config()
    random = np.random.default_rng(0)
    truth = random.integers(4, size=PAIRS)
    kinds = ["human"] * 2 + ["llm"] * 2 + ["rule"] * 6

    def votes() -> object:
        for i in range(PAIRS):
            for k, kind in enumerate(kinds):
                right = random.random() < 0.55 + 0.04 * k
                said = scheme.names[truth[i] if right else random.integers(4)]
                # Half of the pairs have no human label, so that the models have something to decide.
                if kind != "human" or i % 2:
                    yield Vote(pair_id=f"{i:016x}:0", labeler=f"{kind} {k} {i % 6}", label=said, kind=kind)
                else:
                    yield Vote(pair_id=f"{i:016x}:0", labeler=f"rule extra {k}", label=said, kind="rule")

    write_records(path, votes())  # ty: ignore[invalid-argument-type]


def main() -> None:
    """Aggregate `FOLDER/votes.jsonl`; write seconds, bytes and counts to `FOLDER/scale.json`."""
    folder = Path(sys.argv[1])
    started, cpu = time.perf_counter(), time.process_time()
    votes = list(read_records(folder / "votes.jsonl", Vote))
    read = time.process_time()
    result = aggregate(votes, read_scheme_config())
    combined = time.process_time()
    write_records(folder / "gold.jsonl", result.gold)
    figures = {
        "votes": len(votes),
        "gold": len(result.gold),
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "aggregation_cpu_seconds": combined - read,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write_json(folder / "scale.json", figures)


if __name__ == "__main__":
    main()
