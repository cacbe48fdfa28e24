# SPDX-License-Identifier: MIT
"""GRASS imports and links masked granules."""
import applications
import numpy as np
import pytest
import views

CHECK = """
set -e
r.in.gdal --q input=$RFL output=plain band=10
r.in.gdal --q input=$RFL output=cloud band=10 gdal_doo=QUALITY_FLAGS=cloud
r.external --q input=masked.vrt output=vrt band=10
for map in plain cloud vrt masked.red linked ratio; do
    r.out.bin --q -f input=$map output=$map.bin null=-9999
done
r.what map=linked coordinates=-10.18,30.88 >what.txt
! r.in.gdal input=$RFL output=refused band=1 gdal_doo=QUALITY_FLAGS=cloud,cirrus 2>refusal.txt
! r.in.gdal input=$RFL output=refused band=1 gdal_doo=QUALITY_FLAGS=fog 2>>refusal.txt
test -z "$(g.list raster pattern=refused)"
"""


@pytest.fixture(scope="module")
def grass(here):
    program = applications.need("grass")
    make_vrt = applications.recipe("Other programs", "shell")
    script = here / "recipe.sh"
    words = [make_vrt, "set -e", applications.recipe("GRASS", "shell"), CHECK]
    script.write_text("\n".join(words), encoding="utf-8")
    place = ["--tmp-location", "EPSG:4326"]
    applications.run(program, *place, "--exec", "bash", script, cwd=here)
    return here


@pytest.fixture(autouse=True)
def version(record_property):
    record_property("version", applications.debian_version("grass-core"))


def layer(folder, name, like):
    return applications.floats(folder / f"{name}.bin", like.shape)


@pytest.mark.interoperability("GRASS", "r.in.gdal: plain, a name with options, gdal_doo of one flag")
def test_imported(grass, sample):
    views.assert_same(layer(grass, "plain", sample.plain[9]), sample.plain[9])
    views.assert_same(layer(grass, "masked.red", sample.masked[35]), sample.masked[35])
    cloud = sample.view("cloud", band_mask_file=None)[9]
    views.assert_same(layer(grass, "cloud", cloud), cloud)


@pytest.mark.interoperability("GRASS", "r.external: a name with options, a VRT; r.mapcalc with nulls")
def test_linked(grass, sample):
    red, blue = sample.masked[35], sample.masked[11]
    views.assert_same(layer(grass, "linked", red), red)
    views.assert_same(layer(grass, "vrt", red), sample.masked[9])
    seen = layer(grass, "ratio", red)
    clear = (red != -9999) & (blue != -9999)
    assert np.array_equal(seen != -9999, clear)
    np.testing.assert_allclose(seen[clear], red[clear] / blue[clear], rtol=1e-6)


@pytest.mark.interoperability("GRASS", "options that it splits, a mask that fails: no map")
def test_refusals(grass, sample):
    said = (grass / "refusal.txt").read_text()
    assert all(word in said for word in ('"cirrus"', "KEY=VALUE", '"fog"', sample.path.name))
