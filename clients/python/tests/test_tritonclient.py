"""NVIDIA's tritonclient asks the gateway's model `trawl` for items, and our worker for tensors: over
gRPC and HTTP, waiting and asynchronously. What it gets must be what the plain API answers."""

import asyncio
import json
import urllib.request

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import InferenceServerException

REQUEST = {
    "user": {"id": "u0", "history": [{"item": "i796", "action": "click", "time": 1692485250}]},
    "objectives": [{"name": "next-item"}, {"name": "text-search", "text": "napkins table linen"}],
    "k": 7,
    "exclude_history": True,
    "engine": {"engine": "exact"},
    "now": 1695716740,
    "deadline_ms": 10000,
}


@pytest.fixture(scope="session")
def plain(system) -> dict:
    """What the plain API answers to the same request."""
    asked = urllib.request.Request(
        f"http://{system.http}/v1/retrieve",
        data=json.dumps(REQUEST).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


def texts(module, name: str, *values: str, binary: bool = True):
    return tensor(module, name, "BYTES", np.array(values, dtype=np.object_), binary)


def tensor(module, name: str, datatype: str, values: np.ndarray, binary: bool = True):
    given = module.InferInput(name, list(values.shape), datatype)
    if module in (triton_http, triton_http_aio):
        given.set_data_from_numpy(values, binary_data=binary)
    else:
        given.set_data_from_numpy(values)
    return given


def decoded(array: np.ndarray) -> list:
    return [
        [each.decode() if isinstance(each, bytes) else each for each in row] for row in array
    ]


def assert_same(result, plain: dict) -> None:
    lists = plain["lists"]
    assert decoded(result.as_numpy("item_ids")) == [
        [item["id"] for item in ranked["items"]] for ranked in lists
    ]
    assert decoded(result.as_numpy("titles")) == [
        [item["title"] for item in ranked["items"]] for ranked in lists
    ]
    scores = np.array(
        [[item["score"] for item in ranked["items"]] for ranked in lists], dtype=np.float32
    )
    np.testing.assert_array_equal(result.as_numpy("scores"), scores)
    assert result.as_numpy("counts").tolist() == [7, 7]
    answer = json.loads(result.as_numpy("answer")[0])
    assert [ranked["items"] for ranked in answer["lists"]] == [r["items"] for r in lists]
    assert answer["space"] == plain["space"]


def whole_request(module, binary: bool = True):
    return [texts(module, "request", json.dumps(REQUEST), binary=binary)]


@pytest.fixture(params=["grpc", "http"])
def gateway(request, system):
    module = triton_grpc if request.param == "grpc" else triton_http
    with module.InferenceServerClient(getattr(system, request.param)) as client:
        yield module, client


def test_the_server_describes_itself(gateway):
    module, client = gateway
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("trawl")
    metadata = as_dict(module, client.get_server_metadata())
    assert metadata["name"] == "trawl"
    assert "binary_tensor_data" in metadata["extensions"]
    model = as_dict(module, client.get_model_metadata("trawl"))
    assert model["name"] == "trawl"
    inputs = {each["name"]: each["datatype"] for each in model["inputs"]}
    assert inputs["objective"] == inputs["request"] == "BYTES"
    assert inputs["history_times"] == "INT64"
    config = as_dict(module, client.get_model_config("trawl"))
    config = config.get("config", config)
    assert config.get("max_batch_size", 0) == 0
    assert all(each["optional"] for each in config["input"])


def as_dict(module, message) -> dict:
    if module is triton_http:
        return message
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)


def test_a_whole_request_gets_the_plain_answer(gateway, plain):
    module, client = gateway
    result = client.infer("trawl", whole_request(module), request_id="r-1")
    assert_same(result, plain)
    response = result.get_response()
    assert (response["id"] if module is triton_http else response.id) == "r-1"


def test_json_alone_gets_the_plain_answer(system, plain):
    names = ["item_ids", "titles", "scores", "counts", "answer"]
    with triton_http.InferenceServerClient(system.http) as client:
        result = client.infer(
            "trawl",
            whole_request(triton_http, binary=False),
            outputs=[triton_http.InferRequestedOutput(n, binary_data=False) for n in names],
        )
    lists = plain["lists"]
    flat = [item["id"] for ranked in lists for item in ranked["items"]]
    assert result.as_numpy("item_ids").flatten().tolist() == flat
    scores = [item["score"] for ranked in lists for item in ranked["items"]]
    np.testing.assert_array_equal(
        result.as_numpy("scores").flatten(), np.array(scores, dtype=np.float32)
    )


