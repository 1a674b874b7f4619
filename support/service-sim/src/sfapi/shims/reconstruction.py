"""Stands in for a site's reconstruction: sfapi_reconstruction.py FILE FOLDER, in a folder that has raw/ and scratch/, or
globus_reconstruction.py FILE FOLDER, in that raw/ itself.

Reads raw/FOLDER/FILE and writes slices scratch/FOLDER/rec<stem>/<stem>_00000.tiff and so on: 64 x 64 pixels of 16 bits,
made of the file's bytes, so that other frames give other slices. Standard library only.
"""

import os
import struct
import sys

SLICES, EDGE = 8, 64


def tiff(pixels):
    """A grey image without compression."""
    fields = [(256, 3, EDGE), (257, 3, EDGE), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8 + 2 + 9 * 12 + 4),
              (277, 3, 1), (278, 3, EDGE), (279, 4, len(pixels))]
    directory = struct.pack("<H", len(fields))
    for tag, kind, value in fields:
        directory += struct.pack("<HHI", tag, kind, 1) + (struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value))
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + pixels


def main(name, folder):
    base = "" if os.path.isdir("raw") else ".."
    source = os.path.join(base, "raw", folder, name)
    stem = name[: -len(".h5")] if name.endswith(".h5") else name
    target = os.path.join(base, "scratch", folder, "rec" + stem)
    with open(source, "rb") as file:
        frames = file.read()
    if frames[:8] != b"\x89HDF\r\n\x1a\n":
        sys.exit(f"OSError: unable to open file {source}: file signature not found")
    os.makedirs(target, exist_ok=True)
    size = EDGE * EDGE * 2
    for number in range(SLICES):
        start = len(frames) * number // SLICES
        pixels = (frames[start : start + size] * (size // max(1, len(frames[start : start + size])) + 1))[:size]
        path = os.path.join(target, f"{stem}_{number:05d}.tiff")
        with open(path, "wb") as file:
            file.write(tiff(pixels))
    print(f"reconstructed {source}: {SLICES} slices in {target}")


main(sys.argv[1], sys.argv[2])
