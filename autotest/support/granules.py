# SPDX-License-Identifier: MIT
"""Granules for the tests: tiny ones made by hand, lifelike ones by emit_mkgranule.

The hand-made ones hold values that encode their position: value = (line * samples + sample) * bands +
band, exact in a float up to 16,777,216. No two sizes are equal unless a test requests it.
"""
import os
import subprocess
from pathlib import Path

import netCDF4
import numpy as np

STEP = 0.000542232520256367
WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG",'
    '"7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],'
    'AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
SUMMARY = "Soils of the Sahel between ±52° latitude – naïve, 日本語"
TIME = "20220903T163129"
LEVEL = {
    "RAD": "L1B",
    "OBS": "L1B",
    "RFL": "L2A",
    "RFLUNCERT": "L2A",
    "MASK": "L2A",
    "MIN": "L2B",
    "MINUNCERT": "L2B",
}
VARIABLE = {
    "RAD": ("radiance", "Radiance Data", "uW/cm^2/SR/nm"),
    "OBS": ("obs", "Observation Data", None),
    "RFL": ("reflectance", "Surface Reflectance", "unitless"),
    "RFLUNCERT": ("reflectance_uncertainty", "Surface Reflectance Uncertainty", "unitless"),
    "MASK": ("mask", "Masks", "unitless"),
}
MASK_LABELS = {
    "001": "Cloud flag|Cirrus flag|Water flag|Spacecraft Flag|Dilated Cloud Flag|AOD550|"
    "H2O (g cm-2)|Aggregate Flag".split("|"),
    "002": "Cloud Flag|Cirrus Flag|Water Flag|Spacecraft Flag|Dilated Cloud Flag|AOD550|"
    "H2O (g cm-2)|Aggregate Flag|SpecTf-Cloud Probability|SpecTf-Cloud Flag|"
    "SpecTf-Buffer Distance".split("|"),
    "003": "Cloud Flag|Cirrus Flag|Water Flag|Dilated Cloud Flag|SpecTf-Cloud Probability|"
    "SpecTf-Cloud Flag|SpecTf-Buffer Distance".split("|"),
}
OBSERVATIONS = (
    "Path length (sensor-to-ground in meters)|To-sensor azimuth (0 to 360 degrees CW from N)|"
    "To-sensor zenith (0 to 90 degrees from zenith)|To-sun azimuth (0 to 360 degrees CW from N)|"
    "To-sun zenith (0 to 90 degrees from zenith)|Solar phase (degrees between to-sensor and to-sun "
    "vectors in principal plane)|Slope (local surface slope as derived from DEM in degrees)|"
    "Aspect (local surface aspect 0 to 360 degrees clockwise from N)|Cosine(i) (apparent local "
    "illumination factor based on DEM slope and aspect and to sun vector)|UTC Time (decimal hours, "
    "mid-line pixels)|Earth-sun distance (AU)"
).split("|")
MINERALS = ["Hematite, fine", "Goethite", "Kaolinite wxl", "Calcite & Dolomite", "Gypsum"]


# ---- Parts of a hand-made granule ----------------------------------------------------------------


def values(lines, samples, bands, dtype="f4"):
    """Values that encode their position."""
    return np.arange(lines * samples * bands).reshape(lines, samples, bands).astype(dtype)


def flags(lines, samples, labels, seed=1):
    """A mask array: random flags, and data in multiples of 1/64, which are exact in a float."""
    random = np.random.default_rng(seed)
    mask = (random.random((lines, samples, len(labels))) < 0.2).astype("f4")
    for band, label in enumerate(labels):
        if label == "SpecTf-Buffer Distance":
            mask[:, :, band] = random.integers(-1, 9, (lines, samples))
        elif label.startswith(("AOD", "H2O")) or "Probability" in label:
            top = 320 if label.startswith("H2O") else 65
            mask[:, :, band] = random.integers(0, top, (lines, samples)) / 64
    mask[random.random((lines, samples)) < 0.05] = -9999
    return mask


def packed_bits(lines, samples, octets, seed=2):
    """A packed band mask, a tenth of its bits set, with the byte 241 and spare bits among them."""
    random = np.random.default_rng(seed)
    packed = np.packbits(random.random((lines, samples, octets * 8)) < 0.1, axis=2)
    packed[0, 0], packed[-1, -1] = 241, 241
    return packed