def test_tensors_ask_what_the_request_asks(gateway, system):
    """The tensors name no engine, so the answer's seed repeats the search."""
    module, client = gateway
    result = client.infer(
        "trawl",
        [
            texts(module, "objective", "next-item", "text-search"),
            texts(module, "text", "", "napkins table linen"),
            texts(module, "user_id", "u0"),
            texts(module, "history_items", "i796", "i5476"),
            texts(module, "history_actions", "click", "purchase"),
            tensor(module, "history_times", "INT64", np.array([1692485250, -1])),
            tensor(module, "k", "INT32", np.array([5], dtype=np.int32)),
            texts(module, "excluded_items", "i2474"),
            tensor(module, "exclude_history", "BOOL", np.array([True])),
        ],
        parameters={"deadline_ms": 10000},
    )
    answer = json.loads(result.as_numpy("answer")[0])
    for row, ranked in enumerate(answer["lists"]):
        asked = {
            "user": {
                "id": "u0",
                "history": [
                    {"item": "i796", "action": "click", "time": 1692485250},
                    {"item": "i5476", "action": "purchase"},
                ],
            },
            "objectives": [REQUEST["objectives"][row]],
            "k": 5,
            "excluded_items": ["i2474"],
            "exclude_history": True,
            "engine": {"engine": ranked["engine"], "seed": ranked["seed"]},
            "deadline_ms": 10000,
        }
        sent = urllib.request.Request(
            f"http://{system.http}/v1/retrieve",
            data=json.dumps(asked).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(sent) as twin:
            expected = [item["id"] for item in json.load(twin)["lists"][0]["items"]]
        assert decoded(result.as_numpy("item_ids"))[row] == expected


def test_errors_name_the_tensor(gateway):
    module, client = gateway
    for inputs, expected in [
        ([texts(module, "objective", "nope")], "objective[0]"),
        ([texts(module, "user_id", "u0")], "objective"),
        ([texts(module, "objctive", "next-item")], '"objctive"'),
        (
            [
                texts(module, "objective", "next-item"),
                tensor(module, "k", "INT64", np.array([5])),
            ],
            "k: ",
        ),
        ([texts(module, "request", "{")], "request"),
    ]:
        with pytest.raises(InferenceServerException) as refused:
            client.infer("trawl", inputs)
        assert expected in refused.value.message()
    with pytest.raises(InferenceServerException) as unknown:
        client.infer("nope", [texts(module, "objective", "next-item")])
    assert "trawl" in unknown.value.message()


def test_only_the_outputs_asked_for_come(gateway):
    module, client = gateway
    result = client.infer(
        "trawl",
        whole_request(module),
        outputs=[module.InferRequestedOutput("counts")],
    )
    assert result.as_numpy("counts").tolist() == [7, 7]
    assert result.as_numpy("item_ids") is None


def test_asynchronously(system, plain):
    async def ask(module, address):
        async with module.InferenceServerClient(address) as client:
            assert await client.is_model_ready("trawl")
            of = triton_http if module is triton_http_aio else triton_grpc
            return await asyncio.gather(
                *(client.infer("trawl", whole_request(of)) for _ in range(4))
            )

    for module, address in [
        (triton_grpc_aio, system.grpc),
        (triton_http_aio, system.http),
    ]:
        for result in asyncio.run(ask(module, address)):
            assert_same(result, plain)


@pytest.fixture(params=["grpc", "http"])
def worker(request, system):
    module = triton_grpc if request.param == "grpc" else triton_http
    with module.InferenceServerClient(getattr(system, "worker_" + request.param)) as client:
        yield module, client


def test_the_worker_describes_and_runs_its_backbone(system, worker):
    module, client = worker
    assert client.is_server_live() and client.is_server_ready()
    model = as_dict(module, client.get_model_metadata("urm_backbone"))
    assert {each["name"] for each in model["inputs"]} == {
        "token_ids",
        "attention_mask",
        "item_embeddings",
    }
    config = as_dict(module, client.get_model_config("urm_backbone"))
    assert config.get("config", config)["max_batch_size"] == 16
    rows = {}
    for binary in (True, False):
        result = client.infer(
            "urm_backbone",
            [
                tensor(module, "token_ids", "INT64", np.ones((1, 32), dtype=np.int64), binary),
                tensor(
                    module, "attention_mask", "INT64", np.ones((1, 32), dtype=np.int64), binary
                ),
                tensor(
                    module,
                    "item_embeddings",
                    "FP32",
                    np.zeros((1, 32, system.width), dtype=np.float32),
                    binary,
                ),
            ],
        )
        rows[binary] = result.as_numpy("query_vectors")
        assert rows[binary].shape == (1, *system.shape)
    np.testing.assert_array_equal(rows[True], rows[False])


def test_the_worker_gives_tensors_back(worker):
    module, client = worker
    for model, datatype, values in [
        ("identity_bytes", "BYTES", np.array([["a", "", "lamp ✓"]], dtype=np.object_)),
        ("identity_fp32", "FP32", np.array([[1.5, -0.0, 3e38]], dtype=np.float32)),
    ]:
        metadata = as_dict(module, client.get_model_metadata(model))
        name, output = metadata["inputs"][0]["name"], metadata["outputs"][0]["name"]
        for binary in (True, False):
            result = client.infer(model, [tensor(module, name, datatype, values, binary)])
            given = result.as_numpy(output)
            if datatype == "BYTES":
                assert decoded(given) == values.tolist()
            else:
                np.testing.assert_array_equal(given, values)
