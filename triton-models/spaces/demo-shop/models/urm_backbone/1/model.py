"""Triton's Python backend for a URM backbone: runs the model.onnx beside this file."""

import os

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

INPUTS = ("token_ids", "attention_mask", "item_embeddings")
OUTPUT = "query_vectors"


class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.onnx")
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"]
        )

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
            pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor(OUTPUT, part)])
            for part in np.split(vectors, np.cumsum(sizes)[:-1])
        ]

    def finalize(self):
        self.session = None
