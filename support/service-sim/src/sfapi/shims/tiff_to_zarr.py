"""Stands in for a site's multi-resolution step: tiff_to_zarr.py SLICES_FOLDER --raw_file RAW.

Reads the slices that the reconstruction wrote and makes a zarr (version 2) beside them, `<slices folder>.zarr`, of two
levels: every pixel, and every second one. Standard library only.
"""

import json
import os
import struct
import sys

EDGE = 64


def slice_of(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"II*\0":
        sys.exit(f"{path} is not a TIFF")
    (entries,) = struct.unpack_from("<H", data, 8)
    fields = {}
    for number in range(entries):
        tag, kind, _count, value = struct.unpack_from("<HHII", data, 10 + 12 * number)
        fields[tag] = value & 0xFFFF if kind == 3 else value
    start, length = fields[273], fields[279]
    return data[start : start + length]


def every_second(pixels, edge):
    rows = range(0, edge, 2)
    return b"".join(pixels[2 * (row * edge + column) :][:2] for row in rows for column in range(0, edge, 2))


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())


def main(folder):
    folder = folder.rstrip("/")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".tiff"))
    if not names:
        sys.exit(f"{folder} holds no slices")
    slices, edge, target = [slice_of(os.path.join(folder, name)) for name in names], EDGE, folder + ".zarr"
    write(os.path.join(target, ".zgroup"), {"zarr_format": 2})
    levels = []
    for level in range(2):
        if level:
            slices, edge = [every_second(pixels, edge) for pixels in slices[::2]], edge // 2
        array = {"zarr_format": 2, "shape": [len(slices), edge, edge], "chunks": [1, edge, edge], "dtype": "<u2",
                 "compressor": None, "fill_value": 0, "order": "C", "filters": None}
        write(os.path.join(target, str(level), ".zarray"), array)
        for number, pixels in enumerate(slices):
            write(os.path.join(target, str(level), f"{number}.0.0"), pixels)
        levels.append({"path": str(level)})
    write(os.path.join(target, ".zattrs"), {"multiscales": [{"version": "0.4", "datasets": levels}]})
    for path, _folders, _files in os.walk(target):
        os.chmod(path, 0o2775)
    print(f"wrote {target} of {len(names)} slices")


main(sys.argv[1])
