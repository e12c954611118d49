"""The server against its bars: throughput, latency, overload, soak, the end, a new model, fuzzing."""

import argparse
import asyncio
import itertools
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import numpy as np

from bench.serve_fuzz import schemathesis_rows
from bench.serve_load import Client, Outcome, Request, at_rate, one_after_another, wrk
from bench.serve_page import paint_rows
from bench.serve_server import Server, litserve, ours
from bench.table import Row, one_of, print_table
from stance import StanceClassifier
from stance.examples import read_examples
from stance.model.bundle import write_hashes
from stance.storage import read_json, write_json

CONNECTIONS = 64
CORES = len(os.sched_getaffinity(0))
BAD = (
    Request(b"{"),
    Request(b'{"pairs": []}'),
    Request(b'{"pairs": [{"text": 1, "target": "t"}]}'),
    Request(b"[" * 10_000),
    Request(b"\xff\xfe"),
    Request(b"x" * 100, headers="Content-Type: text/plain\r\n"),
    Request(b"x" * 100, headers="Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
    Request(b"", "GET", "/nothing", ""),
    Request(b"", "DELETE", "/predict", ""),
    Request(b'{"html": "<p>", "targets": ["t"]}', path="/documents"),
    Request(b'{"text": "A. B.", "targets": []}', path="/documents"),
)


def main() -> None:
    """Measure the parts asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", type=one_of(PARTS), help=f"some of {', '.join(PARTS)}; default: all")
    parser.add_argument("--model", type=Path, default=Path("outputs/default/model"))
    parser.add_argument("--dataset", type=Path, default=Path("outputs/default/dataset"))
    parser.add_argument("--seconds", type=float, default=10, help="of one round of throughput or latency")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--overload-seconds", type=float, default=60)
    parser.add_argument("--soak", type=int, default=20_000, help="requests")
    parser.add_argument("--times", type=int, default=5, help="ends and new models under load")
    parser.add_argument("--cases", type=int, default=5000, help="of schemathesis")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.parts or PARTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += PARTS[name](options)
    backend = StanceClassifier.load(options.model, threads=1).backend
    print_table(f"serving: {options.model}, {backend}, {CORES} cores shared by server and load", rows)


def single_pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Test pairs, in a fixed shuffled order."""
    pairs = [(e.text, e.target) for e in read_examples(options.dataset, "test")]
    return [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))][:256]


def bodies(pairs: Sequence[tuple[str, str]]) -> list[bytes]:
    """One request a pair."""
    return [json.dumps({"pairs": [{"text": text, "target": target}]}).encode() for text, target in pairs]


def throughput_rows(options: argparse.Namespace) -> list[Row]:
    """Ours, batch prediction, litserve, and ours without batching, one after another in each round."""
    pairs = single_pairs(options)
    texts, targets = map(list, zip(*pairs, strict=True))
    whole = StanceClassifier.load(options.model)
    single = StanceClassifier.load(options.model, threads=1)
    rates: dict[str, list[float]] = {"ours": [], "batch": [], "litserve": [], "alone": []}
    for _ in range(options.rounds):
        rates["batch"].append(
            max(_rate(lambda: whole.predict(texts, targets)), _rate(lambda: _in_threads(single, texts, targets)))
        )
        for name in ("ours", "litserve", "alone"):
            with _start(name, options.model) as server:
                wrk(server.port, bodies(pairs), 1, CONNECTIONS)
                rates[name].append(wrk(server.port, bodies(pairs), options.seconds, CONNECTIONS))
    median = {name: statistics.median(values) for name, values in rates.items()}

    def ratio(rival: str) -> float:
        return statistics.median(a / b for a, b in zip(rates["ours"], rates[rival], strict=True))

    how = f"wrk, {CONNECTIONS} connections, one pair a request; median of {options.rounds} interleaved rounds"
    share = ratio("batch")
    best = "256 pairs; the faster of one call on all cores and a thread a core"
    return [
        Row("requests a second", "", f"{median['ours']:.0f}", how),
        Row("batch prediction, pairs a second", "", f"{median['batch']:.0f}", best),
        Row("share of batch prediction", ">= 70%", f"{share:.0%}", "ratio within a round", share >= 0.7),
        Row(
            "against litserve",
            "> 1",
            f"{ratio('litserve'):.2f} x of {median['litserve']:.0f}",
            how,
            ratio("litserve") > 1,
        ),
        Row("against a thread per request", "", f"{ratio('alone'):.2f} x of {median['alone']:.0f}", "batch_pairs=1"),
    ]


def _start(name: str, model: Path) -> Server:
    if name == "litserve":
        return litserve(model, CORES)
    return ours(model, "batch_pairs=1") if name == "alone" else ours(model)


def _rate(run: object) -> float:
    assert callable(run)  # noqa: S101
    run()
    started = time.perf_counter()
    for _ in range(2):
        run()
    return 2 * 256 / (time.perf_counter() - started)


