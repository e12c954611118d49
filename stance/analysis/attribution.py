"""Opinions with their holders and actors filled in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stance.analysis.actors import Actor, actor_of, speaker_of
from stance.analysis.holders import Article, Holder, find_holder
from stance.analysis.opinions import Opinion
from stance.records import Document, Sentence

Span = tuple[int, int]


def attribute(
    opinions: Sequence[Opinion],
    documents: Mapping[str, Document],
    sentences: Iterable[Sentence],
    stories: Sequence[str] | None = None,
) -> list[Opinion]:
    """The opinions in order with holder, actor and cluster; `stories` are their clusters, the articles by default.

    All sentences of an article are needed, since a quotation may go on over several. An opinion whose span is no
    sentence of its article keeps its empty fields.
    """
    wanted = {opinion.document_id for opinion in opinions}
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for sentence in sentences:
        if sentence.document_id in wanted:
            spans[sentence.document_id].append((sentence.start, sentence.end))
    found: dict[tuple[str, Span], tuple[Holder, str, Actor]] = {}
    asked = {(opinion.document_id, (opinion.start, opinion.end)) for opinion in opinions}
    for name in sorted(wanted):
        document = documents[name]
        article = Article(document.text, spans[name], document.genre)
        for number, span in enumerate(article.spans):
            if (name, span) in asked:
                holder = find_holder(article, number)
                found[name, span] = holder, speaker_of(holder, document.text), actor_of(holder, document.text)
    clusters = stories if stories is not None else [opinion.document_id for opinion in opinions]
    return [
        _filled(opinion, found.get((opinion.document_id, (opinion.start, opinion.end))), cluster)
        for opinion, cluster in zip(opinions, clusters, strict=True)
    ]


def _filled(opinion: Opinion, found: tuple[Holder, str, Actor] | None, cluster: str) -> Opinion:
    if found is None:
        return replace(opinion, cluster=cluster)
    holder, speaker, actor = found
    return replace(
        opinion,
        holder=holder.text,
        speaker=speaker,
        holder_kind=holder.kind,
        holder_start=holder.start,
        holder_end=holder.end,
        actor=actor.name,
        actor_kind=actor.kind,
        cluster=cluster,
    )
