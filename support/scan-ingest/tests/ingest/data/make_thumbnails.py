"""Makes the witness of thumbnails: what numpy and Pillow make of small frames, so that no code of ours judges itself.

    pip install numpy pillow      (made with numpy 2.4.6, Pillow 13.0.0)
    python make_thumbnails.py thumbnails.json
"""
import json
import sys

import numpy as np
from PIL import Image, ImageOps


def picture(frame):
    """The grey values that the Python ingestors make, without their PNG."""
    values = np.log(frame - np.min(frame) + 1.001)
    grey = (205 * values / np.max(values)).astype("uint8")
    return np.asarray(ImageOps.autocontrast(Image.fromarray(grey), cutoff=0.1))


def beam(rows, cols, noise, rng):
    y, x = np.mgrid[0:rows, 0:cols]
    shape = np.exp(-(((y - rows / 2) / rows) ** 2)) * (1 - 0.6 * np.exp(-(((x - cols / 3) / 4) ** 2)))
    return 20000 * shape + rng.normal(0, noise, (rows, cols)) + 2000


rng = np.random.default_rng(11)
outlier = rng.integers(100, 140, (29, 37))
outlier[3, 4], outlier[9, 9] = 65535, 0
frames = {
    "beam_u16": beam(30, 47, 20, rng).astype("uint16"),
    "beam_u8": (beam(12, 24, 20, rng) / 100).astype("uint8"),
    "beam_i16": (beam(12, 20, 20, rng) - 9000).astype("int16"),
    "beam_i32": (beam(12, 20, 20, rng) * 100).astype("int32"),
    "beam_u32": (beam(12, 20, 20, rng) * 1000).astype("uint32"),
    "beam_f32": (beam(22, 47, 20, rng) / 65535).astype("float32"),
    "beam_f64": beam(12, 20, 20, rng) * 1e-3,
    "outlier_u16": outlier.astype("uint16"),
    "noise_u16": rng.integers(0, 65536, (26, 40)).astype("uint16"),
    "even_u16": np.full((5, 6), 1000, "uint16"),
    "even_f32": np.full((5, 6), 0.25, "float32"),
    "two_u8": np.array([[0, 255]], "uint8"),
    "one_u16": np.array([[7]], "uint16"),
    "nan_f32": np.array([[1, np.nan, 2, 3]], "float32"),
    "inf_f64": np.array([[1, np.inf, 2, 3]], "float64"),
    "minus_inf_f64": np.array([[1, -np.inf, 2, 3]], "float64"),
}
with np.errstate(all="ignore"), open(sys.argv[1], "w") as f:
    cases = [
        {
            "name": name,
            "type": str(frame.dtype),
            "rows": frame.shape[0],
            "cols": frame.shape[1],
            # As text, for JSON has no NaN; a float's text is exact.
            "frame": " ".join(repr(value) for value in frame.ravel().tolist()),
            "grey": picture(frame).ravel().tolist(),
        }
        for name, frame in frames.items()
    ]
    f.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
