"""The console command `stance`: predict, verify, info, and every stage, for those who do not want Hydra.

Imports here are late, so that `stance --help` and one prediction start fast.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


STAGE_NAMES = ("ingest", "label", "dataset", "train", "predict-split", "probe", "evaluate", "export")
USAGE_STATUS, DATA_STATUS, INTERRUPTED_STATUS = 2, 1, 130
ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
BACKENDS = ("auto", "onnx-int8", "onnx-fp32", "torch-fp32", "torch-bf16")
EXAMPLES = """\
examples:
  stance predict -m outputs/default/model -t 'Russian intervention in Libya' --text 'The council urged more strikes.'
  stance predict -m outputs/default/model -t 'Russian intervention in Libya' --articles news/ -o stances.jsonl
  cat sentences.txt | stance predict -m outputs/default/model -t 'UN intervention in Mali' - | jq .label
  stance verify outputs/default/model
  stance export model=outputs/default/training dataset=outputs/default/dataset report=outputs/default/report output=out
"""


def main(arguments: "Sequence[str] | None" = None) -> None:
    """Run the command; the exit status is 2 for a request that cannot be met, 1 for data that cannot be used."""
    options = _parser().parse_args(arguments)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from stance.config import ConfigError, DataError

    try:
        options.run(options)
        sys.stdout.flush()
    except ConfigError as error:
        _stop(USAGE_STATUS, error)
    except ModuleNotFoundError as error:
        _stop(USAGE_STATUS, f"this needs {error.name}: pip install {error.name}, or stance[pipeline] for everything")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DataError, FloatingPointError) as error:
        _stop(DATA_STATUS, error)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _stop(DATA_STATUS, f"{error.strerror or error}{where}; mend that, and the same command goes on from there")
    except KeyboardInterrupt:
        _stop(INTERRUPTED_STATUS, "interrupted; the same command goes on where this one stopped")


def _parser() -> argparse.ArgumentParser:
    from stance.annotation import options as annotation
    from stance.serving import command as serving

    parser = argparse.ArgumentParser(
        prog="stance",
        description="Who supports foreign intervention, who opposes it: stance of news sentences towards a target.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    predict = commands.add_parser("predict", help="text, files, folders or standard input -> one JSON object a line")
    predict.add_argument("inputs", nargs="*", help=".txt, .jsonl, .csv, .parquet, folders, or - for standard input")
    predict.add_argument("-m", "--model", required=True, help="model folder, or hub id in the local cache")
    predict.add_argument("-t", "--target", help="the intervention asked about, for rows that name none")
    predict.add_argument("--text", action="append", default=[], help="a sentence; may be given several times")
    predict.add_argument("-o", "--output", help=".jsonl or .parquet, or a URI; resumes after an interruption")
    predict.add_argument("--articles", action="store_true", help="each text is an article, to be split into sentences")
    predict.add_argument(
        "--text-field", default="text", help="field of the text in jsonl, csv, parquet (default: text)"
    )
    predict.add_argument("--target-field", default="target", help="field of the target (default: target)")
    predict.add_argument("--abstain-below", type=float, default=0.0, help="mark answers less probable than this")
    predict.add_argument("--format", choices=("text", "jsonl"), help="default: text on a terminal, else jsonl")
    predict.add_argument("--backend", choices=BACKENDS, default="auto", help="default: auto")
    predict.add_argument("--threads", type=int, help="of each worker; default: one a core, 1 with several workers")
    predict.add_argument("--mapper", choices=("local", "ray"), default="local", help="where workers are; needs -o")
    predict.add_argument("--workers", type=int, help="default: 1, with --mapper ray as many as there is room for")
    predict.add_argument("--address", help="Ray cluster to join; default: one on this machine")
    predict.add_argument("--part-rows", type=int, help="rows that a worker takes at a time (default: 2000)")
    predict.set_defaults(run=_predict)

    verify = commands.add_parser("verify", help="check a bundle's files and scores on this machine, choose its backend")
    verify.add_argument("folder", type=Path)
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.add_argument("--threads", type=int, help="default: one a core")
    verify.set_defaults(run=_verify)

    info = commands.add_parser("info", help="labels, backends and figures of a model folder")
    info.add_argument("folder", type=Path)
    info.set_defaults(run=_info)

    annotate = commands.add_parser("annotate", help=annotation.SUMMARY)
    annotation.add_arguments(annotate)
    annotate.set_defaults(run=annotation.run)

    serve = commands.add_parser("serve", help=serving.SUMMARY)
    serving.add_arguments(serve)
    serve.set_defaults(run=serving.run)

    for name in STAGE_NAMES:
        stage = commands.add_parser(name, help=f"the stage {name}: field=value ...; a name without value lists fields")
        stage.add_argument("fields", nargs="*", metavar="field=value", help="as in configs/; @file reads JSON or YAML")
        stage.add_argument("--overwrite", action="store_true", help="replace an output of other settings")
        stage.set_defaults(run=_stage, stage=name)
    return parser


def _predict(options: argparse.Namespace) -> None:
    from stance.config import ConfigError
    from stance.inference.classifier import StanceClassifier
    from stance.inference.files import PART_ROWS, predict_files, predict_stream
    from stance.inference.parts import as_line
    from stance.inference.rows import Bad, Reading
    from stance.mapping import choose_mapper

    if bool(options.inputs) == bool(options.text):
        raise ConfigError("predict: give files, folders or - , or else --text; neither or both were given")
    if options.text and (options.output or not options.target):
        raise ConfigError("predict: --text needs --target, and prints to standard output")
    spread = options.mapper == "ray" or (options.workers or 1) > 1
    if spread and not options.output:
        raise ConfigError("predict: several workers write parts: name the result with -o")
    if options.address and options.mapper != "ray":
        raise ConfigError("predict: --address is where a Ray cluster is: add --mapper ray, or leave it out")
    if min(x for x in (options.part_rows, options.workers, options.threads, 1) if x is not None) < 1:
        raise ConfigError("predict: --part-rows, --workers and --threads are at least 1")
    _log_to_stderr()
    reading = Reading(options.target, options.articles, options.text_field, options.target_field)
    threads = options.threads or (1 if spread else None)
    workers = options.workers if options.mapper == "ray" else options.workers or 1
    mapper = choose_mapper(options.mapper, workers, options.address, threads=threads or 1)
    classifier = StanceClassifier.load(options.model, backend=options.backend, threads=threads)
    if options.output:
        counts = predict_files(
            classifier,
            options.inputs,
            options.output,
            reading,
            abstain_below=options.abstain_below,
            part_rows=options.part_rows or PART_ROWS,
            mapper=mapper,
        )
        print(f"{counts.rows} rows, {counts.predicted} predicted, {counts.rejected} rejected -> {options.output}")  # noqa: T201
        return
    as_text = options.format == "text" or (options.format is None and sys.stdout.isatty())
    rows = (
        _given_texts(classifier, options)
        if options.text
        else predict_stream(classifier, options.inputs, reading, abstain_below=options.abstain_below)
    )
    for row in rows:
        if isinstance(row, Bad):
            print(f"left out {row.source}:{row.line}: {row.reason}", file=sys.stderr)  # noqa: T201
        else:
            sys.stdout.write(_for_people(row) if as_text else as_line(row))


def _given_texts(classifier: Any, options: argparse.Namespace) -> Any:
    predictions = classifier.predict(options.text, options.target, abstain_below=options.abstain_below)
    return (p.model_dump(mode="json", exclude={"id", "document"}) for p in predictions)


def _for_people(row: dict[str, Any]) -> str:
    text = " ".join(row["text"].split()).encode("utf-8", "replace").decode()
    note = " (abstains)" if row["abstained"] else ""
    return f"{row['label']:<9} {row['probabilities'][row['label']]:.2f}{note}  {text}\n"


def _verify(options: argparse.Namespace) -> None:
    from stance.inference.verify import as_json, describe, verify

    result = verify(options.folder, threads=options.threads)
    print(json.dumps(as_json(result), indent=2) if options.json else describe(result))  # noqa: T201


def _info(options: argparse.Namespace) -> None:
    from stance.model.backends.choose import available, choose, machine
    from stance.model.bundle import bundle_fingerprint
    from stance.model.folder import read_settings

    settings = read_settings(options.folder)
    lines = {
        "labels": ", ".join(settings.scheme.names),
        "encoder": settings.pretrained,
        "max tokens": settings.max_tokens,
        "fingerprint": bundle_fingerprint(options.folder),
        "backends": ", ".join(available(options.folder)),
        "auto": choose(options.folder),
        "machine": ", ".join(f"{k} {v}" for k, v in machine().items()),
        "dev macro-F1": settings.dev_macro_f1,
        "temperature": f"{settings.calibration.temperature:.3f}" if settings.calibration else "not calibrated",
        "promises": _promises(settings.abstention.answers if settings.abstention else {}),
    }
    print("\n".join(f"{name:<13} {value}" for name, value in lines.items()))  # noqa: T201


def _promises(answers: dict[str, float]) -> str:
    """`--abstain-below` for each error that the model can promise."""
    each = [f"at most {float(error):.0%} wrong above {threshold:g}" for error, threshold in answers.items()]
    return "; ".join(each) or "none: too few dev articles, or too many errors"


def _stage(options: argparse.Namespace) -> None:
    from stance.config import ConfigError, decode, defaults, reference
    from stance.pipeline import STAGES, PipelineConfig, describe

    name = "predict" if options.stage == "predict-split" else options.stage
    cls: Any = PipelineConfig.model_fields[name].annotation
    if not options.fields:
        print("\n".join(f"{field} [{default}]\n    {text}" for field, default, text in reference(cls)))  # noqa: T201
        return
    values = defaults(cls)
    for given in options.fields:
        key, equals, value = given.partition("=")
        if not equals:
            raise ConfigError(f"{given}: expected field=value")
        *sections, last = key.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise ConfigError(f"{key}: {section} is no section; `stance {options.stage}` lists the fields")
        place[last] = _value(value)
    _log_to_stderr()
    config = decode(cls, values)
    print(describe(STAGES[name](config, replace=options.overwrite), config.output))  # noqa: T201


def _value(text: str) -> Any:
    """JSON where it is JSON, the content of a file after @, else the text itself."""
    if text.startswith("@"):
        import yaml

        return yaml.safe_load(Path(text[1:]).read_text(encoding="utf-8"))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("stance").setLevel(logging.INFO)


def _stop(status: int, message: object) -> None:
    print(message, file=sys.stderr)  # noqa: T201
    sys.exit(status)
