"""Made articles for measuring: words by Zipf's law, events that several outlets report, and edited copies."""

import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

VOCABULARY = 8000
PARAGRAPHS = 6
PARAGRAPH_SENTENCES = 4
EVENT_REPORTS = 5
"""Reports of one event share a quoted paragraph without being copies of each other."""


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Made words, the frequent ones first, and their cumulative weights by Zipf's law."""
    chance = random.Random(0)  # noqa: S311
    syllables = [c + v for c in "bdfgklmnprstv" for v in "aeiou"]
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(4 * VOCABULARY)})
    chance.shuffle(words)
    weights = accumulate(1 / (rank + 3) for rank in range(VOCABULARY))
    return words[:VOCABULARY], list(weights)


class Maker:
    """Makes articles from a seed; equal seeds make equal articles."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.words, self.cumulative = vocabulary()

    def draw(self, count: int) -> list[str]:
        """`count` words."""
        return self.random.choices(self.words, cum_weights=self.cumulative, k=count)

    def sentence(self) -> str:
        """One sentence of news length."""
        words = self.draw(self.random.randint(12, 28))
        return " ".join([words[0].capitalize(), *words[1:]]) + "."

    def paragraph(self) -> str:
        """Some sentences."""
        return " ".join(self.sentence() for _ in range(PARAGRAPH_SENTENCES))

    def article(self, shared: str | None = None) -> list[str]:
        """A headline and paragraphs, `shared` among them."""
        paragraphs = [self.paragraph() for _ in range(PARAGRAPHS)]
        if shared is not None:
            paragraphs[2] = shared
        return [" ".join(self.draw(8)).capitalize(), *paragraphs]

    def edited(self, article: list[str]) -> list[str]:
        """A copy with another headline, a paragraph dropped and 10% of the words changed."""
        dropped = self.random.randrange(1, PARAGRAPHS)
        kept = [paragraph.split() for i, paragraph in enumerate(article[1:]) if i != dropped]
        for words in kept:
            for place in self.random.sample(range(len(words)), round(0.1 * len(words))):
                words[place] = self.draw(1)[0]
        return [" ".join(self.draw(8)).capitalize(), *(" ".join(words) for words in kept)]


def articles_with_copies(count: int, copies: int, seed: int) -> tuple[list[str], set[tuple[int, int]]]:
    """`count` texts in random order, `copies` of them edited copies of others, and the true pairs of numbers."""
    maker = Maker(seed)
    originals: list[list[str]] = []
    for number in range(count - copies):
        if number % EVENT_REPORTS == 0:
            shared = maker.paragraph()
        originals.append(maker.article(shared))
    copied = maker.random.sample(range(len(originals)), copies)
    texts = [*originals, *(maker.edited(originals[i]) for i in copied)]
    places = list(range(count))
    maker.random.shuffle(places)
    ordered = [""] * count
    for place, text in zip(places, texts, strict=True):
        ordered[place] = "\n".join(text)
    pairs = {(places[i], places[len(originals) + n]) for n, i in enumerate(copied)}
    return ordered, {(min(pair), max(pair)) for pair in pairs}


def many_articles(count: int, seed: int) -> Iterator[str]:
    """`count` texts, a fifth of them edited copies of the one before."""
    maker = Maker(seed)
    article = maker.article()
    for number in range(count):
        article = maker.edited(article) if number % 5 == 4 else maker.article()
        yield "\n".join(article)


def page(title: str, paragraphs: list[str], number: int) -> str:
    """A news page of some 60 KB around an article: menus, teasers, scripts, styles, comments."""
    menu = "".join(f'<li class="nav-item"><a href="/section/{i}?ref=menu">Section {i}</a></li>' for i in range(60))
    teasers = "".join(
        f'<div class="teaser"><a href="/story/{number}-{i}"><img src="/i/{i}.jpg" alt=""><h3>{title[:40]} {i}</h3></a>'
        f'<span class="byline">By Reporter {i}</span></div>'
        for i in range(80)
    )
    script = "<script>" + "window.dataLayer=window.dataLayer||[];" * 400 + "</script>"
    style = "<style>" + ".a{color:#123;margin:0 1px 2px 3px}" * 300 + "</style>"
    body = "".join(f'<p class="story-text">{paragraph}</p>' for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Daily</title>'
        f'<meta property="og:site_name" content="The Daily"><meta name="author" content="Ann Writer">'
        f'<meta property="article:published_time" content="2011-03-19T08:00:00Z">{style}{script}</head>'
        f"<body><nav><ul>{menu}</ul></nav><main><article><h1>{title}</h1>{body}</article><aside>{teasers}</aside></main>"
        f"<footer><ul>{menu}</ul>{script}</footer></body></html>"
    )
