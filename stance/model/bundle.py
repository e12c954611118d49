"""The list of hashes in an exported folder, and the refusal of a folder that differs from it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from stance.config import DataError
from stance.storage import read_json, write_json

HASHES = "hashes.json"
UNLISTED = (HASHES, "manifest.json")
"""Files beside the list: itself, and how the stage made the folder."""
PICKLES = (".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pkl", ".pickle", ".pt", ".pth")
CODE = (".py", ".pyc", ".so", ".sh", ".dll", ".exe")
CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code")
CHUNK_BYTES = 1 << 20


def write_hashes(folder: Path) -> None:
    """List every file of `folder` with its SHA-256."""
    write_json(folder / HASHES, {name: sha256(folder / name) for name in _files(folder) if name not in UNLISTED})


def bundle_fingerprint(folder: Path) -> str:
    """Short hash that names the weights, tokenizer and labels of a model folder, exported or as trained."""
    path = folder / HASHES
    if path.is_file():
        return sha256(path)[:16]
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors", "stance.json", "tokenizer.json"):
        digest.update(sha256(folder / name).encode())
    return digest.hexdigest()[:16]


def check_safe(folder: Path) -> None:
    """Refuse a folder that holds pickled objects or code; raises DataError naming the file.

    Nothing of the kind is ever loaded by us, but somebody's next tool may.
    """
    for name in _files(folder):
        suffix = Path(name).suffix.lower()
        if suffix in PICKLES or suffix in CODE:
            raise DataError(f"{folder / name}: {suffix} files can carry code; a model folder holds none. Delete it")
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        content = read_json(path) if path.is_file() else {}
        if found := [key for key in CODE_KEYS if key in content]:
            raise DataError(f"{path}: {', '.join(found)} makes loaders run code from the folder; remove it")


def check_hashes(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """Compare `names` (default: all files) with the list; returns what was compared, nothing where there is no list.

    Raises DataError naming the first file that is missing, changed, or not listed.
    """
    path = folder / HASHES
    if not path.is_file():
        return []
    listed = read_json(path)
    if not isinstance(listed, dict) or not all(isinstance(v, str) for v in listed.values()):
        raise DataError(f"{path}: expected an object of file names and hashes; the bundle is damaged")
    present = _files(folder)
    if strangers := sorted(set(present) - set(listed) - set(UNLISTED)):
        raise DataError(f"{folder / strangers[0]}: not a file of this bundle; delete it, or export again")
    if absent := sorted(set(listed) - set(present)):
        raise DataError(f"{folder / absent[0]}: missing from the bundle; fetch it again, or export again")
    checked = list(listed if names is None else names)
    for name in checked:
        if sha256(folder / name) != listed.get(name):
            raise DataError(f"{folder / name}: changed since export (hash differs); fetch it again, or export again")
    return checked


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> list[str]:
    """Names below `folder`, in order; hidden files are the machine's own notes."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(p.as_posix() for p in paths if not any(part.startswith(".") for part in p.parts))
