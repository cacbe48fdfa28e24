# SPDX-License-Identifier: MIT
"""verify.py GRANULE [MASK]: the layout of a granule, and whether the driver's pixels are NumPy's.

The answers come from autotest/support/reference.py, which shares no code with the driver. The cube is read once, in
blocks of lines, so that memory does not grow with it.
"""
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "autotest" / "support"))

import h5py  # noqa: E402
import numpy as np  # noqa: E402
import reference  # noqa: E402
from osgeo import gdal  # noqa: E402

gdal.UseExceptions()

BLOCK_NBYTES = 128 << 20
WINDOW_CELLS = 96
NEAREST_CELLS = 400
NEAREST_REACH = 12  # raw pixels around the lookup table's, in which the nearest one is looked for

# What the driver knows of the mission's files: values of attributes, by a pattern on their text.
KNOWN = {
    "Conventions": r"CF-1\.(63|13)",
    "crosstrack_orientation": "as seen on ground",
    "day_night_flag": "Day|Night",
    "product_version": r"V00[123]",
    "time_coverage_start": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000",
    "spatial_ref": r"GEOGCS\[.*4326.*",
}
KNOWN_FILLS = {"glt_x": (-9999, 0), "glt_y": (-9999, 0), "band_mask": (241,), "good_wavelengths": (241,)}


class Case(NamedTuple):
    """A set of open options and the raw pixels that it masks."""

    options: dict
    screened: np.ndarray = None  # (downtrack, crosstrack)
    interpolated: np.ndarray = None  # (downtrack, crosstrack, band of BANDS)
    nodata: float = reference.FILL


class Progress:
    """A bar on stderr, where that is a terminal."""

    def __init__(self, what, steps):
        self.what, self.steps, self.done = what, steps, 0
        self.shown = sys.stderr.isatty()

    def step(self):
        self.done += 1
        if self.shown:
            filled = 30 * self.done // self.steps
            end = "\n" if self.done == self.steps else ""
            print(f"\r{self.what:<28}[{'#' * filled:<30}]", end=end, file=sys.stderr, flush=True)


# ---- Layout --------------------------------------------------------------------------------------


def storage(dataset):
    if dataset.chunks is None:
        offset = dataset.id.get_offset()
        aligned = "" if offset is None or offset % dataset.dtype.itemsize == 0 else ", not aligned"
        return f"contiguous at {offset}{aligned}"
    count = dataset.id.get_num_chunks()
    places = [dataset.id.get_chunk_info(i).byte_offset for i in range(count)]
    filters = [dataset.compression and f"deflate {dataset.compression_opts}"]
    filters += [dataset.shuffle and "shuffle", dataset.fletcher32 and "fletcher32"]
    order = "" if places == sorted(places) else ", not in order"
    shape = " x ".join(map(str, dataset.chunks))
    return f"{count} chunks of {shape}, {', '.join(filter(None, filters)) or 'no filter'}{order}"


def print_layout(path, findings):
    print(f"\n== {path.name}: {path.stat().st_size:,} bytes")

    def show(name, item):
        if not isinstance(item, h5py.Dataset) or not item.shape or item.attrs.get("CLASS") == b"DIMENSION_SCALE":
            return
        fill = None if item.dtype.kind == "O" else item.attrs.get("_FillValue", [None])[0]
        shape = " x ".join(map(str, item.shape))
        print(f"{name:<42}{item.dtype!s:<9}{shape:<22}{storage(item)}; fill {fill}")
        expected = KNOWN_FILLS.get(name.rsplit("/", 1)[-1], (-9999, None))
        if fill not in expected and item.dtype.kind == "f":
            findings.append(f"{path.name.split('_')[2]}: {name}: fill {fill}, expected {expected[0]}")
        for packed in {"scale_factor", "add_offset"} & set(item.attrs):
            findings.append(f"{name}: {packed} = {item.attrs[packed]}")

    with h5py.File(path) as file:
        file.visititems(show)
        for name, pattern in KNOWN.items():
            value = file.attrs.get(name, b"(absent)")
            text = value.decode() if isinstance(value, bytes) else str(value)
            if not re.fullmatch(pattern, text, re.DOTALL):
                findings.append(f"attribute {name} is not as known: {text[:60]}")


# ---- Answers -------------------------------------------------------------------------------------


