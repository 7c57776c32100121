"""One side of the measurement in docs/measurements/oip-client.md: NVIDIA's tritonclient calls the
demo space's backbone. Each line on standard input asks for a block, `HOW CALLERS MILLISECONDS`;
each line on standard output is what came of it, as JSON. HOW is `threads` or `aio`."""

import asyncio
import json
import sys
import threading
import time

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio

MODEL = "urm_backbone"
LENGTH = 32
WIDTH, QUERIES = 384, 1


def inputs() -> list:
    given = []
    for name, array in [
        ("token_ids", np.ones((1, LENGTH), dtype=np.int64)),
        ("attention_mask", np.ones((1, LENGTH), dtype=np.int64)),
        ("item_embeddings", np.zeros((1, LENGTH, WIDTH), dtype=np.float32)),
    ]:
        tensor = triton_grpc.InferInput(
            name, list(array.shape), "FP32" if array.dtype == np.float32 else "INT64"
        )
        tensor.set_data_from_numpy(array)
        given.append(tensor)
    return given


def checked(result) -> None:
    assert result.as_numpy("query_vectors").shape == (1, QUERIES, WIDTH)


def by_threads(address: str, callers: int, until: float) -> list:
    lanes: list = [[] for _ in range(callers)]
    with triton_grpc.InferenceServerClient(address) as client:

        def lane(latencies: list) -> None:
            while time.perf_counter() < until:
                start = time.perf_counter()
                checked(client.infer(MODEL, inputs()))
                latencies.append(time.perf_counter() - start)

        threads = [threading.Thread(target=lane, args=(each,)) for each in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [each for lane in lanes for each in lane]


def by_aio(address: str, callers: int, until: float) -> list:
    latencies: list = []

    async def lanes() -> None:
        async with triton_grpc_aio.InferenceServerClient(address) as client:

            async def lane() -> None:
                while time.perf_counter() < until:
                    start = time.perf_counter()
                    checked(await client.infer(MODEL, inputs()))
                    latencies.append(time.perf_counter() - start)

            await asyncio.gather(*(lane() for _ in range(callers)))

    asyncio.run(lanes())
    return latencies


def main() -> None:
    address = sys.argv[1]
    ways = {"threads": by_threads, "aio": by_aio}
    for line in sys.stdin:
        how, callers, millis = line.split()
        cpu, start = time.process_time(), time.perf_counter()
        latencies = ways[how](address, int(callers), start + int(millis) / 1e3)
        block = {
            "nanos": round((time.perf_counter() - start) * 1e9),
            "cpuNanos": round((time.process_time() - cpu) * 1e9),
            "latencies": [round(each * 1e9) for each in latencies],
        }
        print(json.dumps(block), flush=True)


if __name__ == "__main__":
    main()
