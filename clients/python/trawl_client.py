"""Trawl's API from Python, over the stubs that `generate` makes: deadlines, and errors by kind.

    with TrawlClient("127.0.0.1:9090") as trawl:
        answer = trawl.retrieve(RetrieveRequest(objectives=[ObjectiveRequest(name="next-item")]))

Requests and answers are the messages of trawl/v1/retrieval.proto. A call ends by its deadline, and
what is no answer is raised as one of the kinds of `TrawlError`.
"""

from dataclasses import dataclass
from typing import Callable, Iterator, TypeVar

import grpc
from google.rpc.status_pb2 import BadRequest, RetryInfo, Status
from trawl.v1 import retrieval_pb2 as messages
from trawl.v1.retrieval_pb2_grpc import RetrievalStub

# A list of 1,000 items has some 100 KiB; gRPC's own bound on an answer is 4 MiB.
MAX_ANSWER_BYTES = 16 << 20

# How long after its deadline an answer may still arrive: the gateway answers at the deadline with
# the best list so far, and that has to travel.
GRACE_SECONDS = 0.1

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field."""

    field: str
    why: str


class TrawlError(Exception):
    """A call that got no answer. `status` is gRPC's name for why, the text is for a person."""

    def __init__(self, status: str, text: str):
        super().__init__(text)
        self.status = status


class Invalid(TrawlError):
    """The request is wrong, and will be wrong again; `errors` names the fields."""

    errors: tuple[FieldError, ...] = ()


class Shed(TrawlError):
    """There was no room; asking again may work after `retry_after` seconds, where that is known."""

    retry_after: float | None = None


class NotFound(TrawlError):
    """There is no such item."""


class Expired(TrawlError):
    """The deadline passed before there was anything to answer with."""


class Unavailable(TrawlError):
    """Nobody answered, or the gateway's backbone gave no query vectors."""


KINDS = {
    grpc.StatusCode.INVALID_ARGUMENT: Invalid,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Shed,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.DEADLINE_EXCEEDED: Expired,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
}


class TrawlClient:
    """The calls of the API; `deadline` is in seconds, by when the gateway shall answer."""

    def __init__(self, address: str):
        self._channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", MAX_ANSWER_BYTES)]
        )
        self._stub = RetrievalStub(self._channel)

    def __enter__(self) -> "TrawlClient":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def retrieve(
        self, request: messages.RetrieveRequest, deadline: float = 1.0
    ) -> messages.RetrieveResponse:
        return _call(self._stub.Retrieve, _timed(request, deadline), deadline)

    def retrieve_batch(
        self, request: messages.RetrieveBatchRequest, deadline: float = 1.0
    ) -> messages.RetrieveBatchResponse:
        """Each of the results holds an `answer` or a `refusal`."""
        timed = messages.RetrieveBatchRequest()
        timed.CopyFrom(request)
        for one in timed.requests:
            if not one.HasField("deadline_ms"):
                one.deadline_ms = _millis(deadline)
        return _call(self._stub.RetrieveBatch, timed, deadline)

    def retrieve_stream(
        self, request: messages.RetrieveRequest, deadline: float = 1.0
    ) -> Iterator[messages.RetrieveUpdate]:
        """Each list so far, its objective told by `objective_index`, then the answer. Leaving the
        loop early ends the gateway's work."""
        updates = self._stub.RetrieveStream(
            _timed(request, deadline), timeout=deadline + GRACE_SECONDS
        )
        try:
            yield from updates
        except grpc.RpcError as error:
            raise typed(error) from None
        finally:
            updates.cancel()

    def similar(
        self, request: messages.SimilarRequest, deadline: float = 1.0
    ) -> messages.SearchResponse:
        return _call(self._stub.Similar, _timed(request, deadline), deadline)

    def search(
        self, request: messages.SearchRequest, deadline: float = 1.0
    ) -> messages.SearchResponse:
        return _call(self._stub.Search, _timed(request, deadline), deadline)

    def objectives(self, deadline: float = 1.0) -> messages.ListObjectivesResponse:
        return _call(self._stub.ListObjectives, messages.ListObjectivesRequest(), deadline)

    def item(self, id: str, deadline: float = 1.0) -> messages.GetItemResponse:
        return _call(self._stub.GetItem, messages.GetItemRequest(id=id), deadline)


def _call(method: Callable[..., Answer], request, deadline: float) -> Answer:
    try:
        return method(request, timeout=deadline + GRACE_SECONDS)
    except grpc.RpcError as error:
        raise typed(error) from None


def _timed(request, deadline: float):
    """The request, with the call's deadline where it has none of its own."""
    if request.HasField("deadline_ms"):
        return request
    timed = type(request)()
    timed.CopyFrom(request)
    timed.deadline_ms = _millis(deadline)
    return timed


def _millis(deadline: float) -> int:
    return max(0, round(deadline * 1000))


def typed(error: grpc.RpcError) -> TrawlError:
    """The kind of error that a failed call is, with what its details say."""
    raised = KINDS.get(error.code(), TrawlError)(error.code().name, error.details() or "")
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            _add_details(raised, Status.FromString(value))
    return raised


def _add_details(raised: TrawlError, status: Status) -> None:
    for detail in status.details:
        bad, retry = BadRequest(), RetryInfo()
        if isinstance(raised, Invalid) and detail.Unpack(bad):
            raised.errors = tuple(
                FieldError(each.field, each.description) for each in bad.field_violations
            )
        elif isinstance(raised, Shed) and detail.Unpack(retry):
            raised.retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
