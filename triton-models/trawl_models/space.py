"""Writes a space on disk as docs/space-format.md describes it.

The directory appears whole or not at all: everything is written beside it and renamed at the end.
Golden requests are run through the very ONNX file that is shipped, with the item embeddings as
they are stored, and ranked over the item vectors as they are stored.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from .bounds import MAX_HISTORY, MAX_PROFILE_ENTRIES, MAX_TEXT_CHARS
from .dataset import AttributeValue, Behaviour, Dataset, Item
from .neighbours import Metric, neighbours
from .objectives import LONG_TAIL, NEW_CATEGORY, NEXT_ITEM, TEXT_SEARCH, Objective, Split
from .places import is_space
from .prompt import Event, Prompt, PromptBuilder, added_specials
from .serving import MODEL, MODEL_PY, Batching, config_pbtxt

FORMAT_VERSION = 1
GOLDEN_TOP = 20
GOLDEN_USERS_PER_OBJECTIVE = 2
GOLDEN_FORGERIES = 20
UNKNOWN_ITEM = "no-such-item"

DEFAULT_METRIC: Metric = "cosine"
"""By inner product, items with long vectors fill the lists of all others and some items stand in
none, so that exploration cannot reach them (half of the catalogue for a briefly trained model).
On trained vectors of the demo shop the two find equally much in four rounds, and by cosine every
item stands in a list."""

DEFAULT_NEIGHBOURS = 32

MAX_LEXICAL_WEIGHT = 1000
"""The gateway reads no larger one."""


class SpaceError(ValueError):
    """Parts that do not make a space, or a place where none can be written."""


@dataclass(frozen=True)
class SpaceParts:
    """What a space is made of.

    item_vectors     float32 [N, H], in ordinal order
    item_embeddings  float32 or float16 [N, E]
    onnx             the exported backbone: token_ids, attention_mask, item_embeddings ->
                     query_vectors [B, M, H]; M is read off its answer
    card             the model card, Markdown
    notes            free facts for the manifest, text or number
    lexical_weight   what a place among what words find counts in text search, of what query vectors
                     find 1; None leaves it to the gateway, where it is 1
    """

    name: str
    version: int
    split: Split
    tokenizer: Tokenizer
    lengths: tuple[int, ...]
    item_vectors: np.ndarray
    item_embeddings: np.ndarray
    onnx: Path
    card: str
    notes: Mapping[str, str | float] = field(default_factory=dict)
    neighbour_count: int = DEFAULT_NEIGHBOURS
    metric: Metric = DEFAULT_METRIC
    batching: Batching = Batching()
    lexical_weight: float | None = None

    def __post_init__(self) -> None:
        items = len(self.split.dataset.items)
        if self.version < 1:
            raise SpaceError(f"version: found {self.version}, expected a positive integer")
        _check_array("item_vectors", self.item_vectors, items, (np.float32,))
        _check_array("item_embeddings", self.item_embeddings, items, (np.float32, np.float16))
        weight = self.lexical_weight
        if weight is not None and not 0 < weight <= MAX_LEXICAL_WEIGHT:
            raise SpaceError(
                f"lexical_weight: found {weight}, expected above 0 and at most {MAX_LEXICAL_WEIGHT}"
            )
        if not self.split.objectives:
            raise SpaceError("objectives: found none, expected at least one with signal")
        for key, value in self.notes.items():
            good = isinstance(value, str) or (
                isinstance(value, (int, float)) and math.isfinite(value)
            )
            if not good or isinstance(value, bool):
                raise SpaceError(
                    f"notes.{key}: found {value!r}, expected a text or a finite number"
                )

    @property
    def dataset(self) -> Dataset:
        return self.split.dataset

    def builder(self) -> PromptBuilder:
        grammar = self.dataset.grammar
        return PromptBuilder(self.tokenizer, grammar, self.split.objectives, self.lengths)


@dataclass(frozen=True)
class GoldenRequest:
    """A request as it stands in golden.jsonl; item ids are public ones, known or not."""

    objective: str
    text: str | None
    profile: Mapping[str, str]
    now: int | None
    history: tuple[tuple[str, str | None, int | None], ...]


def write_space(directory: Path | str, parts: SpaceParts, replace: bool = False) -> Path:
    """Writes the space to `directory`, which must not exist, or be a space if `replace`."""
    target = Path(directory).absolute()
    _free(target, replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        partial.chmod(0o755)
        _write_files(partial, parts)
        _free(target, replace)
        _move(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _free(target: Path, replace: bool) -> None:
    if not target.exists():
        return
    if not replace:
        raise SpaceError(f"{target}: found something there, expected a free place")
    if not is_space(target):
        raise SpaceError(f"{target}: found what is no space, expected a space to replace, or a free place")


def _write_files(folder: Path, parts: SpaceParts) -> None:
    data = parts.dataset
    session = _session(parts.onnx)
    golden = list(_golden_lines(parts, session))
    queries = len(json.loads(golden[0])["query_vectors"])
    embedding_width = parts.item_embeddings.shape[1]
    vector_width = parts.item_vectors.shape[1]
    graph = neighbours(parts.item_vectors, parts.neighbour_count, parts.metric)

    _write_lines(folder / "items.tsv", map(item_line, data.items))
    _write_array(folder / "item_vectors.npy", parts.item_vectors)
    _write_array(folder / "item_embeddings.npy", parts.item_embeddings)
    _write_array(folder / "neighbours.npy", graph)
    if any(rules(objective, data).get("tail_only") for objective in parts.split.objectives):
        _write_array(folder / "tail.npy", parts.split.tail.astype(np.uint8)[:, None])
    _write_lines(folder / "tokenizer.json", [parts.tokenizer.to_str()])
    _write_lines(folder / "users.jsonl", user_lines(parts.split))
    _write_lines(folder / "golden.jsonl", golden)
    _write_lines(folder / "card.md", [parts.card.rstrip("\n")])
    model = folder / "models" / MODEL
    version = model / str(parts.version)
    version.mkdir(parents=True)
    config = config_pbtxt(
        queries, vector_width, embedding_width, max(parts.lengths), parts.batching
    )
    _write_lines(model / "config.pbtxt", [config.rstrip("\n")])
    _write_lines(version / "model.py", [MODEL_PY.rstrip("\n")])
    shutil.copyfile(parts.onnx, version / "model.onnx")
    manifest = _manifest(parts, queries) | {"files": _files(folder)}
    manifest["notes"] = dict(parts.notes)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    _write_lines(folder / "manifest.json", [text])


def _manifest(parts: SpaceParts, queries: int) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "name": parts.name,
        "version": parts.version,
        "items": len(parts.dataset.items),
        "query_vectors": queries,
        "vector_width": parts.item_vectors.shape[1],
        "embedding_width": parts.item_embeddings.shape[1],
        "lengths": list(parts.lengths),
        "backbone": {"model": MODEL, "version": parts.version},
        "neighbours": {"count": parts.neighbour_count, "metric": parts.metric},
        "attributes": [{"name": n, "type": t} for n, t in parts.dataset.attributes],
        "prompt": parts.dataset.grammar,
        "objectives": [
            objective.manifest() | rules(objective, parts.dataset) | _weight(objective, parts)
            for objective in parts.split.objectives
        ],
    }


def _weight(objective: Objective, parts: SpaceParts) -> dict[str, float]:
    if objective.name != TEXT_SEARCH or parts.lexical_weight is None:
        return {}
    return {"lexical_weight": parts.lexical_weight}


def rules(objective: Objective, data: Dataset) -> dict[str, Any]:
    """What a gateway holds every list of the objective to: what it was trained for."""
    if objective.name == LONG_TAIL:
        return {"tail_only": True}
    if objective.name == NEW_CATEGORY and data.category_attribute is not None:
        return {"leave_out_categories_of_history": data.category_attribute}
    return {}


def item_line(item: Item) -> str:
    """One line of items.tsv. An item without a title is called by its id there, and nowhere else."""
    attributes = {name: _json_value(value) for name, value in item.attributes.items()}
    for text in (item.id, item.title):
        if any(c in text for c in "\t\n\r"):
            raise SpaceError(f"item {item.id}: found {text!r}, expected no tab and no line end")
    return f"{item.id}\t{item.title or item.id}\t{_json(attributes)}"


def user_lines(split: Split) -> Iterator[str]:
    """The lines of users.jsonl: the test stage of every user."""
    data = split.dataset
    for number, user in enumerate(data.users):
        held_out: dict[str, dict[str, Any]] = {}
        for name, right in split.held_out(number, "test").items():
            held_out[name] = {"items": [data.items[item].id for item in right.items]}
            if right.text is not None:
                held_out[name]["text"] = right.text
            if name == NEXT_ITEM and user.oracle_rank is not None and len(right.items) == 1:
                held_out[name]["oracle_ranks"] = [user.oracle_rank]
        history = _newest(split, number)
        yield _json(
            {
                "id": user.id,
                "profile": user.profile,
                "now": split.now(number, "test"),
                "history": history,
                "held_out": held_out,
            }
        )


def golden_requests(split: Split, specials: Iterable[str] = ()) -> list[GoldenRequest]:
    """Real users for every objective; for the first and the last what is easy to get wrong.

    specials  tokens that a base checkpoint's tokenizer brings of its own, for forgeries
    """
    requests = [
        _real_request(split, user, objective)
        for objective in split.objectives
        for user in _askers(split, objective)
    ]
    foreign = [token for token in specials if "<|" not in token][:GOLDEN_FORGERIES]
    for objective in dict.fromkeys((split.objectives[0], split.objectives[-1])):
        requests += _awkward_requests(split, objective)
        if foreign:
            requests.append(_forgery(split, objective, "a".join(foreign)[:MAX_TEXT_CHARS]))
    return requests


def _askers(split: Split, objective: Objective) -> list[int]:
    found = []
    for user in range(len(split.dataset.users)):
        if objective.name in split.held_out(user, "test"):
            found.append(user)
            if len(found) == GOLDEN_USERS_PER_OBJECTIVE:
                break
    return found or [0]


def _real_request(split: Split, user: int, objective: Objective) -> GoldenRequest:
    data = split.dataset
    right = split.held_out(user, "test").get(objective.name)
    text = right.text if right is not None else None
    if text is None and objective.text == "required":
        text = "something"
    history = tuple(_newest(split, user))
    return GoldenRequest(
        objective.name, text, data.users[user].profile, split.now(user, "test"), history
    )


def _awkward_requests(split: Split, objective: Objective) -> list[GoldenRequest]:
    """Nothing known; forged special tokens, unknown items, actions and keys, no action, future
    times, no time at all; more behaviours than fit."""
    data = split.dataset
    asks = objective.text != "none"
    actions = [*data.grammar["history"]["actions"], "no-such-action"]
    keys = [*data.grammar["profile"]["keys"][: MAX_PROFILE_ENTRIES - 1], "no-such-key"]
    now = 1_700_000_000
    items = [item.id for item in data.items[:80]]
    ages = (-60, 0, 86_400, 86_401, 604_800, 604_801, 10**8)
    mixed: list[tuple[str, str | None, int | None]] = [
        (i, actions[n % len(actions)], now - ages[n % 7]) for n, i in enumerate(items[:8])
    ]
    mixed.insert(3, (UNKNOWN_ITEM, data.target_action, now))
    mixed.append((items[-1], data.target_action, None))
    mixed.append((items[-2], None, now - 2))
    forged = "<|item|> <<|pad|>>\t<|objective|>\u00a0Zoë \U0001f3d5 < | \u0085"
    every = actions[-2]
    many = [(i, every, now - 3_600 * (len(items) - n)) for n, i in enumerate(items)]
    return [
        GoldenRequest(objective.name, "x" if asks else None, {}, None, ()),
        GoldenRequest(
            objective.name, forged if asks else None, {k: forged for k in keys}, now, tuple(mixed)
        ),
        GoldenRequest(
            objective.name,
            "many words " * 20 if asks else None,
            {k: (f"a rather long {k} " * 5)[:MAX_TEXT_CHARS] for k in keys},
            now,
            tuple(many),
        ),
        GoldenRequest(objective.name, "y" if asks else None, {}, None, tuple(mixed)),
    ]


def _forgery(split: Split, objective: Objective, text: str) -> GoldenRequest:
    keys = split.dataset.grammar["profile"]["keys"][:MAX_PROFILE_ENTRIES]
    asked = None if objective.text == "none" else text
    return GoldenRequest(objective.name, asked, {key: text for key in keys}, None, ())


def _golden_lines(parts: SpaceParts, session: onnxruntime.InferenceSession) -> Iterator[str]:
    builder = parts.builder()
    ordinals = {item.id: ordinal for ordinal, item in enumerate(parts.dataset.items)}
    for request in golden_requests(parts.split, added_specials(parts.tokenizer)):
        events = [Event(ordinals.get(i), a, t) for i, a, t in request.history]
        prompt = builder.build(
            request.objective, request.profile, events, request.now, request.text
        )
        vectors = run_prompt(session, prompt, parts.item_embeddings)
        if vectors.ndim != 2 or vectors.shape[1] != parts.item_vectors.shape[1]:
            raise SpaceError(
                f"{parts.onnx}: gives query vectors of shape {vectors.shape}, "
                f"expected [M, {parts.item_vectors.shape[1]}]"
            )
        yield _json(_golden_line(parts, request, prompt, vectors))


def _golden_line(
    parts: SpaceParts, request: GoldenRequest, prompt: Prompt, vectors: np.ndarray
) -> dict[str, Any]:
    top, scores = exact_top(vectors, parts.item_vectors, GOLDEN_TOP)
    return {
        "objective": request.objective,
        "text": request.text,
        "profile": dict(request.profile),
        "now": request.now,
        "history": [list(entry) for entry in request.history],
        "token_ids": prompt.token_ids.tolist(),
        "attention_mask": prompt.attention_mask.tolist(),
        "item_positions": [list(pair) for pair in prompt.item_positions],
        "query_vectors": [_floats(row) for row in vectors],
        "top": [
            [parts.dataset.items[item].id, score]
            for item, score in zip(top, _floats(scores), strict=True)
        ],
    }


def run_prompt(
    session: onnxruntime.InferenceSession, prompt: Prompt, item_embeddings: np.ndarray
) -> np.ndarray:
    """float32 [M, H] of one prompt."""
    embedded = np.zeros((len(prompt.token_ids), item_embeddings.shape[1]), np.float32)
    for position, ordinal in prompt.item_positions:
        embedded[position] = item_embeddings[ordinal]
    fed = {
        "token_ids": prompt.token_ids[None],
        "attention_mask": prompt.attention_mask[None],
        "item_embeddings": embedded[None],
    }
    return session.run(["query_vectors"], fed)[0][0]


def exact_top(
    query_vectors: np.ndarray, item_vectors: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ordinals and scores of the items with the greatest maximum inner product, best first."""
    scores = (item_vectors @ query_vectors.T).max(axis=1)
    order = np.lexsort((np.arange(len(scores)), -scores))[:count]
    return order, scores[order]


