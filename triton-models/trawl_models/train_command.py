"""`python -m trawl_models train`: from a data set to a space."""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from . import places, reading_options, train_options
from .bounds import MAX_HISTORY
from .card import collapsed, model_card
from .checks import signal, space_name
from .dataset import DataError, Dataset, item_text, read
from .export import ExportError, export_onnx
from .figures import Quality
from .fit import Fit, Fitted
from .fusion import lexical_weight
from .model import Backbone, ItemTable
from .objectives import OBJECTIVE_TOKEN, QUERY_TOKEN, TEXT_SEARCH, Split, said_otherwise, split, spoken
from .progress import Progress
from .prompt import PromptBuilder, PromptCorpus, default_lengths, special_tokens, train_tokenizer
from .quality import Judge, Report
from .reading_options import Asked
from .space import SpaceParts, write_space
from .text import encode_texts
from .train import Interrupted
from .train_options import BackboneSettings, TrainingSettings
from .words import likeness, word_vectors


@dataclass(frozen=True)
class Material:
    """A data set, made ready for training."""

    dataset: Dataset
    split: Split
    tokenizer: Tokenizer
    prompts: PromptBuilder
    sentences: np.ndarray
    words: np.ndarray

    @cached_property
    def corpus(self) -> PromptCorpus:
        """Of all users; written once, for whoever trains or asks."""
        return self.prompts.corpus(self.dataset.users)

    def of_first(self, users: int | None) -> Material:
        """The same with the first users and no others: those that the space holds."""
        cut = self.split.of_first(users)
        return replace(self, dataset=cut.dataset, split=cut)


def run(chosen: argparse.Namespace) -> int:
    """Trains, judges, exports, writes; 0 when the space stands, 130 when interrupted."""
    work = places.work_folder(chosen.out)
    try:
        if chosen.fresh:
            places.discard(work)
        material = prepare(chosen.data, chosen.encoder, work, chosen.seed, chosen.vocabulary, chosen.base, reading_options.asked(chosen), chosen.keep_users)
        training = _training(chosen, material)
        name = space_name(chosen, material.dataset)
        fitted = _fit(chosen, material, training, work)
        _finish(chosen, name, material, fitted, training, work)
        places.discard(work)
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    except (ValueError, ArithmeticError, OSError, DataError, ExportError) as refused:
        return _refuse(str(refused))
    return 0


def prepare(data: Path, encoder: Path, work: Path, seed: int, vocabulary: int, base: Path | None, asked: Asked, kept: int | None) -> Material:
    """Reads the data, cuts it, makes or loads the tokenizer and encodes the items' texts."""
    reading = read(data, seed, asked)
    dataset = reading.dataset
    for line in reading.understood.summary():
        print(line, file=sys.stderr)
    signal(data, dataset, kept)
    cut = split(dataset, seed)
    if not cut.objectives:
        raise ValueError("no objective has signal in this data set: " + "; ".join(f"{n}: {w}" for n, w in cut.left_out.items()))
    for name, why in cut.left_out.items():
        print(f"objective {name} is left out: {why}", file=sys.stderr)
    longer = sum(len(cut.history(user, "test")) > MAX_HISTORY for user in range(len(dataset.users)))
    if longer:
        print(f"{longer} users have more than {MAX_HISTORY} behaviours; the space holds the newest of them", file=sys.stderr)
    tokenizer = train_tokenizer(dataset, cut, seed, vocabulary) if base is None else base_tokenizer(base, dataset, cut)
    prompts = PromptBuilder(tokenizer, dataset.grammar, cut.objectives, default_lengths(dataset))
    places.claim(work)
    sentences = encode_texts([item_text(item) for item in dataset.items], encoder, work / "sentences.npz")
    words = _words(dataset, cut, tokenizer, sentences, seed, encoder, work)
    return Material(dataset, cut, tokenizer, prompts, sentences, words)


