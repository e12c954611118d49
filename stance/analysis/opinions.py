"""Provisional."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Opinion:
    id: str
    document_id: str
    document: str
    start: int
    end: int
    text: str
    target: str
    label: str
    probabilities: Mapping[str, float]
    title: str | None
    outlet: str | None
    published: str | None
    genre: str | None
    conflict: str | None
    author: str | None
    language: str | None
    intervener: str | None
    place: str | None
    holder: str | None
