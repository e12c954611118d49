"""Files by name, here or in object storage: a path, or a URI that pyarrow knows (s3://, gs://, abfs://, hdfs://, file://).

Credentials are where the store's own tools look for them: the environment, or the machine's role.
"""

import io
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from stance.config import ConfigError

WHOLE_STORES = ("s3", "gcs", "abfs")
"""Where an object is not seen before it is complete; elsewhere files are written under another name and moved."""


def is_remote(name: str) -> bool:
    """Whether `name` is a URI."""
    return "://" in name


def files_below(name: str) -> list[str] | None:
    """`name` itself where it is a file, the files below where it is a folder, hidden ones left out, else None."""
    if not is_remote(name):
        path = Path(name)
        if not path.is_dir():
            return [name] if path.is_file() else None
        found = sorted(p for p in path.rglob("*") if p.is_file())
        return [p.as_posix() for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
    import pyarrow.fs

    system, path = _remote(name)
    info = system.get_file_info(path)
    if info.type != pyarrow.fs.FileType.Directory:
        return [name] if info.type == pyarrow.fs.FileType.File else None
    below = system.get_file_info(pyarrow.fs.FileSelector(path, recursive=True))
    inside = sorted(i.path.removeprefix(path).lstrip("/") for i in below if i.type == pyarrow.fs.FileType.File)
    kept = [part for part in inside if not any(x.startswith(".") for x in part.split("/"))]
    return [f"{name.rstrip('/')}/{part}" for part in kept]


def exists(name: str) -> bool:
    """Whether there is a file or folder."""
    if not is_remote(name):
        return Path(name).exists()
    import pyarrow.fs

    system, path = _remote(name)
    return system.get_file_info(path).type != pyarrow.fs.FileType.NotFound


def stamp(name: str) -> tuple[int, int]:
    """(bytes, time of the last change in nanoseconds): equal for a file that is still the same."""
    if not is_remote(name):
        found = Path(name).stat()
        return found.st_size, found.st_mtime_ns
    system, path = _remote(name)
    info = system.get_file_info(path)
    return info.size, info.mtime_ns


def open_bytes(name: str) -> IO[bytes]:
    """The file, seekable, as bytes; raises OSError."""
    if not is_remote(name):
        return Path(name).open("rb")
    system, path = _remote(name)
    return io.BufferedReader(system.open_input_file(path))


@contextmanager
def atomic_bytes(name: str) -> Generator[IO[bytes]]:
    """A file that appears, or replaces the one of that name, when the block ends; nothing is left when it fails."""
    if not is_remote(name):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return
    system, path = _remote(name)
    folder, _, last = path.rpartition("/")
    moved = system.type_name not in WHOLE_STORES
    place = f"{folder}/.{last}.{os.getpid()}.partial" if moved else path
    if moved:
        system.create_dir(folder, recursive=True)
    try:
        with system.open_output_stream(place) as stream:
            yield stream
        if moved:
            system.move(place, path)
    except BaseException:
        system.delete_file(place)  # pyarrow closes what it could not write to the end, which makes it visible
        raise


def remove_folder(name: str) -> None:
    """Delete a folder and all in it."""
    if not is_remote(name):
        shutil.rmtree(name)
        return
    system, path = _remote(name)
    system.delete_dir(path)


def _remote(uri: str) -> tuple[Any, str]:
    """(file system, path on it); raises ConfigError for a URI that pyarrow cannot use."""
    try:
        import pyarrow.fs
    except ImportError:
        raise ConfigError(f"{uri}: a URI needs pyarrow: pip install pyarrow") from None
    try:
        system, path = pyarrow.fs.FileSystem.from_uri(uri)
    except (ValueError, OSError) as error:
        raise ConfigError(f"{uri}: {' '.join(str(error).split())}") from None
    return system, path
