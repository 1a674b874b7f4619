"""Makes h5py_large.h5: a stack whose frames are larger than what is read at once. None is written, so the file is small.

    pip install h5py==3.16.0 && python make_large.py
"""

import h5py

with h5py.File("h5py_large.h5", "w") as f:
    f.create_dataset("/stack/large", shape=(2, 20000, 20000), dtype="<u2")