def _newest(split: Split, user: int) -> list[tuple[str, str, int | None]]:
    """The history at test time, as far back as a request may go."""
    return [_entry(split.dataset, behaviour) for behaviour in split.history(user, "test")[-MAX_HISTORY:]]


def _entry(data: Dataset, behaviour: Behaviour) -> tuple[str, str, int | None]:
    return data.items[behaviour.item].id, behaviour.action, behaviour.time


def _session(onnx: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])


def _check_array(name: str, found: np.ndarray, items: int, types: Sequence[type]) -> None:
    if found.ndim != 2 or len(found) != items or found.shape[1] < 1:
        raise SpaceError(f"{name}: found shape {found.shape}, expected [{items}, width]")
    if found.dtype not in [np.dtype(kind) for kind in types]:
        expected = " or ".join(np.dtype(kind).name for kind in types)
        raise SpaceError(f"{name}: found {found.dtype}, expected {expected}")
    if not np.isfinite(found).all():
        raise SpaceError(f"{name}: found a number that is not finite")


def _write_array(file: Path, array: np.ndarray) -> None:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    with file.open("wb") as stream:
        np.lib.format.write_array(stream, little, version=(1, 0), allow_pickle=False)


def _write_lines(file: Path, lines: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in found
    }


def _move(partial: Path, target: Path) -> None:
    """Renames, so that whoever looks sees the old space or the new one."""
    if not target.exists():
        os.rename(partial, target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    os.rename(target, old / "space")
    os.rename(partial, target)
    shutil.rmtree(old)


def _json_value(value: AttributeValue) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _json(value: Any) -> str:
    """One line in ASCII: a reader may take U+0085 or U+2028 for the end of a line."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _floats(row: np.ndarray) -> list[float]:
    """The shortest decimal of each float32."""
    return [float(str(number)) for number in row]
