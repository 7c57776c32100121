"""NVIDIA's tritonclient makes the same calls to the real Triton and to our worker, over gRPC and
HTTP, waiting and asynchronously, and must see the same: values, statuses and what messages mean.
docs/oip-differences.md lists what is not asked, since it differs."""

import asyncio
import contextlib
import json
import queue
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from conftest import IDENTITIES, ROOT, start
from tritonclient.utils import InferenceServerException

MODELS = {
    "identity_fp32": "FP32",
    "identity_int64": "INT64",
    "identity_bytes": "BYTES",
    "identity_bool": "BOOL",
    "identity_fp16": "FP16",
    "spare": "FP32",
}

#: The same model for Triton's Python backend; ours finds the ONNX file beside the script.
SCRIPT = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [
            pb_utils.InferenceResponse(
                [pb_utils.Tensor("OUT", pb_utils.get_input_tensor_by_name(request, "IN").as_numpy())]
            )
            for request in requests
        ]
"""

NUMPY = {
    "FP32": np.float32,
    "INT64": np.int64,
    "BYTES": np.object_,
    "BOOL": np.bool_,
    "FP16": np.float16,
}


@dataclass(frozen=True)
class Server:
    """Where one of the two listens."""

    grpc: str
    http: str


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, datatype in MODELS.items():
        version = folder / name / "1"
        version.mkdir(parents=True)
        onnx = IDENTITIES / f"identity_{datatype.lower()}" / "1" / "model.onnx"
        (version / "model.onnx").write_bytes(onnx.read_bytes())
        (version / "model.py").write_text(SCRIPT)
        kind = "TYPE_STRING" if datatype == "BYTES" else f"TYPE_{datatype}"
        (folder / name / "config.pbtxt").write_text(
            'backend: "python"\nmax_batch_size: 8\n'
            f'input {{ name: "IN" data_type: {kind} dims: [ -1 ] }}\n'
            f'output {{ name: "OUT" data_type: {kind} dims: [ -1 ] }}\n'
            "instance_group { kind: KIND_CPU count: 1 }\ndynamic_batching { }\n"
        )
    return folder


@pytest.fixture(scope="module")
def triton(models, tmp_path_factory):
    state = tmp_path_factory.mktemp("triton")
    keeper = subprocess.Popen(
        [str(ROOT / "servers" / "run"), "hold", "--models", str(models), "--state", str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        facts = json.loads(keeper.stdout.readline() or "null")
        assert facts, "there is no real Triton; the lines above say why"
        yield Server(f"127.0.0.1:{facts['grpc']}", f"127.0.0.1:{facts['http']}")
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=60)


@pytest.fixture(scope="module")
def worker(models, tmp_path_factory):
    started = []
    try:
        ports = start(
            started,
            tmp_path_factory.mktemp("worker") / "ports",
            ["worker", "--model-repository", str(models)]
            + ["--model-control-mode", "explicit", "--load-model", "*"]
            + ["--grpc-port", "0", "--http-port", "0", "--metrics-port", "0"],
        )
        yield Server(f"127.0.0.1:{ports['worker-grpc']}", f"127.0.0.1:{ports['worker-http']}")
    finally:
        for process in started:
            process.terminate()
            process.wait(timeout=60)


def tensor(module, values, datatype: str = "FP32", name: str = "IN", binary: bool = True):
    array = np.array(values, dtype=NUMPY[datatype])
    given = module.InferInput(name, list(array.shape), datatype)
    if module is triton_http:
        given.set_data_from_numpy(array, binary_data=binary)
    else:
        given.set_data_from_numpy(array)
    return given


def plain(message) -> object:
    """A message or its JSON as one kind of value."""
    if isinstance(message, (dict, list, bool)) or message is None:
        return message
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)


def answer(result) -> tuple:
    """What an application sees of an inference."""
    array = result.as_numpy("OUT")
    response = plain(result.get_response())
    return (
        array.dtype.str,
        array.shape,
        array.tolist(),
        response["model_name"],
        response["model_version"],
        response.get("id", ""),
        [output["datatype"] for output in response["outputs"]],
    )


def refusal(error: InferenceServerException) -> tuple:
    """Status and words; the request's id in front of some of Triton's is no part of them."""
    words = re.sub(r"^\[request id: [^]]*\] ", "", error.message())
    # Advice and lists behind the first sentence differ in form.
    return error.status(), words.split(". ")[0]


def seen(call) -> tuple:
    try:
        return ("answer", call())
    except InferenceServerException as error:
        return ("refusal", *refusal(error))


def infers() -> dict:
    """The table: a name, and what to give `infer` by client module."""
    rows = {}
    for model, values in {
        "identity_fp32": [[1.5, -0.0, 3e38], [0, 1e-45, -2]],
        "identity_int64": [[2**62, -1]],
        "identity_bytes": [["a", "", "lamp ✓"]],
        "identity_bool": [[True, False]],
        "identity_fp16": [[1.5, -0.25]],
    }.items():
        datatype = MODELS[model]
        rows[f"{datatype} comes back"] = lambda m, model=model, v=values, d=datatype: (
            (model, [tensor(m, v, d)]),
            {},
        )
        if datatype != "FP16":
            rows[f"{datatype} comes back in JSON"] = lambda m, model=model, v=values, d=datatype: (
                (model, [tensor(m, v, d, binary=False)]),
                {"outputs": [m.InferRequestedOutput("OUT", **not_binary(m))]},
            )

    def fp32(values=((1.0,),), model="identity_fp32", name="IN", **more):
        return lambda m: ((model, [tensor(m, values, name=name)]), more)

    rows |= {
        "id": fp32(request_id="r-7"),
        "version": fp32(model_version="1"),
        "timeout": fp32(timeout=500_000),
        "priority": fp32(priority=1),
        "sequence": fp32(sequence_id=5, sequence_start=True, sequence_end=True),
        "own parameter": fp32(parameters={"mine": 3, "text": "x", "yes": True}),
        "empty row": fp32(np.zeros((1, 0))),
        "classes": lambda m: (
            ("identity_fp32", [tensor(m, [[3, 1, 2.5], [7, 9, 8]])]),
            {"outputs": [m.InferRequestedOutput("OUT", class_count=2)]},
        ),
        "unknown model": fp32(model="nope"),
        "unknown version": fp32(model_version="7"),
        "unknown input": fp32(name="NO"),
        "unknown output": lambda m: (
            ("identity_fp32", [tensor(m, [[1]])]),
            {"outputs": [m.InferRequestedOutput("NO")]},
        ),
        "batch too large": fp32(np.zeros((9, 1))),
        "wrong rank": fp32(np.zeros((1, 1, 1))),
        "wrong type": lambda m: (("identity_fp32", [tensor(m, [[1]], "INT64")]), {}),
        "no input": lambda m: (("identity_fp32", []), {}),
        "two inputs": lambda m: (
            ("identity_fp32", [tensor(m, [[1]]), tensor(m, [[1]], name="B")]),
            {},
        ),
    }
    return rows


def not_binary(module) -> dict:
    return {"binary_data": False} if module is triton_http else {}


MODULES = {"grpc": (triton_grpc, triton_grpc_aio), "http": (triton_http, triton_http_aio)}


@pytest.fixture(params=list(MODULES))
def protocol(request):
    return request.param


@contextlib.contextmanager
def clients(protocol, *servers):
    module = MODULES[protocol][0]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(module.InferenceServerClient(getattr(server, protocol)))
            for server in servers
        ]


def test_every_inference_is_answered_alike(protocol, triton, worker):
    module = MODULES[protocol][0]
    differ = {}
    with clients(protocol, triton, worker) as both:
        for name, ask in infers().items():
            given, more = ask(module)
            theirs, ours = (seen(lambda: answer(c.infer(*given, **more))) for c in both)
            if theirs != ours:
                differ[name] = {"triton": theirs, "worker": ours}
    assert not differ


def test_asynchronous_clients_see_the_same(protocol, triton, worker):
    module, aio = MODULES[protocol]

    async def ask(server: Server) -> list:
        async def one(client, given, more):
            try:
                return ("answer", answer(await client.infer(*given, **more)))
            except InferenceServerException as error:
                return ("refusal", *refusal(error))

        async with aio.InferenceServerClient(getattr(server, protocol)) as client:
            calls = [one(client, *make(module)) for make in infers().values()]
            return await asyncio.gather(*calls)

    theirs, ours = (asyncio.run(ask(server)) for server in (triton, worker))
    assert dict(zip(infers(), theirs)) == dict(zip(infers(), ours))


def test_many_at_once_get_their_own_answers(protocol, triton, worker):
    """By the client's own threads: callbacks over gRPC, handles over HTTP."""
    module = MODULES[protocol][0]
    for server in (triton, worker):
        arrived: queue.Queue = queue.Queue()
        more = {"concurrency": 8} if protocol == "http" else {}
        with module.InferenceServerClient(getattr(server, protocol), **more) as client:
            handles = []
            for i in range(32):
                inputs = [tensor(module, [[i]])]
                if protocol == "grpc":
                    client.async_infer(
                        "identity_fp32",
                        inputs,
                        lambda result, error, i=i: arrived.put((i, result, error)),
                    )
                else:
                    handles.append((i, client.async_infer("identity_fp32", inputs)))
            for i, handle in handles:
                arrived.put((i, handle.get_result(), None))
            for _ in range(32):
                i, result, error = arrived.get(timeout=30)
                assert error is None
                assert result.as_numpy("OUT").tolist() == [[i]]


