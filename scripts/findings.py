"""Articles and a model -> who stands where, how much, since when: a report for a browser, tables for papers."""

from _hydra import main

from stance.pipeline import PipelineConfig, run_findings


def run(config: PipelineConfig) -> None:
    """Articles and a model -> who stands where, how much, since when: a report for a browser, tables for papers."""
    manifests = run_findings(config)
    drawn = manifests["sample"].counts
    folder = config.findings.output
    print(
        f"\nreport   {folder / 'findings.html'}\n"
        f"tables   {folder / 'shares.csv'}, shares.tex, timeline.csv, evidence.csv"
    )
    if config.findings.gold == config.sample.output and drawn["labelled"] < drawn["drawn"]:
        queue = config.sample.output / "queue.jsonl"
        print(
            f"labels   {drawn['labelled']} of {drawn['drawn']} drawn pairs have one: copy {queue}, "
            "fill in `label` from the top, and run this again with findings.gold=COPY"
        )


if __name__ == "__main__":
    main(run, stage="findings")