def geometry(lines, samples, degrees=24.0, origin=(-8.0, 31.0), fill=0):
    """lon and lat of a rotated swath, the GLT over it, and the grid's geotransform.

    Like the producer's, the GLT takes a neighbour of the truly nearest pixel in part of the cells.
    """
    along, across = 0.93, 1.04  # size of a pixel in cells
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    line, sample = np.mgrid[0:lines, 0:samples].astype("f8")
    column = across * sample * cosine - along * line * sine
    row = across * sample * sine + along * line * cosine
    left, top = column.min() - 1.3, row.min() - 1.6
    column, row = column - left, row - top
    width, height = int(column.max() + 2.2), int(row.max() + 3.1)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    y, x = y + top, x + left
    pixel_line = np.floor((y * cosine - x * sine) / along + 0.3).astype(int)
    pixel_sample = np.floor((y * sine + x * cosine) / across + 0.3).astype(int)
    inside = (pixel_line >= 0) & (pixel_line < lines)
    inside &= (pixel_sample >= 0) & (pixel_sample < samples)
    west, north = (round(place / STEP) * STEP for place in origin)
    return {
        "glt_x": np.where(inside, pixel_sample + 1, fill).astype("i4"),
        "glt_y": np.where(inside, pixel_line + 1, fill).astype("i4"),
        "lon": west + column * STEP,
        "lat": north - row * STEP,
        "geotransform": np.array([west, STEP, -0.0, north, -0.0, -STEP]),
    }


def file_name(product, version="001", time=TIME):
    """001 names (and masks of version 002) have orbit and scene; the later ones do not."""
    early = version == "001" or (product == "MASK" and version == "002")
    scene = "_2224611_012" if early else ""
    return f"EMIT_{LEVEL[product]}_{product}_{version}_{time}{scene}.nc"


# ---- The builder ---------------------------------------------------------------------------------


def write(
    folder,
    product="RFL",
    version="001",
    lines=7,
    samples=5,
    bands=4,
    *,
    name=None,
    time=TIME,
    started=None,  # time_coverage_start, when it must differ from the name
    data=None,  # values of the main variable
    labels=None,  # of the mask or the observations
    band_mask=None,  # packed array; None: random for masks of version 001; False: none
    band_mask_type="u1",
    band_mask_octets=36,
    glt=None,  # parts of geometry() to replace
    degrees=24.0,
    origin=(-8.0, 31.0),
    glt_fill=0,
    storage=None,  # createVariable's keywords for the main variable
    mask_storage=None,  # and for band_mask
    unwritten=False,  # leave the main variable without any value
    wavelength=None,
    fwhm=None,
    good=None,
    early_names=False,
    flat_field=False,
    state=None,  # V002 reflectance: (aerosol_optical_thickness, water_vapor)
    location=True,
    attributes=None,
):
    """Writes one granule into "folder" and returns its path."""
    path = Path(folder) / (name or file_name(product, version, time))
    layout = geometry(lines, samples, degrees, origin, glt_fill)
    layout.update(glt or {})
    if product == "MASK":
        labels = MASK_LABELS[version] if labels is None else labels
        bands = len(labels)
    elif product == "OBS":
        labels = OBSERVATIONS if labels is None else labels
        bands = len(labels)
    with netCDF4.Dataset(str(path), "w") as dataset:
        sizes = {"downtrack": lines, "crosstrack": samples, "bands": bands}
        if location:
            sizes["ortho_y"], sizes["ortho_x"] = layout["glt_x"].shape
        for dimension, size in sizes.items():
            dataset.createDimension(dimension, size)
        _write_attributes(dataset, product, version, started or _iso(time), layout, attributes)
        cube = ("downtrack", "crosstrack", "bands")
        if product in VARIABLE:
            variable, long_name, units = VARIABLE[product]
            if data is None and product == "MASK":
                data = flags(lines, samples, labels)
            elif data is None:
                data = values(lines, samples, bands)
            packed = {"zlib": True, "complevel": 4, "shuffle": True}
            keywords = storage or (packed if product == "MASK" else {"contiguous": True})
            _put(dataset, variable, cube, data, long_name, units, keywords, unwritten)
        else:
            _write_minerals(dataset, product, lines, samples, storage)
        if product == "MASK" and (band_mask is not False) and (
            band_mask is not None or version == "001"
        ):
            if band_mask is None:
                band_mask = packed_bits(lines, samples, band_mask_octets)
            dataset.createDimension("packed_wavelength_bands", band_mask.shape[2])
            stored = dataset.createVariable(
                "band_mask",
                _endian(band_mask_type, mask_storage),
                ("downtrack", "crosstrack", "packed_wavelength_bands"),
                fill_value=241,
                **(mask_storage or {"zlib": True, "complevel": 4, "shuffle": True}),
            )
            stored.set_auto_maskandscale(False)
            stored.long_name = "Packed wavelength bands of interpolated values"
            stored[:] = band_mask.astype(band_mask_type)
        if flat_field:
            _put(dataset, "flat_field_update", ("crosstrack", "bands"), np.ones((samples, bands)))
        if state is not None:
            group = dataset.createGroup("state_variables")
            for variable, array in zip(("aerosol_optical_thickness", "water_vapor"), state):
                _put(group, variable, cube[:2], array, dtype="f8")
        if product in VARIABLE:
            parameters = dataset.createGroup("sensor_band_parameters")
            if labels is not None:
                kind = "mask_bands" if product == "MASK" else "observation_bands"
                parameters.createVariable(kind, str, ("bands",))[:] = np.array(labels, object)
            else:
                _write_wavelengths(parameters, product, bands, wavelength, fwhm, good, early_names)
        if location:
            _write_location(dataset.createGroup("location"), layout, lines, samples, glt_fill)
    return path


