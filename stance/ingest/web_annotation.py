"""Stand-off labels as W3C Web Annotations in JSON-LD, one page of them a file."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stance.config import DataError
from stance.ingest.standoff import Quote, StandoffLabel
from stance.storage import read_json

CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {"stance": "urn:stance:", "sha256": "stance:sha256", "sketch": "stance:sketch"},
]
PLAIN = ("target", "label", "intervener", "place", "tags", "guidelines")
"""Fields of a label that stand in its body as they are."""


def to_page(labels: Iterable[StandoffLabel]) -> dict[str, Any]:
    """An AnnotationPage with one Annotation a label."""
    items = [_annotation(number, label) for number, label in enumerate(labels, start=1)]
    return {"@context": CONTEXT, "id": "urn:stance:labels", "type": "AnnotationPage", "items": items}


def read_page(path: Path) -> list[StandoffLabel]:
    """The labels in a file made of `to_page`; raises DataError naming what is wrong with which of them."""
    page = read_json(path)
    if not isinstance(page, Mapping) or not isinstance(page.get("items"), list):
        raise DataError(f"{path}: expected a Web Annotation page with `items`")
    labels: list[StandoffLabel] = []
    for number, item in enumerate(page["items"], start=1):
        try:
            labels.append(_label(item))
        except (KeyError, TypeError, ValidationError) as error:
            raise DataError(f"{path}: item {number}: not a label: {type(error).__name__} {error}") from None
    return labels


def _annotation(number: int, label: StandoffLabel) -> dict[str, Any]:
    values = label.model_dump(mode="json")
    body: dict[str, Any] = {"type": "stance:Label", "purpose": "classifying"}
    body |= {f"stance:{name}": values[name] for name in PLAIN if values[name] not in (None, [])}
    if label.holder_is_author:
        body["stance:holder"] = "author"
    elif label.holder is not None:
        body["stance:holder"] = _selectors(label.holder)
    annotation = {
        "id": f"urn:stance:label:{label.document_sha256[:16]}:{number}",
        "type": "Annotation",
        "motivation": "classifying",
        "creator": label.annotator,
        "created": label.created,
        "body": body,
        "target": {
            "source": label.url or _named_information(label.document_sha256),
            "state": {"type": "stance:TextState", "sha256": label.document_sha256},
            "selector": [*_selectors(label.quote), {"type": "stance:SketchSelector", "sketch": label.sketch}],
        },
    }
    return {key: value for key, value in annotation.items() if value is not None}


def _label(item: Mapping[str, Any]) -> StandoffLabel:
    body, target = item["body"], item["target"]
    holder = body.get("stance:holder")
    source = target["source"]
    return StandoffLabel.model_validate(
        {
            **{name: body[f"stance:{name}"] for name in PLAIN if f"stance:{name}" in body},
            "tags": tuple(body.get("stance:tags", ())),
            "url": None if source.startswith("ni:") else source,
            "document_sha256": target["state"]["sha256"],
            "quote": _quote(target["selector"]),
            "sketch": _selector(target["selector"], "stance:SketchSelector")["sketch"],
            "holder": _quote(holder) if isinstance(holder, list) else None,
            "holder_is_author": holder == "author",
            "annotator": item["creator"],
            "created": item.get("created"),
        }
    )


def _selectors(quote: Quote) -> list[dict[str, Any]]:
    # A TextQuoteSelector would hold the text itself; its hash takes its place.
    return [
        {"type": "TextPositionSelector", "start": quote.start, "end": quote.end},
        {"type": "stance:QuoteHashSelector", "sha256": quote.sha256},
    ]


def _quote(selectors: list[Mapping[str, Any]]) -> Quote:
    position = _selector(selectors, "TextPositionSelector")
    digest = _selector(selectors, "stance:QuoteHashSelector")["sha256"]
    return Quote(start=position["start"], end=position["end"], sha256=digest)


def _selector(selectors: list[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    return next((s for s in selectors if s["type"] == kind), {})


def _named_information(sha256: str) -> str:
    """RFC 6920's name for content that has no address."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