def _in_threads(classifier: StanceClassifier, texts: list[str], targets: list[str]) -> None:
    """The pairs in batches of 32, a thread a core."""
    starts = iter(range(0, len(texts), 32))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            classifier.predict(texts[start : start + 32], targets[start : start + 32])

    threads = [threading.Thread(target=work) for _ in range(CORES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def latency_rows(options: argparse.Namespace) -> list[Row]:
    """Requests at random times, seven tenths of what the server can do."""
    sent = bodies(single_pairs(options))
    rows = []
    with ours(options.model) as server:
        capacity = wrk(server.port, sent, options.seconds, CONNECTIONS)
        outcome = _load(server.port, [Request(b) for b in sent], 0.7 * capacity, 2 * options.seconds)
        how = f"{outcome.answered} requests, Poisson at {0.7 * capacity:.0f}/s, from when each was due"
        worst = 1000 * outcome.p99()
        clean = set(outcome.statuses) == {200} and not outcome.lost
        median = 1000 * statistics.median(outcome.seconds)
        rows.append(Row("p99 at 70% load", "< 400 ms", f"{worst:.0f} ms", how, worst < 400 and clean))
        rows.append(Row("p50 at 70% load", "", f"{median:.0f} ms", how))
    return rows


def _load(port: int, requests: Sequence[Request], rate: float, seconds: float) -> Outcome:
    async def run() -> Outcome:
        client = Client(port)
        await at_rate(client, requests, rate, seconds)
        client.close()
        return client.outcome

    return asyncio.run(run())


def overload_rows(options: argparse.Namespace) -> list[Row]:
    """Three times of what it can do, then what it can do again."""
    sent = bodies(single_pairs(options))
    seconds = options.overload_seconds
    with ours(options.model) as server:
        capacity = wrk(server.port, sent, options.seconds, CONNECTIONS)
        before = server.memory()
        outcome = _load(server.port, [Request(b) for b in sent], 3 * capacity, seconds)
        growth = server.memory() - before
        # The load ends when its last answer is there, which is when the queue is empty.
        again = wrk(server.port, sent, 2, CONNECTIONS) / capacity
        alive = server.process.poll() is None
    refused = outcome.statuses.get(503, 0)
    how = f"{outcome.answered} requests, Poisson at {3 * capacity:.0f}/s for {seconds:g} s: {outcome.statuses}"
    clean = alive and set(outcome.statuses) == {200, 503} and not outcome.lost and not outcome.refused
    return [
        Row("overload: only 200 and 503", "no crash, none lost", f"{len(outcome.lost)} lost", how, clean),
        Row(
            "overload: 503 without Retry-After",
            "0",
            f"{outcome.without_retry} of {refused}",
            how,
            not outcome.without_retry,
        ),
        Row("overload: memory", "< 200 MB more", f"{growth:+.0f} MB", f"resident, from {before:.0f} MB", growth < 200),
        Row(
            "overload: answered meanwhile",
            "",
            f"{outcome.statuses.get(200, 0) / seconds / capacity:.0%}",
            "of capacity",
        ),
        Row("full speed after overload", ">= 90% within 2 s", f"{again:.0%}", "wrk in the 2 s after", again >= 0.9),
    ]


def soak_requests(options: argparse.Namespace, count: int) -> list[Request]:
    """Of all sizes, bad ones among them, in a fixed random order."""
    pairs = single_pairs(options)
    random = np.random.default_rng(0)
    article = " ".join(text for text, _ in pairs[:12])
    made = []
    for number in range(count):
        kind = random.choice(["bad", "one", "some", "many", "text", "html"], p=[0.38, 0.5, 0.08, 0.01, 0.02, 0.01])
        size = {"one": 1, "some": int(random.integers(2, 9)), "many": 64}.get(kind, 0)
        if size:
            rows = [
                {"text": t[: random.integers(1, 200)], "target": g}
                for t, g in itertools.islice(itertools.cycle(pairs), number, number + size)
            ]
            made.append(Request(json.dumps({"pairs": rows}).encode()))
        elif kind == "bad":
            made.append(BAD[number % len(BAD)])
        else:
            content = article if kind == "text" else f"<html><article><p>{article}</p></article></html>"
            made.append(Request(json.dumps({kind: content, "targets": [pairs[0][1]]}).encode(), path="/documents"))
    return made


def soak_rows(options: argparse.Namespace) -> list[Row]:
    """Many requests of all kinds; memory after a quarter of them against memory at the end."""
    requests = soak_requests(options, options.soak)
    total = Outcome()
    memory: list[float] = []

    async def run(port: int, part: Sequence[Request]) -> Outcome:
        client = Client(port)
        await one_after_another(client, part, 16, asyncio.Event())
        client.close()
        return client.outcome

    with ours(options.model) as server:
        for part in _parts(requests, 8):
            outcome = asyncio.run(run(server.port, part))
            memory.append(server.memory())
            total.lost += outcome.lost
            for status, count in outcome.statuses.items():
                total.statuses[status] = total.statuses.get(status, 0) + count
    faults = sum(n for status, n in total.statuses.items() if status >= 500 and status != 503)
    how = f"{total.answered} requests, 16 at a time: {dict(sorted(total.statuses.items()))}"
    growth = memory[-1] - memory[1]
    return [
        Row("soak: 5xx but 503", "0", str(faults), how, not faults and not total.lost),
        Row(
            "soak: memory",
            "flat: < 20 MB",
            f"{growth:+.1f} MB",
            f"of {memory[-1]:.0f} MB, since a quarter",
            growth < 20,
        ),
    ]


def _parts(requests: list[Request], count: int) -> list[list[Request]]:
    size = -(-len(requests) // count)
    return [requests[start : start + size] for start in range(0, len(requests), size)]


def end_rows(options: argparse.Namespace) -> list[Row]:
    """SIGTERM while requests come one after another on 32 connections."""
    endless = [Request(b) for b in bodies(single_pairs(options))] * 200
    answered, lost, mismatched = 0, 0, 0

    async def run(server: Server) -> Outcome:
        client, stop = Client(server.port), asyncio.Event()
        load = asyncio.create_task(one_after_another(client, endless, 32, stop))
        await asyncio.sleep(3)
        server.terminate()
        await load
        client.close()
        return client.outcome

    for _ in range(options.times):
        with ours(options.model) as server:
            outcome = asyncio.run(run(server))
            counted = re.search(r"stopped; (\d+) requests", server.close())
            answered += outcome.answered
            lost += len(outcome.lost)
            # One more is the bench's own question whether the server is there.
            mismatched += counted is None or int(counted[1]) != outcome.answered + 1
    how = f"{options.times} times, 32 connections, {answered} requests"
    return [Row("SIGTERM: requests without answer", "0", str(lost), how, not lost and not mismatched)]


def reload_rows(options: argparse.Namespace) -> list[Row]:
    """Another model is put into the folder while requests come one after another on 32 connections."""
    endless = [Request(b) for b in bodies(single_pairs(options))] * 200

    async def run(server: Server, folder: Path) -> Outcome:
        client, stop = Client(server.port), asyncio.Event()
        load = asyncio.create_task(one_after_another(client, endless, 32, stop))
        for number in range(options.times):
            await asyncio.sleep(1)
            known = set(client.outcome.models)
            await asyncio.to_thread(_put_another, options.model, folder, number)
            for _ in range(300):
                if client.outcome.models > known:
                    break
                await asyncio.sleep(0.1)
        stop.set()
        await load
        client.close()
        return client.outcome

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        shutil.copytree(options.model, folder)
        with ours(folder, "reload_seconds=0.2") as server:
            wrk(server.port, bodies(single_pairs(options)), 2, CONNECTIONS)
            before = server.memory()
            outcome = asyncio.run(run(server, folder))
            growth = server.memory() - before
    clean = set(outcome.statuses) == {200} and not outcome.lost
    seen = len(outcome.models)
    how = f"{options.times} new models under load, {seen} fingerprints seen, {outcome.answered} requests"
    return [
        Row(
            "new model: requests without answer", "0", str(len(outcome.lost)), how, clean and seen == options.times + 1
        ),
        Row("new model: memory", "", f"{growth:+.0f} MB", f"after {options.times} of them, old ones let go"),
    ]


def _put_another(model: Path, folder: Path, number: int) -> None:
    """Another seed in its settings makes it another model."""
    new = folder.with_name("new")
    shutil.copytree(model, new)
    write_json(new / "stance.json", read_json(new / "stance.json") | {"seed": 1000 + number})
    write_hashes(new)
    old = folder.with_name(f"old-{number}")
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old)


def page_rows(options: argparse.Namespace) -> list[Row]:
    """First paint of the page in a browser, where Debian's Chromium is (`make browser`)."""
    with ours(options.model) as server:
        return paint_rows(f"http://127.0.0.1:{server.port}/")


def fuzz_rows(options: argparse.Namespace) -> list[Row]:
    """Schemathesis over the OpenAPI document, with all its checks."""
    with ours(options.model) as server:
        address = f"http://127.0.0.1:{server.port}/openapi.json"
        return schemathesis_rows(address, options.cases, lambda: server.process.poll() is None)


PARTS = {
    "throughput": throughput_rows,
    "latency": latency_rows,
    "overload": overload_rows,
    "soak": soak_rows,
    "end": end_rows,
    "reload": reload_rows,
    "fuzz": fuzz_rows,
    "page": page_rows,
}

if __name__ == "__main__":
    main()