def spectrum(bands):
    """Wavelengths (float) evenly over EMIT's range, as 381.01 ... 2492.92 nm."""
    return np.linspace(381.00558, 2492.9238, bands).astype("f4")


def _iso(time):
    return f"{time[:4]}-{time[4:6]}-{time[6:11]}:{time[11:13]}:{time[13:15]}+0000"


def _put(
    group, name, dimensions, data, long_name=None, units=None, storage=None, empty=False, dtype="f4"
):
    stored = group.createVariable(
        name, _endian(dtype, storage), dimensions, fill_value=-9999, **(storage or {})
    )
    stored.set_auto_maskandscale(False)
    if long_name:
        stored.long_name = long_name
    if units:
        stored.units = units
    if not empty:
        stored[:] = data
    return stored


def _endian(dtype, storage):
    return ">" + dtype if (storage or {}).get("endian") == "big" else dtype


def _write_attributes(dataset, product, version, started, layout, extra):
    dataset.setncattr_string("summary", SUMMARY)
    texts = {
        "title": f"EMIT {LEVEL[product]} {product} 60 m V{version}",
        "flight_line": "emit20220903t163129_o24611_s000",
        "time_coverage_start": started,
        "time_coverage_end": started,
        "software_build_version": "010611",
        "product_version": "V" + version,
        "crosstrack_orientation": "as seen on ground",
        "day_night_flag": "Day",
        "platform": "ISS",
        "spatial_ref": WKT,
        "history": "PGE Run Command: {python make.py --n_cores 40}, Output: {a=b}",
    }
    numbers = {
        "geotransform": layout["geotransform"],
        "spatialResolution": STEP,
        "northernmost_latitude": float(layout["lat"].max()),
        "southernmost_latitude": float(layout["lat"].min()),
        "easternmost_longitude": float(layout["lon"].max()),
        "westernmost_longitude": float(layout["lon"].min()),
    }
    for key, value in {**texts, **numbers, **(extra or {})}.items():
        if value is not None:
            dataset.setncattr(key, value)


def _write_wavelengths(parameters, product, bands, wavelength, fwhm, good, early_names):
    centre = spectrum(bands) if wavelength is None else np.asarray(wavelength, "f4")
    width = np.full(bands, 8.5, "f4") if fwhm is None else np.asarray(fwhm, "f4")
    water = ((centre > 1325) & (centre < 1435)) | ((centre > 1770) & (centre < 1962))
    names = ("radiance_wl", "radiance_fwhm") if early_names else ("wavelengths", "fwhm")
    for name, array in zip(names, (centre, width)):
        stored = parameters.createVariable(name, "f4", ("bands",))
        stored.units = "nm"
        stored[:] = array
    if product != "RAD":
        stored = parameters.createVariable("good_wavelengths", "u1", ("bands",))
        stored[:] = (~water).astype("u1") if good is None else np.asarray(good, "u1")


def _write_location(group, layout, lines, samples, glt_fill):
    for name, units in (("lon", "degrees east"), ("lat", "degrees north"), ("elev", "m")):
        array = layout.get(name)
        array = values(lines, samples, 1, "f8")[:, :, 0] + 0.25 if array is None else array
        _put(group, name, ("downtrack", "crosstrack"), array, name, units, dtype="f8")
    for name in ("glt_x", "glt_y"):
        stored = group.createVariable(
            name, "i4", ("ortho_y", "ortho_x"), zlib=True, complevel=4, fill_value=glt_fill
        )
        stored.set_auto_maskandscale(False)
        stored[:] = layout[name]


