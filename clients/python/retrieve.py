"""Asks a gateway for items and prints the ranked list.

    retrieve.py [--address HOST:PORT] [--objective NAME] [--text WORDS] [-k N] [ITEM ...]

ITEM ... are the ids of what the user clicked, oldest first.
"""

import argparse
import sys

from trawl.v1.retrieval_pb2 import Behaviour, ObjectiveRequest, RetrieveRequest, User
from trawl_client import Invalid, TrawlClient, TrawlError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Asks a gateway for items.")
    parser.add_argument("--address", default="127.0.0.1:9090", help="the gateway's gRPC port")
    parser.add_argument("--objective", default="next-item")
    parser.add_argument("--text", help="for an objective that takes one, such as text-search")
    parser.add_argument("-k", type=int, default=10, help="how many items")
    parser.add_argument("--deadline", type=float, default=1.0, help="seconds")
    parser.add_argument("history", nargs="*", metavar="ITEM", help="what the user clicked")
    return parser.parse_args()


def main() -> int:
    told = arguments()
    request = RetrieveRequest(
        user=User(history=[Behaviour(item=item, action="click") for item in told.history]),
        objectives=[ObjectiveRequest(name=told.objective, text=told.text)],
        k=told.k,
        exclude_history=True,
    )
    try:
        with TrawlClient(told.address) as trawl:
            answer = trawl.retrieve(request, deadline=told.deadline)
    except Invalid as invalid:
        for error in invalid.errors:
            print(f"{error.field}: {error.why}", file=sys.stderr)
        return 2
    except TrawlError as error:
        print(f"{error.status}: {error}", file=sys.stderr)
        return 1
    print(f"{answer.space.name}@{answer.space.version}")
    for ranked in answer.lists:
        for place, item in enumerate(ranked.items, start=1):
            print(f"{place:4} {item.score:9.4f}  {item.id:12} {item.title}")
        if ranked.behaviours_skipped:
            print(f"     {ranked.behaviours_skipped} behaviours skipped: unknown item or action")
        for degradation in ranked.degradations:
            print(f"     {degradation.kind}: {degradation.detail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
