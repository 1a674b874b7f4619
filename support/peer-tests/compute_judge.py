#!/usr/bin/env python3
"""Lets the real Globus Compute SDK read and run what our client writes.

One JSON document a line comes in: {"code": function_code, "payload": packed arguments}. For each, one goes out:
{"result": what the function returned, as JSON} or {"error": the exception}. The SDK's own call for workers is used, so
what passes here runs on an endpoint.
"""

import json
import os
import sys

from globus_compute_sdk.serialize import ComputeSerializer, JSONData

READER = ComputeSerializer()
WRITER = ComputeSerializer(strategy_data=JSONData())


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Functions may print.
    for line in sys.stdin:
        task = json.loads(line)
        try:
            function, args, kwargs = READER.unpack_and_deserialize(task["code"] + task["payload"])
            value = function(*args, **kwargs)
            answer = {"json": WRITER.serialize(value), "dill": READER.serialize(value)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


main()
