"""Which files a folder holds, each of them accounted for: broken links and loops included."""

import os
from collections.abc import Iterator
from pathlib import Path

from stance.records import Removed


def article_files(articles: Path) -> Iterator[Path | Removed]:
    """The file itself, or all files below a folder in a fixed order; hidden ones are left out.

    A link to a folder is not followed, since it may lead back here; it comes as Removed, as do broken links, devices
    and folders that cannot be opened.
    """
    if articles.is_file():
        yield articles
        return
    for entry in sorted(os.scandir(articles), key=lambda entry: entry.name):
        path = articles / entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            try:
                yield from article_files(path)
            except OSError as error:
                yield Removed(item=path.as_posix(), reason="cannot be opened", detail=error.strerror or "")
        elif problem := _problem(entry):
            yield Removed(item=path.as_posix(), reason=problem)
        else:
            yield path


def _problem(entry: os.DirEntry[str]) -> str | None:
    try:
        if entry.is_file():
            return None
        if not entry.is_symlink():
            return "not a file"
        return "link to a folder" if entry.is_dir() else "broken link"
    except OSError:
        return "broken link"
