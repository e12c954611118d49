"""Measure a bundle on the machine at hand: hashes first, then every backend against the logits it came with."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.config import ConfigError, DataError
from stance.evaluation.parity import Parity, Tolerance, measure_parity
from stance.model.backends import Scorer
from stance.model.backends.choose import available, machine, open_scorer, remember
from stance.model.bundle import bundle_fingerprint, check_hashes, check_safe
from stance.model.folder import read_settings
from stance.model.inputs import Contexts
from stance.model.probe import PROBE, read_probe
from stance.storage import read_json

OPTIONAL = "torch-bf16"
"""Chosen where it is measured to be right; where it is not, the bundle is none the worse."""
REPEATS = 3


@dataclass(frozen=True)
class Verdict:
    """One backend on this machine; `problems` is empty when it is right."""

    backend: str
    pairs_per_second: float
    parity: Parity
    problems: list[str]


@dataclass(frozen=True)
class Verification:
    """What was measured, and the backend that `auto` means from now on."""

    fingerprint: str
    machine: dict[str, str]
    files: int
    verdicts: list[Verdict]
    chosen: str


def verify(folder: Path, *, threads: int | None = None, tolerance: Tolerance | None = None) -> Verification:
    """Check files and scores of a bundle, and note the fastest backend that is right as this machine's `auto`.

    Raises ConfigError when the folder is no bundle, DataError naming the file when it was tampered with or when its
    int8 graph, or every backend, is over tolerance here.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected a bundle, as export makes one")
    check_safe(folder)
    files = check_hashes(folder)
    settings = read_settings(folder)
    if not files:
        raise ConfigError(f"{folder}: has no hashes.json: a model as trained, not a bundle; run export first")
    pairs, expected = read_probe(folder)
    if not pairs or expected.shape[1] != len(settings.scheme.names):
        raise DataError(f"{folder / PROBE}: expected pairs with one logit a label")
    gold = [settings.scheme.index(pair.label) for pair in pairs]
    texts, targets, groups = ([getattr(p, name) for p in pairs] for name in ("text", "target", "group"))
    contexts = [(pair.before, pair.after) for pair in pairs]
    dynamic = ((read_json(folder / "onnx" / "parity.json").get("int8")) or {}).get("method") == "dynamic"
    verdicts = []
    for name in available(folder):
        scorer = open_scorer(folder, name, threads)
        parity = measure_parity(scorer, texts, targets, contexts, gold, groups, expected)
        allowed = name == "onnx-int8" and dynamic
        problems = parity.problems(tolerance or Tolerance(), batch_dependence_allowed=allowed)
        verdicts.append(Verdict(name, _pairs_per_second(scorer, texts, targets, contexts), parity, problems))
    wrong = [v for v in verdicts if v.problems and v.backend != OPTIONAL]
    if wrong:
        what = f"{folder}/onnx/model_int8.onnx" if wrong[0].backend == "onnx-int8" else f"{folder}: {wrong[0].backend}"
        raise DataError(f"{what}: {'; '.join(wrong[0].problems)}; not right on this machine ({machine()['flags']})")
    right = [v for v in verdicts if not v.problems and not (v.backend == "onnx-int8" and dynamic)]
    if not right:
        raise DataError(f"{folder}: no backend can run here; pip install onnxruntime, or torch and transformers")
    chosen = max(right, key=lambda v: v.pairs_per_second).backend
    remember(folder, chosen)
    return Verification(bundle_fingerprint(folder), machine(), len(files), verdicts, chosen)


def describe(result: Verification) -> str:
    """The verification for people, one backend a line."""
    lines = [
        f"bundle      {result.fingerprint}, {result.files} files as exported",
        "machine     " + ", ".join(f"{k} {v}" for k, v in result.machine.items()),
    ]
    for v in result.verdicts:
        p = v.parity
        state = "right" if not v.problems else "; ".join(v.problems)
        lines.append(
            f"{v.backend:<11} {v.pairs_per_second:6.0f} pairs/s, {p.label_flips} of {p.pairs} labels differ, "
            f"macro-F1 loss {p.macro_f1_loss:+.4f} [{p.macro_f1_loss_low:+.4f}, {p.macro_f1_loss_high:+.4f}], "
            f"probabilities within {p.max_probability_difference:.2g}, neighbours {p.max_batch_difference:.1g}: {state}"
        )
    return "\n".join([*lines, f"auto        {result.chosen}"])


def as_json(result: Verification) -> dict[str, Any]:
    """The verification as plain data."""
    return {
        "fingerprint": result.fingerprint,
        "machine": result.machine,
        "files": result.files,
        "backends": {
            v.backend: {"pairs_per_second": v.pairs_per_second, "problems": v.problems, **v.parity.as_json()}
            for v in result.verdicts
        },
        "auto": result.chosen,
    }


def _pairs_per_second(scorer: Scorer, texts: list[str], targets: list[str], contexts: Contexts) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        scorer.logits(texts, targets, contexts)
        best = min(best, time.perf_counter() - started)
    return len(texts) / best
