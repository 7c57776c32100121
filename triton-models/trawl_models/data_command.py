"""`./trawl data show`: what was understood of a data folder, before anybody trains on it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from .bounds import MAX_HISTORY
from .checks import signal
from .dataset import DataError, Dataset, clean, read
from .dataset.refusal import shorten
from .dataset.understood import Reading, Understood
from .objectives import Split, split
from .reading_options import asked, show_parser
from .train_options import MAX_SEED, within

WIDTH = 120
"""Of what is written to no terminal."""

INTERACTION_EXAMPLES = 5
ITEM_EXAMPLES = 3


def run(given: Sequence[str]) -> int:
    """Prints; 0 where the data can be trained on."""
    chosen = show_parser().parse_args(given)
    within("seed", chosen.seed, 0, MAX_SEED)
    reading = read(chosen.data, chosen.seed, asked(chosen))
    cut = split(reading.dataset, chosen.seed)
    console = Console(width=None if sys.stdout.isatty() else WIDTH, markup=False, highlight=False, emoji=False)
    refused = _refused_by_train(chosen.data, reading.dataset, cut)
    for part in _page(reading, cut, refused):
        console.print(part)
    return 0 if refused is None else 1


def _refused_by_train(data: Path, dataset: Dataset, cut: Split) -> str | None:
    try:
        signal(data, dataset)
    except DataError as refused:
        return f"{clean(str(refused))}: ./trawl train refuses this data."
    return None if cut.objectives else "No objective has signal: ./trawl train refuses this data."


def _page(reading: Reading, cut: Split, refused: str | None) -> Iterable[Group | Text]:
    told, dataset = reading.understood, reading.dataset
    yield Text(f"{clean(dataset.name)}, read as {told.form}\n", style="bold")
    yield _files(told)
    if told.columns:
        yield _table("columns", ("file", "column", "is", "how"), [(c.file, c.column, c.part, c.how) for c in told.columns])
    yield _sizes(told, dataset)
    yield _split(dataset, cut)
    if any(tally.refused for tally in told.tallies):
        yield _refused(told)
    yield _interaction_examples(told, dataset)
    yield _item_examples(dataset)
    for note in told.notes:
        yield Text(f"! {note}")
    if refused is None and not cut.asks("validation"):
        yield Text(
            "! No user is asked for a validation step (that takes three steps): nothing is chosen by it. ./trawl train takes the "
            "first of --queries and the last epoch."
        )
    if refused is not None:
        yield Text(f"! {refused}", style="bold")


def _files(told: Understood) -> Group:
    rows = []
    for file in told.files:
        tally = file.tally
        counted = ("", "") if tally is None else (f"{tally.rows:,}", f"{tally.refused:,}")
        rows.append((file.name, file.what, file.how, *counted))
    return _table("files", ("file", "holds", "how", "rows", "refused"), rows, right=("rows", "refused"))


def _sizes(told: Understood, dataset: Dataset) -> Group:
    lengths = sorted(len(user.behaviours) for user in dataset.users)
    met = {behaviour.item for user in dataset.users for behaviour in user.behaviours}
    times = [b.time for user in dataset.users for b in user.behaviours if b.time is not None]
    rows = [
        ("users", f"{len(dataset.users):,}"),
        ("items", f"{len(dataset.items):,}, {len(dataset.items) - len(met):,} of them in no interaction"),
        ("interactions", f"{sum(lengths):,}" + _by_action(told)),
        ("of a user", f"{lengths[0]:,} to {lengths[-1]:,}, median {lengths[len(lengths) // 2]:,}" if lengths else "none"),
        ("time", f"{moment(min(times))} to {moment(max(times))}" if times else "none: an order alone"),
    ]
    longer = sum(length > MAX_HISTORY for length in lengths)
    if longer:
        rows.append(("long histories", f"{longer:,} users have more than {MAX_HISTORY:,}; the space holds the newest of them"))
    return _table("sizes", ("", ""), rows)


def _by_action(told: Understood) -> str:
    if len(told.actions) < 2:
        return ""
    return ": " + ", ".join(f"{count:,} {name}{' (predicted)' * (place == 0)}" for place, (name, count) in enumerate(told.actions.items()))


def _split(dataset: Dataset, cut: Split) -> Group:
    coverage = cut.coverage()
    rows = [
        (name, *(f"{coverage[name][stage]:,}" for stage in ("training", "validation", "test")), "")
        for name in cut.names
    ]
    rows += [(name, "", "", "", f"left out: {why}") for name, why in cut.left_out.items()]
    step = "basket" if dataset.baskets else dataset.target_action
    title = f"split: the last {step} is the test, the one before it the validation"
    return _table(title, ("objective", "training targets", "validation users", "test users", ""), rows, right=("training targets", "validation users", "test users"))


def _refused(told: Understood) -> Group:
    rows = [
        (tally.file.name, f"{fault.place} {fault.line}", fault.field or "", shorten(fault.value), fault.expected)
        for tally in told.tallies
        for fault in tally.shown
    ]
    counted = ", ".join(f"{t.refused:,} of {t.rows:,} in {t.file.name}" for t in told.tallies if t.refused)
    return _table(f"rows that were passed over: {counted}; the first of them", ("file", "place", "column", "found", "expected"), rows)


def _interaction_examples(told: Understood, dataset: Dataset) -> Group:
    titles = {item.id: item.title for item in dataset.items}
    rows = [
        (f"{told.place} {line}", user, item, titles[item], action, "" if time is None else moment(time))
        for line, user, item, action, time in told.examples
    ] or [
        ("", user.id, dataset.items[b.item].id, dataset.items[b.item].title, b.action, "" if b.time is None else moment(b.time))
        for user, b in islice(((user, b) for user in dataset.users for b in user.behaviours), INTERACTION_EXAMPLES)
    ]
    return _table("first interactions", ("", "user", "item", "title", "action", "time"), rows)


def _item_examples(dataset: Dataset) -> Group:
    names = [name for name, _ in dataset.attributes][:6]
    met = dict.fromkeys(b.item for user in dataset.users[:20] for b in user.behaviours)
    rows = []
    for ordinal in islice(met, ITEM_EXAMPLES):
        item = dataset.items[ordinal]
        values = (item.attributes.get(name, "") for name in names)
        rows.append((item.id, item.title, *(", ".join(v) if isinstance(v, tuple) else str(v) for v in values)))
    return _table("items", ("item", "title", *names), rows)


def moment(seconds: int) -> str:
    """Unix seconds for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> Group:
    """What the data says is text to the terminal, never a command to it."""
    table = Table(box=box.SIMPLE_HEAD, show_header=any(heads), pad_edge=False)
    for head in heads:
        table.add_column(Text(clean(head)), justify="right" if head in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(value)[:300]) for value in row))
    return Group(Text(clean(title), style="bold"), table)
