# SPDX-License-Identifier: MIT
"""Small files whose structures refer to one another so that a walk through them would never end.

Each is a sound file of h5py with a few numbers changed. Opening it and reading a pixel ends at once,
with an error or with the right value.
"""
import struct
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/fuzz"))
import hdf5_regions  # noqa: E402

SECONDS = 15
NONE = 2**64 - 1
VALUES = np.arange(6 * 5 * 4, dtype="f4").reshape(6, 5, 4)

READ = """if 1:
    import sys
    from osgeo import gdal
    gdal.UseExceptions()
    try:
        dataset = gdal.OpenEx(sys.argv[1], allowed_drivers=["EMIT"], open_options=["ORTHO=NO"])
        print(*dataset.ReadAsArray(3, 2, 1, 1).flat)
    except RuntimeError as error:
        print("refused:", error)
"""


def outcome(path):
    """Output of a process that opens the file and reads the spectrum of line 2, sample 3."""
    return subprocess.run([sys.executable, "-c", READ, path], timeout=SECONDS, check=True,
                          capture_output=True, text=True).stdout


def write(path, libver, **options):
    with h5py.File(path, "w", libver=libver) as file:
        file.create_dataset("reflectance", data=VALUES, **options)
        file["location/glt_x"] = file["location/glt_y"] = np.ones((7, 8), "i4")
        file.attrs["geotransform"] = [10, 0.1, 0, 20, 0, -0.1]
    return bytearray(path.read_bytes())


def extended(content, block):
    """The place of "block", put at the end of a file with superblock 0."""
    content.extend(bytes(-len(content) % 8))
    content.extend(block)
    struct.pack_into("<Q", content, 40, len(content))
    return len(content) - len(block)


def stack(content, tree, key, room):
    """Nine more levels for the B-tree of version 1 at "tree"; nodes have one child, "room" times."""
    kind, used = content[tree + 4], struct.unpack_from("<H", content, tree + 6)[0]
    first = content[tree + 24 : tree + 24 + key]
    last = content[tree + 24 + used * (key + 8) :][:key]
    pointers = [at for at in range(len(content) - 8)
                if content[at : at + 8] == struct.pack("<Q", tree)]
    below = tree
    for level in range(1, 10):
        head = b"TREE" + struct.pack("<BBHQQ", kind, level, room, NONE, NONE)
        below = extended(content, head + (first + struct.pack("<Q", below)) * room + last)
    for at in pointers:
        struct.pack_into("<Q", content, at, below)


def tree_of_chunks(path):
    content = write(path, "earliest", chunks=(2, 5, 4))
    stack(content, content.find(b"TREE\1"), 8 + 8 * 4, 64)
    return content


def tree_of_a_group(path):
    content = write(path, "earliest")
    stack(content, content.find(b"TREE\0"), 8, 32)
    return content


def free_space_in_a_circle(path):
    content = write(path, "earliest")
    heap = content.find(b"HEAP")
    names = struct.unpack_from("<Q", content, heap + 24)[0]
    free = struct.unpack_from("<Q", content, heap + 16)[0]
    struct.pack_into("<Q", content, names + free, free)
    return content


def array_of_many_chunks(path, signature, at, shape):
    """An index of chunks that claims 2^40 elements."""
    content = write(path, "latest", chunks=(1, 5, 4), maxshape=shape)
    header = content.find(signature)
    struct.pack_into("<Q", content, header + at, 2**40)
    end = header + at + (16 if signature == b"FAHD" else 24)
    struct.pack_into("<I", content, end, hdf5_regions.lookup3(bytes(content[header:end])))
    return content


def fixed_array(path):
    return array_of_many_chunks(path, b"FAHD", 8, VALUES.shape)


def extensible_array(path):
    return array_of_many_chunks(path, b"EAHD", 44, (None, 5, 4))


def soft_link_through_soft_links(path):
    """A path of 15,000 steps, through a link to itself."""
    content = write(path, "latest")
    with h5py.File(path, "a") as file:
        file["again"] = file["/"]
        for i in range(20):
            file[f"link{i}"] = h5py.SoftLink("again/" * 2500 + f"link{i + 1}")
    content = bytearray(path.read_bytes())
    return content


@pytest.mark.parametrize("spoil", [
    tree_of_chunks, tree_of_a_group, free_space_in_a_circle,
    fixed_array, extensible_array, soft_link_through_soft_links], ids=lambda spoil: spoil.__name__)
def test_a_crafted_file_is_refused_at_once(tmp_path, spoil):
    path = tmp_path / "EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"
    path.write_bytes(spoil(path))
    output = outcome(path)
    assert output.startswith("refused:") and str(path) in output


@pytest.mark.parametrize("libver, options", [
    ("earliest", {"chunks": (2, 5, 4)}), ("latest", {"chunks": (1, 5, 4)}),
    ("latest", {"chunks": (1, 5, 4), "maxshape": (None, 5, 4)})])
def test_the_same_files_are_read_as_h5py_wrote_them(tmp_path, libver, options):
    path = tmp_path / "EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"
    write(path, libver, **options)
    assert outcome(path).split() == [str(value) for value in VALUES[2, 3]]