def test_descriptions_agree(protocol, triton, worker):
    def described(client) -> dict:
        metadata = plain(client.get_model_metadata("identity_fp32"))
        config = plain(client.get_model_config("identity_fp32"))
        config = config.get("config", config)
        statistics = plain(client.get_inference_statistics("identity_fp32"))["model_stats"][0]
        index = client.get_model_repository_index()
        listed = index if protocol == "http" else plain(index)["models"]
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model ready": client.is_model_ready("identity_fp32"),
            "version ready": client.is_model_ready("identity_fp32", "1"),
            "other version": client.is_model_ready("identity_fp32", "7"),
            "unknown model": client.is_model_ready("nope"),
            "versions": metadata["versions"],
            "inputs": metadata["inputs"],
            "outputs": metadata["outputs"],
            "batch": config["max_batch_size"],
            "statistics": (sorted(statistics["inference_stats"]), statistics["version"]),
            "index": sorted((m["name"], m["version"], m["state"]) for m in listed),
            "no metadata": seen(lambda: client.get_model_metadata("nope")),
            "no config": seen(lambda: client.get_model_config("nope")),
            "no statistics": seen(lambda: client.get_inference_statistics("nope")),
        }

    with clients(protocol, triton, worker) as both:
        # What counts are there depends on what was asked before: of one inference all are.
        for client in both:
            client.infer("identity_fp32", [tensor(MODULES[protocol][0], [[1]])])
        theirs, ours = map(described, both)
    assert theirs == ours


