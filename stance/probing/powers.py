"""Another intervener in the same sentence: does the score move when NATO becomes Russia?

Countries and alliances differ in grammar (`the United States`, `NATO troops`, `an American`), so every occurrence has
to fit a pattern that is known to be safe; otherwise the sentence is left alone.
"""

import re
from dataclasses import dataclass

from stance.ingest.names import gazetteer
from stance.probing.edit import marked, with_article, with_text
from stance.records import Example


@dataclass(frozen=True)
class Power:
    """How an intervener is written."""

    name: str
    """As in the dataset."""
    noun: str
    """As the subject of a sentence, lower-case `the` included."""
    adjective: str
    """Before `troops`."""
    nouns: tuple[str, ...]
    """Spellings that stand for the noun in a text, without `the`."""
    adjectives: tuple[str, ...]
    in_target: str
    """Before `intervention in`."""
    needs_the: bool = False
    is_state: bool = True
    """Whether it can have a president, a capital, a seat at a table of states."""


POWERS = {
    p.name: p
    for p in (
        Power(
            "US", "the United States", "American", ("United States",), ("American", "U.S.", "US"), "US", needs_the=True
        ),
        Power("Russia", "Russia", "Russian", ("Russia",), ("Russian",), "Russian"),
        Power("NATO", "NATO", "NATO", ("NATO", "Nato"), ("NATO", "Nato"), "NATO", is_state=False),
        Power(
            "UN",
            "the UN",
            "UN",
            ("United Nations", "UN", "U.N."),
            ("UN", "U.N.", "United Nations"),
            "UN",
            needs_the=True,
            is_state=False,
        ),
        Power("UK", "Britain", "British", ("Britain",), ("British",), "British"),
        Power("France", "France", "French", ("France",), ("French",), "French"),
        Power("China", "China", "Chinese", ("China",), ("Chinese",), "Chinese"),
        Power("Turkey", "Turkey", "Turkish", ("Turkey",), ("Turkish",), "Turkish"),
        Power("Iran", "Iran", "Iranian", ("Iran",), ("Iranian",), "Iranian"),
    )
}
PARTNER = {"NATO": "Russia", "Russia": "US", "US": "Russia", "UN": "China"}
"""What `swap_intervener` puts in the place of an intervener; Russia for all others."""
AFTER_ADJECTIVE = (
    "troops|forces|soldiers|planes|jets|warplanes|aircraft|bombers|aid|arms|weapons|support|strikes|airstrikes|bombs|bombing"
    "|bombardment|bombings|intervention|military|mission|missions|force|presence|involvement|operation|operations"
    "|officers|commanders|advisers|helicopters|warships|ships|pilots|drones|missiles|sanctions|help|backing|assistance"
    "|air|ground|naval|armed|combat|raids|attacks|attack|action|tanks|guns|rockets|artillery|trainers|instructors"
    "|peacekeepers|units|bases|base|withdrawal|invasion|occupation|officials|diplomats|envoy|convoy|convoys"
)
AFTER_NOUN = (
    r"(?=[’']s\b|[,.;:?!)”\"]|\s+(?:said|says|has|had|was|is|will|would|could|should|must|can|may|might|to|in|on|and|or"
    r"|from|for|with|that|did|does|at|by|but|because|when|who|which|into|over|against|after|before|began|sent|ended|wants"
    r"|wanted|never|not|went|came|made|took|kept|gave|put|cannot|alone|itself|than|as|the|a|his|their|its)\b|$)"
)
TIED = re.compile(
    r"\b(?:alliance|allies|allied|ally|partners?|European|Western|secretary[- ]general|president"
    r"|prime minister|premier|parliament|senate|senators?"
    r"|congress\w*|republicans?|democrats?|veto|resolution|charter|mandate|member states|member|members|blue helmets?"
    r"|commons|lords|tsar|communist|ambassador|home|homeland|constitution|constitutional|election|elections|voters"
    r"|taxpayers?|dollars?|pounds?|roubles?|embassy|border|borders|neighbou?r\w*|colonial|empire)\b",
    re.IGNORECASE,
)
"""Words that tie a sentence to one intervener; with another one it would no longer make sense."""
TARGET = re.compile(r"^(?P<who>.+?) intervention in (?P<where>.+)$")


def swap_intervener(example: Example) -> Example | None:
    """NATO for Russia and the like, in sentence and target; see PARTNER."""
    partner = PARTNER.get(example.intervener or "", "Russia")
    return with_intervener(example, partner)


def with_intervener(example: Example, power: str) -> Example | None:
    """The example with `power`, a key of POWERS, in the place of its intervener.

    None when it is the intervener already or is named in the sentence, when the intervener is not named there or is
    named in a way that cannot be replaced safely, or when other words tie the sentence to it.
    """
    old, new = POWERS.get(example.intervener or ""), POWERS[power]
    named = TARGET.match(example.target)
    if old is None or old is new or named is None or new.name == example.place or TIED.search(example.text):
        return None
    if named["who"] not in ("foreign", old.in_target, *old.adjectives):
        return None
    if any(mention.name == new.name for mention in gazetteer().mentions(example.text)):
        return None
    text = _replaced(example.text, old, new)
    if text is None:
        return None
    target = example.target
    if named["who"] != "foreign":
        target = f"{new.in_target} intervention in {named['where']}"
    return with_text(example, text, target=target, intervener=new.name)


def _replaced(text: str, old: Power, new: Power) -> str | None:
    """`text` with every mention of `old` replaced, or None when there is none, or one that fits no pattern."""
    adjective = "|".join(map(re.escape, sorted(old.adjectives, key=len, reverse=True)))
    noun = "|".join(map(re.escape, sorted(old.nouns, key=len, reverse=True)))
    edge, the = r"(?<![\w’'-])", r"(?P<the>[Tt]he\s+)" if old.needs_the else ""
    edited = re.sub(
        rf"{edge}(?:{adjective})(?=-(?:led|backed)\b|\s+(?:{AFTER_ADJECTIVE})\b)", marked(new.adjective), text
    )
    if new.is_state or not old.is_state:  # the president of NATO would be no English that anybody writes
        edited = re.sub(rf"{edge}{the}(?:{noun}){AFTER_NOUN}", lambda m: marked(_noun(new, starts=_starts(m))), edited)
    if edited == text or any(m.name == old.name for m in gazetteer().mentions(edited.replace("\0", ""))):
        return None
    if re.search(rf"(?:{adjective}|{noun})s?\b", edited.replace("\0", "")) or "’’" in edited:
        return None
    return with_article(edited)


def _noun(new: Power, *, starts: bool) -> str:
    return new.noun[0].upper() + new.noun[1:] if starts else new.noun


def _starts(match: re.Match[str]) -> bool:
    """Whether the mention opens the sentence or a quotation in it."""
    before = match.string[: match.start()].replace("\0", "").rstrip("“\"‘'( ")
    return match[0].startswith("The") or not before
