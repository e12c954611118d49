"""The dataset as one page to read: every article with its labelled sentences, filtered in the browser, no network."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from stance.labels import LabelScheme
from stance.records import Example

TEMPLATE = "browse.html.j2"
NO_SIDE_COLOURS = ("#8a8f98", "#b8b2a7", "#a79fb5", "#9db3ad")
POLAR_COLOURS = ("#2f6f9f", "#c4622d")
"""Blue and orange: told apart by colour-blind readers; the label's name stands beside the colour everywhere."""


def render_page(parts: Mapping[str, Sequence[Example]], scheme: LabelScheme) -> str:
    """HTML of all examples, by article and sentence; a pure function of them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.dataset", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    articles = _articles(parts)
    return environment.get_template(TEMPLATE).render(
        articles=articles,
        labels=scheme.definitions,
        colours=_colours(scheme),
        pairs=sum(len(part) for part in parts.values()),
        genres=sorted({article["genre"] for article in articles if article["genre"]}),
        conflicts=sorted({article["conflict"] for article in articles if article["conflict"]}),
    )


def _articles(parts: Mapping[str, Sequence[Example]]) -> list[dict[str, Any]]:
    rows = sorted(
        ((e.document, e.start, split, e) for split, part in parts.items() for e in part), key=lambda row: row[:2]
    )
    articles = []
    for document, of_article in groupby(rows, key=lambda row: row[0]):
        members = list(of_article)
        first = members[0][3]
        sentences = [
            {"text": group[0][3].text, "pairs": [row[3] for row in group]}
            for group in (list(found) for _, found in groupby(members, key=lambda row: row[1]))
        ]
        articles.append(
            {
                "name": document,
                "split": members[0][2],
                "genre": first.genre,
                "outlet": first.outlet,
                "year": first.year,
                "conflict": first.conflict,
                "sentences": sentences,
            }
        )
    return articles


def _colours(scheme: LabelScheme) -> dict[str, str]:
    others = [name for name in scheme.names if name not in scheme.polar]
    return dict(zip(scheme.polar, POLAR_COLOURS, strict=True)) | {
        name: NO_SIDE_COLOURS[i % len(NO_SIDE_COLOURS)] for i, name in enumerate(others)
    }
