"""The keeper over servers of a few lines: whatever ends, and however, nothing of it stays."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from trawl_servers import kinds, process
from trawl_servers.process import Failed, Identity, Launch, free_ports

KEEP = """
    import socket, sys
    from pathlib import Path
    from trawl_servers import kinds, milvus
    from trawl_servers.keeper import Kept, keep
    from trawl_servers.process import Failed, Identity, Launch

    def answers(ports):
        try:
            socket.create_connection(("127.0.0.1", ports["echo"]), timeout=1).close()
            return True
        except OSError:
            return False

    kinds.KINDS["echo"] = kinds.Kind(("echo",), ("in use",), answers)

    class Echo:
        def __init__(self, command, ports):
            self.command, self.ports = command, ports
        def prepare(self, home):
            port = self.ports.pop(0)
            return Launch([sys.executable, "-c", self.command, str(port)], {}, home, {"echo": port})

    folder, guard_seconds, owner, command, *ports = sys.argv[1:]
    owner = Identity.of(int(owner)) if owner else None
    try:
        sys.exit(keep(Kept(Path(folder), "echo"), Echo(command, list(map(int, ports))), Path(folder), float(guard_seconds), 5, not owner, owner))
    except Failed as failed:
        sys.exit(str(failed))
"""

LISTEN = """
    import socket, sys, time
    listening = socket.socket()
    try:
        listening.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit("error: address in use")
    {then}
    listening.listen()
    time.sleep(600)
"""


class KeeperTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def keeper(self, *ports, then="", guard_seconds=30, owner=""):
        command = textwrap.dedent(LISTEN).format(then=then)
        keeper = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KEEP), str(self.folder), str(guard_seconds), str(owner), command, *map(str, ports)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(self.end, keeper)
        return keeper

    def end(self, keeper):
        keeper.kill()
        keeper.wait(20)
        for pipe in (keeper.stdin, keeper.stdout, keeper.stderr):
            pipe.close()

    def started(self, *ports, **more):
        keeper = self.keeper(*(ports or free_ports(1)), **more)
        line = keeper.stdout.readline()
        self.assertTrue(line, "the keeper said nothing; it wrote " + ("" if line else keeper.stderr.read().decode()))
        facts = json.loads(line)
        return keeper, facts, Identity(*facts["server"])

    def assert_gone(self, server):
        self.assertTrue(server.gone_within(10), f"{server} still lives")

    def test_ends_its_server_at_the_end_of_standard_input(self):
        keeper, facts, server = self.started()
        self.assertTrue(server.alive())
        self.assertEqual(facts, json.loads((self.folder / "echo.json").read_text()))
        keeper.stdin.close()
        self.assertEqual(0, keeper.wait(20))
        self.assert_gone(server)
        self.assertFalse((self.folder / "echo.json").exists())

    def test_ends_its_server_on_each_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                keeper, _, server = self.started()
                keeper.send_signal(number)
                self.assertEqual(0, keeper.wait(20))
                self.assert_gone(server)

    def test_ends_its_server_with_its_owner_and_no_sooner(self):
        owner = subprocess.Popen(["/bin/sleep", "600"])
        self.addCleanup(owner.kill)
        keeper, _, server = self.started(owner=owner.pid)
        keeper.stdin.close()
        self.assertFalse(server.gone_within(2))
        owner.kill()
        owner.wait()
        self.assertEqual(0, keeper.wait(20))
        self.assert_gone(server)

    def test_kill_9_of_the_keeper_ends_its_server(self):
        keeper, _, server = self.started()
        keeper.kill()
        keeper.wait(20)
        self.assert_gone(server)

    def test_a_server_that_ignores_the_first_signal_is_killed(self):
        keeper, _, server = self.started(then="import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
        keeper.stdin.close()
        self.assertEqual(0, keeper.wait(30))
        self.assert_gone(server)

    def test_what_a_server_started_ends_with_it(self):
        spawn = "import subprocess; print(subprocess.Popen(['/bin/sleep', '600']).pid, flush=True)"
        keeper, facts, server = self.started(then=spawn)
        child = Identity.of(int(Path(facts["log"]).read_text()))
        os.kill(server.pid, signal.SIGKILL)
        self.assertEqual(1, keeper.wait(20))
        self.assertIn(b"ended by itself with -9", keeper.stderr.read())
        self.assert_gone(child)

    def test_another_port_is_tried_where_one_was_taken(self):
        with socket.socket() as taken:
            # Bound and not listening: nobody answers there.
            taken.bind(("127.0.0.1", 0))
            (other,) = free_ports(1)
            _, facts, _ = self.started(taken.getsockname()[1], other)
        self.assertEqual(other, facts["echo"])

    def test_a_start_that_fails_says_why(self):
        table = [
            (dict(then="sys.exit('error: no room left')"), "could not start (exit 1); its log ends with\nerror: no room left"),
            (dict(then="time.sleep(600)", guard_seconds=1), "did not answer within 1 s"),
        ]
        for setting, said in table:
            with self.subTest(said):
                keeper = self.keeper(*free_ports(1), **setting)
                out, err = keeper.communicate(timeout=30)
                self.assertEqual((1, b""), (keeper.returncode, out))
                self.assertIn(said, err.decode())

    def test_every_kind_says_how_it_is_asked(self):
        for name, kind in kinds.KINDS.items():
            with self.subTest(name):
                self.assertIn("grpc", kind.ports)
                self.assertFalse(kind.answers({port: number for port, number in zip(kind.ports, free_ports(len(kind.ports)))}))


class ProcessTest(unittest.TestCase):
    def test_a_process_that_was_given_an_old_pid_is_left_alone(self):
        foreign = subprocess.Popen(["/bin/sleep", "600"])
        self.addCleanup(lambda: (foreign.kill(), foreign.wait()))
        now = Identity.of(foreign.pid)
        Identity(foreign.pid, now.since - 1).end(5)
        self.assertTrue(now.alive())
        now.end(5)
        self.assertEqual(-signal.SIGTERM, foreign.wait(5))

    def test_free_ports_are_free_different_and_below_those_of_outgoing_connections(self):
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        ports = free_ports(50)
        self.assertEqual(50, len(set(ports)))
        for port in ports:
            self.assertLess(port, lowest)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))

    def test_more_ports_than_there_are_is_a_sentence(self):
        with self.assertRaisesRegex(Failed, "no 2000 ports below"):
            free_ports(2000)

    def test_a_server_starts_in_its_own_folder_and_group(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            launch = Launch([sys.executable, "-c", "import os; print(os.getcwd(), os.getpgid(0) == os.getpid())"], {}, Path(folder), {})
            self.assertEqual(0, process.start(launch, log).wait(20))
            self.assertEqual(f"{os.path.realpath(folder)} True\n", log.read_text())


if __name__ == "__main__":
    unittest.main()
