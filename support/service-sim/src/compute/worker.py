"""Runs one task as a worker of Globus Compute does, without its SDK: a job as JSON on stdin, its outcome on stdout."""

import base64
import json
import os
import pickle
import sys
import traceback

LIMIT = 10 * 1024 * 1024


class Unreadable(Exception):
    """What was sent is not what was agreed."""


def unpack(text):
    buffers = []
    while text:
        head, found, rest = text.partition("\n")
        if not found or not head.isascii() or not head.isdigit() or int(head) > len(rest):
            raise Unreadable("a buffer without its length")
        buffers.append(rest[: int(head)])
        text = rest[int(head) :]
    return buffers


def from_source(name, source):
    space = {}
    exec(source, space)  # What a worker is for.
    return space[name]


def load(buffer, modern):
    kind, _, body = buffer.partition("\n")
    if kind in ("st", "sd") and modern:
        name, _, source = body.partition(":")
        return from_source(name, source)
    if kind in ("03", "04"):
        name, source = pickle.loads(base64.b64decode(body))
        return from_source(name, source)
    if kind == "10":
        parts = body.split(":")
        for kind, text in zip(parts[::2], parts[1::2]):
            if kind in ("03\n", "04\n"):
                return load(kind + text, modern)
        raise Unreadable("no part with a source in a combined function")
    if kind == "11" and modern:
        return json.loads(body)
    if kind == "00":
        return pickle.loads(base64.b64decode(body))
    if kind in ("12", "13") and modern:
        for part in unpack(body):
            try:
                return load(part, modern)
            except Unreadable:
                pass
    raise Unreadable("no way to read a buffer of the kind " + repr(kind[:2]))


def written(value, serializers):
    for path in serializers:
        name = path.rpartition(".")[2]
        try:
            if name == "JSONData":
                return "11\n" + json.dumps(value)
            if name in ("DillDataBase64", "PickleData"):
                break
        except (TypeError, ValueError):
            if path == serializers[-1]:
                raise
    return "00\n" + base64.encodebytes(pickle.dumps(value, 4)).decode()


def main():
    job = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What the function prints is lost, as it is with a real worker.
    try:
        buffers = unpack(job["code"] + job["payload"])
        if len(buffers) != 3:
            raise Unreadable("three buffers are expected, not %d" % len(buffers))
        modern = job["modern"]
        try:
            function, args, kwargs = (load(buffer, modern) for buffer in buffers)
        except Unreadable:
            raise
        except (ValueError, pickle.UnpicklingError) as error:
            raise Unreadable(str(error)) from error
        result = written(function(*args, **kwargs), job["serializers"] if modern else [])
        if len(result) > LIMIT:
            outcome = {"exception": "MaxResultSizeExceeded: the result has %d characters, %d are allowed" % (len(result), LIMIT)}
        else:
            outcome = {"result": result}
    except Unreadable as error:
        outcome = {"reason": "the task cannot be read: %s" % error}
    except Exception:
        outcome = {"exception": traceback.format_exc()}
    json.dump(outcome, out)
    out.flush()


main()
