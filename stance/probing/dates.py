"""Other days and other counts: facts that no stance hangs on."""

import re

from stance.probing.edit import with_text
from stance.records import Example

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = re.compile(rf"\b(?:{'|'.join(DAYS)})\b")
NAMED_DAY = re.compile(
    rf"\b(?:Good|Bloody|Black|Palm|Easter|Ash|Holy|Super)\s+(?:{'|'.join(DAYS)})\b"
    rf"|\b(?:{'|'.join(DAYS)})(?:[’']s)?\s+(?:prayers?|sermons?|mass|worship|school|Times|[A-Z])",
)
SHIFT_DAYS = 2
COUNTED = re.compile(
    r"(?<![\w$£€.,:/-])([1-9]\d{1,2})(\s+)(?=(?:soldiers|troops|men|women|people|civilians|fighters|rebels|policemen"
    r"|planes|aircraft|jets|bombers|helicopters|tanks|vehicles|trucks|ships|prisoners|villagers|refugees|families"
    r"|officers|observers|advisers|marines|paratroopers|miles|kilometres|kilometers|tons|tonnes)\b)"
)
COMPARED = re.compile(
    r"\bper ?cent|%|\b(?:of the|out of|fewer|more|less|than|total|sum|each|other|remaining)\b", re.IGNORECASE
)
INCREASE = 3


def weekday(example: Example) -> Example | None:
    """Every weekday moved by two days; None for days that are names, such as Good Friday."""
    if NAMED_DAY.search(example.text):
        return None
    return with_text(example, DAY.sub(lambda m: DAYS[(DAYS.index(m[0]) + SHIFT_DAYS) % 7], example.text))


def number(example: Example) -> Example | None:
    """Counts of people or things from 10 to 996 raised by three; None where the sentence compares numbers."""
    if COMPARED.search(example.text):
        return None
    return with_text(
        example,
        COUNTED.sub(
            lambda m: f"{int(m[1]) + INCREASE}{m[2]}" if int(m[1]) + INCREASE < 1000 else m[0],
            example.text,
        ),
    )
