"""Export: a model folder and its report -> a Hugging Face folder with model card and a checked ONNX graph."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stance.config import DataError, StageConfig
from stance.examples import read_examples
from stance.export.card import model_card
from stance.manifest import MANIFEST, Manifest, build
from stance.model.folder import load_network, read_settings
from stance.storage import atomic_file, read_json, write_json

ONNX = Path("onnx") / "model.onnx"


class ExportConfig(StageConfig):
    """A trained model in, a portable bundle out."""

    model: Path
    """Output of train."""
    dataset: Path
    """Output of dataset; its test pairs are run through both networks."""
    report: Path
    """Output of evaluate, for the model card."""
    parity_pairs: Annotated[int, Field(ge=1)] = 200
    """At most so many pairs are compared."""
    max_logit_difference: float = 1e-4
    """The bundle is refused when the ONNX logits differ by more."""
    threads: int | None = None
    """CPU threads; null is one a core."""


def export(config: ExportConfig, *, replace: bool = False) -> Manifest:
    """Write the bundle; raises DataError when the ONNX graph does not compute what the model computes."""
    return build("export", config, _work, replace=replace)


def _work(config: ExportConfig, folder: Path) -> Mapping[str, int]:
    from stance.export.onnx_graph import export_onnx, onnx_logits
    from stance.model.device import choose_compute
    from stance.model.forward import predict_logits
    from stance.model.inputs import PairEncoder

    settings = read_settings(config.model)
    for file in sorted(config.model.iterdir()):
        if file.is_file() and file.name != MANIFEST and not file.name.startswith("."):
            shutil.copy2(file, folder / file.name)
    network, tokenizer = load_network(folder)
    inputs = PairEncoder(tokenizer, settings.max_tokens, settings.template)
    examples = read_examples(config.dataset, "test")[: config.parity_pairs]
    contexts = [(e.before, e.after) for e in examples]
    encodings = inputs.encode([e.text for e in examples], [e.target for e in examples], contexts)

    (folder / ONNX).parent.mkdir()
    export_onnx(network, list(encodings[0]), folder / ONNX)
    compute = choose_compute("fp32", config.threads)
    expected = predict_logits(network.to(compute.device), encodings, inputs, compute, batch_tokens=1024)
    found = onnx_logits(folder / ONNX, encodings, inputs, _uneven_batches(len(encodings)), compute.threads)
    difference = float(abs(found - expected).max())
    parity = {
        "pairs": len(examples),
        "max_logit_difference": difference,
        "label_flips": int((found.argmax(axis=1) != expected.argmax(axis=1)).sum()),
    }
    if not difference <= config.max_logit_difference:
        raise DataError(
            f"{ONNX}: logits differ from the model's by up to {difference:.2g} on {len(examples)} pairs, "
            f"more than export.max_logit_difference={config.max_logit_difference:g}; nothing was exported"
        )
    write_json(folder / "onnx" / "parity.json", parity)
    with atomic_file(folder / "README.md") as card:
        card.write(model_card(settings, read_json(config.report / "report.json"), parity))
    return {"parity_pairs": len(examples), "label_flips": parity["label_flips"]}


def _uneven_batches(total: int) -> list[list[int]]:
    """1, 2, 3, ... indices at a time: shows that the graph is dynamic in batch and length."""
    batches: list[list[int]] = []
    start = 0
    while start < total:
        batches.append(list(range(start, min(start + len(batches) + 1, total))))
        start = batches[-1][-1] + 1
    return batches
