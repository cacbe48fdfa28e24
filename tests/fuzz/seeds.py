#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seed corpora of the fuzz targets: seeds.py EMIT_MKGRANULE OUTDIR makes OUTDIR/fuzz_NAME/*.

Granules come from the granule writer, as small as they can be, and from h5py; the rest is written out here. Nothing
is random: the same call makes the same seeds.
"""
import struct
import subprocess
import sys
import zlib
from pathlib import Path

SMALL = ["--lines", "11", "--samples", "9", "--bands", "13"]
PRODUCTS = ["RFL", "RFLUNCERT", "RAD", "OBS", "MASK", "MIN", "MINUNCERT"]
STORAGES = {
    "plain": [],
    "chunks": ["--chunk", "4,5,6", "--deflate", "4", "--shuffle"],
    "sums": ["--chunk", "11,9,2", "--fletcher32"],
    "later": ["--generation", "2"],
    "wide": ["--band-mask-type", "u64", "--mask-version", "2", "--glt-fill", "-9999"],
    "swath": ["--no-location"],
}
H5PY_STORAGES = {
    "plain": {},
    "chunks": {"chunks": (2, 5, 4), "compression": "gzip"},
    "growing": {"chunks": (2, 5, 4), "maxshape": (None, 5, 4)},
    "growing-twice": {"chunks": (2, 5, 4), "maxshape": (None, None, 4)},
}


def granules(program, folder):
    """(kind, product, bytes) of granules of every product and storage."""
    for kind, flags in STORAGES.items():
        parent = folder / kind
        parent.mkdir(parents=True, exist_ok=True)
        for product in PRODUCTS:
            command = [program, *SMALL, *flags, "--products", product, str(parent)]
            path = Path(subprocess.run(command, check=True, capture_output=True, text=True)
                        .stdout.strip())
            yield kind, product, path.read_bytes()
            path.unlink()
        parent.rmdir()


def h5py_files(folder):
    """The same of small files with the oldest and newest structures of HDF5, which netCDF does not
    write: those of early files have no checksums."""
    import h5py
    import numpy
    for libver in ("earliest", "latest"):
        for kind, storage in H5PY_STORAGES.items():
            path = folder / f"{libver}.h5"
            with h5py.File(path, "w", libver=libver) as file:
                values = numpy.arange(120, dtype="f4").reshape(6, 5, 4)
                file.create_dataset("reflectance", data=values, **storage)
                file["location/glt_x"] = file["location/glt_y"] = numpy.ones((7, 8), "i4")
                file["location/lat"] = numpy.zeros((6, 5))
                file["location/lon"] = h5py.SoftLink("/location/lat")
                file["sensor_band_parameters/wavelengths"] = numpy.linspace(400, 800, 4)
                file["type"] = numpy.dtype("f4")
                file.create_dataset("typed", (6, 5), dtype=file["type"])
                file.attrs["geotransform"] = [10, 0.1, 0, 20, 0, -0.1]
                file.attrs["names"] = numpy.array(["a", "bc"], dtype=h5py.string_dtype())
            yield f"{libver}-{kind}", "RFL", path.read_bytes()
            path.unlink()


def granule_seeds(made):
    """The two last bytes: options, and which variable."""
    for kind, product, content in made:
        options = range(9) if product == "MASK" else range(4)
        for option in options:
            yield f"{kind}-{product}-{option}", content + bytes([option, option % 4])


def companion_seeds(made):
    for kind, product, content in made:
        if product == "MASK":
            for option in range(5):
                yield f"{kind}-{option}", content + bytes([option])


def dataset_seeds(made):
    names = {
        "RFL": b'EMIT:"%P"?WAVELENGTHS=650,560,470&NODATA=NAN',
        "MASK": b'EMIT:"%P":mask?QUALITY_FLAGS=cloud&MASK_FILE=%P',
        "MIN": b'EMIT:"%P":group_1_mineral_id',
        "OBS": b"%P",
    }
    for kind, product, content in made:
        if product in names and kind in ("plain", "chunks", "later"):
            yield f"{kind}-{product}", names[product] + b"\n" + content


def name_seeds(_):
    for i, name in enumerate([
        'EMIT:"a/EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc":mask?ORTHO=NO&NODATA=%4eAN',
        'emit:"c:\\\\x.nc"', "EMIT:x.nc:mask", "EMIT:x.nc?QUALITY_FLAGS=0,1", 'EMIT:"a\\"b.nc":v',
        "EMIT_L2B_MINUNCERT_V002_20240315T101112.nc", "EMIT:/vsizip/a.zip/x.nc.nc:lat?=",
        "/vsicurl/https://x/EMIT_L1B_RAD_001_20240315T101112_2407507_004.nc",
    ]):
        yield str(i), name.encode()


def option_seeds(_):
    for i, text in enumerate([
        "ORTHO=NEAREST\nQUALITY_FLAGS=cloud,1\nNUM_THREADS=ALL_CPUS\nNODATA=nan",
        "WAVELENGTHS=650,560,470,2000-2450\nBAD_WAVELENGTHS=DROP", "WAVELENGTHS=GOOD\nBAND_MASK=YES",
        "CLOUD_BUFFER=12\nMASK_FILE=x.nc\nQUALITY_WHERE=AOD550>=0.4", "NUM_THREADS=256\nNODATA=-9999",
        "WAVELENGTHS=380.5-400,1e3\nBAD_WAVELENGTHS=NODATA", "ORTHO=YES\nCLOUD_BUFFER=NONE",
    ]):
        yield str(i), text.encode()


def quality_seeds(_):
    first = ("Cloud flag\nCirrus flag\nWater flag\nSpacecraft Flag\nDilated Cloud Flag\nAOD550\n"
             "H2O (g cm-2)\nAggregate Flag\nSpecTf-Cloud Probability\nSpecTf-Cloud Flag\n"
             "SpecTf-Buffer Distance")
    for i, asked in enumerate([
        "cloud,cirrus\n\n\n", "0,1,3,4\nAOD550>0.4,H2O<=3\n\n", "\nSpecTf-Cloud Probability>.7\n5\n",
        "dilated_cloud\nwater vapor>=1e-3\n\n", "NONE\n\n\n", "aggregate flag\nAOD550<0\n9\n",
    ]):
        yield str(i), (asked + first).encode()


def mask_seeds(_):
    for which in range(2):
        for kind in range(10):
            head = bytes([which]) + struct.pack("<HH", kind, kind % 6)
            yield f"{which}-{kind}", head + bytes(range(7, 247)) * 9


def fletcher32(content):
    """HDF5's checksum."""
    sum1 = sum2 = 0
    for i in range(0, len(content), 2):
        sum1 = (sum1 + int.from_bytes(content[i : i + 2].ljust(2, b"\0"), "big")) % 65535 or 65535
        sum2 = (sum2 + sum1) % 65535 or 65535
    return struct.pack("<I", sum2 << 16 | sum1)


