#!/usr/bin/env python3
"""Writes vectors.jsonl: buffers as the real SDK (globus-compute-sdk 4.19) and Python's own pickle make them, with what
they stand for. To make them again: a Python with that SDK, `make_vectors.py > vectors.jsonl`."""

import base64
import collections
import datetime
import json
import pathlib
import pickle
import subprocess

from globus_compute_sdk.serialize import ComputeSerializer, JSONData, concretes


def tagged(value):
    """The value as JSON that tells Python's types apart."""
    if value is None:
        return "None"
    if isinstance(value, bool):
        return {"bool": value}
    if type(value) is int:
        return {"int": str(value)}
    if type(value) is float:
        return {"float": repr(value)}
    if type(value) is str:
        return {"text": value}
    if type(value) in (bytes, bytearray):
        return {"bytes": bytes(value).hex()}
    if type(value) in (list, tuple):
        return {type(value).__name__: [tagged(item) for item in value]}
    if type(value) in (set, frozenset):
        return {"set": sorted((tagged(item) for item in value), key=json.dumps)}
    if type(value) is dict:
        return {"dict": [[tagged(key), tagged(item)] for key, item in value.items()]}
    return {"object": type(value).__module__ + "." + type(value).__qualname__}


def line(kind, serialized, **facts):
    print(json.dumps({"kind": kind, "serialized": serialized, **facts}))


SHARED = ["shared"]
VALUES = [
    None, True, False, 0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63, -(2**63),
    2**127 - 1, -(2**127), 2**127, -(2**127) - 1, 10**40, -(10**60), 0.0, -0.0, 1.5, 1e300, 5e-324, float("inf"),
    float("-inf"), float("nan"), "", "plain", "größe ☃ 😀 \0 \n \"q\" \\ \u2028", "x" * 300, b"", b"\0\xff", b"y" * 300,
    bytearray(b"array"), [], [1, [2, [3]]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}, {"a": {"b": [None, True]}},
    {1: "one", (2, 3): "pair", None: 0.5}, set(), {1, 2, 3}, frozenset({"a"}), [SHARED, SHARED, {"again": SHARED}],
    list(range(300)), "line\r\nbreaks",
]
OBJECTS = [
    datetime.datetime(2026, 11, 22, 12, 0), datetime.timedelta(days=1), complex(1, 2), pathlib.PurePosixPath("/a/b"),
    collections.OrderedDict(a=1), collections.deque([1, 2]), collections.Counter("aab"), range(3),
    subprocess.CompletedProcess(["x"], 1, "out", "err"), ValueError("no"), [datetime.date(2026, 11, 22)],
]

sdk = ComputeSerializer()
for value in VALUES + OBJECTS:
    line("value", concretes.DillDataBase64().serialize(value), value=tagged(value))
    for protocol in range(6):
        text = "00\n" + base64.encodebytes(pickle.dumps(value, protocol)).decode()
        line("value", text, value=tagged(value), protocol=protocol)
    try:
        text = JSONData().serialize(value)
    except Exception:
        continue
    line("value", text, value=tagged(json.loads(json.dumps(value))))
    line("value", concretes.AllDataStrategies().serialize(value), value=tagged(json.loads(json.dumps(value))))

for value in (len, int, ValueError):
    line("value", "00\n" + base64.encodebytes(pickle.dumps(value)).decode(), value={"object": "builtins." + value.__name__})

itself = []
itself.append(itself)
bomb = "x" * 1000
for _ in range(40):
    bomb = [bomb, bomb]
REFUSED = {
    "holds itself": pickle.dumps(itself),
    "bytes of text": pickle.dumps(bomb),
    "left": pickle.dumps("truncated" * 50)[:100],
    "frame": b"\x80\x04\x95" + (2**60).to_bytes(8, "little") + b"N.",
    "announced": b"\x80\x04X\xff\xff\xff\x7fabc.",
    "announced ": b"\x80\x04\x8e" + (2**64 - 1).to_bytes(8, "little") + b"abc.",
    "stack": b"\x80\x04.",
    "more after the end": pickle.dumps(1) + b"rest",
    "no mark": b"\x80\x04t.",
    "remembered": b"\x80\x04h\x09.",
    "outside": b"\x80\x04Pid\n.",
    "protocol": b"\x80\x09N.",
    "Python 2": b"S'text'\n.",
    "unknown instruction": b"\x80\x04\xff.",
    "half a character": pickle.dumps("\ud800"),
    "goes on": b"\x80\x04N" + b"20" * 900_000 + b".",
    "number of": b"\x80\x04\x8b\x00\x08\x00\x00" + b"\x7f" * 2048 + b".",
    "no object": b"\x80\x04]Nb.",
}
for reason, raw in REFUSED.items():
    if len(raw) < 10_000:
        line("refused", "00\n" + base64.encodebytes(raw).decode(), reason=reason.strip())
for reason, text in {
    "not base64": "00\n!!!", "identifier": "no line break", "unknown kind": "77\nx", "holds a function": "st\nf:pass",
    "not JSON": "11\n{", "lone surrogate": '11\n"\\ud800"', "more text": "11\n1 2", "a choice": "13\n3\n13\n",
    "none of the encodings": "13\n5\n11\n{}x"[:-1].replace("{}", "{]"), "only": "13\n99\n11\n{}", "length": "13\n-1\n11\n1",
    "without end": '11\n"abc', "number": "11\n01", "levels": "11\n" + "[" * 500 + "]" * 500,
}.items():
    line("refused", text, reason=reason)

SOURCE = 'def greet(name, greeting="grüße"):\n    """Döc ☃ 😀: x"""\n    return f"{greeting} {name}"\n'
pair = base64.encodebytes(pickle.dumps(("greet", SOURCE), 4)).decode()
FORMS = {
    "st": "st\ngreet:" + SOURCE, "sd": "sd\ngreet:" + SOURCE, "03": "03\n" + pair, "04": "04\n" + pair,
    "12": "12\n" + sdk.pack_buffers(["st\ngreet:" + SOURCE, "01\ngASVEwAAAAAAAACMB3ZlY19hZGSUjANhZGSUk5Qu\n"]),
    "10": "10\n04\n:" + pair + ":01\n:gASVEwAAAAAAAACMB3ZlY19hZGSUjANhZGSUk5Qu\n:03\n:" + pair,
}
for form in FORMS.values():
    line("function", sdk.pack_buffers([form]), name="greet", source=SOURCE)
for reason, text in {"pickled object": "01\ngASVEwAAAAAAAACMB3ZlY19hZGSUjANhZGSUk5Qu\n", "colon": "st\nnothing", "pair": "03\ngAROLg==\n"}.items():
    line("function_refused", sdk.pack_buffers([text]), reason=reason)
line("function_refused", "99\nst\nf:x", reason="only")
line("function_refused", "4\nst\nf4\nst\nf", reason="one buffer")
