"""One training by us or by a rival, in a process of its own: prints a JSON line with speed, memory and quality.

`python -m bench.train_rivals ours DATASET --epochs 1 --seed 0`; the same examples, epochs, seed and threads for all.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
os.environ |= {"TOKENIZERS_PARALLELISM": "false"}

import numpy as np
import torch

from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.examples import read_examples, read_scheme
from stance.model.device import choose_compute, peak_memory_bytes
from stance.model.forward import predict_logits
from stance.model.inputs import PairEncoder
from stance.model.network import freeze_lowest, new_classifier
from stance.model.pretrained import EMBEDDED, locate_pretrained
from stance.records import Example

MAX_TOKENS = 128
RIVAL_RATE = 5e-5
"""What the transformers text-classification example and the Trainer take."""
PROBE = 2048
"""Rows and columns of the matrices whose product tells the peak."""


def ours(train: list[Example], dev: list[Example], scheme: Any, args: argparse.Namespace) -> dict[str, float]:
    """Our loop with the default recipe on the given examples alone."""
    import tempfile

    from stance.training.batching import plan_phases, schedule
    from stance.training.gradients import Backward, TrainingData
    from stance.training.loop import fit
    from stance.training.objective import ObjectiveConfig
    from stance.training.optimizer import OptimizerConfig
    from stance.training.progress import Progress
    from stance.training.stage import TrainConfig
    from stance.training.team import Team

    recipe = TrainConfig.model_fields
    compute = choose_compute("auto", args.threads)
    torch.manual_seed(args.seed)
    model, tokenizer = new_classifier(EMBEDDED, scheme)
    frozen = recipe["model"].default
    if frozen.freeze_embeddings and args.frozen:
        freeze_lowest(model, frozen.freeze_layers)
    inputs = PairEncoder.of(tokenizer, MAX_TOKENS)
    started = time.perf_counter()
    data = TrainingData(
        inputs.encode([e.text for e in train], [e.target for e in train]),
        torch.tensor([e.probabilities for e in train], dtype=torch.float32),
        torch.tensor([e.weight for e in train], dtype=torch.float32),
    )
    lengths = [len(e["input_ids"]) for e in data.encodings]
    tokenised = time.perf_counter() - started
    plans = plan_phases(lengths, [len(train)], [args.epochs], recipe["batch_tokens"].default, args.seed)
    steps = schedule(plans, 0.1)
    with tempfile.TemporaryDirectory() as folder:
        progress = Progress(Path(folder), [data.num_tokens(s.indices) for s in steps], [], quiet=True)
        started = _now()
        fit(
            model,
            steps,
            Backward(data, inputs, ObjectiveConfig(), None, compute, Team()),
            lambda _: 0.0,
            OptimizerConfig(),
            progress,
            average_decay=0.0,
            patience=args.epochs,
            state_file=Path(folder) / "state",
            checkpoint_seconds=1e9,
        )
        spent = _now() - started
    flops = _training_flops(model, data, steps)
    result = _result(model, inputs, train, dev, scheme, spent, args)
    return result | {"tokenising_seconds": tokenised, "gflops": flops / spent[0] / 1e9, "peak_gflops": _gemm_gflops()}


def trainer(train: list[Example], dev: list[Example], scheme: Any, args: argparse.Namespace) -> dict[str, float]:
    """The transformers Trainer: padded and fp32 as in its example, or dynamic, grouped by length and bf16."""
    import tempfile

    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model, tokenizer = new_classifier(EMBEDDED, scheme)
    model.accepts_loss_kwargs = False  # ty: ignore[invalid-assignment] - else transformers mis-scales its loss
    padding: Any = "max_length" if args.who == "padded" else False
    rows = tokenizer(
        [e.text for e in train], [e.target for e in train], truncation=True, max_length=MAX_TOKENS, padding=padding
    )
    labels = [scheme.index(e.label) for e in train]
    data = [{**{name: rows[name][i] for name in rows}, "labels": labels[i]} for i in range(len(train))]
    dynamic: dict[str, Any] = {"bf16": True, "train_sampling_strategy": "group_by_length"}
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            use_cpu=not torch.cuda.is_available(),
            per_device_train_batch_size=args.batch,
            num_train_epochs=args.epochs,
            learning_rate=args.rate,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=args.seed,
            **(dynamic if args.who == "dynamic" else {}),
        )
        run = Trainer(model, arguments, train_dataset=data, data_collator=DataCollatorWithPadding(tokenizer))  # ty: ignore[invalid-argument-type]
        started = _now()
        run.train()
        spent = _now() - started
    return _result(model, PairEncoder.of(tokenizer, MAX_TOKENS), train, dev, scheme, spent, args)


def setfit(train: list[Example], dev: list[Example], scheme: Any, args: argparse.Namespace) -> dict[str, float]:
    """SetFit with its defaults on sentence and target as one text."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    torch.set_num_threads(args.threads)
    model = SetFitModel.from_pretrained(locate_pretrained(EMBEDDED))
    data = Dataset.from_dict({"text": [_one(e) for e in train], "label": [scheme.index(e.label) for e in train]})
    started = _now()
    Trainer(model=model, args=TrainingArguments(seed=args.seed, report_to="none"), train_dataset=data).train()
    spent = _now() - started
    found = np.asarray(model.predict([_one(e) for e in dev]))
    return _scores(found, train, dev, scheme, spent, args)


