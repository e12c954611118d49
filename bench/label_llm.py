"""Machine labelers against their bars, for `make bench-label`: a language model's server that is played by a process
of its own on 127.0.0.1, and the prototype labeler on sentences that people labelled.
"""

import json
import random
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

from bench.corpus_runs import CORPUS, SHARED, read_scheme_config, read_shared
from bench.table import Row
from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.evaluation.metrics import headline_metrics
from stance.labeling.llm_client import ServerConfig
from stance.labeling.llm_run import AskingConfig
from stance.labeling.llm_stage import LabelLlmConfig, label_llm
from stance.labeling.prototypes import SentenceEncoder, prototype_probabilities
from stance.labeling.zero_shot_stage import Wording, complete_wording
from stance.manifest import read_manifest
from stance.model.device import choose_compute
from stance.model.pretrained import EMBEDDED
from stance.records import Pair, Sentence, Vote, pair_id, sentence_id
from stance.storage import read_json, read_records, write_records
from tests.labeling.fake_llm import PRICE_INPUT, PRICE_OUTPUT, FakeServer, right_label

ROOT = Path(__file__).parents[1]
ITEMS, DELAY_SECONDS, IN_FLIGHT = 10_000, 0.05, 32
SMALL = 1000
KILL_AFTER = 400
FAULTY = 240
CORPUS_SAMPLE = 300
VERBS = ("backs", "condemns", "watches", "sees the harvest beside")


def rows() -> list[Row]:
    """Every bar of the machine labelers that is a figure."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        language_model = [*_speed(place / "speed"), *_faults(place / "faults"), *_budget(place / "budget")]
        return [*language_model, *_killed(place / "killed"), *_prototypes()]


def _speed(folder: Path) -> list[Row]:
    with _server() as url:
        config = _config(folder, ITEMS, url)
        started, cpu = time.perf_counter(), time.process_time()
        counts = label_llm(config).counts
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        seen = _seen(url)
    right = counts["votes"] == ITEMS == seen["billed"] and seen["twice"] == 0
    how = f"{ITEMS:,} items, {DELAY_SECONDS * 1000:.0f} ms a request, {seen['most_in_flight']} in flight"
    how += f", requests of {_request_kilobytes(config):.0f} kB, every answer committed; wall time, files to votes"
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


def _faults(folder: Path) -> list[Row]:
    kinds = ("429", "500", "stall", "drop", "truncated", "wrong", None, None)

    def fault(text: str, times: int) -> str | None:
        return kinds[int(text.split()[0].removeprefix("Town")) % len(kinds)] if times == 0 else None

    with FakeServer(fault=fault, keeps_bodies=False) as server:
        config = _config(folder, FAULTY, server.url)
        asking = config.asking.model_copy(update={"first_wait_seconds": 0.05})
        impatient = config.server.model_copy(update={"timeout_seconds": 2.0})
        counts = label_llm(config.model_copy(update={"asking": asking, "server": impatient})).counts
    votes = list(read_records(config.output / "votes.jsonl", Vote))
    number = [int(vote.pair_id.split(":")[1]) for vote in votes]
    right = sum(vote.label == right_label(VERBS[i % 4]) for i, vote in zip(number, votes, strict=True))
    each = FAULTY // len(kinds)
    entry = read_json(config.output / "ledger.json")
    expected = (FAULTY, 2 * each, 2 * each)
    found = (right, counts["invalid_answers"], entry["lost_requests"])
    how = f"{each} items each met first by {', '.join(kind for kind in kinds if kind)}; compared with what was sent"
    measured = f"{found[0]} right votes, {found[1]} invalid answers, {found[2]} lost"
    return [
        Row(
            "llm labeler: counts under failures",
            "{} right, {} invalid, {} lost".format(*expected),
            measured,
            how,
            found == expected,
        )
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


def _prototypes() -> list[Row]:
    """The labeler without training on bundled and on real articles, with intervals over articles."""
    scheme = read_scheme_config()
    lines = (CORPUS / "annotations.jsonl").read_text(encoding="utf-8").splitlines()
    ours = random.Random(0).sample([json.loads(line) for line in lines], CORPUS_SAMPLE)  # noqa: S311
    sets = {"bundled corpus": [(r["sentence"], r["target"], r["label"], r["article"]) for r in ours]}
    if (SHARED / "real_news_dev.jsonl").is_file():
        news = read_shared("real_news_dev.jsonl")
        sets["real news"] = [(r["text"], r["target"], r["label4"], r["doc_id"]) for r in news]
    encoder = SentenceEncoder.load(EMBEDDED, 128, choose_compute("fp32"))
    seeds = list(complete_wording(Wording(), scheme, "prototypes").seeds.values())
    found = []
    for name, pairs in sets.items():
        started = time.perf_counter()
        answers = prototype_probabilities(encoder, seeds, [(text, target) for text, target, _, _ in pairs]).argmax(
            axis=1
        )
        seconds = time.perf_counter() - started
        gold = [scheme.index(label) for _, _, label, _ in pairs]
        matrices = group_confusions(gold, answers.tolist(), [group for *_, group in pairs], len(scheme.names))
        drawn = resampled_confusions(matrices, Resampling())
        values = []
        for metric in ("macro_f1_three_way", "macro_f1"):
            value = float(headline_metrics(matrices.sum(axis=0), scheme)[metric])
            low, high = percentile_interval(headline_metrics(drawn, scheme)[metric], 0.95)
            values.append(f"{value:.3f} [{low:.3f}, {high:.3f}]")
        how = (
            f"macro-F1 of {len(pairs)} pairs, no training, no network; {seconds:.0f} s, seeds of every target included"
        )
        found.append(Row(f"prototypes, {name}", "reported", f"3-way {values[0]}, 4-way {values[1]}", how))
    return found


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