def read_bands(path, variable, numbers):
    """Raw values (downtrack, crosstrack, band) of the bands "numbers", the file read once."""
    with h5py.File(path) as file:
        cube = file[variable]
        line_nbytes = cube.dtype.itemsize * int(np.prod(cube.shape[1:]))
        lines = max(1, BLOCK_NBYTES // line_nbytes)
        out = np.empty(cube.shape[:2] + (len(numbers),), cube.dtype.newbyteorder("="))
        progress = Progress("reading the cube", -(-cube.shape[0] // lines))
        for line in range(0, cube.shape[0], lines):
            block = cube[line : line + lines]
            out[line : line + lines] = block.reshape(block.shape[:2] + (-1,))[:, :, numbers]
            progress.step()
    return out


def cases(mask, shape, numbers, has_wavelengths):
    """The sets of options that the mask can serve, with their answers."""
    yield Case({})
    yield Case({"NODATA": "NAN"}, nodata=np.nan)
    yield Case({"NUM_THREADS": "1"})
    if mask is None:
        return
    labels = reference.labels(mask)
    flags = [label for label in labels if reference.plain(label) not in reference.DATA_LABELS]
    for flag in flags:
        yield Case({"QUALITY_FLAGS": flag}, reference.quality_mask(mask, [flag]))
    yield Case({"QUALITY_FLAGS": ",".join(flags)}, reference.quality_mask(mask, flags))
    known = {reference.plain(label): label for label in labels}
    for name, limit in (("aod550", 0.3), ("h2o", 1.5), ("spectfcloudprobability", 0.5)):
        if name in known:
            where = f"{known[name]}>{limit}"
            yield Case({"QUALITY_WHERE": where}, reference.where_mask(mask, where))
    if "spectfbufferdistance" in known:
        yield Case({"CLOUD_BUFFER": "3"}, reference.buffer_mask(mask, 3))
    with h5py.File(mask) as file:
        has_band_mask = "band_mask" in file
    if has_band_mask and has_wavelengths:
        interpolated = reference.band_mask(mask, numbers) == 1
        yield Case({"BAND_MASK": "YES"}, interpolated=interpolated)
        both = {"BAND_MASK": "YES", "QUALITY_FLAGS": flags[0]}
        yield Case(both, reference.quality_mask(mask, [flags[0]]), interpolated)


def expected_raw(raw, case, fill):
    if raw.dtype.kind != "f":
        empty = raw.dtype.type(fill)
        values = raw.copy()
    else:
        empty = raw.dtype.type(case.nodata)
        values = np.where(raw == raw.dtype.type(fill), empty, raw)
    if case.interpolated is not None:
        values[case.interpolated] = empty
    if case.screened is not None:
        values[case.screened] = empty
    return values, empty


# ---- Comparison ----------------------------------------------------------------------------------


def open_view(path, mask, **options):
    if mask is not None and any(key in options for key in ("QUALITY_FLAGS", "QUALITY_WHERE", "CLOUD_BUFFER", "BAND_MASK")):
        options["MASK_FILE"] = str(mask)
    words = [f"{key}={value}" for key, value in options.items()]
    return gdal.OpenEx(str(path), gdal.OF_RASTER, allowed_drivers=["EMIT"], open_options=words)


def describe(case, ortho):
    options = {**case.options, "ORTHO": ortho}
    return " ".join(f"{key}={value}" for key, value in options.items())


def differing(found, expected):
    return int((found.view(f"u{found.itemsize}") != expected.view(f"u{expected.itemsize}")).sum())


def compare_bands(path, mask, case, raw, fill, numbers, cells, findings):
    """Whole bands, as a map and as the raw swath."""
    values, empty = expected_raw(raw, case, fill)
    for ortho in ("GLT", "NO") if cells is not None else ("NO",):
        dataset = open_view(path, mask, ORTHO=ortho, **case.options)
        for position, number in enumerate(numbers):
            answer = values[:, :, position]
            if ortho == "GLT":
                filled, line, sample = cells
                answer = np.full(filled.shape, empty, values.dtype)
                answer[filled] = values[line[filled], sample[filled], position]
            found = dataset.GetRasterBand(number + 1).ReadAsArray()
            count = differing(found, np.ascontiguousarray(answer)) if found.shape == answer.shape else -1
            if count:
                findings.append(f"{describe(case, ortho)}: band {number + 1}: {count} cells differ")


def compare_windows(path, mask, case, raw, fill, numbers, cells, findings):
    """Windows at random, all chosen bands at once, and a reduced read."""
    values, empty = expected_raw(raw, case, fill)
    dataset = open_view(path, mask, **case.options)
    filled, line, sample = cells
    generator = np.random.default_rng(20230316)
    for _ in range(6):
        rows, columns = (min(size, WINDOW_CELLS) for size in filled.shape)
        row = int(generator.integers(0, filled.shape[0] - rows + 1))
        column = int(generator.integers(0, filled.shape[1] - columns + 1))
        part = np.s_[row : row + rows, column : column + columns]
        answer = np.full((len(numbers), rows, columns), empty, values.dtype)
        answer[:, filled[part]] = values[line[part][filled[part]], sample[part][filled[part]]].T
        found = dataset.ReadAsArray(column, row, columns, rows, band_list=[n + 1 for n in numbers])
        count = differing(np.ascontiguousarray(found).reshape(answer.shape), answer)
        if count:
            findings.append(f"{describe(case, 'GLT')}: a window of all bands: {count} values differ")


def check_nearest(path, raw, fill, numbers, cells, findings):
    """ORTHO=NEAREST in some cells: the nearest of the raw pixels around the lookup table's."""
    filled, line, sample = cells
    lat, lon = (reference.raw(path, name)[:, :, 0] for name in ("lat", "lon"))
    transform = reference.geotransform(path)
    dataset = open_view(path, None, ORTHO="NEAREST")
    found = dataset.GetRasterBand(numbers[0] + 1).ReadAsArray()
    places = np.argwhere(filled)
    step = max(1, len(places) // NEAREST_CELLS)
    wrong = 0
    for row, column in places[::step]:
        y, x = line[row, column], sample[row, column]
        near = np.s_[max(0, y - NEAREST_REACH) : y + NEAREST_REACH + 1, max(0, x - NEAREST_REACH) : x + NEAREST_REACH + 1]
        cell_lon = transform[0] + (column + 0.5) * transform[1]
        cell_lat = transform[3] + (row + 0.5) * transform[5]
        east = (lon[near] - cell_lon + 180) % 360 - 180
        distance = (east * np.cos(np.radians(cell_lat))) ** 2 + (lat[near] - cell_lat) ** 2
        ties = raw[near][:, :, 0][distance <= distance.min() * (1 + 1e-9)]
        wrong += found[row, column] not in ties
    if wrong:
        findings.append(f"ORTHO=NEAREST: {wrong} of {len(places[::step])} cells are not the nearest pixel")


# ---- Times ---------------------------------------------------------------------------------------


def timed(what, job):
    start = time.perf_counter()
    job()
    print(f"{what:<48}{time.perf_counter() - start:8.2f} s")


def print_times(path, mask, band_count):
    print("\n== Times")
    options = {} if mask is None else {"QUALITY_FLAGS": "cloud"}
    timed("open, masked", lambda: open_view(path, mask, **options))
    dataset = open_view(path, mask, **options)
    columns, rows = dataset.RasterXSize, dataset.RasterYSize
    bands = sorted({1, band_count // 2 + 1, band_count})
    timed("one spectrum", lambda: dataset.ReadAsArray(columns // 2, rows // 2, 1, 1))
    timed(f"{len(bands)} whole bands", lambda: dataset.ReadAsArray(band_list=bands))
    timed("512 x 512 overview, one band", lambda: dataset.GetRasterBand(1).ReadAsArray(buf_xsize=512, buf_ysize=512))
    side = min(256, columns, rows)
    place = ((columns - side) // 2, (rows - side) // 2)
    timed(f"{side} x {side} cells, all bands", lambda: dataset.ReadAsArray(*place, side, side))


# ---- Main ----------------------------------------------------------------------------------------


def find_mask(path):
    """The mask that the driver takes, or None."""
    try:
        return Path(open_view(path, None, QUALITY_FLAGS="cloud").GetMetadataItem("EMIT_MASK_FILE"))
    except RuntimeError as error:
        print(f"\nWithout masks: {str(error).replace(str(path.parent) + '/', '')}")
        return None


def verify(path, mask, findings):
    print_layout(path, findings)
    mask = mask or find_mask(path)
    if mask is not None and not mask.is_file():
        mask = path.parent / mask.name
    if mask is not None and mask != path:
        print_layout(mask, findings)
    variable = reference.main_variable(path)
    band_count = reference.band_count(path, variable)
    numbers = sorted({0, band_count // 3, band_count // 2, band_count - 1})
    raw = read_bands(path, variable, numbers)
    fill = reference.fill_value(path, variable)
    with h5py.File(path) as file:
        cells = reference.glt_cells(path) if "location/glt_x" in file else None
        has_wavelengths = "sensor_band_parameters/wavelengths" in file
    listed = list(cases(mask, raw.shape, numbers, has_wavelengths))
    progress = Progress("comparing", len(listed))
    for case in listed:
        compare_bands(path, mask, case, raw, fill, numbers, cells, findings)
        if cells is not None:
            compare_windows(path, mask, case, raw, fill, numbers, cells, findings)
        progress.step()
    if cells is not None:
        check_nearest(path, raw, fill, numbers, cells, findings)
    print(f"\n{len(listed)} sets of options, bands {', '.join(str(n + 1) for n in numbers)}, map and swath")
    print_times(path, mask, band_count)


def main():
    if gdal.GetDriverByName("EMIT") is None:
        sys.exit("verify: the plugin did not load: GDAL_DRIVER_PATH has to name its folder")
    findings = []
    path = Path(sys.argv[1]).resolve()
    mask = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    try:
        verify(path, mask, findings)
    except (OSError, RuntimeError, KeyError, IndexError, StopIteration, ValueError) as error:
        text = re.sub(r"(/[^\s:]+)+/", "", f"{type(error).__name__}: {error}")
        findings.append(f"the check ended early: {text}")
    print("\n== Result")
    print(f"GDAL {gdal.VersionInfo('RELEASE_NAME')}, HDF5 {h5py.version.hdf5_version} in h5py")
    print("\n".join(f"* {finding}" for finding in findings) if findings else "as expected")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
