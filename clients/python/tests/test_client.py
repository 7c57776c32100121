"""The Python client and its example, against a gateway over the demo space."""

import subprocess
import sys
from pathlib import Path

import pytest
from trawl.v1.retrieval_pb2 import (
    Behaviour,
    Engine,
    ObjectiveRequest,
    QueryVector,
    RetrieveBatchRequest,
    RetrieveRequest,
    SearchRequest,
    SimilarRequest,
    User,
)
from trawl_client import Expired, Invalid, NotFound, TrawlClient, Unavailable

EXAMPLE = Path(__file__).resolve().parents[1] / "retrieve.py"


@pytest.fixture
def client(system):
    with TrawlClient(system.grpc) as client:
        yield client


def request(**fields) -> RetrieveRequest:
    return RetrieveRequest(
        user=User(history=[Behaviour(item="i796", action="click")]),
        objectives=[ObjectiveRequest(name="next-item")],
        engine=Engine(engine="exact"),
        **fields,
    )


def test_every_call_answers(system, client):
    answer = client.retrieve(request(k=5), deadline=10)
    ids = [item.id for item in answer.lists[0].items]
    assert len(ids) == len(set(ids)) == 5
    batch = client.retrieve_batch(
        RetrieveBatchRequest(requests=[request(k=5), RetrieveRequest()]), deadline=10
    )
    assert [item.id for item in batch.results[0].answer.lists[0].items] == ids
    assert batch.results[1].refusal.status == "INVALID_ARGUMENT"
    *_, last = client.retrieve_stream(request(k=5), deadline=10)
    assert [item.id for item in last.answer.lists[0].items] == ids
    similar = client.similar(SimilarRequest(items=["i796"], k=3), deadline=10)
    assert len(similar.list.items) == 3
    search = client.search(
        SearchRequest(query_vectors=[QueryVector(values=[1.0] * system.shape[1])], k=3), deadline=10
    )
    assert len(search.list.items) == 3
    names = [objective.name for objective in client.objectives(deadline=10).objectives]
    assert "next-item" in names
    assert client.item("i796", deadline=10).item.id == "i796"


def test_a_stream_tells_lists_before_the_answer(client):
    asked = request(k=5)
    asked.engine.engine = "explore"
    *lists, last = client.retrieve_stream(asked, deadline=10)
    assert all(update.HasField("list") and update.objective_index == 0 for update in lists)
    assert last.HasField("answer")


def test_every_error_is_of_its_kind(client):
    with pytest.raises(Invalid) as invalid:
        client.retrieve(RetrieveRequest(k=-1), deadline=10)
    assert {error.field for error in invalid.value.errors} >= {"k", "objectives"}
    assert "objectives: " in str(invalid.value)
    with pytest.raises(NotFound):
        client.item("nope", deadline=10)
    with pytest.raises(Expired):
        client.retrieve(request(deadline_ms=0), deadline=10)
    with TrawlClient("127.0.0.1:1") as nobody, pytest.raises(Unavailable):
        nobody.objectives(deadline=10)


def run(system, *arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, EXAMPLE, "--address", system.grpc, "--deadline", "10", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_example_prints_a_ranked_list(system):
    ran = run(system, "-k", "3", "i796", "i5476")
    assert ran.returncode == 0, ran.stderr
    space, *places = ran.stdout.splitlines()
    assert space.startswith("demo-shop@")
    assert [place.split()[0] for place in places] == ["1", "2", "3"]
    scores = [float(place.split()[1]) for place in places]
    assert scores == sorted(scores, reverse=True)


def test_the_example_says_what_is_wrong(system):
    ran = run(system, "--objective", "nope")
    assert ran.returncode == 2
    assert ran.stderr.startswith("objectives[0].name: ")
