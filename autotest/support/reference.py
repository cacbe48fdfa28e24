# SPDX-License-Identifier: MIT
"""The reference: expected pixels of a view, by NumPy and netCDF4 alone.

Written from the format's description, not from the driver, and deliberately simple: whole arrays,
no cache, no thread. Masks are applied to raw pixels, then cells are filled through the GLT.
SciPy is used for one thing, the k-d tree of ORTHO=NEAREST.
"""
import re

import netCDF4
import numpy as np

FILL = -9999
GROUPS = ("", "location", "state_variables")
MAIN = {
    "RFL": "reflectance",
    "RFLUNCERT": "reflectance_uncertainty",
    "RAD": "radiance",
    "OBS": "obs",
    "MASK": "mask",
}
DATA_LABELS = ("aod550", "h2o", "spectfcloudprobability", "spectfbufferdistance")
STATE_VARIABLES = {"aod550": "aerosol_optical_thickness", "h2o": "water_vapor"}


# ---- What is in the file -------------------------------------------------------------------------


def _open(path):
    dataset = netCDF4.Dataset(str(path))
    dataset.set_auto_maskandscale(False)
    return dataset


def _find(dataset, name):
    for group in GROUPS:
        scope = dataset.groups.get(group) if group else dataset
        if scope is not None and name in scope.variables:
            return scope.variables[name]
    raise KeyError(name)


def _native(values):
    return np.ascontiguousarray(values).astype(values.dtype.newbyteorder("="), copy=False)


def main_variable(path):
    with _open(path) as dataset:
        return next(name for name in MAIN.values() if name in dataset.variables)


def raw(path, variable, bands=None):
    """Values as stored, (downtrack, crosstrack, band); "bands" is a range or a list."""
    with _open(path) as dataset:
        stored = _find(dataset, variable)
        if stored.ndim == 2:
            return _native(stored[:])[:, :, np.newaxis]
        if bands is None:
            return _native(stored[:])
        bands = list(bands)
        low, high = min(bands), max(bands) + 1
        block = _native(stored[:, :, low:high])
        if bands == list(range(low, high)):
            return block
        return block[:, :, [band - low for band in bands]]


def fill_value(path, variable):
    with _open(path) as dataset:
        return getattr(_find(dataset, variable), "_FillValue", FILL)


def band_count(path, variable):
    with _open(path) as dataset:
        stored = _find(dataset, variable)
        return stored.shape[2] if stored.ndim == 3 else 1


def labels(path):
    with _open(path) as dataset:
        return [str(label) for label in dataset["sensor_band_parameters/mask_bands"][:]]


def attribute(path, name):
    with _open(path) as dataset:
        return dataset.getncattr(name)


def wavelengths(path):
    """Wavelengths and FWHM in nm, and good_wavelengths (None where the file has none)."""
    with _open(path) as dataset:
        parameters = dataset["sensor_band_parameters"].variables
        prefix = "radiance_" if "radiance_wl" in parameters else ""
        centre = _native(parameters[prefix + "wl" if prefix else "wavelengths"][:])
        width = _native(parameters[prefix + "fwhm"][:])
        good = parameters.get("good_wavelengths")
        return centre, width, None if good is None else _native(good[:])


def geotransform(path):
    return tuple(float(term) + 0.0 for term in attribute(path, "geotransform"))


# ---- Masks ---------------------------------------------------------------------------------------


def plain(label):
    """Folds the spellings of a label: case, spaces, hyphens, units, trailing "flag"."""
    folded = re.sub(r"[\s_-]+", "", re.sub(r"\(.*\)", "", label)).lower()
    return re.sub("flag$", "", folded) or folded


def _mask_index(path, label, data):
    for index, candidate in enumerate(labels(path)):
        if plain(candidate) == plain(label) and (plain(candidate) in DATA_LABELS) == data:
            return index
    raise KeyError(label)


