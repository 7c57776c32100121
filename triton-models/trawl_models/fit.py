"""From data to a model: most of the first phase once, its end and the second for each number of query vectors that is tried.

Numbers of query vectors are tried as given, each from the same weights, until one is
less than a hundredth better on validation than the one before it; where validation has no questions, the first is taken.
A final fit does the same once more on training and validation items together, with the number, the epochs and the
leanings that validation chose, unless there are no validation items.

Every run of a phase has a checkpoint in a folder of its own, so that a fit that was interrupted
goes on in the run where it stopped.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .leaning import fit_leaning
from .model import Backbone, ItemTable, even_out, untrained
from .objectives import Split
from .prompt import PromptCorpus
from .quality import Judge, Report, score_of
from .train import HistoryTrainer, Outcome, PromptTrainer, Reached
from .train_options import BackboneSettings, TrainingSettings

_WORTH = 1.01
"""What more query vectors have to gain: every search pays for them, and by less the draw of validation users decides."""

_LEANING_SHARES = (0.5, 1.0)
"""Of the likeliest leanings, beside none: those weigh all places of an item alike, of which the first ones may pay
for the rest."""

_LAST = 5
"""Of the epochs of histories the last one in so many, one at least, is trained for each number of query vectors: from
the start, more of them only learn a small set by heart sooner."""

_HISTORIES_SHARE = 2.0
"""Of `minutes`: as much as two runs of the second phase; its end has one more for each number of query vectors."""


@dataclass(frozen=True)
class Fitted:
    """A trained model. `outcome` adds up all runs that led to it; its validation is that of the chosen one.

    before  of a final fit: what validation chose, fitted on training items alone
    """

    backbone: Backbone
    table: ItemTable
    outcome: Outcome
    before: Fitted | None = None


class Fit:
    """What the fits of a data set share. `identity` tells its checkpoints from those of other data."""

    def __init__(
        self,
        corpus: PromptCorpus,
        sentences: np.ndarray,
        words: np.ndarray,
        sizes: BackboneSettings,
        settings: TrainingSettings,
        folder: Path,
        identity: dict[str, Any],
    ) -> None:
        self._corpus = corpus
        self._sentences = sentences
        self._words = words
        self._sizes = sizes
        self._settings = settings
        self._folder = folder
        self._identity = identity

    def choose(self, split: Split, queries: Sequence[int], final: bool) -> Fitted:
        """The best of `queries` by validation; fitted again on validation items too if `final` and if there are any."""
        settings = self._settings
        whole = split.with_validation()
        if final and whole.purchases.sum() == split.purchases.sum():
            print("there are no validation items: a final fit has nothing to add", file=sys.stderr, flush=True)
            final = False
        if settings.minutes is not None:
            parts = _HISTORIES_SHARE + 2 * len(queries) + final * (_HISTORIES_SHARE + 2)
            settings = replace(settings, minutes=settings.minutes / parts)
        chosen = self._fit(split, queries, settings, "training")
        found = chosen
        if final:
            settings = replace(settings, epochs=chosen.outcome.best_epoch)
            again = self._fit(whole, [chosen.backbone.settings.queries], settings, "final")
            again.backbone.leaning.load_state_dict(chosen.backbone.leaning.state_dict())
            outcome = _sum([chosen.outcome, again.outcome], chosen.outcome)
            found = replace(again, outcome=outcome, before=chosen)
        even_out(found.backbone, found.table)
        return found

    def _fit(self, split: Split, queries: Sequence[int], settings: TrainingSettings, name: str) -> Fitted:
        folder = self._folder / name
        trunk, outcome = self._trunk(split, settings, folder)
        outcomes, best = [outcome], None
        for count in queries:
            backbone, table = self._model(split, count)
            outcomes.append(self._end_of_histories(split, backbone, table, settings, folder, trunk))
            run = PromptTrainer(
                split, self._corpus, backbone, table, settings,
                folder / f"queries-{count}", self._of_run(backbone, settings),
            )
            outcome = run.run()
            if len(run.judge):
                fit_leaning(split, run.judge, backbone, table)
                outcome = _leant(outcome, run.judge, backbone, table)
            found = Fitted(backbone, table, outcome)
            outcomes.append(outcome)
            if best is not None and _score(found) < _WORTH * _score(best):
                break
            best = found
            if not len(run.judge):
                print(f"validation has no questions: M = {count}, the first to try, is taken", file=sys.stderr, flush=True)
                break
        assert best is not None
        return replace(best, outcome=_sum(outcomes, best.outcome))

    def _trunk(self, split: Split, settings: TrainingSettings, folder: Path) -> tuple[Reached, Outcome]:
        """What all numbers of query vectors have in common."""
        if settings.minutes is not None:
            settings = replace(settings, minutes=settings.minutes * _HISTORIES_SHARE)
        backbone, table = self._model(split, 1)
        run = HistoryTrainer(
            split, self._corpus, backbone, table, settings, folder / "histories", self._of_run(backbone, settings),
            part=(0, _parting(settings)),
        )
        outcome = run.run()
        return run.reached(), outcome

    def _end_of_histories(
        self, split: Split, backbone: Backbone, table: ItemTable, settings: TrainingSettings, folder: Path, trunk: Reached
    ) -> Outcome:
        run = HistoryTrainer(
            split, self._corpus, backbone, table, settings,
            folder / f"histories-{backbone.settings.queries}", self._of_run(backbone, settings),
            part=(_parting(settings), settings.history_epochs), start=trunk,
        )
        return run.run()

    def _of_run(self, backbone: Backbone, settings: TrainingSettings) -> dict[str, Any]:
        given = {"backbone": asdict(backbone.settings), "training": asdict(settings), "parting": _parting(settings)}
        return self._identity | given

    def _model(self, split: Split, queries: int) -> tuple[Backbone, ItemTable]:
        """Untrained; the same one for the same seed."""
        torch.manual_seed(self._settings.seed)
        sizes = replace(self._sizes, queries=queries)
        return untrained(sizes, self._sentences, self._words, split.purchases)


def _parting(settings: TrainingSettings) -> int:
    """The epoch of histories from which on each number of query vectors has its own."""
    return settings.history_epochs - min(settings.history_epochs, max(1, settings.history_epochs // _LAST))


def _leant(before: Outcome, judge: Judge, backbone: Backbone, table: ItemTable) -> Outcome:
    """Keeps as much of the leanings as validation is best by, and says in the log what that changed."""
    likeliest = backbone.leaning.weight.detach().clone()

    def report(share: float) -> Report:
        with torch.no_grad():
            backbone.leaning.weight.copy_(share * likeliest)
        return judge.judge(backbone, table)

    without = before.validation or report(0.0)
    reports = {0.0: without} | {share: report(share) for share in _LEANING_SHARES}
    share = max(reports, key=lambda share: score_of(reports[share]))
    with torch.no_grad():
        backbone.leaning.weight.copy_(share * likeliest)
    told = (
        f"{name} {was.hit_10:.4f} to {now.hit_10:.4f}, {was.recall_1000:.4f} to {now.recall_1000:.4f}"
        for (name, was), now in zip(without.objectives.items(), reports[share].objectives.values(), strict=True)
    )
    line = f"leanings fitted, {share:g} of them kept: validation HR@10 and Recall@1000 {'; '.join(told)}"
    print(line, file=sys.stderr, flush=True)
    return replace(before, validation=reports[share], log=[*before.log, line])


def _score(fitted: Fitted) -> float:
    return 0.0 if fitted.outcome.validation is None else score_of(fitted.outcome.validation)


def _sum(outcomes: Sequence[Outcome], chosen: Outcome) -> Outcome:
    return replace(
        chosen,
        steps=sum(outcome.steps for outcome in outcomes),
        seconds=sum(outcome.seconds for outcome in outcomes),
        log=[line for outcome in outcomes for line in outcome.log],
    )
