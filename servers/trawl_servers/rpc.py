"""One unary gRPC call over a connection of its own, out of the standard library alone.

Enough of HTTP/2 to ask a server on this machine whether it is well: one stream, no flow control of
our own, headers written without compression and never read, since a call that worked is told by
the message that came back. And enough of protobuf's wire form to write and read such messages.
"""

from __future__ import annotations

import socket
import struct
from typing import Dict, List, Tuple, Union

_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _ACK, _END_HEADERS, _PADDED = 0x1, 0x1, 0x4, 0x8
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_STREAM = 1

Value = Union[int, bytes]


class NoAnswer(OSError):
    """The server is there, and gave no message to this call."""


def call(port: int, method: str, message: bytes, timeout_seconds: float) -> bytes:
    """The answer to `package.Service/Method`; OSError where there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_seconds) as connection:
        connection.sendall(
            _PREFACE
            + _frame(_SETTINGS, 0, 0, b"")
            + _frame(_HEADERS, _END_HEADERS, _STREAM, _headers(port, method))
            + _frame(_DATA, _END_STREAM, _STREAM, struct.pack(">BI", 0, len(message)) + message)
        )
        answer = _answer(connection)
    if len(answer) < 5:
        raise NoAnswer(f"{method}: an error instead of a message")
    return answer[5:]


def _answer(connection: socket.socket) -> bytes:
    collected = b""
    while True:
        head = _exactly(connection, 9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        payload = _exactly(connection, length)
        if kind == _SETTINGS and not flags & _ACK:
            connection.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            connection.sendall(_frame(_PING, _ACK, 0, payload))
        elif kind in (_RESET, _GO_AWAY):
            raise NoAnswer("the server broke the call off")
        elif kind == _DATA:
            collected += payload[1 : length - payload[0]] if flags & _PADDED else payload
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            return collected


def _exactly(connection: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        more = connection.recv(count - len(read))
        if not more:
            raise NoAnswer("the server closed the connection")
        read += more
    return read


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _headers(port: int, method: str) -> bytes:
    """HPACK: indexed where a pair is in its table, literal and unindexed else."""

    def literal(text: str) -> bytes:
        assert len(text) < 127
        return bytes([len(text)]) + text.encode()

    post, http = b"\x83", b"\x86"
    path = b"\x04" + literal("/" + method)
    authority = b"\x01" + literal(f"127.0.0.1:{port}")
    content_type = b"\x0f\x10" + literal("application/grpc")
    trailers = b"\x00" + literal("te") + literal("trailers")
    return post + http + path + authority + content_type + trailers


def field(number: int, value: Union[str, int]) -> bytes:
    """One field of a message: text, or a number below 2^63."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode()
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def fields(message: bytes) -> Dict[int, List[Value]]:
    """Every field by number: numbers as int, all else as bytes."""
    found: Dict[int, List[Value]] = {}
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = _read_varint(message, at)
            found.setdefault(tag >> 3, []).append(value)
            continue
        if wire == 2:
            length, at = _read_varint(message, at)
        else:
            length = {1: 8, 5: 4}[wire]
        found.setdefault(tag >> 3, []).append(message[at : at + length])
        at += length
    return found


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _read_varint(message: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
