"""The model card of a space: what it was trained on and how, and how good it turned out to be."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .dataset import Dataset
from .figures import Quality
from .loss import most_items
from .objectives import Split, said_otherwise, spoken
from .progress import duration
from .quality import Report
from .train import Outcome
from .train_options import BackboneSettings, TrainingSettings


def collapsed(report: Report, queries: int) -> bool:
    """Fewer than half of the query vectors win the answers."""
    return queries > 1 and report.queries_in_use < queries / 2


def model_card(
    name: str,
    dataset: Dataset,
    split: Split,
    backbone: BackboneSettings,
    training: TrainingSettings,
    outcome: Outcome,
    test: Report,
    popularity: Mapping[str, Quality],
    alone: Report | None,
    crossed: Mapping[str, Report],
    otherwise: Report,
    lexical_weight: float | None,
    held: int,
) -> str:
    """Markdown. `alone`: of a final fit, the quality of what was fitted on training purchases alone.
    `crossed`: by objective, what its text finds of every objective's right items. `otherwise`: over the same users,
    each objective in words that training never saw. `lexical_weight`: what validation chose
    for text search. `held`: how many users the space holds, the first of the data set."""
    behaviours = sum(len(user.behaviours) for user in dataset.users)
    parts = [f"# {name}", "", "## Data", ""]
    parts += [
        f"`{dataset.name}`: {len(dataset.items):,} items, {len(dataset.users):,} users, {behaviours:,} behaviours, "
        f"{int(split.purchases.sum()):,} of them training purchases. A user's last purchase is the test, the one "
        "before it the validation; "
        + (
            "the validation chose number of query vectors and epochs, then the model was fitted on training and "
            "validation purchases together; the test is not seen."
            if alone
            else "neither is seen in training."
        )
        + ("" if outcome.validation else " Validation has no questions: the number of query vectors is the first of those given, and the epoch the last.")
        + (" Purchases of one time are one basket, held out as a whole." if dataset.baskets else ""),
    ]
    parts += [f"\nLeft out: {name} ({why})." for name, why in split.left_out.items()]
    parts += ["", "## Quality on the test purchases", ""]
    parts += [
        "Full ranking over all items but those of the user's history. A user counts under an objective only if "
        "the held-out purchase qualifies. Beside each figure, in brackets, the most popular items."
        + _of_whom(held, len(dataset.users)),
        *_table(test, popularity),
    ]
    if alone:
        parts += ["", "The same model fitted on training purchases alone, to be compared with others that are:"]
        parts += _table(alone, popularity)
    parts += ["", "## What each text finds", "", *_crossed(crossed)]
    parts += ["", "## Said otherwise", "", *_otherwise(split, crossed, otherwise)]
    parts += ["", "## Query vectors", "", _queries(test, backbone.queries), "", "## Training", ""]
    parts += [f"- {line}" for line in _how(len(dataset.items), backbone, training, outcome)]
    if lexical_weight is not None:
        parts.append(
            f"- Text search: a place among what words find counts {lexical_weight:g} of one among what query vectors "
            "find, the best on validation. The figures above are of query vectors alone."
        )
    parts += ["", "| setting | value |", "| --- | --- |"]
    for key, value in {**_sizes(backbone), **asdict(training)}.items():
        parts.append(f"| {key} | {value} |")
    parts += ["", "Log:", "", "```", *outcome.log, "```", ""]
    return "\n".join(parts)


def _of_whom(held: int, users: int) -> str:
    if held == users:
        return ""
    return (
        f" Users are the {held:,} that the space holds, the first of the data set, for popularity too; "
        f"trained was on all {users:,}."
    )


def _crossed(crossed: Mapping[str, Report]) -> list[str]:
    """Rows are what is right, columns are the objective whose text asks."""
    right = max((report.objectives for report in crossed.values()), key=len, default={})
    lines = [
        f"Recall@1000, in brackets HR@10, of what is right for one objective, asked for by the text of another "
        f"({max((quality.users for quality in right.values()), default=0):,} users; a search without its words is none).",
        "",
        f"| right for | {' | '.join(f'asked as {name}' for name in crossed)} |",
        "| --- |" + " --- |" * len(crossed),
    ]
    for name in right:
        found = [report.objectives.get(name) for report in crossed.values()]
        figures = ["–" if one is None else _depth_and_top(one) for one in found]
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return lines


def _otherwise(split: Split, crossed: Mapping[str, Report], otherwise: Report) -> list[str]:
    lines = [
        "Objectives in words that training never saw, over the same users: what a model makes of them is an extrapolation. "
        "Recall@1000, in brackets HR@10.",
        "",
        "| objective | its text | | another text | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for objective in split.objectives:
        own = crossed[objective.name].objectives.get(objective.name) if objective.name in crossed else None
        other = otherwise.objectives.get(objective.name)
        if own is None or other is None:
            continue
        texts = [spoken(objective), spoken(said_otherwise(objective))]
        lines.append(f"| {objective.name} | {texts[0]} | {_depth_and_top(own)} | {texts[1]} | {_depth_and_top(other)} |")
    return lines


def _depth_and_top(found: Quality) -> str:
    return f"{found.recall_1000:.4f} ({found.hit_10:.4f})"


def _table(report: Report, popularity: Mapping[str, Quality]) -> list[str]:
    rows = [_row(objective, quality, popularity[objective]) for objective, quality in report.objectives.items()]
    head = "| objective | users | HR@5 | HR@10 | NDCG@5 | NDCG@10 | Recall@1000 |"
    return ["", head, "| --- | --- | --- | --- | --- | --- | --- |", *rows]


def _row(objective: str, quality: Quality, floor: Quality) -> str:
    pairs = (
        (quality.hit_5, floor.hit_5),
        (quality.hit_10, floor.hit_10),
        (quality.ndcg_5, floor.ndcg_5),
        (quality.ndcg_10, floor.ndcg_10),
        (quality.recall_1000, floor.recall_1000),
    )
    figures = " | ".join(f"{ours:.4f} ({popular:.4f})" for ours, popular in pairs)
    return f"| {objective} | {quality.users:,} | {figures} |"


def _queries(test: Report, queries: int) -> str:
    found = f"{test.queries_in_use:.1f} of {queries} are in use (exponential of the entropy of which one wins the ten best answers)."
    if collapsed(test, queries):
        found += " **That is fewer than half: the query vectors have collapsed.**"
    return found


def _how(items: int, backbone: BackboneSettings, training: TrainingSettings, outcome: Outcome) -> list[str]:
    origin = f"started from `{Path(backbone.base).name}`" if backbone.base else "trained from scratch"
    return [
        f"A Qwen3 decoder, {origin}, seed {training.seed}.",
        f"Loss: softmax over {_candidates(items, backbone, training)}, on the maximum over the query vectors.",
        f"{outcome.steps:,} steps in {duration(outcome.seconds)} on {training.threads} threads of "
        f"{processor()}, {outcome.precision}; weights of epoch {outcome.best_epoch}, the {'best on validation' if outcome.validation else 'last'}.",
    ]


def _candidates(items: int, backbone: BackboneSettings, training: TrainingSettings) -> str:
    if items <= most_items(backbone.queries):
        return "all items"
    drawn = min(training.negatives, most_items(backbone.queries))
    return f"the batch's targets and {drawn:,} items drawn uniformly, corrected for the chance of being drawn"


def _sizes(backbone: BackboneSettings) -> dict[str, Any]:
    found = asdict(backbone)
    if backbone.base:
        found["base"] = Path(backbone.base).name
        for name in ("width", "layers", "heads"):
            found.pop(name)
    return found


def processor() -> str:
    """The kind of processor, as the system names it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.split(':', 1)[1].strip()} ({platform.machine()})"
    return platform.processor() or platform.machine()
