"""Machine labelers against their bars, for `make bench-label`: a language model's server that is played by a process
of its own on 127.0.0.1, and the prototype labeler on sentences that people labelled.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.corpus_runs import read_scheme_config
from bench.table import Row
from stance.labeling.llm_client import ServerConfig
from stance.labeling.llm_run import AskingConfig
from stance.labeling.llm_stage import LabelLlmConfig, label_llm
from stance.manifest import read_manifest
from stance.records import Pair, Sentence, pair_id, sentence_id
from stance.storage import write_records
from tests.labeling.fake_llm import PRICE_INPUT, PRICE_OUTPUT

ROOT = Path(__file__).parents[1]
ITEMS, DELAY_SECONDS, IN_FLIGHT = 10_000, 0.05, 32
SMALL = 1000
KILL_AFTER = 400
VERBS = ("backs", "condemns", "watches", "sees the harvest beside")


def rows() -> list[Row]:
    """Every bar of the machine labelers that is a figure."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_speed(Path(folder) / "speed"), *_budget(Path(folder) / "budget"), *_killed(Path(folder) / "killed")]


def _speed(folder: Path) -> list[Row]:
    with _server() as url:
        config = _config(folder, ITEMS, url)
        started, cpu = time.perf_counter(), time.process_time()
        counts = label_llm(config).counts
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        seen = _seen(url)
    right = counts["votes"] == ITEMS == seen["billed"] and seen["twice"] == 0
    how = f"{ITEMS:,} items, {DELAY_SECONDS * 1000:.0f} ms a request, {seen['most_in_flight']} in flight"
    how += (
        f", requests of {_request_kilobytes(config):.0f} kB, every answer synced to disk; wall time, reading to votes"
    )
    least = ITEMS * DELAY_SECONDS / IN_FLIGHT
    return [
        Row(
            "llm labeler: time",
            "< 30 s",
            f"{seconds:.1f} s (least possible {least:.1f} s)",
            how,
            seconds < 30 and right,
        ),
        Row(
            "llm labeler: CPU", "reported", f"{cpu:.1f} s, {cpu / ITEMS * 1000:.2f} ms an item", "of our process alone"
        ),
    ]


def _budget(folder: Path) -> list[Row]:
    with _server() as url:
        label_llm(_config(folder / "one", 20, url))
        one = _seen(url)["cost"] / 20
    with _server() as url:
        limit = one * SMALL / 2
        counts = label_llm(_config(folder / "all", SMALL, url, budget_money=limit)).counts
        seen = _seen(url)
    over = (seen["cost"] - limit) / one
    how = f"money for {SMALL // 2} of {SMALL} items, {IN_FLIGHT} in flight, the server's bill; {counts['votes']} votes"
    return [Row("llm labeler: over the budget", "at most 1 request", f"{max(over, 0):.2f} requests", how, over <= 1)]


def _killed(folder: Path) -> list[Row]:
    with _server() as url:
        config = _config(folder, SMALL, url)
        command = [sys.executable, "-m", "bench.label_llm", config.model_dump_json()]
        process = subprocess.Popen(command, cwd=ROOT)
        while _seen(url)["billed"] < KILL_AFTER and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(2 * DELAY_SECONDS)
        before = _seen(url)
        subprocess.run(command, cwd=ROOT, check=True)
        seen = _seen(url)
    manifest = read_manifest(config.output)
    assert manifest is not None  # noqa: S101 - the run above succeeded
    repeated = seen["requests"] - SMALL
    right = seen["billed"] == SMALL == manifest.counts["votes"] and seen["twice"] == 0 and repeated <= IN_FLIGHT
    how = f"killed by -9 after {before['billed']} of {SMALL} answers, resumed; "
    how += f"{repeated} that were in flight were sent again, under their idempotency key"
    return [Row("llm labeler: paid twice after kill -9", "0", str(seen["twice"]), how, right)]


def _config(folder: Path, number: int, url: str, **asking: Any) -> LabelLlmConfig:
    sentences = [
        Sentence(id=sentence_id("d", i), document_id="d", index=i, start=0, end=len(text), text=text)
        for i, text in ((i, f"Town{i} {VERBS[i % 4]} the mission, its council said on Monday.") for i in range(number))
    ]
    write_records(folder / "sentences" / "sentences.jsonl", sentences)
    target = "UN intervention in Mali"
    pairs = [Pair(id=pair_id(s.id, target), sentence_id=s.id, target=target) for s in sentences]
    write_records(folder / "pairs.jsonl", pairs)
    return LabelLlmConfig(
        sentences=folder / "sentences",
        pairs=folder / "pairs.jsonl",
        guidelines=ROOT / "docs" / "annotation-guidelines.md",
        scheme=read_scheme_config(),
        server=ServerConfig(url=url, model="fake", price_input=PRICE_INPUT, price_output=PRICE_OUTPUT),
        asking=AskingConfig(cache=folder / "answers.sqlite", concurrency=IN_FLIGHT, yes=True, **asking),
        output=folder / "votes",
    )


def _request_kilobytes(config: LabelLlmConfig) -> float:
    return len(config.guidelines.read_bytes()) / 1000


@contextmanager
def _server() -> Generator[str]:
    command = [sys.executable, "-m", "tests.labeling.fake_llm", str(DELAY_SECONDS)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


def _seen(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/seen") as response:  # noqa: S310 - our own server
        return json.loads(response.read())


if __name__ == "__main__":
    label_llm(LabelLlmConfig.model_validate_json(sys.argv[1]))
