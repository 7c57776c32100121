"""Trains a backbone and its item table on a data set.

Two phases. *Histories*: the decoder reads whole training histories and predicts every behaviour
from those before it, which teaches the item table at one token a target. *Prompts*: training
examples of all objectives as requests would send them, scored by the maximum over the M query
vectors, which teach what is added to a history and no longer how one is read. Validation after
every epoch of prompts; the best epoch is kept. In both the learning rate falls by half a cosine.

Every step draws its chance from (seed, step) alone, so a run that was interrupted and taken up
again gives the weights of one that was not, and equal seeds give equal weights on one kind of
processor with one number of threads.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .batches import Histories, Prompts, TrainingBatch
from .loss import Candidates, CandidateSampler, balance, softmax_loss
from .model import Backbone, ItemTable
from .objectives import Split
from .progress import Progress, duration
from .prompt import NO_ITEM, PromptCorpus
from .quality import Judge, Report, score_of
from .train_options import TrainingSettings

CHECKPOINT = "checkpoint.pt"
_CHECKPOINT_SECONDS = 120.0
_WARM_UP = 200


@dataclass
class Outcome:
    """What a finished phase says about itself."""

    steps: int
    seconds: float
    best_epoch: int
    precision: str
    log: list[str] = field(default_factory=list)
    validation: Report | None = None


@dataclass(frozen=True)
class Reached:
    """Where a phase stands between two epochs, for others to go on from."""

    step: int
    weights: dict[str, Any]
    optimizer: dict[str, Any]


class Interrupted(Exception):
    """Training was asked to stop; a checkpoint says where."""


class _Trainer:
    """One phase; `run` goes from the checkpoint in `folder`, if there is one, to the end."""

    name: str

    def __init__(
        self,
        split: Split,
        corpus: PromptCorpus,
        backbone: Backbone,
        table: ItemTable,
        settings: TrainingSettings,
        folder: Path,
        identity: dict[str, Any],
        stop_after: int | None = None,
    ) -> None:
        self._split = split
        self._corpus = corpus
        self._settings = settings
        self._backbone = backbone
        self._table = table
        self._folder = folder
        self._identity = identity
        self._stop_after = stop_after
        self._parameters = self._trained()
        self._optimizer = torch.optim.AdamW(
            self._parameters, betas=(0.9, 0.98), weight_decay=settings.weight_decay, fused=True
        )
        self._bfloat16 = _use_bfloat16(settings.precision)
        self._asked_to_stop = False
        self._epoch = self._place = self._step = self._first_step = 0
        self._seconds = 0.0
        self._log: list[str] = []
        self._best: dict[str, Any] = {"score": -1.0, "epoch": 0, "weights": None, "report": None}

    @property
    def precision(self) -> str:
        return "bfloat16" if self._bfloat16 else "float32"

    def run(self) -> Outcome:
        """Trains to the end and loads the best epoch's weights. Raises `Interrupted` when asked to stop."""
        torch.set_num_threads(self._settings.threads)
        self._resume()
        self._saved_at = self._resumed_at = time.monotonic()
        with _stops_on_signals(self._ask_to_stop):
            while self._epoch < self._until and not (self._epoch and self._late()):
                self._train_epoch()
            if self._asked_to_stop:  # while the last epoch was judged
                raise Interrupted(f"stopped after {self.name}; the same command goes on from there")
        if self._best["weights"] is not None:
            self._load(self._best["weights"])
        return Outcome(
            steps=self._step - self._first_step,
            seconds=self._elapsed(),
            best_epoch=self._best["epoch"],
            precision=self.precision,
            log=self._log,
            validation=self._best["report"],
        )

    @property
    def _epochs(self) -> int:
        """Of the phase: by what the learning rate falls."""
        raise NotImplementedError

    @property
    def _until(self) -> int:
        """The epoch before which this run of the phase ends."""
        return self._epochs

    def _trained(self) -> list[torch.nn.Parameter]:
        """What this phase trains; nothing else has a gradient."""
        for parameter in (*self._backbone.parameters(), *self._table.parameters()):
            parameter.requires_grad_(False)
        return [parameter.requires_grad_() for parameter in self._parts()]

    def _parts(self) -> list[torch.nn.Parameter]:
        raise NotImplementedError

    @property
    def _rate(self) -> float:
        raise NotImplementedError

    def _steps(self, epoch: int) -> list[Callable[[], Tensor | None]]:
        """The losses of an epoch, one a step; None where a batch has nothing to learn."""
        raise NotImplementedError

    def _judge(self) -> None:
        """Keeps the epoch that has just ended, if it is the best one."""

    def _train_epoch(self) -> None:
        steps = self._steps(self._epoch)
        warm_up = min(_WARM_UP, len(steps) * self._epochs // 10)
        with self._stage(f"{self.name} {self._epoch + 1}/{self._epochs}", len(steps)) as stage:
            while self._place < len(steps) and not self._late():
                rate = self._rate * self._rate_left((self._epoch + self._place / len(steps)) / self._epochs)
                loss = self._update(rate * min(1.0, (self._step + 1) / (warm_up + 1)), steps[self._place])
                if loss is not None:
                    stage(loss)
                self._place += 1
                self._finish_step()
        self._judge()
        self._epoch += 1
        self._place = 0
        self._save()

    def _update(self, rate: float, loss: Callable[[], Tensor | None]) -> float | None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(int(_chance(self._settings.seed, 3, self._step).integers(2**63)))
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            value = loss()
        if value is None:
            return None
        self._optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        found = value.item()
        if not np.isfinite(found):
            raise ArithmeticError(f"the loss is {found} at step {self._step}; try a smaller learning rate")
        return found

    def _items(self, targets: np.ndarray, sampler: CandidateSampler, kind: int) -> _Items:
        candidates = sampler.draw(targets, _chance(self._settings.seed, kind, self._step))
        if candidates.whole:
            return _Items(candidates, self._all_vectors())
        return _Items(candidates, self._vectors_of(torch.from_numpy(candidates.ordinals)))

    def _all_vectors(self) -> Tensor:
        return self._table.vectors()

    def _vectors_of(self, ordinals: Tensor) -> Tensor:
        return self._table.vectors_of(ordinals)

    def _inputs(self, batch: TrainingBatch, items: _Items) -> tuple[Tensor, Tensor, Tensor]:
        ordinals = torch.from_numpy(np.maximum(batch.item_ordinals, 0).astype(np.int64))
        if items.candidates.whole:
            given = functional.embedding(ordinals, items.vectors)
        else:
            distinct, where = torch.unique(ordinals, return_inverse=True)
            given = functional.embedding(where, self._vectors_of(distinct))
        there = torch.from_numpy(batch.item_ordinals != NO_ITEM).unsqueeze(-1)
        return torch.from_numpy(batch.token_ids), torch.from_numpy(batch.attention_mask), given * there

    def _rate_left(self, done: float) -> float:
        """From one down to a twentieth; with the clock where that is ahead of the steps."""
        if self._settings.minutes is not None:
            done = max(done, self._elapsed() / (self._settings.minutes * 60))
        return 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))

    def _late(self) -> bool:
        return self._settings.minutes is not None and self._elapsed() >= self._settings.minutes * 60

    def _finish_step(self) -> None:
        self._step += 1
        stop = self._asked_to_stop or self._step == self._stop_after
        if stop or time.monotonic() - self._saved_at > _CHECKPOINT_SECONDS:
            self._save()
        if stop:
            raise Interrupted(f"stopped at step {self._step} of {self.name}; the same command goes on from there")

    def _ask_to_stop(self) -> None:
        self._asked_to_stop = True

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._resumed_at

    @contextmanager
    def _stage(self, label: str, steps: int) -> Iterator[Callable[[float], None]]:
        progress = Progress(label, steps, self._place)
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

        return {"backbone": copied(self._backbone), "table": copied(self._table)}

    def _load(self, weights: dict[str, Any]) -> None:
        self._backbone.load_state_dict(weights["backbone"])
        self._table.load_state_dict(weights["table"])

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / (CHECKPOINT + ".partial")
        state = {
            "identity": json.dumps(self._identity, sort_keys=True),
            "epoch": self._epoch,
            "place": self._place,
            "step": self._step,
            "seconds": self._elapsed(),
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
        self._epoch = state["epoch"]
        self._place = state["place"]
        self._step = state["step"]
        self._seconds = state["seconds"]
        self._best = state["best"]
        self._log = state["log"]
        self._load(state["weights"])
        self._optimizer.load_state_dict(state["optimizer"])
        if self._epoch < self._until:
            print(f"resuming at step {self._step} of {self.name}", file=sys.stderr, flush=True)


class HistoryTrainer(_Trainer):
    """The first phase: how histories are read, and the items' part of behaviour. Its last weights are what it
    gives: none of its epochs is judged.

    Its last epochs are trained anew for each number of query vectors, with the maximum in the loss: what sets
    query vectors apart has to be learned where histories are read.

    part   first epoch and the one after the last, of this run (all)
    start  what the run before it reached; of more query vectors what sets them apart is fresh
    """

    def __init__(
        self, *given: Any, part: tuple[int, int] | None = None, start: Reached | None = None, **named: Any
    ) -> None:
        super().__init__(*given, **named)
        self._histories = Histories(self._split, self._corpus, self._settings.batch)
        queries = self._backbone.settings.queries
        self.name = "histories" if queries == 1 else f"histories, M = {queries}"
        self._epoch, self._end = part or (0, self._epochs)
        if start is not None:
            self._go_on_from(start)

    def _go_on_from(self, start: Reached) -> None:
        own = {"query_tokens", "apart"} & self._backbone.state_dict().keys()
        kept = {name: self._backbone.state_dict()[name].clone() for name in own}
        self._load({"backbone": start.weights["backbone"] | kept, "table": start.weights["table"]})
        state = self._optimizer.state_dict()
        self._optimizer.load_state_dict(state | {"state": start.optimizer["state"]})
        self._step = self._first_step = start.step

    def reached(self) -> Reached:
        """After `run`."""
        return Reached(self._step, self._weights(), self._optimizer.state_dict())

    @property
    def _until(self) -> int:
        return self._end

    def _parts(self) -> list[torch.nn.Parameter]:
        backbone, table = self._backbone, self._table
        apart = [] if backbone.settings.queries == 1 else [backbone.apart]
        return [*_parameters(backbone.decoder, backbone.output, table.by_id, table.by_text), *apart]

    def _all_vectors(self) -> Tensor:
        return self._table.behaviour()

    def _vectors_of(self, ordinals: Tensor) -> Tensor:
        return self._table.behaviour_of(ordinals)

    @property
    def _epochs(self) -> int:
        return self._settings.history_epochs

    @property
    def _rate(self) -> float:
        return self._settings.rate

    def _steps(self, epoch: int) -> list[Callable[[], Tensor | None]]:
        if not self._histories.counts.any():  # nobody did two things
            return []
        sampler = CandidateSampler(
            self._histories.counts, self._settings.negatives, self._backbone.settings.queries
        )
        batches = self._histories.epoch(_chance(self._settings.seed, 1, epoch))
        return [lambda make=make: self._loss(make(), sampler) for make in batches]

    def _loss(self, batch: TrainingBatch, sampler: CandidateSampler) -> Tensor | None:
        if not len(batch.targets):
            return None
        items = self._items(batch.targets, sampler, 5)
        hidden = self._backbone.history(*self._inputs(batch, items))
        at = hidden[torch.from_numpy(batch.rows), torch.from_numpy(batch.places)]
        columns, excluded = _columns(batch, items.candidates)
        return softmax_loss(at, items.vectors, columns, items.candidates.correction, excluded)


class PromptTrainer(_Trainer):
    """The second phase: what objectives and words add to a history, and the items' part of words. How a
    history is read and the part of behaviour stay as the first phase left them: trained on they fit the
    training items ever more closely and find the next one less often. For the same reason a request for
    the next item is to be answered by what its history says: each of its query vectors is held there.

    judge  asks the questions of the validation step
    """

    judge: Judge

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        settings = self._settings
        self._prompts = Prompts(
            self._split, self._corpus, 2 * settings.batch, settings.catalogue_share, settings.share
        )
        self.judge = Judge(
            self._split.dataset, self._split, self._corpus, "validation", settings.validation_users
        )
        self.name = f"prompts, M = {self._backbone.settings.queries}"

    @property
    def _epochs(self) -> int:
        return self._settings.epochs

    @property
    def _rate(self) -> float:
        return self._settings.prompt_rate

    def _parts(self) -> list[torch.nn.Parameter]:
        backbone, table = self._backbone, self._table
        modules = (backbone.asked, backbone.share, backbone.gate, backbone.features, backbone.addition)
        return [backbone.query_tokens, *_parameters(*modules, table.words_by_id, table.words_by_text)]

    def _steps(self, epoch: int) -> list[Callable[[], Tensor | None]]:
        counts, batches = self._prompts.epoch(_chance(self._settings.seed, 2, epoch))
        if not batches:  # few targets with a small share: none was drawn
            return []
        sampler = CandidateSampler(counts, self._settings.negatives, self._backbone.settings.queries)
        return [lambda make=make: self._loss(make(), sampler) for make in batches]

    def _loss(self, batch: TrainingBatch, sampler: CandidateSampler) -> Tensor:
        items = self._items(batch.targets, sampler, 4)
        token_ids, attention_mask, given = self._inputs(batch, items)
        queries, history = self._backbone.answer(token_ids, attention_mask, given.detach())
        columns, excluded = _columns(batch, items.candidates)
        loss = softmax_loss(queries, items.vectors, columns, items.candidates.correction, excluded)
        if self._settings.balance and queries.shape[1] > 1:
            loss = loss + self._settings.balance * balance(queries, items.vectors[columns])
        if self._settings.fidelity and batch.as_history is not None:
            away = (queries - history).float().square().sum(dim=2).mean(dim=1)
            loss = loss + self._settings.fidelity * (away * torch.from_numpy(batch.as_history)).mean()
        return loss

    def _judge(self) -> None:
        """Without anybody to ask, the last epoch is the best."""
        report, score = None, float(self._epoch)
        if len(self.judge):
            report = self.judge.judge(self._backbone, self._table)
            score = score_of(report)
            hits = ", ".join(f"{name} {quality.hit_10:.4f}" for name, quality in report.objectives.items())
            self._say(
                f"epoch {self._epoch + 1}: validation HR@10 {hits}; "
                f"{report.queries_in_use:.1f} of {self._backbone.settings.queries} query vectors in use"
            )
        if score > self._best["score"]:
            self._best = {"score": score, "epoch": self._epoch + 1, "weights": self._weights(), "report": report}


@dataclass(frozen=True)
class _Items:
    """What a step is scored against: candidates and their vectors [C, H]."""

    candidates: Candidates
    vectors: Tensor


def _parameters(*modules: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [parameter for module in modules for parameter in module.parameters()]


def _columns(batch: TrainingBatch, candidates: Candidates) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Of the targets; and the (row, column) pairs that are no negatives."""
    targets, _ = candidates.columns(batch.targets)
    own, there = candidates.columns(batch.excluded[1])
    excluded = torch.from_numpy(batch.excluded[0][there]), torch.from_numpy(own[there])
    return torch.from_numpy(targets), excluded


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
