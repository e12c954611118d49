"""One training by us or by a rival, in a process of its own: prints a JSON line with speed, memory and quality.

`python -m bench.train_rivals ours DATASET --epochs 1 --seed 0`; the same examples, epochs, seed and threads for all.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
os.environ |= {"TOKENIZERS_PARALLELISM": "false"}

import numpy as np
import torch
import yaml
from transformers import PreTrainedModel

from stance.config import decode
from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.examples import pair_lists, read_examples, read_scheme
from stance.inference.classifier import StanceClassifier
from stance.labels import LabelScheme
from stance.model.device import choose_compute, peak_memory_bytes
from stance.model.forward import predict_logits
from stance.model.inputs import PairEncoder
from stance.model.network import LAYER, freeze_lowest, new_classifier
from stance.model.pretrained import EMBEDDED, locate_pretrained
from stance.records import Example
from stance.training.augment import draw_per_label
from stance.training.batching import Step, plan_phases, schedule
from stance.training.dropout import use_cheap_dropout
from stance.training.gradients import Backward, TrainingData
from stance.training.loop import fit
from stance.training.optimizer import OptimizerConfig
from stance.training.progress import Progress
from stance.training.stage import TrainConfig, train
from stance.training.team import Team

MAX_TOKENS = 128
WARM_PAIRS = 64
"""Trained on before the clock starts, where speed is asked for: the first steps pay for memory and kernels."""
PROBE = 2048
"""Rows and columns of the matrices whose product tells the peak."""
PROBES = 12
EXPERIMENTS = Path(__file__).parent.parent / "configs" / "experiment"
Figures = dict[str, float]


@dataclass(frozen=True)
class Material:
    """What every contender gets."""

    dataset: Path
    scheme: LabelScheme
    train: Sequence[Example]
    dev: Sequence[Example]


def ours(material: Material, args: argparse.Namespace) -> Figures:
    """Our loop with the default batch, rate and frozen layers on the given examples alone."""
    compute = choose_compute("auto", args.threads)
    torch.manual_seed(args.seed)
    model, tokenizer = new_classifier(EMBEDDED, material.scheme)
    if args.frozen:
        freeze_lowest(model, TrainConfig.model_fields["model"].default.freeze_layers)
    use_cheap_dropout(model)
    inputs = PairEncoder.of(tokenizer, MAX_TOKENS)
    batch_tokens = TrainConfig.model_fields["batch_tokens"].default

    def run(examples: Sequence[Example], epochs: int) -> Figures:
        data = TrainingData(
            inputs.encode(*pair_lists(examples)),
            torch.tensor([e.probabilities for e in examples], dtype=torch.float32),
            torch.tensor([e.weight for e in examples], dtype=torch.float32),
        )
        lengths = [len(e["input_ids"]) for e in data.encodings]
        plans = plan_phases(lengths, [len(examples)], [epochs], batch_tokens, args.seed)
        steps = schedule(plans, OptimizerConfig().warmup_fraction, OptimizerConfig().warmup_steps)
        with tempfile.TemporaryDirectory() as folder:
            progress = Progress(Path(folder), [data.num_tokens(s.indices) for s in steps], [], quiet=True)
            started = _now()
            fit(
                model,
                steps,
                Backward(data, inputs, None, compute, Team()),
                lambda _: 0.0,
                OptimizerConfig(),
                progress,
                average_decay=0.0,
                patience=None,
                state_file=Path(folder) / "state",
                checkpoint_seconds=1e9,
            )
            spent = _now() - started
        return _times(spent, len(examples) * epochs) | {"gflop": _gigaflop(model, data, steps)}

    peak = _gemm_gflops() if args.warm else 0.0  # also warms the processor up
    figures = _measured(run, material, args) | {"memory_gb": peak_memory_bytes() / 1e9}
    if args.warm:
        # The machine's speed changes while others work on it: before and after, and the mean.
        figures |= {"peak_gflops": (peak + _gemm_gflops()) / 2}
    return figures | _macro_f1(_answers(model, inputs, material), material)


def trainer(material: Material, args: argparse.Namespace) -> Figures:
    """The transformers Trainer: padded and fp32 as in its example, or dynamic, grouped by length and bf16.

    `same` is the padded one without the padding: the same sums, so the same quality, in less of the bench's time.
    """
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model, tokenizer = new_classifier(EMBEDDED, material.scheme)
    model.accepts_loss_kwargs = False  # ty: ignore[invalid-assignment] - else transformers mis-scales its loss
    padding: Any = "max_length" if args.who == "padded" else False
    dynamic: dict[str, Any] = {"bf16": True, "train_sampling_strategy": "group_by_length"}

    def run(examples: Sequence[Example], epochs: int) -> Figures:
        texts, targets, _ = pair_lists(examples)
        rows = tokenizer(texts, targets, truncation=True, max_length=MAX_TOKENS, padding=padding)
        labels = [material.scheme.index(e.label) for e in examples]
        data = [{**{name: rows[name][i] for name in rows}, "labels": labels[i]} for i in range(len(examples))]
        with tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder,
                use_cpu=not torch.cuda.is_available(),
                per_device_train_batch_size=args.batch,
                num_train_epochs=epochs,
                learning_rate=args.rate,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                seed=args.seed,
                **(dynamic if args.who == "dynamic" else {}),
            )
            runner = Trainer(model, arguments, train_dataset=data, data_collator=DataCollatorWithPadding(tokenizer))  # ty: ignore[invalid-argument-type]
            started = _now()
            runner.train()
            return _times(_now() - started, len(examples) * epochs)

    figures = _measured(run, material, args) | {"memory_gb": peak_memory_bytes() / 1e9}
    return figures | _macro_f1(_answers(model, PairEncoder.of(tokenizer, MAX_TOKENS), material), material)


def setfit(material: Material, args: argparse.Namespace) -> Figures:
    """SetFit with its defaults on sentence and target as one text; in bf16, which is several times its default's speed.

    With `--steps` its contrastive phase ends there; 0 leaves it as long as it is by default.
    """
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    compute = choose_compute("auto", args.threads)
    model = SetFitModel.from_pretrained(locate_pretrained(EMBEDDED))
    texts = [_one(e) for e in material.train]
    data = Dataset.from_dict({"text": texts, "label": [material.scheme.index(e.label) for e in material.train]})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, seed=args.seed, report_to="none", save_strategy="no", max_steps=args.steps or -1
        )
        started = _now()
        with compute.autocast():
            Trainer(model=model, args=arguments, train_dataset=data).train()
        spent = _now() - started
    found = np.asarray(model.predict([_one(e) for e in material.dev]))
    return _times(spent, len(texts)) | _macro_f1(found, material)


def recipe(material: Material, args: argparse.Namespace) -> Figures:
    """The stage `train` as users run it; tokenising, plan, training, calibration and writing are in its time.

    Its settings are those of `--experiment` and of each `--set`; drills and other first sets are left out.
    """
    settings: dict[str, Any] = {}
    if args.experiment:
        settings = yaml.safe_load((EXPERIMENTS / f"{args.experiment}.yaml").read_text(encoding="utf-8"))["train"]
    for key, _, value in (given.partition("=") for given in args.set):
        *sections, name = key.split(".")
        place = settings
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = yaml.safe_load(value)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "model"
        settings |= {"dataset": str(args.dataset), "output": str(output), "seed": args.seed, "threads": args.threads}
        started = _now()
        train(decode(TrainConfig, settings | {"first": []}))
        spent = _now() - started
        classifier = StanceClassifier.load(output, threads=args.threads)
        found = classifier.predict_proba(*pair_lists(material.dev)[:2]).argmax(axis=1)
    return _times(spent, len(material.train)) | _macro_f1(found, material)


def _now() -> np.ndarray:
    """Seconds on the clock, and of work by all threads of this process: the second tells more on a busy machine."""
    return np.array([time.perf_counter(), time.process_time()])


def _times(spent: np.ndarray, examples: int) -> Figures:
    seconds, cpu_seconds = map(float, spent)
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "examples": examples}


def _measured(
    run: Callable[[Sequence[Example], int], Figures], material: Material, args: argparse.Namespace
) -> Figures:
    if args.warm:
        run(material.train[:WARM_PAIRS], 1)
    return run(material.train, args.epochs)


def _one(example: Example) -> str:
    return f"{example.text} {example.target}"


def _answers(model: PreTrainedModel, inputs: PairEncoder, material: Material) -> np.ndarray:
    encodings = inputs.encode(*pair_lists(material.dev))
    return predict_logits(model, encodings, inputs, choose_compute("auto"), 4096).argmax(axis=1)


def _macro_f1(found: np.ndarray, material: Material) -> Figures:
    gold = [material.scheme.index(e.label) for e in material.dev]
    return {"macro_f1": float(macro_f1(confusion_matrix(gold, found, len(material.scheme.names))))}


def _gigaflop(model: PreTrainedModel, data: TrainingData, steps: Sequence[Step]) -> float:
    """Of the matrix products of real tokens: 2 a weight forward, 2 for its input's gradient, 2 for its own.

    Attention's own products are 4 x length x width a token and layer forward, and twice that backward. The lowest
    trained layer passes no gradient on to its input's projections, which is left out of account: 2 of 100.
    """
    layers: dict[int, bool] = {}
    per_token = 0.0
    for name, parameter in model.named_parameters():
        if (found := LAYER.search(name)) and parameter.ndim == 2:
            layers[int(found[1])] = parameter.requires_grad
            per_token += parameter.numel() * (6 if parameter.requires_grad else 2)
    attention = sum(12 if trained else 4 for trained in layers.values()) * int(model.config.hidden_size)
    lengths = [len(data.encodings[i]["input_ids"]) for step in steps for i in step.indices]
    return sum(n * (per_token + attention * n) for n in lengths) / 1e9


def _gemm_gflops() -> float:
    """The best of several products of square bf16 matrices."""
    a = torch.randn(PROBE, PROBE).bfloat16()
    best = float("inf")
    for _ in range(PROBES):
        started = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - started)
    return 2 * PROBE**3 / best / 1e9


RUNS: Mapping[str, Callable[[Material, argparse.Namespace], Figures]] = {
    "ours": ours,
    "padded": trainer,
    "same": trainer,
    "dynamic": trainer,
    "setfit": setfit,
    "recipe": recipe,
}


def main() -> None:
    """Train once and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=RUNS)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=5e-5, help="of a Trainer; this is the Trainer's default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=None, help="so many training pairs, the same for all seeds")
    parser.add_argument("--per-label", type=int, default=None, help="so many of each label, drawn by the seed")
    parser.add_argument("--steps", type=int, default=0, help="of SetFit's contrastive phase; 0 is its default")
    parser.add_argument("--experiment", help="of the recipe: a file of configs/experiment")
    parser.add_argument("--set", action="append", default=[], help="of the recipe: name=value, as below train")
    parser.add_argument("--warm", action="store_true", help="start the clock after some steps, and measure the peak")
    parser.add_argument("--frozen", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    examples = read_examples(args.dataset, "train")
    if args.per_label:
        examples = draw_per_label(examples, args.per_label, args.seed)
    if args.pairs:
        order = np.random.default_rng(0).permutation(len(examples))[: args.pairs]
        examples = [examples[i] for i in order]
    material = Material(args.dataset, read_scheme(args.dataset), examples, read_examples(args.dataset, "dev"))
    print(json.dumps(RUNS[args.who](material, args)))


if __name__ == "__main__":
    main()
