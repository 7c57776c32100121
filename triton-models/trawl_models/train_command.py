"""`python -m trawl_models train`: from a data set to a space."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from . import reading_options, train_options
from .bounds import MAX_HISTORY
from .card import collapsed, model_card
from .checks import space_name
from .dataset import Dataset, item_text, read
from .export import ExportError, export_onnx
from .model import Backbone, ItemTables
from .objectives import Split, split
from .progress import Progress
from .prompt import PromptBuilder, default_lengths, special_tokens, train_tokenizer
from .quality import Judge, Quality, Report
from .reading_options import Asked
from .space import SpaceParts, write_space
from .text import encode_texts
from .train import Interrupted, Outcome, Trainer
from .train_options import BackboneSettings, TrainingSettings


@dataclass(frozen=True)
class Material:
    """A data set, made ready for training."""

    dataset: Dataset
    split: Split
    tokenizer: Tokenizer
    prompts: PromptBuilder
    sentences: np.ndarray


def run(chosen: argparse.Namespace) -> int:
    """Trains, judges, exports, writes; 0 when the space stands, 130 when interrupted."""
    out: Path = chosen.out
    work = out.with_name(out.name + ".training")
    if chosen.fresh:
        shutil.rmtree(work, ignore_errors=True)
    try:
        training = train_options.training(chosen)
        material = prepare(chosen.data, chosen.encoder, work, training.seed, chosen.vocabulary, chosen.base, reading_options.asked(chosen))
        name = space_name(chosen, material.dataset)
        sizes = _sizes(chosen, material)
        backbone, tables = build(sizes, material.sentences, training.seed)
        outcome = _train(material, backbone, tables, training, work)
        _finish(chosen, name, material, backbone, tables, training, outcome, work)
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        return 130
    except (ValueError, ArithmeticError, OSError, ExportError) as refused:
        return _refuse(str(refused))
    shutil.rmtree(work)
    return 0


def prepare(data: Path, encoder: Path, work: Path, seed: int, vocabulary: int, base: Path | None, asked: Asked) -> Material:
    """Reads the data, cuts it, makes or loads the tokenizer and encodes the items' texts."""
    reading = read(data, seed, asked)
    dataset = reading.dataset
    for line in reading.understood.summary():
        print(line, file=sys.stderr)
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
    work.mkdir(parents=True, exist_ok=True)
    sentences = encode_texts([item_text(item) for item in dataset.items], encoder, work / "sentences.npz")
    return Material(dataset, cut, tokenizer, prompts, sentences)


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


def build(sizes: BackboneSettings, sentences: np.ndarray, seed: int) -> tuple[Backbone, ItemTables]:
    """An untrained model; the same one for the same seed."""
    torch.manual_seed(seed)
    return Backbone(sizes), ItemTables(sentences, sizes.vector_width, sizes.embedding_width)


def judge(material: Material, backbone: Backbone, tables: ItemTables) -> tuple[Report, dict[str, Quality]]:
    """Quality on the test steps, and that of the most popular items."""
    questions = Judge(
        material.dataset, material.split, material.prompts.corpus(material.dataset.users), "test"
    )
    progress = Progress("test", len(questions))
    report = questions.judge(backbone, tables, lambda rows: progress.advance("full ranking", rows))
    progress.close()
    return report, questions.popularity()


def _train(
    material: Material, backbone: Backbone, tables: ItemTables, training: TrainingSettings, work: Path
) -> Outcome:
    identity = {
        "data": _fingerprint(material.dataset),
        "backbone": asdict(backbone.settings),
        "training": asdict(training),
    }
    corpus = material.prompts.corpus(material.dataset.users)
    return Trainer(material.dataset, material.split, corpus, backbone, tables, training, work, identity).run()


def _finish(
    chosen: argparse.Namespace,
    name: str,
    material: Material,
    backbone: Backbone,
    tables: ItemTables,
    training: TrainingSettings,
    outcome: Outcome,
    work: Path,
) -> None:
    report, popularity = judge(material, backbone, tables)
    for objective, quality in report.objectives.items():
        floor = popularity[objective].hit_10
        print(f"test {objective}: HR@10 {quality.hit_10:.4f}, popularity {floor:.4f}", file=sys.stderr)
    queries = backbone.settings.queries
    print(f"{report.queries_in_use:.1f} of {queries} query vectors in use", file=sys.stderr)
    if collapsed(report, queries):
        print("warning: the query vectors have collapsed", file=sys.stderr)
    model = work / "model.onnx"
    export_onnx(backbone, model)
    card = model_card(
        name, material.dataset, material.split, backbone.settings, training, outcome, report, popularity
    )
    with torch.inference_mode():
        vectors, embeddings = tables.all_vectors().numpy(), tables.all_embeddings().numpy()
    parts = SpaceParts(
        name=name,
        version=chosen.version,
        split=material.split,
        tokenizer=material.tokenizer,
        lengths=material.prompts.lengths,
        item_vectors=vectors,
        item_embeddings=embeddings.astype(chosen.table_precision),
        onnx=model,
        card=card,
        notes=_notes(training, outcome, report),
        neighbour_count=chosen.neighbours,
    )
    written = write_space(chosen.out, parts, replace=chosen.replace)
    print(f"{written}: space {name}, version {chosen.version}", file=sys.stderr)


def _notes(training: TrainingSettings, outcome: Outcome, report: Report) -> dict[str, str | float]:
    notes: dict[str, str | float] = {
        "seed": training.seed,
        "queries_in_use": round(report.queries_in_use, 2),
        "training_steps": outcome.steps,
        "training_seconds": round(outcome.seconds),
    }
    return notes | {f"test_hr10_{name}": round(q.hit_10, 4) for name, q in report.objectives.items()}


def _sizes(chosen: argparse.Namespace, material: Material) -> BackboneSettings:
    grammar = material.dataset.grammar
    return train_options.backbone(
        chosen,
        vocabulary=material.tokenizer.get_vocab_size(),
        item_token=material.tokenizer.token_to_id(grammar["item"]),
        pad_token=material.tokenizer.token_to_id(grammar["pad"]),
        max_length=max(material.prompts.lengths),
    )


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