def _now() -> np.ndarray:
    """Seconds on the clock, and of work by all threads of this process: the second tells more on a busy machine."""
    return np.array([time.perf_counter(), time.process_time()])


def _one(example: Example) -> str:
    return f"{example.text} {example.target}"


def _result(
    model: Any,
    inputs: PairEncoder,
    train: list[Example],
    dev: list[Example],
    scheme: Any,
    spent: np.ndarray,
    args: argparse.Namespace,
) -> dict[str, float]:
    encodings = inputs.encode([e.text for e in dev], [e.target for e in dev])
    logits = predict_logits(model, encodings, inputs, choose_compute("fp32", args.threads), 4096)
    return _scores(logits.argmax(axis=1), train, dev, scheme, spent, args)


def _scores(
    found: np.ndarray,
    train: list[Example],
    dev: list[Example],
    scheme: Any,
    spent: np.ndarray,
    args: argparse.Namespace,
) -> dict[str, float]:
    seconds, cpu_seconds = map(float, spent)
    matrix = confusion_matrix([scheme.index(e.label) for e in dev], found, len(scheme.names))
    return {
        "examples_per_second": len(train) * args.epochs / seconds,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "macro_f1": float(macro_f1(matrix)),
        "memory_gb": peak_memory_bytes() / 1e9,
    }


def _training_flops(model: Any, data: Any, steps: Any) -> float:
    """Of the matrix products of real tokens: 2 a weight forward, 2 for its input's gradient, 2 for its own."""
    from stance.model.network import LAYER

    per_token = 0.0
    for name, parameter in model.named_parameters():
        if LAYER.search(name) and parameter.ndim == 2:
            per_token += parameter.numel() * (6 if parameter.requires_grad else 2)
    return per_token * sum(data.num_tokens(step.indices) for step in steps)


def _gemm_gflops() -> float:
    """The best of several products of square bf16 matrices."""
    a = torch.randn(PROBE, PROBE).bfloat16()
    best = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - started)
    return 2 * PROBE**3 / best / 1e9


def main() -> None:
    """Train once and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=("ours", "padded", "dynamic", "setfit"))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=RIVAL_RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=None)
    parser.add_argument("--per-label", type=int, default=None)
    parser.add_argument("--cheap-dropout", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--frozen", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    from stance.training.augment import draw_per_label

    scheme, train, dev = (
        read_scheme(args.dataset),
        read_examples(args.dataset, "train"),
        read_examples(args.dataset, "dev"),
    )
    if args.per_label:
        train = draw_per_label(train, args.per_label, args.seed)
    if args.pairs:
        order = np.random.default_rng(0).permutation(len(train))[: args.pairs]
        train = [train[i] for i in order]
    run = {"ours": ours, "setfit": setfit}.get(args.who, trainer)
    print(json.dumps(run(train, dev, scheme, args)))


if __name__ == "__main__":
    main()