def decode_seeds(_):
    for value_type, size in (0, 1), (3, 2), (8, 4), (9, 8):
        values = bytes((i * i) % 251 for i in range(40 * size))
        shuffled = b"".join(values[k::size] for k in range(size))
        pipelines = {
            (): values, (0,): zlib.compress(values), (1,): shuffled,
            (1, 0): zlib.compress(shuffled), (2,): values + fletcher32(values),
            (1, 0, 2): zlib.compress(shuffled) + fletcher32(zlib.compress(shuffled)),
            (1, 2, 0): zlib.compress(shuffled + fletcher32(shuffled)),
        }
        for filters, stored in pipelines.items():
            head = bytes([value_type, size % 2, len(filters), *filters, 0]) + struct.pack("<H", 39)
            yield f"{value_type}-" + "".join(map(str, filters)), head + stored


def gather_seeds(_):
    for kind in range(8):
        head = struct.pack("<HHHH", 8, 10, 11, kind) + bytes([kind % 2])
        yield str(kind), head + bytes((i * 7 + kind) % 253 for i in range(3000 + 900 * kind))


def nearest_seeds(_):
    for kind in range(4):
        head = struct.pack("<HHHHdd", 23, 18, 3 + kind, 5, 45.5 + kind, 9.25) + bytes([kind])
        yield str(kind), head + bytes((i * 5 + kind) % 251 for i in range(912 + 7296 * (kind == 0)))


TARGETS = {
    "granule": granule_seeds, "companion": companion_seeds, "dataset": dataset_seeds,
    "name": name_seeds, "options": option_seeds, "quality": quality_seeds, "mask": mask_seeds,
    "decode": decode_seeds, "gather": gather_seeds, "nearest": nearest_seeds,
}


def main(program, folder):
    place = Path(folder) / "granules"
    made = [*granules(program, place), *h5py_files(place)]
    place.rmdir()
    for target, seeds in TARGETS.items():
        parent = Path(folder) / f"fuzz_{target}"
        parent.mkdir(parents=True, exist_ok=True)
        for name, content in seeds(made):
            (parent / name).write_bytes(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
