"""Makes the witnesses of the reader: scans by the real HDF5 library, so that reader and writer never share code.

    pip install h5py numpy      (made with h5py 3.16.0, HDF5 2.0.0, numpy 2.4)
    python make_witness.py h5py_witness.h5 h5py_witness_old.h5

The tests in ../reader.rs hold the values written here.
"""
import sys

import h5py
import numpy as np

vlen = h5py.string_dtype("utf-8")


def one(f, path, value, dtype):
    """An array of one, as instruments write scalars."""
    f.create_dataset(path, data=np.array([value], dtype=dtype), maxshape=(1,))


def scalar(f, path, value, dtype):
    f.create_dataset(path, data=np.array(value, dtype=dtype))


def present(f):
    """Every form, in the layout of HDF5 1.10 and later."""
    one(f, "/text/fixed_1", b"ALS-00832", "S9")
    one(f, "/text/fixed_padded_1", b"bl832", "S16")
    scalar(f, "/text/fixed_scalar", "Jürgen".encode(), "S8")
    scalar(f, "/text/latin_1", "Jürgen".encode("latin-1"), "S6")
    f.create_dataset("/text/vlen_scalar", data="Ada Example", dtype=vlen)
    f.create_dataset("/text/vlen_1", shape=(1,), dtype=vlen, data=["größe µm"])
    f.create_dataset("/text/vlen_ascii_1", shape=(1,), dtype=h5py.string_dtype("ascii"), data=[b"Normal"])
    f.create_dataset("/text/vlen_empty", data="", dtype=vlen)
    f.create_dataset("/text/three", data=np.array([b"a", b"b", b"c"]))
    t = h5py.h5t.C_S1.copy(); t.set_size(20); t.set_strpad(h5py.h5t.STR_SPACEPAD)
    d = h5py.h5d.create(f["/text"].id, b"blank_padded_1", t, h5py.h5s.create_simple((1,), (1,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"PCO.edge".ljust(20)], dtype="S20"), t)

    for kind in ("i1", "i2", "i4", "i8"):
        for order, name in (("<", "le"), (">", "be")):
            one(f, f"/number/{kind}_{name}", -100, order + kind)
    for kind in ("u1", "u2", "u4", "u8"):
        for order, name in (("<", "le"), (">", "be")):
            one(f, f"/number/{kind}_{name}", 200, order + kind)
    for kind in ("f2", "f4", "f8"):
        for order, name in (("<", "le"), (">", "be")):
            one(f, f"/number/{kind}_{name}", -0.375, order + kind)
    scalar(f, "/number/scalar_i4", 1313, "<i4")
    scalar(f, "/number/scalar_f4", 0.00065, "<f4")
    scalar(f, "/number/nan", np.nan, "<f8")
    scalar(f, "/number/u8_max", 2**64 - 1, "<u8")
    f.create_dataset("/number/true", data=np.bool_(True))
    f.create_dataset("/number/growable_1", data=np.array([2560], "<i4"), maxshape=(None,), chunks=(1,))
    f.create_dataset("/number/gzip_1", data=np.array([7.5], "<f8"), chunks=(1,), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("/number/one_by_one", data=np.array([[42]], "<i2"))
    f.create_dataset("/number/empty", shape=(0,), dtype="<f8")
    f.create_dataset("/number/null", data=h5py.Empty("<f8"))
    f.create_dataset("/number/many", data=np.arange(4, dtype="<f8"))
    f["/number/soft_link"] = h5py.SoftLink("/number/scalar_i4")
    f["/number/dangling"] = h5py.SoftLink("/number/nowhere")
    f.create_dataset("/exchange/data", data=np.arange(24, dtype="<u2").reshape(2, 3, 4), chunks=(1, 3, 4), compression="gzip")


def old(f):
    """The forms that older layouts store in another way."""
    one(f, "/text/fixed_padded_1", b"bl832", "S16")
    f.create_dataset("/text/vlen_1", shape=(1,), dtype=vlen, data=["größe µm"])
    one(f, "/number/i4_be", -100, ">i4")
    f.create_dataset("/number/growable_1", data=np.array([2560], "<i4"), maxshape=(None,), chunks=(1,))


if __name__ == "__main__":
    with h5py.File(sys.argv[1], "w", libver=("v110", "v110")) as f:
        present(f)
    with h5py.File(sys.argv[2], "w", libver="earliest") as f:
        old(f)
