"""The Triton model repository inside a space: config.pbtxt and model.py.

The backend is "python": Triton's Python backend runs model.py, which opens the model.onnx beside
it; the project's own worker opens model.onnx itself. `./trawl space triton` writes repositories
for Triton's other backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MODEL = "urm_backbone"


@dataclass(frozen=True)
class Batching:
    """How a server groups requests of equal length.

    max_batch_size     most requests in one pass
    preferred          sizes that leave the queue at once
    queue_delay_micros longest wait for companions, in microseconds
    instances          copies of the model that run side by side
    """

    max_batch_size: int = 16
    preferred: tuple[int, ...] = (4, 8, 16)
    queue_delay_micros: int = 500
    instances: int = 1

    def __post_init__(self) -> None:
        sizes_fit = all(0 < size <= self.max_batch_size for size in self.preferred)
        if not sizes_fit or list(self.preferred) != sorted(set(self.preferred)):
            raise ValueError(
                f"preferred: found {self.preferred}, expected ascending sizes "
                f"up to max_batch_size {self.max_batch_size}"
            )
        if self.queue_delay_micros < 0 or self.instances < 1:
            raise ValueError(f"expected a delay of 0 up and 1 instance up, found {self}")


def config_pbtxt(
    queries: int,
    vector_width: int,
    embedding_width: int,
    longest: int,
    batching: Batching,
    model: str = MODEL,
) -> str:
    """Triton's configuration; dims are without the batch dimension, -1 is the prompt's length.

    Prompts have `longest` tokens at most: the project's own worker refuses longer inputs by the
    parameter trawl.max_dim, which Triton hands on and does not read.
    """
    sizes = ", ".join(map(str, batching.preferred))
    return f"""\
name: "{model}"
backend: "python"
max_batch_size: {batching.max_batch_size}
version_policy {{ all {{ }} }}
{
        _tensors(
            "input",
            [
                ("token_ids", "TYPE_INT64", [-1]),
                ("attention_mask", "TYPE_INT64", [-1]),
                ("item_embeddings", "TYPE_FP32", [-1, embedding_width]),
            ],
        )
    }
{_tensors("output", [("query_vectors", "TYPE_FP32", [queries, vector_width])])}
instance_group [ {{ kind: KIND_CPU count: {batching.instances} }} ]
dynamic_batching {{
  preferred_batch_size: [ {sizes} ]
  max_queue_delay_microseconds: {batching.queue_delay_micros}
}}
parameters {{ key: "trawl.max_dim" value: {{ string_value: "{longest}" }} }}
"""


def _tensors(kind: str, tensors: Sequence[tuple[str, str, list[int]]]) -> str:
    lines = [
        f'  {{ name: "{name}" data_type: {kind_of} dims: [ {", ".join(map(str, dims))} ] }}'
        for name, kind_of, dims in tensors
    ]
    return f"{kind} [\n" + ",\n".join(lines) + "\n]"


MODEL_PY = '''\
"""Triton's Python backend for a URM backbone: runs the model.onnx beside this file.

The query vectors leave as the FP32, FP16 or BF16 that config.pbtxt names.
"""

import ctypes
import json
import os

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

INPUTS = ("token_ids", "attention_mask", "item_embeddings")
OUTPUT = "query_vectors"


def bfloat16(name, vectors):
    """numpy has no such type: its upper halves travel as DLPack, told to be bfloat16."""
    bits = np.ascontiguousarray(vectors).view(np.uint32)
    halves = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    capsule = halves.__dlpack__()
    python = ctypes.pythonapi
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    python.PyCapsule_SetDestructor.argtypes = [ctypes.py_object, ctypes.c_void_p]
    # DLTensor: pointer, device (2 x int32), ndim (int32), then the type: its code is a byte.
    place = python.PyCapsule_GetPointer(capsule, b"dltensor")
    ctypes.c_uint8.from_address(place + 20).value = 4
    # Triton takes the tensor over and renames the capsule in a way that numpy does not know.
    python.PyCapsule_SetDestructor(capsule, None)
    return pb_utils.Tensor.from_dlpack(name, capsule)


#: How an output is made of float32 numbers, by its type in config.pbtxt.
OUTPUT_TYPES = {
    "TYPE_FP32": lambda name, vectors: pb_utils.Tensor(name, vectors),
    "TYPE_FP16": lambda name, vectors: pb_utils.Tensor(name, vectors.astype(np.float16)),
    "TYPE_BF16": bfloat16,
}


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.output = OUTPUT_TYPES[config["output"][0]["data_type"]]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        if args["model_instance_kind"] == "GPU":
            device = {"device_id": int(args["model_instance_device_id"])}
            providers.insert(0, ("CUDAExecutionProvider", device))
        file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.onnx")
        self.session = onnxruntime.InferenceSession(file, options, providers=providers)

    def execute(self, requests):
        """Triton groups requests of equal length; they run as one batch."""
        given = [
            [pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in INPUTS]
            for request in requests
        ]
        sizes = [len(tensors[0]) for tensors in given]
        batch = {
            name: np.concatenate([tensors[place] for tensors in given])
            for place, name in enumerate(INPUTS)
        }
        try:
            vectors = self.session.run([OUTPUT], batch)[0]
        except Exception as failed:
            error = pb_utils.TritonError(str(failed))
            return [pb_utils.InferenceResponse(output_tensors=[], error=error) for _ in requests]
        return [
            pb_utils.InferenceResponse(output_tensors=[self.output(OUTPUT, part)])
            for part in np.split(vectors, np.cumsum(sizes)[:-1])
        ]

    def finalize(self):
        self.session = None
'''