def _words(
    dataset: Dataset, cut: Split, tokenizer: Tokenizer, sentences: np.ndarray, seed: int, encoder: Path, work: Path
) -> np.ndarray:
    """A table of the vocabulary that stands for the encoder, learned from items, queries and objectives."""
    rng = np.random.default_rng([seed, 0x7AB1E])
    items = len(dataset.items)
    drawn = (cut.query(int(item), rng) for item in rng.permutation(np.tile(np.arange(items), 2)))
    said = sorted({*filter(None, drawn), *(spoken(objective) for objective in cut.objectives)})
    vectors = encode_texts(said, encoder, work / "queries.npz")
    texts = [*map(item_text, dataset.items), *said]
    ids = [found.ids for found in tokenizer.encode_batch(texts, add_special_tokens=False)]
    words = word_vectors(ids, np.concatenate([sentences, vectors]), tokenizer.get_vocab_size(), seed)
    found = likeness(words, ids[items:], vectors)
    print(f"a table of words stands for the sentence encoder: cosine {found:.3f} over {len(said)} queries", file=sys.stderr)
    return words


def base_tokenizer(base: Path, dataset: Dataset, cut: Split) -> Tokenizer:
    """The checkpoint's own tokenizer with the grammar's special tokens added."""
    file = base / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as bad:  # the library raises nothing narrower
        raise ValueError(f"{file}: found {bad}; expected a tokenizer") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.add_special_tokens(special_tokens(dataset.grammar, cut.objectives))
    return tokenizer


def judge(material: Material, backbone: Backbone, table: ItemTable) -> tuple[Report, dict[str, Quality]]:
    """Quality on the test steps, and that of the most popular items."""
    questions = Judge(material.dataset, material.split, material.corpus, "test")
    progress = Progress("test", len(questions))
    report = questions.judge(backbone, table, lambda rows: progress.advance("full ranking", rows))
    progress.close()
    return report, questions.popularity()


def crossed(material: Material, backbone: Backbone, table: ItemTable, users: int) -> dict[str, Report]:
    """By objective: what its text finds of every objective's right items on the test steps, over some users."""
    questions = Judge(material.dataset, material.split, material.corpus, "test", users)
    asked = {name: questions.asked_as(name) for name in material.split.names}
    progress = Progress("texts crossed", sum(map(len, asked.values())))

    def report(judge: Judge) -> Report:
        return judge.judge(backbone, table, lambda rows: progress.advance("full ranking", rows))

    found = {name: report(judge) for name, judge in asked.items() if len(judge)}
    progress.close()
    return found


def otherwise(material: Material, backbone: Backbone, table: ItemTable, users: int) -> Report:
    """Quality on the test steps over some users, each objective asked for in words that training never saw."""
    prompts = PromptBuilder(
        material.tokenizer, material.dataset.grammar, tuple(map(said_otherwise, material.split.objectives)), material.prompts.lengths
    )
    return Judge(material.dataset, material.split, prompts.corpus(material.dataset.users), "test", users).judge(backbone, table)


def _fit(chosen: argparse.Namespace, material: Material, training: TrainingSettings, work: Path) -> Fitted:
    identity = {"data": _fingerprint(material.dataset)}
    fit = Fit(material.corpus, material.sentences, material.words, _sizes(chosen, material), training, work, identity)
    return fit.choose(material.split, chosen.queries, chosen.final)


