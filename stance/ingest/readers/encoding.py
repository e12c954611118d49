"""Bytes to text: UTF-8, then what a byte order mark or the page declares, then what looks most likely."""

import codecs
import re

from stance.ingest.article import UnreadableError

PROBE_BYTES = 64_000
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
LIKELY = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1256",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_kr",
    "koi8_r",
)


def decode(content: bytes) -> str:
    """`content` as text; raises UnreadableError when it holds NUL bytes or no encoding fits."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content:
        raise UnreadableError("binary file", "NUL bytes; expected text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        lines = content.split(b"\n")
    if any(not line.isascii() and _as_utf8(line) is not None for line in lines):
        # Pieces from several sources in one file: each line stands for itself.
        return "\n".join(_as_utf8(line) or line.decode("cp1252", errors="replace") for line in lines)
    return content.decode(_likely(content), errors="replace")


def decode_page(content: bytes) -> str:
    """The text of an HTML or XML page: a declared encoding that fits is believed, otherwise as `decode`."""
    content = (
        content.replace(b"\0", b"") if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else content
    )
    declared = DECLARED.search(content[:4096])
    if declared and not content.startswith(codecs.BOM_UTF8):
        try:
            return content.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(content)


def _as_utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _likely(content: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:PROBE_BYTES], cp_isolation=list(LIKELY), preemptive_behaviour=False).best()
    if best is None:
        raise UnreadableError("unknown encoding", "neither UTF-8 nor a common older one; convert it, e.g. with iconv")
    return best.encoding
