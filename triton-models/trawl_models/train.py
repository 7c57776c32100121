"""Trains a backbone and its item tables on a data set.

Two phases. *Histories*: the decoder reads whole training histories and predicts every behaviour
from those before it, which teaches the item tables at one token a target. *Prompts*: training
examples of all objectives as requests would send them, scored by the maximum over the M query
vectors, with the first phase's loss kept on as an auxiliary one. Validation after every epoch of
prompts; the best epoch is kept.

Every step draws its chance from (seed, step) alone, so a run that was interrupted and taken up
again gives the weights of one that was not, and equal seeds give equal weights on one kind of
processor with one number of threads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .batches import Histories, Prompts, TrainingBatch, behaviours_ahead
from .dataset import Dataset
from .loss import CandidateSampler, balance, maximum_scores, sampled_softmax
from .model import Backbone, ItemTables
from .objectives import Split
from .progress import Progress, duration
from .prompt import NO_ITEM, PromptCorpus
from .quality import Judge, Report, score_of
from .train_options import TrainingSettings

CHECKPOINT = "checkpoint.pt"
_CHECKPOINT_SECONDS = 120.0
_HISTORIES_SHARE = 0.3


@dataclass
class Outcome:
    """What a finished training says about itself."""

    steps: int
    seconds: float
    best_epoch: int
    precision: str
    log: list[str] = field(default_factory=list)
    validation: Report | None = None


class Interrupted(Exception):
    """Training was asked to stop; a checkpoint says where."""


class Trainer:
    """One training run; `run` goes from the checkpoint in `folder`, if there is one, to the end."""

    def __init__(
        self,
        dataset: Dataset,
        split: Split,
        corpus: PromptCorpus,
        backbone: Backbone,
        tables: ItemTables,
        settings: TrainingSettings,
        folder: Path,
        identity: dict[str, Any],
        stop_after: int | None = None,
    ) -> None:
        self._settings = settings
        self._backbone = backbone
        self._tables = tables
        self._folder = folder
        self._identity = identity
        self._stop_after = stop_after
        self._names = split.names
        self._histories = Histories(dataset, split, corpus, max(settings.batch // 2, 1))
        self._prompts = Prompts(
            split, corpus, len(dataset.users), settings.batch, settings.catalogue_share, settings.share
        )
        self._validation = Judge(dataset, split, corpus, "validation", settings.validation_users)
        self._purchases = split.purchases
        self._parameters = [*backbone.parameters(), *tables.parameters()]
        self._optimizer = torch.optim.AdamW(
            self._parameters, lr=settings.rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
        )
        self._bfloat16 = _use_bfloat16(settings.precision)
        self._asked_to_stop = False
        self._step = 0
        self._judged = 0
        self._seconds = 0.0
        self._second_phase_at = 0.0
        self._log: list[str] = []
        self._best: dict[str, Any] = {"score": -1.0, "epoch": -1, "weights": None, "report": None}

    @property
    def precision(self) -> str:
        return "bfloat16" if self._bfloat16 else "float32"

    def run(self) -> Outcome:
        """Trains to the end and loads the best epoch's weights. Raises `Interrupted` when asked to stop."""
        torch.set_num_threads(self._settings.threads)
        self._resume()
        self._saved_at = self._resumed_at = time.monotonic()
        with _stops_on_signals(self._ask_to_stop):
            first = 0
            for epoch in range(self._settings.history_epochs):
                first = self._history_epoch(epoch, first)
            for epoch in range(self._settings.epochs):
                first = self._prompt_epoch(epoch, first)
        if self._best["weights"] is not None:
            self._load(self._best["weights"])
        return Outcome(
            steps=self._step,
            seconds=self._elapsed(),
            best_epoch=self._best["epoch"],
            precision=self.precision,
            log=self._log,
            validation=self._best["report"],
        )

    def _history_epoch(self, epoch: int, first: int) -> int:
        """Trains the steps from `first` on that are still to do; gives the number of the first step after the epoch."""
        settings = self._settings
        steps = self._histories.epoch(_chance(settings.seed, 1, epoch))
        after = first + len(steps)
        if self._step >= after or self._late(_HISTORIES_SHARE):
            self._skip(max(self._step, after))
            return after
        sampler = CandidateSampler(self._purchases, 2 * settings.negatives)
        with self._stage(f"histories {epoch + 1}/{settings.history_epochs}", first, after) as stage:
            while self._step < after:
                batch = steps[self._step - first]()
                if len(batch.targets):
                    rate = settings.rate * min(1.0, (self._step + 1) / 200)
                    stage(self._update(rate, lambda: self._history_loss(batch, sampler)))
                self._finish_step()
                if self._late(_HISTORIES_SHARE):
                    self._skip(after)
        return after

    def _prompt_epoch(self, epoch: int, first: int) -> int:
        settings = self._settings
        counts, steps = self._prompts.epoch(_chance(settings.seed, 2, epoch))
        after = first + len(steps)
        if epoch == 0 and self._step <= first:
            self._second_phase_at = self._elapsed()
        if epoch < self._judged or (self._late(1.0) and self._best["weights"] is not None):
            self._skip(max(self._step, after))
            return after
        sampler = CandidateSampler(counts, settings.negatives)
        own = CandidateSampler(self._purchases, settings.negatives)
        with self._stage(f"prompts {epoch + 1}/{settings.epochs}", first, after) as stage:
            while self._step < after:
                batch = steps[self._step - first]()
                done = epoch + (self._step - first) / len(steps)
                rate = settings.rate * self._rate_left(done / settings.epochs)
                stage(self._update(rate, lambda: self._prompt_loss(batch, sampler, own)))
                self._finish_step()
                if self._late(1.0):
                    self._skip(after)
        self._judge(epoch)
        self._judged = epoch + 1
        self._save()
        return after

    def _update(self, rate: float, loss: Callable[[], Tensor]) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(int(_chance(self._settings.seed, 3, self._step).integers(2**63)))
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            value = loss()
        self._optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        found = value.item()
        if not np.isfinite(found):
            raise ArithmeticError(f"the loss is {found} at step {self._step}; try a smaller learning rate")
        return found

    def _history_loss(self, batch: TrainingBatch, sampler: CandidateSampler) -> Tensor:
        inputs = self._inputs(batch)
        return self._ahead(self._backbone.history(*inputs), batch, sampler)

    def _prompt_loss(self, batch: TrainingBatch, sampler: CandidateSampler, own: CandidateSampler) -> Tensor:
        prompt, queries = self._backbone.read(*self._inputs(batch))
        candidates = sampler.draw(batch.targets, _chance(self._settings.seed, 4, self._step))
        columns, _ = candidates.columns(batch.targets)
        vectors = self._tables.vectors(torch.from_numpy(candidates.ordinals))
        loss = sampled_softmax(
            maximum_scores(queries, vectors),
            torch.from_numpy(columns),
            torch.from_numpy(candidates.log_inclusion),
            _excluded(batch, candidates),
        ).mean()
        if self._settings.balance:
            loss = loss + self._settings.balance * balance(queries, vectors[torch.from_numpy(columns)])
        ahead = behaviours_ahead(batch.token_ids, batch.attention_mask, batch.item_ordinals)
        if self._settings.history_weight and len(ahead.targets):
            few = _some(ahead, self._settings.batch, _chance(self._settings.seed, 6, self._step))
            loss = loss + self._settings.history_weight * self._ahead(prompt, few, own)
        return loss

    def _ahead(self, hidden: Tensor, batch: TrainingBatch, sampler: CandidateSampler) -> Tensor:
        candidates = sampler.draw(batch.targets, _chance(self._settings.seed, 5, self._step))
        columns, _ = candidates.columns(batch.targets)
        vectors = self._tables.vectors(torch.from_numpy(candidates.ordinals))
        at = hidden[torch.from_numpy(batch.rows), torch.from_numpy(batch.places)]
        return sampled_softmax(
            (at @ vectors.T).float(),
            torch.from_numpy(columns),
            torch.from_numpy(candidates.log_inclusion),
            _excluded(batch, candidates),
        ).mean()

    def _inputs(self, batch: TrainingBatch) -> tuple[Tensor, Tensor, Tensor]:
        distinct, where = np.unique(np.maximum(batch.item_ordinals, 0), return_inverse=True)
        rows = self._tables.embeddings(torch.from_numpy(distinct.astype(np.int64)))
        there = torch.from_numpy(batch.item_ordinals != NO_ITEM).unsqueeze(-1)
        given = torch.nn.functional.embedding(torch.from_numpy(where.reshape(batch.item_ordinals.shape)), rows)
        return torch.from_numpy(batch.token_ids), torch.from_numpy(batch.attention_mask), given * there

    def _judge(self, epoch: int) -> None:
        report = self._validation.judge(self._backbone, self._tables)
        score = score_of(report)
        hits = ", ".join(f"{name} {quality.hit_10:.4f}" for name, quality in report.objectives.items())
        self._say(
            f"epoch {epoch + 1}: validation HR@10 {hits}; "
            f"{report.queries_in_use:.1f} of {self._backbone.settings.queries} query vectors in use"
        )
        if score > self._best["score"]:
            self._best = {"score": score, "epoch": epoch + 1, "weights": self._weights(), "report": report}

    def _rate_left(self, done: float) -> float:
        if self._settings.minutes is not None:
            left = self._settings.minutes * 60 - self._second_phase_at
            done = max(done, (self._elapsed() - self._second_phase_at) / max(left, 1.0))
        return max(1.0 - done, 0.01)

    def _late(self, share: float) -> bool:
        return self._settings.minutes is not None and self._elapsed() >= share * self._settings.minutes * 60

    def _skip(self, after: int) -> None:
        self._step = after

    def _finish_step(self) -> None:
        self._step += 1
        stop = self._asked_to_stop or self._step == self._stop_after
        if stop or time.monotonic() - self._saved_at > _CHECKPOINT_SECONDS:
            self._save()
        if stop:
            raise Interrupted(f"stopped at step {self._step}; the same command goes on from there")

    def _ask_to_stop(self) -> None:
        self._asked_to_stop = True

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._resumed_at

    @contextmanager
    def _stage(self, label: str, first: int, after: int) -> Iterator[Callable[[float], None]]:
        progress = Progress(label, after - first, self._step - first)
        losses: list[float] = []
        started = time.monotonic()

        def stage(loss: float) -> None:
            losses.append(loss)
            progress.advance(f"loss {np.mean(losses[-100:]):.3f}")

        try:
            yield stage
        finally:
            progress.close()
        if losses:
            self._say(f"{label}: loss {np.mean(losses):.3f}, {duration(time.monotonic() - started)}")

    def _say(self, line: str) -> None:
        self._log.append(line)
        print(line, file=sys.stderr, flush=True)

    def _weights(self) -> dict[str, Any]:
        def copied(module: torch.nn.Module) -> dict[str, Tensor]:
            return {name: value.detach().clone() for name, value in module.state_dict().items()}

        return {"backbone": copied(self._backbone), "tables": copied(self._tables)}

    def _load(self, weights: dict[str, Any]) -> None:
        self._backbone.load_state_dict(weights["backbone"])
        self._tables.load_state_dict(weights["tables"])

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / (CHECKPOINT + ".partial")
        state = {
            "identity": json.dumps(self._identity, sort_keys=True),
            "step": self._step,
            "judged": self._judged,
            "seconds": self._elapsed(),
            "second_phase_at": self._second_phase_at,
            "weights": self._weights(),
            "optimizer": self._optimizer.state_dict(),
            "best": self._best,
            "log": self._log,
        }
        torch.save(state, partial)
        os.replace(partial, self._folder / CHECKPOINT)
        self._saved_at = time.monotonic()

    def _resume(self) -> None:
        file = self._folder / CHECKPOINT
        if not file.is_file():
            return
        # Written by this program for itself: it holds plain objects beside tensors.
        try:
            state = torch.load(file, weights_only=False)
        except Exception as bad:  # a damaged pickle raises whatever it likes
            raise ValueError(f"{file} cannot be read ({bad}); give --fresh to discard it") from None
        if state["identity"] != json.dumps(self._identity, sort_keys=True):
            raise ValueError(f"{file} belongs to a run with other data or settings; give --fresh to discard it")
        self._step = state["step"]
        self._judged = state["judged"]
        self._seconds = state["seconds"]
        self._second_phase_at = state["second_phase_at"]
        self._best = state["best"]
        self._log = state["log"]
        self._load(state["weights"])
        self._optimizer.load_state_dict(state["optimizer"])
        print(f"resuming at step {self._step}", file=sys.stderr, flush=True)


