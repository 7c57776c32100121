"""`./trawl servers` with the real Milvus, from the first `up` to what a crash leaves behind."""

import contextlib
import io
import json
import os
import signal
import tempfile
import unittest
from pathlib import Path

from trawl_servers import __main__ as verbs
from trawl_servers import milvus, rpc
from trawl_servers.process import Failed, Identity


class MilvusTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        verbs.STATE = Path(folder.name)
        self.addCleanup(self.servers, "down", "--only=milvus")

    def servers(self, *words):
        """The exit status and what was said."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            status = verbs.main(words)
        return status, out.getvalue() + err.getvalue()

    def facts(self):
        return json.loads((verbs.STATE / "milvus.json").read_text())

    def test_up_status_logs_crash_up_again_down(self):
        self.assertEqual((3, "milvus: down\n"), self.servers("status", "--only=milvus"))
        status, said = self.servers("up", "--only=milvus")
        self.assertEqual(0, status, said)
        first = self.facts()
        self.assertIn(f"milvus: ready, pid {first['pid']}, grpc 127.0.0.1:{first['grpc']}", said)
        # The process that is known is Milvus itself, not something that started it.
        self.assertIn(b"milvus\0run\0standalone", Path(f"/proc/{first['pid']}/cmdline").read_bytes())
        self.assertTrue(self.servers("up", "--only=milvus")[1].startswith("milvus: ready"))
        self.assertEqual(first, self.facts())
        self.assertEqual(0, self.servers("logs", "--only=milvus")[0])

        # Another server on the same folder would spoil it.
        with self.assertRaisesRegex(Failed, "data folder of another server"):
            milvus.lock_folder(verbs.STATE / "milvus")
        self.assertTrue(Identity(*first["server"]).alive())

        os.kill(first["keeper"][0], signal.SIGKILL)
        self.assertTrue(Identity(*first["server"]).gone_within(10))
        status, said = self.servers("status", "--only=milvus")
        self.assertEqual(3, status)
        self.assertIn("its keeper is gone", said)

        self.assertEqual(0, self.servers("up", "--only=milvus")[0])
        second = self.facts()
        self.assertNotEqual(first["server"], second["server"])
        self.assertEqual((0, "milvus: ended\n"), self.servers("down", "--only=milvus"))
        self.assertFalse(Identity(*second["server"]).alive())
        self.assertFalse(milvus.answers(second))


class RpcTest(unittest.TestCase):
    def test_fields_read_what_field_writes(self):
        numbers = [0, 1, 127, 128, 300, 2**40, 2**63 - 1]
        message = b"".join(rpc.field(7, number) for number in numbers) + rpc.field(20, "a" * 300) + rpc.field(1, "")
        self.assertEqual({7: numbers, 20: [b"a" * 300], 1: [b""]}, rpc.fields(message))

    def test_fields_of_fixed_length_are_kept(self):
        self.assertEqual({2: [b"\0" * 8], 3: [b"\1" * 4]}, rpc.fields(b"\x11" + b"\0" * 8 + b"\x1d" + b"\1" * 4))


class ConfigurationTest(unittest.TestCase):
    def test_placeholders_become_their_defaults(self):
        table = {
            "port: {{ proxy_port(int): 19530 }}": "port: 19530",
            "path: {{ etcd_log_path: stdout }}": "path: stdout",
            "dir: {{ etcd_data_dir }}": 'dir: ""',
            "flag: {{ on(bool): false }} # why": "flag: false # why",
        }
        for written, read in table.items():
            with self.subTest(written):
                self.assertEqual(read, milvus.with_defaults(written))


if __name__ == "__main__":
    unittest.main()
