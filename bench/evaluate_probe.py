"""The bars of probing a model: transformations, attributions, deletion, time. Part of `make bench-evaluate`."""

import os
import re
import shutil
import time
from pathlib import Path

from bench.table import Row, print_table
from stance.config import ConfigError
from stance.probing.stage import ProbeConfig, probe
from stance.probing.transformations import TRANSFORMATIONS
from stance.storage import read_json

ROOT = Path(__file__).parent.parent
RUN = ROOT / "outputs" / "default"
PLACE = ROOT / "outputs" / "bench-evaluate" / "probes"
READ_BY_HAND = ROOT / "docs" / "probing.md"
MAX_BYTES = 3_000_000
MIN_TRANSFORMATIONS, MIN_READ, MAX_SECONDS, CORES = 12, 50, 60, 2


def rows(run: Path = RUN) -> list[Row]:
    """Probe the model of a finished run and compare with the bars; raises ConfigError where there is no such run."""
    if not (run / "training").is_dir():
        raise ConfigError(f"{run}: no finished run; `make pipeline` makes one")
    shutil.rmtree(PLACE, ignore_errors=True)
    config = ProbeConfig(
        model=run / "training", dataset=run / "dataset", predictions=run / "predictions", threads=CORES, output=PLACE
    )
    started, before = time.perf_counter(), os.times()
    probe(config)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.user + after.system - before.user - before.system
    probes = read_json(PLACE / "probes.json")
    found, fall = probes["attributions"], probes["attributions"]["deletion"]
    where = f"{probes['pairs']} pairs of the {probes['split']} split of {run.name}"
    return [
        *_transformations(),
        Row(
            "attributions sum to the logit difference within 1%",
            "all pairs",
            f"{found['within_one_percent']} of {found['pairs']}, largest gap {100 * found['largest_gap']:.3f}%",
            f"integrated gradients, median {found['median_steps']:.0f} steps, {where}",
            found["within_one_percent"] == found["pairs"] > 0,
        ),
        Row(
            "deletion of the top 3 tokens moves the score more than random tokens do",
            "lower bound of the difference above 0",
            f"{_shown(fall['top'])} against {_shown(fall['random'])} logits, difference {_shown(fall['difference'])}",
            f"{fall['pairs']} pairs, 5 random draws each, 95% interval over articles",
            fall["difference"]["low"] is not None and fall["difference"]["low"] > 0,
        ),
        Row(
            "time of the stage probe on 2 cores",
            f"{MAX_SECONDS} s",
            f"{cpu / CORES:.0f} s ({cpu:.0f} s CPU over {CORES} cores; {wall:.0f} s on the clock)",
            "CPU time over the cores: the clock counts other people's work on a busy machine",
            cpu / CORES <= MAX_SECONDS,
        ),
        Row(
            "size of the error browser",
            "3 MB",
            f"{(PLACE / 'errors.html').stat().st_size / 1e6:.1f} MB for {probes['errors']['wrong']} errors",
            "one file",
            (PLACE / "errors.html").stat().st_size <= MAX_BYTES,
        ),
        _default_report(),
    ]


def _default_report() -> Row:
    files = list((ROOT / "docs" / "report").glob("*.html"))
    largest = max((path.stat().st_size for path in files), default=0)
    sets = [part["name"] for part in read_json(ROOT / "docs" / "report" / "report.json")["also"]] if files else []
    return Row(
        "the default model's report in docs, with real_news_dev",
        "there, 3 MB",
        f"{largest / 1e6:.2f} MB, further sets: {', '.join(sets) or 'none'}",
        "docs/report, made by `make docs-report`",
        0 < largest <= MAX_BYTES and "real_news_dev" in sets,
    )


def _transformations() -> list[Row]:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests" / "probing").glob("test_*.py"))
    edits = {name: getattr(t.edit, "__name__", "") for name, t in TRANSFORMATIONS.items()}
    tested = [name for name, edit in edits.items() if edit and re.search(rf"\b{edit}\b", tests)]
    read = re.findall(r"^\| \d+ \|", READ_BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [
        Row(
            "transformations with a unit test",
            f"at least {MIN_TRANSFORMATIONS}, each tested",
            f"{len(TRANSFORMATIONS)}, {len(tested)} tested",
            "names in tests/probing",
            len(TRANSFORMATIONS) >= MIN_TRANSFORMATIONS and len(tested) == len(TRANSFORMATIONS),
        ),
        Row("changed examples read by hand", f"{MIN_READ}", str(len(read)), "docs/probing.md", len(read) >= MIN_READ),
    ]


def _shown(metric: dict[str, float]) -> str:
    bounds = "" if metric["low"] is None else f" [{metric['low']:.2f}, {metric['high']:.2f}]"
    return f"{metric['value']:.2f}{bounds}"


if __name__ == "__main__":
    print_table("probing a model", rows())
