"""Label with a language model: pairs -> votes.jsonl, pairs.jsonl, removed.jsonl, ledger.json."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stance.config import ConfigError, DataError, StageConfig
from stance.labeling.llm_budget import Budget, Estimator, Prices
from stance.labeling.llm_client import Client, ServerConfig, read_key
from stance.labeling.llm_plan import Plan, expected_minutes, expected_usage, known_from
from stance.labeling.llm_prompt import Item, Prompt, PromptConfig, make_item, make_prompt, request_key, response_format
from stance.labeling.llm_run import NO_ANSWER, AskingConfig, Outcome, Request, ask_all
from stance.labeling.llm_store import ANSWERED, Store
from stance.labeling.llm_votes import ledger, vote_of
from stance.labeling.pairing import pairs_to_label
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.records import Gold, Pair, Removed, Sentence, Vote
from stance.storage import read_records, write_json, write_records

Confirm = Callable[[Plan], bool]
"""Is shown what labelling will take, and says whether to go on."""
NOTHING_BILLED = {"cost": 0.0, "seconds": 0.0, "tokens_in": 0, "tokens_out": 0}
"""Of a vote whose item reads like an earlier one, and shares its answer."""
log = logging.getLogger(__name__)


class LabelLlmConfig(StageConfig):
    """Pairs in, the votes of one model with one prompt out."""

    sentences: Path
    """Output of ingest."""
    pairs: Path
    """JSONL of pairs to label, such as pairs.jsonl of the label stage or proposals.jsonl of ingest."""
    targets: tuple[str, ...] = ()
    """Targets to pair with every sentence, beside those pairs."""
    gold: Path | None = None
    """Output of the label stage, from which solved examples are taken; null shows none."""
    guidelines: Path
    """Text of the annotation guidelines; its version is recorded in every vote."""
    scheme: LabelScheme
    """The labels."""
    labeler: str = ""
    """Name of the source in its votes; empty is llm:<model>. Two prompts of one model need two names."""
    server: ServerConfig = ServerConfig()
    """Which model answers."""
    prompt: PromptConfig = PromptConfig()
    """What it is shown."""
    asking: AskingConfig = AskingConfig()
    """How it is asked, and the budget."""


def label_llm(config: LabelLlmConfig, *, replace: bool = False, confirm: Confirm | None = None) -> Manifest:
    """Ask a model for a vote on every pair; `confirm` sees the plan and decides, unless `asking.yes`.

    Answers are paid for once: those on record in `asking.cache` are taken from there. Raises ConfigError when nothing
    may be spent, DataError when items are left that the same command may get an answer for.
    """
    return build("label_llm", config, lambda checked, folder: _work(checked, folder, confirm), replace=replace)


def _work(config: LabelLlmConfig, folder: Path, confirm: Confirm | None) -> Mapping[str, int]:
    key = read_key(config.server)
    sentences = {s.id: s for s in read_records(config.sentences / "sentences.jsonl", Sentence)}
    listed = list(read_records(config.pairs, Pair))
    pairs, removed = pairs_to_label(listed, config.targets, sentences)
    if not pairs:
        raise DataError(f"{config.pairs}: no pair of {config.sentences} in it; give label_llm.targets, or other pairs")
    given = len(pairs) + len(removed)
    prompt = _prompt(config, sentences)
    items = [make_item(pair, sentences[pair.sentence_id], config.prompt) for pair in pairs]
    client = Client(config.server, response_format(config.scheme), config.asking.concurrency, key)
    store = Store(config.asking.cache)
    try:
        requests = _requests(items, prompt, client, store)
        by_key = {request.key: request for request in requests}
        outcome = _ask(config, prompt, client, store, list(by_key.values()), confirm)
        attempts = store.attempts(by_key)
    finally:
        store.close()

    labeler = config.labeler or f"llm:{config.server.model}"
    votes: list[Vote] = []
    billed: set[str] = set()
    for request in requests:
        vote = vote_of(request.item, attempts.get(request.key, ()), prompt, labeler, config.scheme)
        if vote is None or request.key in outcome.problems:
            reason, detail = outcome.problems[request.key]
            removed.append(Removed(item=request.item.pair_id, reason=reason, detail=detail))
        else:
            votes.append(vote.model_copy(update=NOTHING_BILLED) if request.key in billed else vote)
            billed.add(request.key)
    entry = ledger(labeler, votes, len(items), (a for rows in attempts.values() for a in rows))
    write_records(folder / "votes.jsonl", votes)
    write_records(folder / "pairs.jsonl", pairs)
    write_records(folder / "removed.jsonl", removed)
    write_json(folder / "ledger.json", entry)
    return {
        "pairs": given,
        "votes": len(votes),
        "removed": len(removed),
        "abstained": entry["abstained"],
        "invalid_answers": entry["invalid_answers"],
    }


def _prompt(config: LabelLlmConfig, sentences: Mapping[str, Sentence]) -> Prompt:
    try:
        guidelines = config.guidelines.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{config.guidelines}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    if config.gold is None:
        return make_prompt(guidelines, config.scheme, (), config.prompt)
    pairs = {pair.id: pair for pair in read_records(config.gold / "pairs.jsonl", Pair)}
    solved = [
        (make_item(pair, sentences[pair.sentence_id], config.prompt), gold)
        for gold in read_records(config.gold / "gold.jsonl", Gold)
        if (pair := pairs[gold.pair_id]).sentence_id in sentences
    ]
    return make_prompt(guidelines, config.scheme, solved, config.prompt)


def _requests(items: Sequence[Item], prompt: Prompt, client: Client, store: Store) -> list[Request]:
    """One request an item; items that read the same have the same key, and are asked once."""
    server = client.config
    messages = [prompt.messages(item) for item in items]
    keys = [request_key(server.model, server.temperature, each) for each in messages]
    earlier = store.attempts(keys)
    return [
        Request(item, key, each, len(client.body(each)), earlier.get(key, ()))
        for item, key, each in zip(items, keys, messages, strict=True)
    ]


def _ask(
    config: LabelLlmConfig,
    prompt: Prompt,
    client: Client,
    store: Store,
    requests: Sequence[Request],
    confirm: Confirm | None,
) -> Outcome:
    job = f"{config.server.model} {prompt.hash}"
    open_requests = [r for r in requests if r.is_open(config.asking.invalid_retries)]
    if not open_requests:
        return Outcome()
    prices = Prices(config.server.price_input, config.server.price_output)
    answers = [a for r in requests for a in r.earlier if a.outcome == ANSWERED]
    known = known_from(
        [a.seconds or 0.0 for a in answers], [a.tokens_in for a in answers], [a.tokens_out for a in answers]
    )
    spent = store.spent(job)
    plan = Plan(
        model=config.server.model,
        items=len(requests),
        answered=len(requests) - len(open_requests),
        requests=len(open_requests),
        expected=expected_usage([r.size for r in open_requests], known, prices),
        minutes=expected_minutes(len(open_requests), known, config.asking.concurrency),
        spent=spent,
        budget_money=config.asking.budget_money,
        budget_tokens=config.asking.budget_tokens,
        measured=bool(answers),
    )
    if config.asking.yes:
        log.info("%s", plan)
    elif confirm is None or not confirm(plan):
        raise ConfigError("label_llm: nothing was sent or spent; add label_llm.asking.yes=true to go on without asking")
    outcome = ask_all(
        open_requests,
        job=job,
        prompt=prompt,
        scheme=config.scheme,
        client=client,
        store=store,
        budget=Budget(config.asking.budget_money, config.asking.budget_tokens, spent),
        estimator=Estimator(prices, config.server.max_output_tokens),
        config=config.asking,
    )
    if outcome.counts:
        log.info("%s", ", ".join(f"{count} {name}" for name, count in sorted(outcome.counts.items())))
    waiting = [detail for reason, detail in outcome.problems.values() if reason == NO_ANSWER]
    if waiting:
        raise DataError(
            f"label_llm: {len(waiting)} of {len(open_requests)} items got no answer ({waiting[0]}); "
            "all answers are kept, and the same command asks for the rest only"
        )
    return outcome