def _write_minerals(dataset, product, lines, samples, storage):
    place = values(lines, samples, 1)[:, :, 0]
    swath = ("downtrack", "crosstrack")
    packed = storage or {"zlib": True, "complevel": 4, "shuffle": True}
    for group in (1, 2):
        prefix = f"group_{group}_"
        if product == "MINUNCERT":
            _put(dataset, prefix + "band_depth_unc", swath, place / 8 + group, storage=packed)
            _put(dataset, prefix + "fit", swath, place / 16 - group, storage=packed)
            continue
        ids = (place.astype("i4") + group) % (len(MINERALS) + 1)
        ids[-1, -1] = -9999
        _put(dataset, prefix + "band_depth", swath, place / 8 - group, storage=packed)
        stored = _put(dataset, prefix + "mineral_id", swath, ids, storage=packed, dtype="i2")
        stored.long_name = f"Group {group} Mineral ID"
    if product == "MIN":
        table = dataset.createGroup("mineral_metadata")
        table.createDimension("minerals", len(MINERALS))
        table.createVariable("index", "i4", ("minerals",))[:] = np.arange(1, len(MINERALS) + 1)
        table.createVariable("group", "i4", ("minerals",))[:] = [1, 1, 2, 2, 2]
        for column in ("name", "library", "record", "url"):
            words = [
                mineral if column == "name" else f"{column} {number}"
                for number, mineral in enumerate(MINERALS, 1)
            ]
            table.createVariable(column, str, ("minerals",))[:] = np.array(words, object)


def pair(folder, version="001", mask_version=None, **keywords):
    """A reflectance granule and its mask in one folder."""
    mask_keywords = {
        key: keywords.pop(key) for key in list(keywords) if key.startswith("band_mask")
    }
    mask_keywords["mask_storage"] = keywords.pop("mask_storage", None)
    mask_keywords["data"] = keywords.pop("mask_data", None)
    shared = {
        key: keywords[key]
        for key in "lines samples time degrees origin glt glt_fill".split()
        if key in keywords
    }
    bands = keywords.get("bands", 4)
    if "band_mask" not in mask_keywords:
        mask_keywords.setdefault("band_mask_octets", (bands + 7) // 8)
    mask_version = mask_version or ("001" if version == "001" else "003")
    reflectance = write(folder, "RFL", version, **keywords)
    return reflectance, write(folder, "MASK", mask_version, **shared, **mask_keywords)


# ---- Copies stored otherwise -----------------------------------------------------------------------


def stored(path, name):
    """Values of the variable at "name" ("/location/lat"), as they are stored."""
    with netCDF4.Dataset(str(path)) as dataset:
        dataset.set_auto_maskandscale(False)
        return dataset[name][...]


def restore(source, target, changes):
    """Copies a granule to "target" with other values in the variables of "changes".

    "changes" has (array, attributes) by name; these attributes are added, and those that are None
    removed. _FillValue is of the array's type unless it is left out.
    """
    with netCDF4.Dataset(str(source)) as old, netCDF4.Dataset(str(target), "w") as new:
        old.set_auto_maskandscale(False)
        _copy_group(old, new, "/", changes)
    return Path(target)


def _copy_group(old, new, path, changes):
    new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
    for name, dimension in old.dimensions.items():
        new.createDimension(name, len(dimension))
    for name, variable in old.variables.items():
        values, added = changes.get(path + name, (variable[...], {}))
        attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
        if path + name in changes:
            attributes.pop("_FillValue", None)
        attributes.update(added)
        fill = attributes.pop("_FillValue", None)
        kind = str if values.dtype == object else values.dtype
        copy = new.createVariable(name, kind, variable.dimensions, fill_value=fill)
        copy.set_auto_maskandscale(False)
        copy.setncatts({key: value for key, value in attributes.items() if value is not None})
        copy[...] = values
    for name, group in old.groups.items():
        _copy_group(group, new.createGroup(name), f"{path}{name}/", changes)


# ---- The command-line tool -----------------------------------------------------------------------


def plugin_folder():
    default = Path(__file__).resolve().parents[2] / "build"
    return Path(os.environ.get("EMIT_PLUGIN_DIR", default)).resolve()


def tool():
    default = plugin_folder() / "tests" / "support" / "emit_mkgranule"
    return Path(os.environ.get("EMIT_MKGRANULE", default))


def make(folder, *arguments):
    """Runs emit_mkgranule; the paths written, keyed by product ("RFL", "MASK", ...)."""
    command = [str(tool()), *(str(argument) for argument in arguments), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    paths = [Path(line) for line in done.stdout.splitlines() if line.endswith(".nc")]
    return {path.name.split("_")[2]: path for path in paths}
