"""Guidelines in Markdown -> blocks of plain text that the page shows as text nodes: no HTML in them is ever HTML.

Headings, paragraphs, lists one level deep, tables; `code`, **strong**, *emphasis* within a line. Anything else is text.
"""

import re
from typing import Any

HEADING = re.compile(r"(#{1,6})\s+(.*)")
ITEM = re.compile(r"(\s*)(?:([-*])|(\d+)[.)])\s+(.*)")
INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|(?<!\*)\*([^*\s][^*]*)\*(?!\*)|\[([^\]]+)\]\([^)]*\)")
VERSION = re.compile(r"^Version\s+([\w.-]*\w)", re.MULTILINE)
STYLES = ("code", "strong", "em", "text")
NESTED_INDENT = 2

Span = tuple[str, str]
"""(style, text); the style is one of STYLES. A link keeps its text only."""


def version(markdown: str) -> str | None:
    """What follows `Version` at the start of a line, as in `Version 1.1.`, or None."""
    found = VERSION.search(markdown)
    return found[1] if found else None


def blocks(markdown: str) -> list[dict[str, Any]]:
    """Blocks in order: {kind: heading, level, spans}, {kind: paragraph, spans}, {kind: table, head, rows} or
    {kind: list, ordered, items: [{spans, children: [spans]}]}; a cell is a list of spans.
    """
    result: list[dict[str, Any]] = []
    for line in markdown.splitlines():
        _add(result, line)
    return [block for block in result if block["kind"] != "gap"]


def spans(text: str) -> list[Span]:
    """`text` cut into styled spans."""
    found: list[Span] = []
    end = 0
    for match in INLINE.finditer(text):
        if match.start() > end:
            found.append(("text", text[end : match.start()]))
        style = STYLES[(match.lastindex or 1) - 1]
        found.append((style, match[match.lastindex or 1]))
        end = match.end()
    return found + ([("text", text[end:])] if end < len(text) else [])


def _add(result: list[dict[str, Any]], line: str) -> None:
    last = result[-1] if result else {"kind": "gap"}
    if not line.strip():
        if last["kind"] != "list":
            result.append({"kind": "gap"})
    elif match := HEADING.fullmatch(line):
        result.append({"kind": "heading", "level": len(match[1]), "spans": spans(match[2])})
    elif line.lstrip().startswith("|"):
        _add_row(result, last, line)
    elif match := ITEM.fullmatch(line):
        _add_item(result, last, match)
    elif last["kind"] == "list" and line.startswith(" "):
        item = last["items"][-1]
        (item["children"][-1] if item["children"] else item["spans"]).extend(spans(" " + line.strip()))
    elif last["kind"] == "paragraph":
        last["spans"] += spans(" " + line.strip())
    else:
        result.append({"kind": "paragraph", "spans": spans(line.strip())})


def _add_row(result: list[dict[str, Any]], last: dict[str, Any], line: str) -> None:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if last["kind"] != "table":
        result.append({"kind": "table", "head": [spans(cell) for cell in cells], "rows": []})
    elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
        last["rows"].append([spans(cell) for cell in cells])


def _add_item(result: list[dict[str, Any]], last: dict[str, Any], match: re.Match[str]) -> None:
    if last["kind"] == "list" and len(match[1]) >= NESTED_INDENT:
        last["items"][-1]["children"].append(spans(match[4]))
        return
    ordered = match[3] is not None
    if last["kind"] != "list" or last["ordered"] != ordered:
        result.append({"kind": "list", "ordered": ordered, "items": []})
    result[-1]["items"].append({"spans": spans(match[4]), "children": []})