def flag_index(path, flag):
    """0-based mask band of a flag, named by label or index; KeyError if it is not a flag."""
    if re.fullmatch(r"\d+", str(flag).strip()):
        index = int(flag)
        if index >= len(labels(path)) or plain(labels(path)[index]) in DATA_LABELS:
            raise KeyError(flag)
        return index
    return _mask_index(path, str(flag), data=False)


def quality_mask(path, flags):
    """True where one of "flags" (a comma list or a sequence) is set: its mask value is >= 1."""
    if isinstance(flags, str):
        flags = flags.split(",")
    indices = [flag_index(path, flag) for flag in flags]
    return (raw(path, "mask")[:, :, indices] >= 1).any(axis=2)


def band_mask(path, bands):
    """Unpacked band mask of the band numbers "bands": 1 where the value was interpolated."""
    packed = raw(path, "band_mask")
    octets = (packed & packed.dtype.type(0xFF)).astype(np.uint8)
    bands = np.asarray(list(bands))
    shifts = (7 - bands % 8).astype(np.uint8)
    return (octets[:, :, bands // 8] >> shifts) & 1


def where_mask(path, comparisons, state=None):
    """True where one of e.g. "AOD550>0.4,H2O<=3" holds; "state" has the V002 state variables."""
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
    held = False
    for comparison in comparisons.split(","):
        name, operator, number = re.fullmatch(r"\s*(.+?)\s*(>=|<=|>|<)(.+)", comparison).groups()
        try:
            values = raw(path, "mask")[:, :, _mask_index(path, name, data=True)]
        except KeyError:
            values = raw(state, STATE_VARIABLES[plain(name)])[:, :, 0]
        values = values.astype(np.float64)
        held = held | (compare[operator](values, float(number)) & (values != FILL))
    return held


def buffer_mask(path, pixels):
    """True where the SpecTf buffer distance d is 0 <= d <= "pixels"; -1 is clear sky."""
    distance = raw(path, "mask")[:, :, _mask_index(path, "SpecTf-Buffer Distance", data=True)]
    return (distance >= 0) & (distance <= pixels)


# ---- Geometry ------------------------------------------------------------------------------------


def glt_cells(path, shape=None):
    """(filled, downtrack, crosstrack) of every ortho cell, 0-based, 0 in empty cells; "shape" is that of "lat"."""
    sample = raw(path, "glt_x")[:, :, 0].astype(np.int64)
    line = raw(path, "glt_y")[:, :, 0].astype(np.int64)
    lines, samples = shape or raw(path, "lat")[:, :, 0].shape
    filled = (sample >= 1) & (sample <= samples) & (line >= 1) & (line <= lines)
    return filled, np.where(filled, line - 1, 0), np.where(filled, sample - 1, 0)


def nearest_candidates(path, count=16):
    """For each filled cell the "count" raw pixels around its centre: numbers, squared distances.

    Sorted by distance in metres on the local tangent (up to a factor), then downtrack, crosstrack.
    """
    from scipy.spatial import cKDTree

    filled = glt_cells(path)[0]
    lat, lon = raw(path, "lat")[:, :, 0], raw(path, "lon")[:, :, 0]
    usable = np.flatnonzero((lat != FILL) & (lon != FILL) & np.isfinite(lat) & np.isfinite(lon))
    transform = geotransform(path)
    rows, columns = np.nonzero(filled)
    column, row = columns + 0.5, rows + 0.5
    cell_lon = transform[0] + column * transform[1] + row * transform[2]
    cell_lat = transform[3] + column * transform[4] + row * transform[5]
    shrink = np.cos(np.radians(cell_lat.mean()))
    tree = cKDTree(np.column_stack([lon.flat[usable] * shrink, lat.flat[usable]]))
    count = min(count, usable.size)
    found = tree.query(np.column_stack([cell_lon * shrink, cell_lat]), k=count)[1]
    pixels = usable[found.reshape(rows.size, count)]
    east = (lon.flat[pixels] - cell_lon[:, None]) * np.cos(np.radians(cell_lat))[:, None]
    distance = east**2 + (lat.flat[pixels] - cell_lat[:, None]) ** 2
    order = np.lexsort((pixels, distance), axis=1)
    return np.take_along_axis(pixels, order, 1), np.take_along_axis(distance, order, 1)


def nearest_cells(path):
    filled = glt_cells(path)[0]
    samples = raw(path, "lat").shape[1]
    pixel = np.zeros(filled.shape, np.int64)
    pixel[filled] = nearest_candidates(path)[0][:, 0]
    return filled, pixel // samples, pixel % samples


# ---- Bands ---------------------------------------------------------------------------------------


def select_bands(path, variable, chosen=None, bad="KEEP"):
    """Band numbers that WAVELENGTHS and BAD_WAVELENGTHS leave, in their order."""
    if chosen is None and bad != "DROP":
        return list(range(band_count(path, variable)))
    centre, width, good = wavelengths(path)
    good = np.ones(centre.size, np.uint8) if good is None else good
    bands = []
    for item in (chosen or "0-99999").split(","):
        if item.strip().upper() == "GOOD":
            bands += np.flatnonzero(good == 1).tolist()
        elif "-" in item:
            low, high = (float(end) for end in item.split("-"))
            bands += np.flatnonzero((centre >= low) & (centre <= high)).tolist()
        else:
            apart = np.abs(centre.astype(np.float64) - float(item))
            if not (apart <= width).any():
                raise KeyError(item)
            bands.append(int(apart.argmin()))
    return [band for band in bands if bad != "DROP" or good[band] == 1]


# ---- Views ---------------------------------------------------------------------------------------


def masked_raw(
    path,
    variable=None,
    mask=None,
    quality_flags=None,
    quality_where=None,
    cloud_buffer=None,
    band_mask_file=None,
    nodata=FILL,
    chosen=None,
    bad="KEEP",
    bands=None,
    state=None,
):
    """Raw pixels of a view, (downtrack, crosstrack, band), and its nodata value.

    "mask" is the granule of the quality flags, "band_mask_file" that of the band mask (None: off);
    "bands" picks positions among the bands of the view.
    """
    variable = variable or main_variable(path)
    if variable == "band_mask":
        count = bands if bands is not None else range(285)
        values, empty = band_mask(path, count), np.uint8(255)
    else:
        numbers = select_bands(path, variable, chosen, bad)
        numbers = numbers if bands is None else [numbers[band] for band in bands]
        values = raw(path, variable, numbers).copy()
        fill = fill_value(path, variable)
        if values.dtype.kind == "f":
            empty = values.dtype.type(nodata)
            values[values == fill] = empty
        else:
            empty = values.dtype.type(fill)
        if band_mask_file is not None:
            values[band_mask(band_mask_file, numbers) == 1] = empty
        if bad == "NODATA":
            values[:, :, wavelengths(path)[2][numbers] == 0] = empty
    screened = np.zeros(values.shape[:2], bool)
    if quality_flags is not None:
        screened |= quality_mask(mask, quality_flags)
    if quality_where is not None:
        screened |= where_mask(mask, quality_where, state)
    if cloud_buffer is not None:
        screened |= buffer_mask(mask, cloud_buffer)
    values[screened] = empty
    return values, empty


def view(path, variable=None, ortho="GLT", **options):
    """The array of a view, (band, row, column), as GDAL gives it."""
    values, empty = masked_raw(path, variable, **options)
    if ortho == "NO":
        return np.ascontiguousarray(np.moveaxis(values, 2, 0))
    filled, line, sample = {"GLT": glt_cells, "NEAREST": nearest_cells}[ortho](path)
    cells = np.full((values.shape[2],) + filled.shape, empty, values.dtype)
    cells[:, filled] = values[line[filled], sample[filled]].T
    return cells