def _some(batch: TrainingBatch, count: int, rng: np.random.Generator) -> TrainingBatch:
    """At most `count` of the targets: as an auxiliary loss a sample does, at a fraction of the price."""
    if len(batch.targets) <= count:
        return batch
    kept = np.sort(rng.permutation(len(batch.targets))[:count])
    index = np.full(len(batch.targets), -1, np.int64)
    index[kept] = np.arange(count)
    of_kept = index[batch.excluded[0]] >= 0
    return replace(
        batch,
        targets=batch.targets[kept],
        rows=batch.rows[kept],
        places=batch.places[kept],
        excluded=(index[batch.excluded[0]][of_kept], batch.excluded[1][of_kept]),
    )


def _excluded(batch: TrainingBatch, candidates: Any) -> tuple[Tensor, Tensor]:
    columns, there = candidates.columns(batch.excluded[1])
    return torch.from_numpy(batch.excluded[0][there]), torch.from_numpy(columns[there])


def _chance(*numbers: int) -> np.random.Generator:
    return np.random.default_rng(numbers)


def _use_bfloat16(precision: str) -> bool:
    if precision != "auto":
        return precision == "bfloat16"
    # Without instructions for it, bfloat16 is emulated and slower than float32 by a factor of five.
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@contextmanager
def _stops_on_signals(ask: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM finish the step and save; a second Ctrl-C ends at once."""

    def on_signal(number: int, _: object) -> None:
        ask()
        print("stopping after this step; again to stop at once", file=sys.stderr, flush=True)
        signal.signal(number, signal.default_int_handler)

    try:
        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: the caller has to stop it some other way
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
