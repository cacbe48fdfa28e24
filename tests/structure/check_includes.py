# SPDX-License-Identifier: MIT
"""Who may include whom: the layers of docs/design.md, folder by folder.

A new folder, or a new edge between folders, needs a line here, which is the moment to ask whether
a file is where it belongs.
"""
import pathlib
import re
import sys

# Folder of driver/core, from the bottom up -> the folders that it may include, besides itself,
# base and emit.h. A folder may include only folders above its own line in this table.
LAYERS = {
    "base": [],
    "io": [],
    "hdf5/check": ["io"],
    "hdf5": ["hdf5/check", "io"],
    "granule": ["hdf5", "io"],
    "store": ["granule", "hdf5", "io"],
    "options": ["granule"],
    "geometry": ["granule", "options", "store"],
    "mask": ["granule", "options", "store"],
    "read": ["geometry", "mask", "store"],
    "view": ["geometry", "granule", "mask", "options", "read", "store"],
}

SEE_HDF5 = {"hdf5"}

# Arrays in, arrays out: no files, no threads, no HDF5, no GDAL.
PURE = {
    "base/box", "base/byte_ranges", "base/bytes", "base/longitude", "base/raw_grid", "base/spelling", "geometry/glt", "geometry/nearest",
    "mask/mask_rule",
}
PURE_PROJECT = {"emit", "core/base/error", "core/base/number"}
PURE_SYSTEM = {
    "assert", "float", "inttypes", "limits", "math", "stdbool", "stddef", "stdint", "stdlib",
    "string",
}

# The C parts of GDAL's portability library. They compile as strict C17; the C++ ones would tie
# the core to GDAL's C++ interface, which changes from release to release.
CORE_GDAL = {
    "cpl_atomic_ops", "cpl_compressor", "cpl_conv", "cpl_error", "cpl_hash_set", "cpl_http",
    "cpl_multiproc", "cpl_port", "cpl_string", "cpl_time", "cpl_vsi", "cpl_vsi_error",
}
CORE_SYSTEM = PURE_SYSTEM | {
    "ctype", "errno", "locale", "stdarg", "stdatomic", "stdio", "stdalign", "time",
}
# Locks, positional reads and file stamps, for all systems.
PLATFORM_SYSTEM = {"sched", "fcntl", "pthread", "sys/file", "sys/mman", "sys/resource",
                   "sys/sendfile", "sys/stat", "sys/uio", "unistd", "windows", "xlocale"}

WAIST_SYSTEM = {"stdbool", "stddef", "stdint"}

# Sources are compiled with driver/ as the root of quoted includes: "core/geometry/glt.h", "emit.h".
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    """Pairs (is_quoted, name without .h) in the order of the file."""
    text = path.read_text(encoding="utf-8")
    return [
        (bracket == '"', name[:-2] if name.endswith(".h") else name)
        for bracket, name in INCLUDE.findall(text)
    ]


def is_hdf5(name):
    return name == "hdf5" or name.startswith(("hdf5_", "H5"))


def check_layers(layers):
    """The table itself must not point up."""
    known = set()
    for folder, below in layers.items():
        for name in below:
            if name not in known:
                yield f"table of layers: {folder} may include {name}, which does not stand below it"
        known.add(folder)


def check_pure(name, quoted, own):
    project = PURE_PROJECT | {f"core/{pure}" for pure in PURE}
    if name not in (project if quoted else PURE_SYSTEM):
        yield f"includes {name}.h: {own} is pure"


def check_project(name, folder, layers):
    other = str(pathlib.PurePosixPath(name.replace("core/", "", 1)).parent)
    if name != "emit" and other not in [folder, "base", *layers[folder]]:
        yield f"includes {name}.h, which is not in a folder below {folder}"


def check_core(path, inside, layers):
    """"inside": the place of "path" in driver/core."""
    folder, own = inside.parent.as_posix(), inside.with_suffix("").as_posix()
    if folder not in layers:
        yield "is in no layer: add its folder to the table in tests/structure/check_includes.py"
        return
    for quoted, name in includes(path):
        in_project = quoted and (name == "emit" or name.startswith("core/"))
        if is_hdf5(name):
            if folder not in SEE_HDF5:
                yield f"includes {name}.h: only core/hdf5 may see HDF5"
        elif own in PURE:
            yield from check_pure(name, quoted, own)
        elif in_project:
            yield from check_project(name, folder, layers)
        elif name in PLATFORM_SYSTEM:
            if own != "base/platform":
                yield f"includes {name}.h: only base/platform calls the operating system"
        elif name not in (CORE_GDAL if name.startswith("cpl_") else CORE_SYSTEM):
            yield f"includes {name}.h: not among the headers that the core may use"


def check_waist(path):
    for _, name in includes(path):
        if name not in WAIST_SYSTEM:
            yield f"includes {name}: emit.h needs nothing but {', '.join(sorted(WAIST_SYSTEM))}"


def check_gdal(path, core_headers, own):
    for quoted, name in includes(path):
        base = name.rsplit("/", 1)[-1]
        if is_hdf5(base):
            yield f"includes {name}.h: the GDAL side does not see HDF5"
        elif quoted and (name == "emit" or name.replace("gdal/", "", 1) in own):
            pass
        elif name.startswith("core/") or base in core_headers:
            yield f"includes {name}.h: the GDAL side knows the core through emit.h alone"
        elif quoted and not name.startswith(("cpl_", "gdal", "ogr_")):
            yield f"includes {name}.h: neither emit.h nor a header of driver/gdal or of GDAL"


def violations(root, layers=None):
    layers = LAYERS if layers is None else layers
    driver = root / "driver"
    core = sorted(path for path in (driver / "core").rglob("*") if path.is_file())
    gdal = sorted((driver / "gdal").glob("*"))
    core_headers = {path.stem for path in core if path.suffix == ".h"}
    gdal_headers = {path.stem for path in gdal if path.suffix == ".h"}

    found = [("tests/structure", text) for text in check_layers(layers)]
    found += [("driver/emit.h", text) for text in check_waist(driver / "emit.h")]
    for path in core:
        inside = path.relative_to(driver / "core")
        if path.suffix in (".c", ".h"):
            found += [(f"driver/core/{inside}", t) for t in check_core(path, inside, layers)]
        else:
            found.append((f"driver/core/{inside}", "is not a C file"))
    for path in gdal:
        if path.suffix in (".cpp", ".h"):
            found += [
                (f"driver/gdal/{path.name}", text)
                for text in check_gdal(path, core_headers, gdal_headers)
            ]
    return [f"{name}: {text}" for name, text in found]


def main():
    found = violations(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "includes: as the layers say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