def test_models_go_and_come_alike(protocol, triton, worker):
    def cycle(client) -> list:
        module = MODULES[protocol][0]
        said = []

        def infer():
            return answer(client.infer("spare", [tensor(module, [[1]])]))

        client.unload_model("spare")
        while client.is_model_ready("spare"):
            pass
        said.append(seen(infer))
        client.load_model("spare")
        said.append((client.is_model_ready("spare"), seen(infer)))
        # Which status it is differs: docs/oip-differences.md.
        said.append(seen(lambda: client.load_model("nope"))[:1])
        return said

    with clients(protocol, triton, worker) as both:
        theirs, ours = map(cycle, both)
    assert theirs == ours


def test_streams_agree(triton, worker):
    def converse(client) -> list:
        arrived: queue.Queue = queue.Queue()
        client.start_stream(lambda result, error: arrived.put((result, error)))
        said = []
        for model, rows in [("identity_fp32", 1), ("nope", 1), ("identity_fp32", 9), ("identity_fp32", 2)]:
            client.async_stream_infer(model, [tensor(triton_grpc, np.ones((rows, 1)))])
            result, error = arrived.get(timeout=30)
            said.append(answer(result) if error is None else refusal(error))
        client.stop_stream()
        return said

    with clients("grpc", triton, worker) as both:
        theirs, ours = map(converse, both)
    assert theirs == ours
