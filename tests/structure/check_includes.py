# SPDX-License-Identifier: MIT
"""Who may include whom: the layers of docs/design.md, file by file.

A new module, or a new edge between modules, needs a line here, which is the moment to ask
whether it belongs where it was put.
"""
import pathlib
import re
import sys

# Module of driver/core -> the modules it may include, besides itself, error and emit.h. Nothing
# includes a module that stands below it in this table. "h5file" stands for all of h5*.c and h5*.h,
# "sound" and "store" for sound* and store*.
LAYERS = {
    # The floor
    "error": [],
    "text": [],
    "texts": ["text"],
    "value": [],
    "schema": [],
    "name": ["text"],
    "parallel": [],
    "options": ["parallel", "schema", "text"],
    # Pure: what GLT entries and mask bits mean
    "glt": [],
    "mask": ["value"],
    "nearest": ["glt"],
    # What is in a file
    "ranges": [],
    "cache": [],
    "multipart": ["ranges"],
    "multirange": ["multipart", "ranges", "text"],
    "identity": ["cache"],
    "pages": ["cache", "ranges"],
    "together": ["identity", "multirange", "parallel", "ranges"],
    "request": ["identity", "ranges", "together"],
    "remote": ["cache", "identity", "pages", "ranges", "request"],
    "file": ["ranges", "remote"],
    "plan": ["cache", "file"],
    "sound": [],
    "vfd": ["file", "sound"],
    "h5file": ["file", "text", "texts", "value", "vfd"],
    "granule": ["glt", "h5file", "schema", "text", "value"],
    # Values of one variable
    "box": [],
    "decode": ["h5file", "value"],
    "store": ["box", "cache", "decode", "file", "h5file", "parallel", "plan"],
    # What the options choose
    "bands": ["granule", "options", "schema"],
    "companion": ["file", "granule", "name", "text"],
    "quality": ["mask", "options", "schema", "text"],
    "masks": ["companion", "options", "quality", "schema"],
    # A window of a view
    "plane": ["parallel", "plan"],
    "table": ["granule", "plane", "store", "value"],
    "screen": ["masks", "plane", "schema", "table"],
    "grid": ["granule", "nearest", "options", "plane", "table"],
    "gather": ["glt", "mask", "store", "value"],
    "bandmask": ["gather", "granule", "mask", "plane", "schema", "table", "value"],
    "cells": ["grid", "plane"],
    "tiles": ["cells", "gather"],
    "fetch": ["tiles", "value"],
    "reader": ["bandmask", "cells", "fetch", "gather", "mask", "tiles"],
    "recall": ["cache", "reader"],
    # The view: all of it, behind emit.h
    "minerals": ["granule", "schema", "value"],
    "describe": ["bands", "masks", "minerals", "schema", "value"],
    "view": ["describe", "recall", "schema", "screen", "table", "value"],
}
COMMON = {"emit", "error"}

SEE_HDF5 = {"vfd", "h5file"}

# Arrays in, arrays out: no files, no threads, no HDF5, no GDAL.
PURE = {"box", "glt", "mask", "multipart", "nearest", "ranges", "sound"}
PURE_PROJECT = {"emit", "error", "value"}
PURE_SYSTEM = {
    "assert", "float", "inttypes", "limits", "math", "stdbool", "stddef", "stdint", "stdlib",
    "string",
}

# The C parts of GDAL's portability library. They compile as strict C17; the C++ ones would tie
# the core to GDAL's C++ interface, which changes from release to release.
CORE_GDAL = {
    "cpl_atomic_ops", "cpl_compressor", "cpl_conv", "cpl_error", "cpl_hash_set", "cpl_http", "cpl_multiproc",
    "cpl_port", "cpl_string", "cpl_time", "cpl_vsi", "cpl_vsi_error",
}
CORE_SYSTEM = PURE_SYSTEM | {
    "ctype", "errno", "locale", "stdarg", "stdatomic", "stdio", "stdalign", "time",
    # POSIX: threads, and positional reads on local files
    "fcntl", "pthread", "sys/stat", "sys/types", "unistd",
}

WAIST_SYSTEM = {"stdbool", "stddef", "stdint"}

# Sources are compiled with driver/ as the root of quoted includes: "core/glt.h", "emit.h".
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    """Pairs (is_quoted, name without .h) in the order of the file."""
    text = path.read_text(encoding="utf-8")
    return [
        (bracket == '"', name[:-2] if name.endswith(".h") else name)
        for bracket, name in INCLUDE.findall(text)
    ]


def module_of(name):
    families = {"h5": "h5file", "sound": "sound", "store": "store"}
    return next((module for start, module in families.items() if name.startswith(start)), name)


def is_hdf5(name):
    return name == "hdf5" or name.startswith(("hdf5_", "H5"))


def check_layers(layers):
    """The table itself must not point up."""
    known = set()
    for module, below in layers.items():
        for name in below:
            if name not in known:
                yield f"table of layers: {module} may include {name}, which does not stand below it"
        known.add(module)


def check_core(path, layers):
    module = module_of(path.stem)
    if module not in layers:
        yield "is in no layer: add it to the table in tests/structure/check_includes.py"
        return
    for quoted, name in includes(path):
        if is_hdf5(name):
            if module not in SEE_HDF5:
                yield f"includes {name}.h: only h5*.c, h5*.h and vfd.* may see HDF5"
        elif quoted and (name == "emit" or name.startswith("core/")):
            other = name.replace("core/", "", 1)
            inside = module_of(other) == module
            if not inside and other not in COMMON and other not in layers[module]:
                yield f"includes {name}.h, which is not among the modules below it"
            elif module in PURE and not inside and other not in PURE | PURE_PROJECT:
                yield f"includes {name}.h: {module} is pure"
        elif module in PURE:
            if name not in PURE_SYSTEM:
                yield f"includes {name}.h: {module} is pure"
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
        elif base in core_headers:
            yield f"includes {name}.h: the GDAL side knows the core through emit.h alone"
        elif quoted and not name.startswith(("cpl_", "gdal_", "ogr_")):
            yield f"includes {name}.h: neither emit.h nor a header of driver/gdal or of GDAL"


def violations(root, layers=None):
    layers = LAYERS if layers is None else layers
    driver = root / "driver"
    core = sorted((driver / "core").glob("*"))
    gdal = sorted((driver / "gdal").glob("*"))
    core_headers = {path.stem for path in core if path.suffix == ".h"}
    gdal_headers = {path.stem for path in gdal if path.suffix == ".h"}

    found = [("tests/structure", text) for text in check_layers(layers)]
    found += [("driver/emit.h", text) for text in check_waist(driver / "emit.h")]
    for path in core:
        if path.suffix in (".c", ".h"):
            found += [(f"driver/core/{path.name}", t) for t in check_core(path, layers)]
        else:
            found.append((f"driver/core/{path.name}", "is no C file"))
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
