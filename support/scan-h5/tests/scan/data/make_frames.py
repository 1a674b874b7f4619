"""Makes the witness of frames and lists: a scan by the real HDF5 library.

    pip install h5py numpy      (made with h5py 3.16.0, HDF5 2.0.0, numpy 2.4)
    python make_frames.py h5py_frames.h5

The tests in ../frames.rs and ../values.rs hold the values written here: pixel = 100 * frame + 10 * row + column, from -50
where it has a sign.
"""
import sys

import h5py
import numpy as np

stack = (100 * np.arange(3)[:, None, None] + 10 * np.arange(5)[None, :, None] + np.arange(7)[None, None, :])

with h5py.File(sys.argv[1], "w") as f:
    for kind in ("u1", "<u2", ">u2", "<u4", ">u8"):
        f.create_dataset(f"/stack/{kind[-2:]}{'_be' if kind[0] == '>' else ''}", data=(stack % 256).astype(kind) if kind == "u1" else stack.astype(kind))
    for kind in ("<i1", ">i2", "<i4", "<i8"):
        f.create_dataset(f"/stack/{kind[-2:]}", data=(stack % 100 - 50).astype(kind))
    f.create_dataset("/stack/f2", data=stack.astype("<f2"))
    f.create_dataset("/stack/f4", data=stack.astype(">f4"))
    f.create_dataset("/stack/f8", data=stack.astype("<f8"), chunks=(2, 3, 4))
    f.create_dataset("/stack/gzip", data=stack.astype("<u2"), chunks=(1, 5, 7), compression="gzip", shuffle=True)
    f.create_dataset("/stack/pieces", data=stack.astype("<u2"), chunks=(2, 2, 4), compression="gzip", fletcher32=True)
    f.create_dataset("/stack/lzf", data=stack.astype("<u2"), chunks=(1, 5, 7), compression="lzf")
    d = f.create_dataset("/stack/half_written", shape=(3, 5, 7), dtype="<u2", chunks=(1, 5, 7), compression="gzip")
    d[0] = stack[0]
    f.create_dataset("/stack/none", shape=(0, 5, 7), maxshape=(None, 5, 7), dtype="<u2", chunks=(1, 5, 7))
    f.create_dataset("/stack/huge", shape=(2, 20000, 20000), dtype="<u2", chunks=(1, 512, 512), compression="gzip")
    f.create_dataset("/stack/one_huge_chunk", shape=(2, 20000, 20000), dtype="u1", chunks=(1, 20000, 20000), compression="gzip")
    f.create_dataset("/image", data=stack[1].astype("<u2"))
    f.create_dataset("/line", data=np.arange(100, dtype="<f8"))
    f.create_dataset("/line_growable", data=np.arange(100, dtype="<i4"), maxshape=(None,), chunks=(7,), compression="gzip")
    f.create_dataset("/four_d", data=np.zeros((1, 1, 1, 1)))

    f.create_dataset("/value/list", data=np.array([1, 2, 3], ">i2"))
    f.create_dataset("/value/list_of_one", data=np.array([2.5]), maxshape=(None,), chunks=(1,))
    f.create_dataset("/value/one", data=np.array([2.5]))
    f.create_dataset("/value/texts", data=["größe", "", "b"], dtype=h5py.string_dtype())
    f.create_dataset("/value/fixed_texts", data=np.array([b"a ", b"bb", b""], "S4"))
    f.create_dataset("/value/true", data=np.bool_(True))
    f.create_dataset("/value/flags", data=np.array([True, False]))
    colours = h5py.enum_dtype({"RED": 0, "GREEN": 7}, basetype="i2")
    f.create_dataset("/value/enum", data=np.array([7], "i2"), dtype=colours)
    f.create_dataset("/value/u8_max", data=np.uint64(2**64 - 1))
    f.create_dataset("/value/i8_min", data=np.int64(-(2**63)))
    f.create_dataset("/value/special", data=np.array([np.nan, np.inf, -np.inf, 1.0]))
    f.create_dataset("/value/grid", data=np.zeros((2, 3)))
    f.create_dataset("/value/million_texts", shape=(1_000_000,), dtype="S8", chunks=(1000,))
    f.create_dataset("/value/million_vlen", shape=(1_000_000,), dtype=h5py.string_dtype(), chunks=(1000,))
    f.create_dataset("/value/long_texts", shape=(9,), dtype="S200000", chunks=(1,), compression="gzip")
    f.create_dataset("/value/compound", data=np.zeros(1, dtype=[("a", "i4"), ("b", "f8")]))
    f.create_dataset("/value/empty", data=h5py.Empty("<f8"))
