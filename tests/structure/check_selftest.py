# SPDX-License-Identifier: MIT
"""The checks of this folder must fail where a rule is broken: each rule is broken once here."""
import pathlib
import sys
import tempfile
import unittest

import check_includes
import check_locale
import check_symbols
import check_text

LAYERS = {
    "base": [],
    "io": [],
    "hdf5": ["io"],
    "geometry": [],
    "read": ["geometry"],
}

VALID = {
    "emit.h": "#include <stdint.h>\n",
    "core/base/error.h": '#include "emit.h"\n',
    "core/base/error.c": '#include "core/base/error.h"\n#include <stdio.h>\n',
    "core/io/file.h": '#include "core/base/error.h"\n#include "cpl_vsi.h"\n',
    "core/hdf5/vfd.c": '#include "core/io/file.h"\n#include <hdf5.h>\n#include <hdf5_hl.h>\n',
    "core/geometry/glt.h": "#include <stdint.h>\n",
    "core/geometry/glt.c": '#include "core/geometry/glt.h"\n#include "core/base/error.h"\n#include <string.h>\n',
    "core/read/reader.c": '#include "core/geometry/glt.h"\n#include <cpl_multiproc.h>\n',
    "gdal/dataset.h": '#include "emit.h"\n#include "gdal_pam.h"\n#include <memory>\n',
    "gdal/dataset.cpp": '#include "gdal/dataset.h"\n#include "cpl_string.h"\n',
}


class Includes(unittest.TestCase):
    def found(self, layers=None, **broken):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**VALID, **broken.get("files", {})}.items():
                path = root / "driver" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check_includes.violations(root, layers or LAYERS)

    def test_a_valid_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_each_broken_rule_is_found(self):
        for name, line in [
            ("emit.h", "#include <stdio.h>"),
            ("emit.h", '#include "core/base/error.h"'),
            ("core/base/error.c", '#include "core/io/file.h"'),
            ("core/io/file.h", '#include "core/geometry/glt.h"'),
            ("core/io/file.h", "#include <hdf5.h>"),
            ("core/geometry/glt.c", '#include "core/read/reader.h"'),
            ("core/geometry/glt.c", "#include <stdio.h>"),
            ("core/geometry/glt.c", "#include <pthread.h>"),
            ("core/read/reader.c", "#include <pthread.h>"),
            ("core/read/reader.c", "#include <windows.h>"),
            ("core/geometry/glt.c", "#include <cpl_conv.h>"),
            ("core/geometry/glt.h", "#  include <hdf5.h>"),
            ("core/read/reader.c", "#include <H5Dpublic.h>"),
            ("core/read/reader.c", '#include "core/hdf5/h5.h"'),
            ("core/read/reader.c", '#include "gdal_priv.h"'),
            ("core/read/reader.c", '#include "cpl_worker_thread_pool.h"'),
            ("core/read/reader.c", "#include <gdal.h>"),
            ("core/read/reader.c", '#include "../gdal/dataset.h"'),
            ("core/orphan.c", '#include "core/base/error.h"'),
            ("core/other/orphan.c", '#include "core/base/error.h"'),
            ("core/read/reader.hpp", ""),
            ("gdal/dataset.cpp", '#include "glt.h"'),
            ("gdal/dataset.cpp", '#include "core/geometry/glt.h"'),
            ("gdal/dataset.cpp", "#include <core/geometry/glt.h>"),
            ("gdal/dataset.cpp", "#include <hdf5.h>"),
            ("gdal/dataset.cpp", '#include "somewhere/else.h"'),
        ]:
            with self.subTest(file=name, line=line):
                found = self.found(files={name: VALID.get(name, "") + line + "\n"})
                self.assertTrue(found)
                self.assertTrue(all(text.startswith("driver/" + name) for text in found), found)

    def test_the_table_cannot_point_up(self):
        self.assertTrue(self.found(layers={**LAYERS, "io": ["read"]}))


class Symbols(unittest.TestCase):
    NM = "emit_open T 10 20\nlib.a[x.o]:\nemit_close T 30 8\n"

    def test_names_are_read(self):
        self.assertEqual(check_symbols.names(self.NM), ["emit_close", "emit_open"])

    def test_the_plugin_exports_its_entry_alone(self):
        self.assertFalse(list(check_symbols.plugin_violations(["GDALRegister_EMIT"])))
        self.assertTrue(list(check_symbols.plugin_violations(["GDALRegister_EMIT", "emit_open"])))
        self.assertTrue(list(check_symbols.plugin_violations([])))

    def test_the_core_prefixes_its_symbols(self):
        self.assertFalse(list(check_symbols.core_violations(["emit_open", "__odr_asan.emit_x"])))
        self.assertTrue(list(check_symbols.core_violations(["emit_open", "open_file"])))
        self.assertTrue(list(check_symbols.core_violations([])))


class Locale(unittest.TestCase):
    def test_each_broken_rule_is_found(self):
        for line in [
            "x = strtod(text, &end);",
            "x = CPLAtof(text);",
            "std::stringstream oText;",
            'snprintf(text, sizeof text, "%.*g", digits, x);',
            'CPLError(CE_Failure, CPLE_AppDefined,\n         "%s: %f", path, x);',
        ]:
            with self.subTest(line=line):
                self.assertTrue(list(check_locale.text_violations(line)))

    def test_other_text_passes(self):
        for line in [
            'emit_error_set(error, status, "%.2f", x);',
            'emit_text_add(&text, "%g", x);',
            'snprintf(text, size, "%s: %d %zu %%g", name, n, size);',
            "n = strtol(text, &end, 10);",
        ]:
            with self.subTest(line=line):
                self.assertFalse(list(check_locale.text_violations(line)))


class Text(unittest.TestCase):
    def test_each_broken_rule_is_found(self):
        for line in [
            "/ho" + "me/ann/granule.nc",
            "see '/ro" + "ot/x'",
            "C:" + "\\Users\\ann",
            "/* TO" + "DO: later */",
            "FIX" + "ME",
            "<" * 7 + " ours",
        ]:
            with self.subTest(line=line):
                self.assertTrue(list(check_text.line_violations(line)))

    def test_other_text_passes(self):
        for line in ["frame/work/x", "build/home", "the work/home balance", "s = s == t"]:
            with self.subTest(line=line):
                self.assertFalse(list(check_text.line_violations(line)))


if __name__ == "__main__":
    sys.exit(unittest.main())
