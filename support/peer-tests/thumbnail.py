#!/usr/bin/env python3
"""Reads a scan for the catalogue with h5py and Pillow: the values that the rules name, and the picture of the first frame.

    thumbnail.py SCAN RULES_JSON SIDE [PICTURE]

The arithmetic is that of the Python ingestors. Prints milliseconds, the most memory in MiB, and the picture's bytes;
writes the picture, if asked.
"""

import io
import json
import pathlib
import resource
import sys
import time

import h5py
import numpy
from PIL import Image, ImageOps

scan, rules, side = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")), int(sys.argv[3])
begun = time.perf_counter()
with h5py.File(scan, "r") as file:
    values = {path: file[path][()] for path in rules["scientific"] if path in file}
    for path in rules["samples"]:
        if path in file:
            column = file[path][()]
            values[path] = column[:: max(1, len(column) // 10)]
    frame = file[rules["thumbnail"]["frames"]][0]
distances = numpy.log(frame - frame.min() + 1.001)
levels = (205 * distances / distances.max()).astype(numpy.uint8)
picture = ImageOps.autocontrast(Image.fromarray(levels), cutoff=0.1)
longer = max(picture.size)
if side and longer > side:
    picture = picture.resize([max(1, (extent * side + longer // 2) // longer) for extent in picture.size], Image.BOX)
png = io.BytesIO()
picture.save(png, format="png")
elapsed = (time.perf_counter() - begun) * 1000
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if len(sys.argv) > 4:
    pathlib.Path(sys.argv[4]).write_bytes(png.getvalue())
print(f"{elapsed:.1f} {peak:.1f} {len(png.getvalue())}")