def _finish(
    chosen: argparse.Namespace,
    name: str,
    material: Material,
    fitted: Fitted,
    training: TrainingSettings,
    work: Path,
) -> None:
    backbone, table, outcome = fitted.backbone, fitted.table, fitted.outcome
    before = fitted.before
    held = material.of_first(chosen.keep_users)
    alone = None if before is None else judge(held, before.backbone, before.table)[0]
    report, popularity = judge(held, backbone, table)
    for objective, quality in report.objectives.items():
        floor = popularity[objective].hit_10
        of_training = "" if alone is None else f" ({alone.objectives[objective].hit_10:.4f} fitted on training items alone)"
        print(f"test {objective}: HR@10 {quality.hit_10:.4f}{of_training}, popularity {floor:.4f}", file=sys.stderr)
    queries = backbone.settings.queries
    print(f"{report.queries_in_use:.1f} of {queries} query vectors in use", file=sys.stderr)
    if collapsed(report, queries):
        print("warning: the query vectors have collapsed", file=sys.stderr)
    weight = _lexical_weight(material, before or fitted, training)
    model = work / "model.onnx"
    export_onnx(backbone, model)
    card = model_card(
        name, material.dataset, material.split, backbone.settings, training, outcome, report, popularity,
        alone, crossed(held, backbone, table, training.validation_users),
        otherwise(held, backbone, table, training.validation_users), weight, len(held.dataset.users),
    )
    with torch.inference_mode():
        vectors = table.vectors().numpy()
    parts = SpaceParts(
        name=name,
        version=chosen.version,
        split=held.split,
        tokenizer=material.tokenizer,
        lengths=material.prompts.lengths,
        item_vectors=vectors,
        item_embeddings=vectors.astype(chosen.table_precision),
        onnx=model,
        card=card,
        notes=_notes(training, fitted, report),
        neighbour_count=chosen.neighbours,
        lexical_weight=weight,
    )
    written = write_space(chosen.out, parts, replace=chosen.replace)
    print(f"{written}: space {name}, version {chosen.version}", file=sys.stderr)


def _lexical_weight(material: Material, fitted: Fitted, training: TrainingSettings) -> float | None:
    """By the validation step, so by a model that has not seen it."""
    questions = Judge(material.dataset, material.split, material.corpus, "validation", training.validation_users)
    found = None
    if TEXT_SEARCH in material.split.names:
        found = lexical_weight(questions, material.dataset.items, fitted.backbone, fitted.table)
    if found is not None:
        print(f"in text search a place among words counts {found:g} of one among query vectors", file=sys.stderr)
    return found


def _notes(training: TrainingSettings, fitted: Fitted, report: Report) -> dict[str, str | float]:
    outcome = fitted.outcome
    notes: dict[str, str | float] = {
        "seed": training.seed,
        "fitted_on": "training items" if fitted.before is None else "training and validation items",
        "chosen_by": "nothing: validation has no questions" if outcome.validation is None else "validation",
        "queries_in_use": round(report.queries_in_use, 2),
        "training_steps": outcome.steps,
        "training_seconds": round(outcome.seconds),
    }
    return notes | {f"test_hr10_{name}": round(q.hit_10, 4) for name, q in report.objectives.items()}


def _training(chosen: argparse.Namespace, material: Material) -> TrainingSettings:
    return train_options.training(chosen, _shown(material), int(material.split.purchases.sum()))


def _shown(material: Material) -> int:
    """Behaviours that prompts can show, of all users."""
    most = int(material.dataset.grammar["history"]["max_behaviours"])
    return sum(min(len(user.behaviours), most) for user in material.dataset.users)


def _sizes(chosen: argparse.Namespace, material: Material) -> BackboneSettings:
    grammar = material.dataset.grammar
    return train_options.backbone(
        chosen,
        _shown(material),
        vocabulary=material.tokenizer.get_vocab_size(),
        item_token=material.tokenizer.token_to_id(grammar["item"]),
        pad_token=material.tokenizer.token_to_id(grammar["pad"]),
        objective_token=_id(material.tokenizer, OBJECTIVE_TOKEN),
        query_token=_id(material.tokenizer, QUERY_TOKEN),
        max_length=max(material.prompts.lengths),
    )


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    return -1 if found is None else found


def _fingerprint(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for item in dataset.items:
        digest.update(f"{item.id}\t{item.title}\t{item.attributes}\n".encode())
    for user in dataset.users:
        digest.update(f"{user.id}\t{user.profile}\t{user.behaviours}\n".encode())
    return digest.hexdigest()


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
