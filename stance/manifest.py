"""What a stage made, from what: the manifest in every output folder, and how a folder is built, skipped or resumed."""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from stance.config import ConfigError, StageConfig
from stance.records import Record
from stance.storage import read_json, write_json
from stance.version import VERSION

MANIFEST = "manifest.json"
CHUNK_BYTES = 1 << 20
log = logging.getLogger(__name__)

AnyStageConfig = TypeVar("AnyStageConfig", bound=StageConfig)
Work = Callable[[AnyStageConfig, Path], Mapping[str, int]]
"""A stage's insides: write into the folder, return what was counted."""


class Manifest(Record):
    """How an output folder came about; equal `key` means that building it again would change nothing."""

    stage: str
    key: str
    config: dict[str, Any]
    inputs: dict[str, str]
    counts: dict[str, int]
    seconds: float
    stance_version: str
    fresh: bool = False


def fingerprint(path: Path) -> str:
    """Hash of a file's content, or of the names and contents below a folder, manifests and hidden files left out."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        relative = file.relative_to(path)
        if file.name == MANIFEST or any(part.startswith(".") for part in relative.parts):
            continue
        digest.update(f"{relative}\0".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()[:32]


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a finished output folder, or None where there is none."""
    path = folder / MANIFEST
    return Manifest.model_validate(read_json(path)) if path.is_file() else None


def missing_inputs(config: StageConfig, section: str, made_earlier: frozenset[Path] = frozenset()) -> list[str]:
    """One line for each input that is neither on disk nor made by an earlier stage."""
    return [
        f"{section}.{name}: {path} does not exist; give an existing file or folder, or run the stage that makes it"
        for name, path in config.inputs.items()
        if path not in made_earlier and not path.exists()
    ]


def build(
    stage: str, config: AnyStageConfig, work: Work[AnyStageConfig], *, replace: bool = False, resumable: bool = False
) -> Manifest:
    """Make `config.output` with `work`, unless it is fresh.

    The folder is built beside its place as `<output>.partial` and moved there whole. When `work` fails, the
    partial folder is deleted; a `resumable` stage's is kept if it holds anything, and given to `work` again by the
    same request.

    Returns the manifest, `fresh` set when nothing had to be done. Raises ConfigError when an input is missing,
    or when an output of other settings is in the way and `replace` is false.
    """
    if problems := missing_inputs(config, stage):
        raise ConfigError("\n".join(problems))
    inputs = {name: fingerprint(path) for name, path in config.inputs.items()}
    settings = _settings(config)
    key = _key(stage, settings, inputs)
    existing = read_manifest(config.output)
    if existing is not None and existing.key == key:
        return existing.model_copy(update={"fresh": True})
    if config.output.is_file() or (config.output.is_dir() and any(config.output.iterdir())):
        _check_replaceable(stage, config.output, existing, replace=replace)

    partial = config.output.with_name(f"{config.output.name}.partial")
    _prepare(partial, key, resumable=resumable)
    started = time.perf_counter()
    try:
        counts = work(config, partial)
    except BaseException:
        if not resumable or not any(path.is_file() and path.name != ".key" for path in partial.rglob("*")):
            shutil.rmtree(partial, ignore_errors=True)
        raise
    manifest = Manifest(
        stage=stage,
        key=key,
        config=config.model_dump(mode="json"),
        inputs=inputs,
        counts=dict(counts),
        seconds=round(time.perf_counter() - started, 3),
        stance_version=VERSION,
    )
    (partial / ".key").unlink()
    write_json(partial / MANIFEST, manifest.model_dump(exclude={"fresh"}))
    _move_into_place(partial, config.output)
    return manifest


def _settings(config: BaseModel) -> dict[str, Any]:
    """What decides the content of the output: not paths, whose contents are fingerprinted, nor how work is spread."""
    return {
        name: _settings(value) if isinstance(value, BaseModel) else _plain(value)
        for name in type(config).model_fields
        if name not in getattr(config, "how", ()) and not _names_files(value := getattr(config, name))
    }


def _names_files(value: Any) -> bool:
    return isinstance(value, Path) or (isinstance(value, tuple) and any(isinstance(part, Path) for part in value))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _key(stage: str, settings: dict[str, Any], inputs: dict[str, str]) -> str:
    content = json.dumps([stage, VERSION, settings, inputs], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _check_replaceable(stage: str, output: Path, existing: Manifest | None, *, replace: bool) -> None:
    if existing is None:
        raise ConfigError(f"{stage}.output: {output} holds files that no stage of ours made; name another folder")
    if not replace:
        raise ConfigError(
            f"{stage}.output: {output} was made from other settings or inputs; "
            f"add overwrite=true to replace it, or name another run=..."
        )


def _prepare(partial: Path, key: str, *, resumable: bool) -> None:
    mark = partial / ".key"
    if partial.exists():
        if resumable and mark.is_file() and mark.read_text() == key:
            log.info("resuming %s", partial)
            return
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    mark.write_text(key)


def _move_into_place(partial: Path, output: Path) -> None:
    old = output.with_name(f"{output.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        output.rename(old)
    partial.rename(output)
    shutil.rmtree(old, ignore_errors=True)
