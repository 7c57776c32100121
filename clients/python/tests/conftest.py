"""A worker and a gateway over the demo space, started once, on free ports."""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SPACE = ROOT / "triton-models" / "spaces" / "demo-shop"
IDENTITIES = ROOT / "workers" / "server" / "src" / "test" / "resources" / "models"

# A first start builds; nothing waits for the whole of it to pass.
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class System:
    """Where gateway and worker listen, and the space they serve.

    shape   of the query vectors of one request: how many, and how wide
    width   of the item embeddings that the backbone reads
    """

    http: str
    grpc: str
    worker_http: str
    worker_grpc: str
    shape: tuple[int, int]
    width: int


@pytest.fixture(scope="session")
def system():
    with tempfile.TemporaryDirectory(prefix="trawl-clients-") as folder:
        folder = Path(folder)
        started = []
        try:
            worker_ports = start(
                started,
                folder / "worker",
                ["worker", "--model-repository", str(repository(folder))]
                + ["--grpc-port", "0", "--http-port", "0", "--metrics-port", "0"],
            )
            worker = f"127.0.0.1:{worker_ports['worker-grpc']}"
            gateway_ports = start(
                started,
                folder / "gateway",
                ["serve", "--space", str(SPACE), "--worker", worker]
                + ["--grpc-port", "0", "--http-port", "0", "--admin-port", "0"],
            )
            wait_until_ready(started[-1], gateway_ports["admin"])
            manifest = json.loads((SPACE / "manifest.json").read_text(encoding="utf-8"))
            yield System(
                http=f"127.0.0.1:{gateway_ports['http']}",
                grpc=f"127.0.0.1:{gateway_ports['grpc']}",
                worker_http=f"127.0.0.1:{worker_ports['worker-http']}",
                worker_grpc=worker,
                shape=(manifest["query_vectors"], manifest["vector_width"]),
                width=manifest["embedding_width"],
            )
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait(timeout=60)


def repository(folder: Path) -> Path:
    """The demo's backbone, and a model that gives each kind of tensor back."""
    models = folder / "models"
    shutil.copytree(SPACE / "models", models)
    for name, datatype in [("identity_bytes", "TYPE_STRING"), ("identity_fp32", "TYPE_FP32")]:
        shutil.copytree(IDENTITIES / name, models / name)
        (models / name / "config.pbtxt").write_text(
            f'name: "{name}"\nbackend: "onnxruntime"\nmax_batch_size: 0\n'
        )
    return models


def start(started: list, ports_file: Path, arguments: list) -> dict:
    process = subprocess.Popen(
        [str(ROOT / "trawl"), *arguments, "--ports-file", str(ports_file)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    started.append(process)
    until(process, ports_file.exists, f"{arguments[0]} did not write its ports")
    return dict(line.split("=") for line in ports_file.read_text().split())


def wait_until_ready(process: subprocess.Popen, admin: str) -> None:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/health/ready") as answer:
                return answer.status == 200
        except OSError:
            return False

    until(process, ready, "the gateway did not become ready")


def until(process: subprocess.Popen, come, otherwise: str) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        if come():
            return
        if process.poll() is not None:
            raise AssertionError(f"{otherwise}: it ended with status {process.returncode}")
        time.sleep(0.1)
    raise AssertionError(otherwise)
