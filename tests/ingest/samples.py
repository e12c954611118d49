"""Tiny real files of each type."""

import gzip
import io
import zipfile
from pathlib import Path

BODY = (
    "The council met on Monday to discuss the request for troops that the government had made in a letter. "
    "It voted for the mission by nine to four after a long debate about its cost. "
    "Two members left the hall before the vote was taken and spoke to reporters outside."
)
PAGE = f"""<!doctype html><html lang="en"><head><title>Council votes for mission</title>
<meta property="og:site_name" content="The Daily Example"><meta name="author" content="Ann Writer">
<meta property="article:published_time" content="2011-03-19T08:00:00Z">
<link rel="canonical" href="https://news.example/council"><script>var x = "tracking";</script></head>
<body><nav><a href="/">Home</a><a href="/world">World</a></nav><article><h1>Council votes for mission</h1>
<p>{BODY}</p><p>The mission will begin in June, the chair said, and it will end when the council says so.</p></article>
<footer>Subscribe to our newsletter</footer></body></html>"""
SCRIPTS_ONLY = "<html><body><script>document.write('text of an article')</script></body></html>"
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Feed</title><language>en-gb</language>
<item><title>One</title><link>https://news.example/1</link><author>Bo Writer</author>
<pubDate>Sat, 19 Mar 2011 10:00:00 GMT</pubDate><description><![CDATA[<p>{BODY}</p><script>x()</script>]]></description>
</item><item><title>Two</title><description></description></item></channel></rss>"""


def pdf(text: str | None, *, password: str | None = None) -> bytes:
    """A PDF of one page with `text` on lines of 60 characters, or with no text at all."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    if text is not None:
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        name = writer._add_object(DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()}))
        fonts = DictionaryObject({NameObject("/F1"): name})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        lines = "".join(f"({text[i : i + 60]}) Tj T*\n" for i in range(0, len(text), 60))
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 14 TL 40 740 Td\n{lines}ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "A report", "/Author": "Cy Writer", "/CreationDate": "D:20110319080000Z"})
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def warc(path: Path, pages: dict[str, tuple[str, str, bytes]]) -> Path:
    """A gzipped WARC with a response for each URL: (status line, content type, body)."""
    pack = gzip.compress if path.name.endswith(".gz") else bytes
    with path.open("wb") as file:
        for number, (url, (status, kind, body)) in enumerate(pages.items()):
            file.write(pack(_warc_record("request", 2 * number, url, b"GET / HTTP/1.1\r\n\r\n")))
            answer = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            file.write(pack(_warc_record("response", 2 * number + 1, url, answer)))
    return path


def _warc_record(kind: str, number: int, url: str, block: bytes) -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number:032x}>\r\nWARC-Target-URI: {url}\r\n"
    head += f"WARC-Date: 2011-03-19T10:00:00Z\r\nContent-Type: application/http; msgtype={kind}\r\n"
    return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def zipped(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def write(path: Path, content: bytes | str) -> Path:
    """`path`, with its folder and `content`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def truncated_gzip(content: bytes) -> bytes:
    """A gzip file that was cut in the middle."""
    packed = gzip.compress(content)
    return packed[: len(packed) * 2 // 3]
