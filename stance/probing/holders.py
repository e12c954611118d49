"""What kind of holder a stance has, from how the holder is written."""

import re
from typing import Literal

HolderType = Literal["author", "official", "body", "person", "public"]
OFFICIAL = re.compile(
    r"\b(?:president|prime minister|premier|minister|secretary|spokes(?:man|woman|person)|official|officials"
    r"|senators?|sen\.|rep\.|representative|congress(?:man|woman)|deput(?:y|ies)|mp|mps|delegate|ambassador|envoy|general|gen\.|colonel|col\."
    r"|king|chancellor|governor|diplomats?|commander|admiral|mayor|lawmakers?|legislators?)\b",
    re.IGNORECASE,
)
BODY = re.compile(
    r"\b(?:government|council|parliament|assembly|senate|house|congress|party|ministry|commission|union|league|court|army"
    r"|committee|cabinet|administration|bloc|organi[sz]ation|coalition|movement|front|bank|fund|agency|church|board|group"
    r"|nato|un|united nations|eu|institute|chamber|association|conference|resolution|caucus|convention)\b",
    re.IGNORECASE,
)
PUBLIC = re.compile(
    r"\b(?:per ?cent|percent|voters|people|respondents|crowd|protesters?|demonstrators|residents|villagers|americans"
    r"|most|many|some|slogans?|critics|supporters|readers|students|opponents|majority|public|others|banners?)\b|%",
    re.IGNORECASE,
)


def holder_type(holder: str | None) -> HolderType | None:
    """The kind of a holder; None where there is no holder. The first kind that fits, in the order below; else a person.

    A bare country or capital, such as `Moscow`, is a body: its government is meant.
    """
    if not holder:
        return None
    if holder == "author":
        return "author"
    kinds: tuple[tuple[HolderType, re.Pattern[str]], ...] = (("public", PUBLIC), ("official", OFFICIAL), ("body", BODY))
    for kind, pattern in kinds:
        if pattern.search(holder):
            return kind
    return "body" if _is_place(holder) else "person"


def _is_place(holder: str) -> bool:
    from stance.ingest.names import gazetteer

    mentions = list(gazetteer().mentions(holder))
    return any(m.start == 0 and m.end == len(holder) for m in mentions)
