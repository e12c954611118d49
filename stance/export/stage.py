"""Export: a model folder and its report -> a portable bundle: weights, checked ONNX graphs, card, hashes."""

import logging
import os
import shutil
import tarfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from stance.config import ConfigError, DataError, StageConfig
from stance.evaluation.parity import Parity, Tolerance, measure_parity
from stance.examples import pair_lists, read_examples
from stance.export.card import hub_name, model_card
from stance.export.methods import methods_paragraph
from stance.manifest import MANIFEST, Manifest, build
from stance.model.backends.choose import ONNX_FILES, machine, open_scorer
from stance.model.bundle import bundle_fingerprint, check_safe, write_hashes
from stance.model.folder import ModelSettings, read_settings
from stance.model.probe import ProbePair, write_probe
from stance.records import Example
from stance.storage import atomic_file, read_json, write_json

if TYPE_CHECKING:
    import numpy as np

    from stance.export.quantization import Method

FP32, INT8 = ONNX_FILES["onnx-fp32"], ONNX_FILES["onnx-int8"]
log = logging.getLogger(__name__)


class ExportConfig(StageConfig):
    """A trained model in, a portable bundle out."""

    model: Path
    """Output of train."""
    dataset: Path
    """Output of dataset; train pairs calibrate, dev pairs are run through every graph."""
    report: Path
    """Output of evaluate, for the model card."""
    int8: Literal["auto", "token", "weights", "dynamic", "off"] = "auto"
    """auto is the first of token and weights that passes, and none when neither does; a named one that fails refuses
    the bundle. dynamic makes a pair's score depend on its neighbours in the batch."""
    contents: Literal["full", "int8"] = "full"
    """int8 leaves out the fp32 weights and graph: about 25 MB instead of 210."""
    parity_pairs: Annotated[int, Field(ge=1)] = 1000
    """At most so many dev pairs are compared; they travel in the bundle for `stance verify`."""
    calibration_pairs: Annotated[int, Field(ge=1)] = 500
    """At most so many train pairs, spread over all articles, calibrate int8=token."""
    max_logit_difference: float = 1e-4
    """The bundle is refused when the fp32 graph's logits differ by more."""
    max_label_flips: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of dev pairs whose label int8 may change."""
    max_macro_f1_loss: float = 0.005
    """Macro-F1 that int8 may lose on dev."""
    archive: bool = False
    """Whether to write the bundle as one file too, <output>.tar beside the folder."""
    push: str | None = None
    """Model hub repository to upload the bundle to, e.g. me/stance; the token is the one huggingface_hub knows."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """CPU threads; null is one a core."""


def export(config: ExportConfig, *, replace: bool = False) -> Manifest:
    """Write the bundle; raises DataError when a graph does not compute what the model computes."""
    if config.contents == "int8" and config.int8 == "off":
        raise ConfigError("export.contents: int8 and export.int8=off leave nothing; choose one")
    manifest = build("export", config, _work, replace=replace)
    if config.archive:
        _archive(config.output, config.output.with_name(f"{config.output.name}.tar"))
    if config.push is not None:
        push(config.output, config.push)
    return manifest


def push(folder: Path, repository: str) -> None:
    """Upload a bundle to the model hub; raises DataError when the hub refuses or cannot be reached."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    try:
        api.create_repo(repository, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=folder, ignore_patterns=[".*"])
    except (HfHubHTTPError, OSError) as error:
        raise DataError(
            f"export.push: {repository}: {' '.join(str(error).split())[:300]}; the bundle is in {folder}"
        ) from None


