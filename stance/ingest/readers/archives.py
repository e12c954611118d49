"""Zip archives of anything that can be read, zips in them included, with bounds on what they may unpack to."""

import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from stance.ingest.article import Article, UnreadableError
from stance.records import Removed

MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 2_000_000_000
MAX_RATIO = 200
"""Text packs to a tenth; what packs to a two-hundredth is a bomb. Holds for each file and for the whole archive."""
SMALL_BYTES = 1_000_000
"""What may have any ratio."""
MAX_DEPTH = 3
MAX_BOMBS = 10
CHUNK_BYTES = 1 << 20

ReadFile = Callable[[Path], Iterator[Article]]


class _Budget:
    """How many bytes the outermost archive may still unpack to, with all that is nested in it."""

    def __init__(self, archive: Path) -> None:
        self.left = max(SMALL_BYTES, MAX_RATIO * archive.stat().st_size)
        self.bombs = 0


def read_zip(path: Path, read: ReadFile) -> Iterator[Article]:
    """The articles of every file in a zip, each read by `read`; raises UnreadableError when the archive is damaged."""
    yield from _read_zip(path, read, 1, _Budget(path))


def _read_zip(path: Path, read: ReadFile, depth: int, budget: _Budget) -> Iterator[Article]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise UnreadableError("zip bomb", f"{len(members)} files, at most {MAX_MEMBERS}")
            for member in members:
                name = f"{path.as_posix()}/{member.filename}"
                try:
                    yield from _read_member(archive, member, name, read, depth, budget)
                except UnreadableError as error:
                    yield Removed(item=name, reason=error.reason, detail=error.detail)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("damaged zip", str(error)) from None


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, read: ReadFile, depth: int, budget: _Budget
) -> Iterator[Article]:
    if member.flag_bits & 1:
        raise UnreadableError("encrypted", "needs a password; unpack it first")
    with tempfile.TemporaryDirectory(prefix="stance-") as folder:
        # Only the last part of the name is used, so no member can be written outside of the folder.
        copy = Path(folder) / (PurePosixPath(member.filename.replace("\\", "/")).name[-100:] or "member")
        _unpack(archive, member, copy, budget)
        if copy.suffix.lower() == ".zip":
            if depth == MAX_DEPTH:
                raise UnreadableError("nested too deep", f"zips in zips, at most {MAX_DEPTH} levels")
            articles = _read_zip(copy, read, depth + 1, budget)
        else:
            articles = read(copy)
        for article in articles:
            yield _renamed(article, copy.as_posix(), name)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, copy: Path, budget: _Budget) -> None:
    # The size in the header is a claim: what counts is what comes out.
    if budget.bombs == MAX_BOMBS:
        raise UnreadableError("zip bomb", f"{MAX_BOMBS} files of this archive were bombs; the rest is not unpacked")
    allowed = min(MAX_MEMBER_BYTES, budget.left, max(SMALL_BYTES, MAX_RATIO * member.compress_size))
    size = 0
    try:
        with archive.open(member) as packed, copy.open("wb") as file:
            while chunk := packed.read(CHUNK_BYTES):
                size += len(chunk)
                if size > allowed:
                    budget.bombs += 1
                    raise UnreadableError("zip bomb", f"{member.compress_size} bytes unpack to more than {allowed}")
                file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError("damaged zip", str(error)) from None
    budget.left -= size


def _renamed(article: Article, copy: str, name: str) -> Article:
    """`article` with its place in the archive for its place in the temporary folder."""
    if isinstance(article, Removed):
        return article.model_copy(update={"item": article.item.replace(copy, name, 1)})
    return article.model_copy(update={"source": article.source.replace(copy, name, 1)})
