"""Countries and organisations in a text: names, adjectives and capitals from a library, aliases from a data file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

Kind = str
"""`name`, `adjective`, `capital` or `alias`."""


@dataclass(frozen=True)
class Mention:
    """A country or organisation in a text; `start` and `end` are code points."""

    name: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Gazetteer:
    """Every spelling that is looked for, and what it stands for."""

    spellings: Mapping[str, tuple[str, Kind]]
    adjectives: Mapping[str, str]
    usual: frozenset[str]
    bodies: frozenset[str]
    pattern: re.Pattern[str]

    def mentions(self, text: str) -> Iterator[Mention]:
        """The countries and organisations named in `text`, from left to right, the longest spelling at each place."""
        for match in self.pattern.finditer(text):
            name, kind = self.spellings[match[0]]
            yield Mention(name, kind, match.start(), match.end())

    def adjective(self, name: str) -> str:
        """The adjective of a name as it stands before "intervention"."""
        return self.adjectives.get(name, name)


@cache
def data_file() -> Mapping[str, object]:
    """What interveners.yaml says."""
    content = yaml.safe_load(files("stance.ingest").joinpath("interveners.yaml").read_text(encoding="utf-8"))
    return dict(content)


@cache
def gazetteer() -> Gazetteer:
    """Countries of the library and names of the data file; built once."""
    from countryinfo import all_countries

    data = data_file()
    names, ignored, capitals = _mapping(data["names"]), set(_list(data["ignore"])), set(_list(data["ignore_capitals"]))
    spellings: dict[str, tuple[str, Kind]] = {}
    adjectives: dict[str, str] = {}
    for country in all_countries():
        known = str(country.name())
        if known in ignored:
            continue
        name = str(names.get(known, known))
        spellings.setdefault(known, (name, "name"))
        spellings[name] = (name, "name")
        for adjective in filter(None, re.split(r"[,/]", country.demonym() or "")):
            spellings.setdefault(adjective, (name, "adjective"))
            adjectives.setdefault(name, adjective)
        capital = country.capital()
        if capital and capital not in capitals:
            spellings.setdefault(capital, (name, "capital"))
    for name, aliases in _mapping(data["aliases"]).items():
        spellings[name] = (name, "name")
        spellings |= {str(alias): (name, "alias") for alias in _list(aliases)}
    adjectives |= {name: str(adjective) for name, adjective in _mapping(data["adjectives"]).items()}
    longest_first = sorted(spellings, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w’'])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    usual, bodies = (frozenset(map(str, _list(data[key]))) for key in ("usual", "bodies"))
    return Gazetteer(spellings, adjectives, usual, bodies, pattern)


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict), "interveners.yaml: expected a mapping"  # noqa: S101 - our own file
    return value


def _list(value: object) -> list[object]:
    assert isinstance(value, list), "interveners.yaml: expected a list"  # noqa: S101 - our own file
    return value