def _work(config: ExportConfig, folder: Path) -> Mapping[str, int]:
    from stance.export.fp32 import write_fp32

    check_safe(config.model)
    settings = read_settings(config.model)
    for file in sorted(config.model.iterdir()):
        if file.is_file() and file.name != MANIFEST and not file.name.startswith("."):
            shutil.copy2(file, folder / file.name)
    (folder / FP32).parent.mkdir()
    examples = read_examples(config.dataset, "dev")[: config.parity_pairs]
    reference = open_scorer(folder, "torch-fp32", config.threads)
    expected = reference.logits(*pair_lists(examples))

    write_fp32(folder, folder / FP32)
    fp32 = _measure(folder, "onnx-fp32", settings, examples, expected, config.threads)
    if not fp32.max_logit_difference <= config.max_logit_difference or fp32.label_flips:
        raise DataError(
            f"{FP32}: logits differ from the model's by up to {fp32.max_logit_difference:.2g} on {fp32.pairs} pairs "
            f"({fp32.label_flips} labels differ), more than export.max_logit_difference="
            f"{config.max_logit_difference:g}; nothing was exported"
        )
    int8 = _add_int8(config, folder, settings, examples, expected)
    parity: dict[str, Any] = {"fp32": fp32.as_json(), "int8": int8}
    write_json(folder / "onnx" / "parity.json", parity)
    probe = [
        ProbePair(
            text=e.text,
            target=e.target,
            before=e.before if settings.template.reads_context else "",
            after=e.after if settings.template.reads_context else "",
            label=e.label,
            group=e.group,
            logits=tuple(map(float, row)),
        )
        for e, row in zip(examples, expected, strict=True)
    ]
    write_probe(folder, probe)
    report = read_json(config.report / "report.json")
    texts = {
        "README.md": model_card(settings, report, parity),
        "METHODS.md": methods_paragraph(
            settings, report, hub_name(settings.pretrained), bundle_fingerprint(config.model)
        ),
        "LICENSE": _licence(),
    }
    for name, text in texts.items():
        with atomic_file(folder / name) as file:
            file.write(text)
    if config.contents == "int8":
        for name in ("model.safetensors", FP32):
            (folder / name).unlink()
    write_hashes(folder)
    flips = {"int8_label_flips": int8["label_flips"]} if int8 else {}
    return {"parity_pairs": fp32.pairs, "label_flips": fp32.label_flips, **flips}


def _add_int8(
    config: ExportConfig, folder: Path, settings: ModelSettings, examples: list[Example], expected: "np.ndarray"
) -> dict[str, Any] | None:
    """The parity of the int8 graph that was written, or None where there is none."""
    from stance.export.quantization import write_int8

    if config.int8 == "off":
        return None
    threads = config.threads or len(os.sched_getaffinity(0))
    train = read_examples(config.dataset, "train")
    # From all articles: the first pairs come from a few, and weights fitted to those changed more labels elsewhere.
    sample = train[:: max(1, len(train) // config.calibration_pairs)][: config.calibration_pairs]
    scorer = open_scorer(folder, "onnx-fp32", config.threads)
    encodings = scorer.inputs.encode(*pair_lists(sample))
    tolerance = Tolerance(config.max_label_flips, config.max_macro_f1_loss)
    methods: tuple[Method, ...] = ("token", "weights") if config.int8 == "auto" else (config.int8,)
    refused: list[str] = []
    for method in methods:
        try:
            write_int8(method, folder, folder / INT8, encodings, threads)
        except ConfigError as error:
            if config.int8 != "auto":
                raise
            refused.append(str(error))
            continue
        parity = _measure(folder, "onnx-int8", settings, examples, expected, config.threads)
        problems = parity.problems(tolerance, batch_dependence_allowed=method == "dynamic")
        if not problems:
            return {"method": method, "machine": machine(), **parity.as_json()}
        refused.append(f"{method}: {'; '.join(problems)}")
    (folder / INT8).unlink(missing_ok=True)
    if config.int8 != "auto" or config.contents == "int8":
        raise DataError(f"{INT8}: {' | '.join(refused)}; nothing was exported. Try export.int8=weights, or off")
    log.warning("%s left out of the bundle: %s", INT8, " | ".join(refused))
    return None


def _measure(
    folder: Path,
    backend: Any,
    settings: ModelSettings,
    examples: list[Example],
    expected: "np.ndarray",
    threads: int | None,
) -> Parity:
    return measure_parity(
        open_scorer(folder, backend, threads),
        *pair_lists(examples),
        [settings.scheme.index(e.label) for e in examples],
        [e.group for e in examples],
        expected,
    )


def _archive(folder: Path, path: Path) -> None:
    """One file of the folder's content; equal bundles give equal bytes."""

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        member.mode = 0o644
        return member

    partial = path.with_name(f".{path.name}.partial")
    try:
        with tarfile.open(partial, "w") as archive:
            for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
                archive.add(file, f"{folder.name}/{file.relative_to(folder)}", filter=anonymous)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _licence() -> str:
    """What the installed package came with; what a build leaves in a checkout says the same name, but has none."""
    return next(text for found in distributions(name="stance") if (text := found.read_text("licenses/LICENSE")))
