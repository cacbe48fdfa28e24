# SPDX-License-Identifier: MIT
"""verify.py GRANULE [MASK]: the layout of a granule, and whether the driver's pixels are NumPy's.

The answers come from autotest/support/reference.py, which shares no code with the driver. The cube is read once, in
blocks of lines, so that memory does not grow with it.
"""
import itertools
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
CACHE_NBYTES = 256 << 20  # of GDAL, which would take a twentieth of the machine's memory
WINDOW_CELLS = 96
NEAREST_CELLS = 400
TABLE_CELLS = 200_000
TABLE_REACH = 3  # cells
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
KNOWN_FILLS = {"glt_x": [-9999, 0], "glt_y": [-9999, 0]}  # all others: -9999, without sign 241, 4294957297, ...


class Case(NamedTuple):
    """A set of open options and the raw pixels that it masks."""

    options: dict
    screened: np.ndarray = None  # (downtrack, crosstrack)
    interpolated: np.ndarray = None  # (downtrack, crosstrack, band of BANDS)
    nodata: float = reference.FILL
    view: list = None  # 0-based numbers of the bands that the options leave; None: all


class Subject(NamedTuple):
    """A variable of a granule, the bands of it that are compared, and the place of its pixels."""

    path: Path
    mask: Path  # or None
    variable: str
    is_main: bool  # opens without VARIABLE
    numbers: list  # 0-based
    raw: np.ndarray  # (downtrack, crosstrack, band of numbers)
    fill: float
    cells: tuple  # of reference.glt_cells(), or None

    @property
    def name(self):
        return {} if self.is_main else {"VARIABLE": self.variable}


class Report:
    """What differs, and texts without the folders of the files."""

    def __init__(self, *paths):
        self.findings = []
        folders = {str(folder.parent) + "/" for path in paths for folder in (path.absolute(), path.resolve())}
        self.folders = sorted(folders - {"/"}, key=len, reverse=True)
        self.warnings = set()

    def clean(self, text):
        for folder in self.folders:
            text = text.replace(folder, "")
        return re.sub(r"(/[^\s:]+)+/", "", text)

    def add(self, text):
        self.findings.append(self.clean(text))

    def show_warning(self, kind, _, text):
        text = self.clean(text)
        if kind == gdal.CE_Warning and text not in self.warnings:
            print(f"Warning: {text}")
            self.warnings.add(text)

    def attempt(self, what, job, *arguments):
        """What the job returns. Files of any kind are given to this program, and each run ends in a report."""
        try:
            return job(*arguments)
        except Exception as error:
            self.add(f"{what} ended early: {type(error).__name__}: {error}")


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


def text_of(value):
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def print_layout(path, report):
    print(f"\n== {path.name}: {path.stat().st_size:,} bytes")

    def show(name, item):
        if not isinstance(item, h5py.Dataset) or not item.shape or item.attrs.get("CLASS") == b"DIMENSION_SCALE":
            return
        fill = None if item.dtype.kind == "O" else np.ravel(item.attrs.get("_FillValue"))[0]
        shape = " x ".join(map(str, item.shape))
        print(f"{name:<42}{item.dtype!s:<9}{shape:<22}{storage(item)}; fill {fill}")
        expected = np.array(KNOWN_FILLS.get(name.rsplit("/", 1)[-1], [-9999]))
        if fill is not None and item.dtype.kind in "fiu" and fill not in expected.astype(item.dtype):
            report.add(f"{path.name}: {name}: fill {fill}, expected {expected.astype(item.dtype)[0]}")
        for packed in sorted({"scale_factor", "add_offset"} & set(item.attrs)):
            report.add(f"{path.name}: {name}: {packed} = {item.attrs[packed]}")

    with h5py.File(path) as file:
        file.visititems(show)
        for name, pattern in KNOWN.items():
            text = text_of(file.attrs.get(name, "(absent)"))
            if not re.fullmatch(pattern, text, re.DOTALL):
                report.add(f"{path.name}: attribute {name} is not as known: {text[:60]}")


def read_layout(path):
    """(swath variables with a name of their own, main ones first; number of main ones; all names of the file)."""
    names = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.update({name: item.shape if isinstance(item, h5py.Dataset) else None}))
    main = [name for name in reference.MAIN.values() if name in names][:1]
    main = main or [name for name in names if re.fullmatch(r"group_\d+_\w+", name)]
    if not main:
        raise ValueError("no variable of an EMIT granule")
    swath = names[main[0]][:2]
    return main + [name for name, shape in names.items() if shape == swath and name not in main], len(main), names


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


def spectral_cases(subject, names):
    """Choices of bands and bad wavelengths."""
    if not {"sensor_band_parameters/wavelengths", "sensor_band_parameters/radiance_wl"} & set(names):
        return
    centre, _, good = reference.wavelengths(subject.path)
    chosen = ",".join(f"{centre[number]:.3f}" for number in reversed(subject.numbers))
    yield Case({"WAVELENGTHS": chosen}, view=reference.select_bands(subject.path, subject.variable, chosen))
    if good is not None:
        bad = np.broadcast_to(good[subject.numbers] == 0, subject.raw.shape)
        yield Case({"BAD_WAVELENGTHS": "NODATA"}, interpolated=bad)
        left = reference.select_bands(subject.path, subject.variable, bad="DROP")
        yield Case({"BAD_WAVELENGTHS": "DROP"}, view=left)


def interpolated_values(mask, numbers):
    """(downtrack, crosstrack, band); octet by octet, since early files give each of them 64 bits."""
    with h5py.File(mask) as file:
        octets = {octet: file["band_mask"][:, :, octet] for octet in {number // 8 for number in numbers}}
    bits_of = [(octets[number // 8] & np.uint8(0xFF)) >> np.uint8(7 - number % 8) & np.uint8(1) for number in numbers]
    return np.stack(bits_of, axis=2) == 1


def mask_cases(subject, names):
    """The sets of options that the mask can serve."""
    mask = subject.mask
    labels = reference.labels(mask)
    flags = [label for label in labels if reference.plain(label) not in reference.DATA_LABELS]
    for flag in flags:
        yield Case({"QUALITY_FLAGS": flag}, reference.quality_mask(mask, [flag]))
    yield Case({"QUALITY_FLAGS": ",".join(flags)}, reference.quality_mask(mask, flags))
    known = {reference.plain(label): label for label in labels}
    for name, limit in (("aod550", 0.3), ("h2o", 1.5), ("spectfcloudprobability", 0.5)):
        if name in known or f"state_variables/{reference.STATE_VARIABLES.get(name)}" in names:
            where = f"{known.get(name, name)}>{limit}"
            yield Case({"QUALITY_WHERE": where}, reference.where_mask(mask, where, subject.path))
    if "spectfbufferdistance" in known:
        yield Case({"CLOUD_BUFFER": "3"}, reference.buffer_mask(mask, 3))
    with h5py.File(mask) as file:
        has_band_mask = "band_mask" in file
    if has_band_mask and any(name.startswith("sensor_band_parameters/") and name.endswith("fwhm") for name in names):
        interpolated = interpolated_values(mask, subject.numbers)
        yield Case({"BAND_MASK": "YES"}, interpolated=interpolated)
        both = {"BAND_MASK": "YES", "QUALITY_FLAGS": flags[0]}
        yield Case(both, reference.quality_mask(mask, [flags[0]]), interpolated)


def cases(subject, names, report):
    """The sets of options, with their answers."""
    yield Case({})
    yield Case({"NODATA": "NAN"}, nodata=np.nan)
    yield Case({"NUM_THREADS": "1"})
    yield from report.attempt("reading the wavelengths", lambda: list(spectral_cases(subject, names))) or ()
    if subject.mask is not None:
        yield from report.attempt(f"reading {subject.mask.name}", lambda: list(mask_cases(subject, names))) or ()


def expected_raw(subject, case):
    raw, fill = subject.raw, subject.fill
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


def describe(options):
    return " ".join(f"{key}={value}" for key, value in options.items())


def bits(values):
    return np.ascontiguousarray(values).view(f"u{values.itemsize}")


def differing(found, expected):
    return int((bits(found) != bits(expected)).sum())


def bands_of(subject, case, dataset):
    """[(position in the answer, number of the band in the view), ...]"""
    view = case.view or range(reference.band_count(subject.path, subject.variable))
    if dataset.RasterCount != len(view):
        raise ValueError(f"{dataset.RasterCount} bands, expected {len(view)}")
    return [(place, view.index(number) + 1) for place, number in enumerate(subject.numbers) if number in view]


def compare_bands(subject, case, report):
    """Whole bands, as a map and as the raw swath."""
    values, empty = expected_raw(subject, case)
    for ortho in ("GLT", "NO") if subject.cells is not None else ("NO",):
        options = {**subject.name, **case.options, "ORTHO": ortho}
        dataset = open_view(subject.path, subject.mask, **options)
        for position, number in bands_of(subject, case, dataset):
            answer = values[:, :, position]
            if ortho == "GLT":
                filled, line, sample = subject.cells
                answer = np.full(filled.shape, empty, values.dtype)
                answer[filled] = values[line[filled], sample[filled], position]
            found = dataset.GetRasterBand(number).ReadAsArray()
            if found.shape != answer.shape or found.dtype != answer.dtype:
                report.add(f"{describe(options)}: {found.dtype} {found.shape}, expected {answer.dtype} {answer.shape}")
            elif count := differing(found, answer):
                report.add(f"{describe(options)}: band {number}: {count} cells differ")


def compare_windows(subject, case, report):
    """Windows at random, all chosen bands at once."""
    values, empty = expected_raw(subject, case)
    options = {**subject.name, **case.options}
    dataset = open_view(subject.path, subject.mask, **options)
    positions, numbers = zip(*bands_of(subject, case, dataset))
    filled, line, sample = subject.cells
    generator = np.random.default_rng(20230316)
    for _ in range(6):
        rows, columns = (min(size, WINDOW_CELLS) for size in filled.shape)
        row = int(generator.integers(0, filled.shape[0] - rows + 1))
        column = int(generator.integers(0, filled.shape[1] - columns + 1))
        part = np.s_[row : row + rows, column : column + columns]
        answer = np.full((len(numbers), rows, columns), empty, values.dtype)
        pixels = values[line[part][filled[part]], sample[part][filled[part]]]
        answer[:, filled[part]] = pixels[:, positions].T
        found = dataset.ReadAsArray(column, row, columns, rows, band_list=list(numbers))
        if count := differing(found.reshape(answer.shape), answer):
            report.add(f"{describe(options)}: a window of all bands: {count} values differ")


def places_of(path):
    return [reference.raw(path, name)[:, :, 0] for name in ("lon", "lat")]


def apart(path, lon, lat, row, column):
    """Distances of pixels from the centres of cells, east and south, in cells."""
    west, across, _, north, _, down = reference.geotransform(path)
    east = (lon - west - (column + 0.5) * across + 180) % 360 - 180
    return east / across, (lat - north) / down - row - 0.5


def usable(lon, lat):
    return np.isfinite(lon) & np.isfinite(lat) & (lon != reference.FILL) & (lat != reference.FILL)


def check_table(subject, report):
    """The lookup table fits the coordinates of its pixels, and better than with lines or samples moved by one."""
    filled, line, sample = subject.cells
    lon, lat = places_of(subject.path)
    row, column = np.nonzero(filled)
    good = usable(lon, lat)[line[row, column], sample[row, column]]
    row, column = (each[good][:: max(1, np.count_nonzero(good) // TABLE_CELLS)] for each in (row, column))
    if not row.size:
        report.add("the lookup table has no cell with a pixel whose place is known")
        return
    y, x = line[row, column], sample[row, column]

    def distance(down, across):
        place = (y + down).clip(0, lat.shape[0] - 1), (x + across).clip(0, lat.shape[1] - 1)
        known = usable(lon[place], lat[place])
        return float(np.hypot(*apart(subject.path, lon[place], lat[place], row, column))[known].mean())

    own = distance(0, 0)
    print(f"\nThe lookup table's pixels lie {own:.2f} cells from the centres of their cells, on average")
    best, *moved = min((distance(*move), *move) for move in itertools.product((-1, 0, 1), repeat=2))
    if own > TABLE_REACH:
        report.add(f"the lookup table's pixels lie {own:.1f} cells from their cells, on average")
    elif best < 0.8 * own:
        report.add(f"the lookup table fits better with {moved[0]:+} lines and {moved[1]:+} samples")


def check_nearest(subject, report):
    """ORTHO=NEAREST in some cells: the nearest of the raw pixels around the lookup table's."""
    filled, line, sample = subject.cells
    lon, lat = places_of(subject.path)
    values = bits(expected_raw(subject, Case({}))[0][:, :, 0])
    dataset = open_view(subject.path, None, ORTHO="NEAREST", **subject.name)
    found = bits(dataset.GetRasterBand(subject.numbers[0] + 1).ReadAsArray())
    far = ~usable(lon, lat)
    places = np.argwhere(filled)[:: max(1, np.count_nonzero(filled) // NEAREST_CELLS)]
    wrong = 0
    for row, column in places:
        y, x = line[row, column], sample[row, column]
        near = np.s_[max(0, y - NEAREST_REACH) : y + NEAREST_REACH + 1, max(0, x - NEAREST_REACH) : x + NEAREST_REACH + 1]
        east, south = apart(subject.path, lon[near], lat[near], row, column)
        _, _, _, north, _, down = reference.geotransform(subject.path)
        distance = (east * np.cos(np.radians(north + (row + 0.5) * down))) ** 2 + south**2
        if not far[near].any():
            wrong += found[row, column] not in values[near][distance <= distance.min() * (1 + 1e-9)]
    if wrong:
        report.add(f"ORTHO=NEAREST: {wrong} of {len(places)} cells are not the nearest pixel")


# ---- Times ---------------------------------------------------------------------------------------


def timed(what, job):
    start = time.perf_counter()
    job()
    print(f"{what:<48}{time.perf_counter() - start:8.2f} s")


def print_times(subject):
    print("\n== Times")
    path, mask, band_count = subject.path, subject.mask, reference.band_count(subject.path, subject.variable)
    options = {**subject.name, "ORTHO": "NO" if subject.cells is None else "GLT"}
    options |= {} if mask is None else {"QUALITY_FLAGS": "cloud"}
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


def find_mask(path, given, name, report):
    """The mask that the driver takes, or None. One that is there and cannot be used is a finding."""
    options = {**name, "ORTHO": "NO", "QUALITY_FLAGS": "cloud"}
    try:
        found = open_view(path, given, **options).GetMetadataItem("EMIT_MASK_FILE")
    except RuntimeError as error:
        time = re.search(r"\d{8}T\d{6}", path.name)
        if given or time and any(path.parent.glob(f"EMIT_L2A_MASK_*{time[0]}*.nc")):
            report.add(f"the mask granule cannot be used: {error}")
        else:
            print(f"\nWithout masks: {report.clean(str(error))}")
        return None
    found = given or Path(found)
    return found if found.is_file() else path.parent / found.name


def subject_of(path, mask, variable, is_main, cells):
    band_count = reference.band_count(path, variable.rsplit("/", 1)[-1])
    numbers = {0, band_count // 3, band_count // 2, band_count - 1}
    with h5py.File(path) as file:
        good = file.get("sensor_band_parameters/good_wavelengths", np.zeros(0))[:]
    numbers |= set(np.flatnonzero(good == 0)[:1].tolist()) if good.size == band_count else set()
    name = variable.rsplit("/", 1)[-1]
    raw = read_bands(path, variable, sorted(numbers))
    return Subject(path, mask, name, is_main, sorted(numbers), raw, reference.fill_value(path, name), cells)


def compare(subject, names, report):
    """Number of the sets of options: all that the files serve, or without "names" none."""
    listed = [Case({})] if names is None else list(cases(subject, names, report))
    progress = Progress(f"comparing {subject.variable}", len(listed))

    def compare_one(case):
        compare_bands(subject, case, report)
        if subject.cells is not None:
            compare_windows(subject, case, report)

    for case in listed:
        report.attempt(describe({**subject.name, **case.options}) or "no option", compare_one, case)
        progress.step()
    return len(listed)


def cells_of(path, shape, name, names, report):
    """The filled cells; None without a lookup table, or if the driver refuses it."""
    if not {"location/glt_x", "location/glt_y"} <= set(names):
        return None
    try:
        open_view(path, None, **name).ReadAsArray(0, 0, 1, 1)  # which reads the table
    except RuntimeError as error:
        report.add(f"the driver does not open the granule as a map: {error}")
        return None
    return report.attempt("reading the lookup table", reference.glt_cells, path, shape)


def verify(path, mask, report):
    print_layout(path, report)
    variables, main_count, names = read_layout(path)
    is_main = variables[0] in reference.MAIN.values()
    name = {} if is_main else {"VARIABLE": variables[0]}
    cells = cells_of(path, names[variables[0]][:2], name, names, report)
    open_view(path, None, **name, ORTHO="NO")
    mask = find_mask(path, mask, name, report)
    if mask is not None and mask != path:
        print_layout(mask, report)
    for number, variable in enumerate(variables):
        subject = report.attempt(f"reading {variable}", subject_of, path, mask, variable, is_main and number == 0, cells)
        if subject is None:
            continue
        if number == 0 and cells is not None and {"location/lat", "location/lon"} <= set(names):
            report.attempt("the check of the lookup table", check_table, subject, report)
            report.attempt("ORTHO=NEAREST", check_nearest, subject, report)
        count = compare(subject, names if number < main_count else None, report)
        bands = ", ".join(str(n + 1) for n in subject.numbers)
        print(f"{subject.variable}: {count} {'set' if count == 1 else 'sets'} of options, bands {bands}, "
              f"{'swath' if cells is None else 'map and swath'}")  # fmt: skip
        if number == 0:
            report.attempt("the times", print_times, subject)


def main():
    if gdal.GetDriverByName("EMIT") is None:
        sys.exit("verify: the plugin did not load: GDAL_DRIVER_PATH has to name its folder")
    given = [Path(name) for name in sys.argv[1:3]]
    report = Report(*given)
    gdal.PushErrorHandler(report.show_warning)
    gdal.SetCacheMax(CACHE_NBYTES)
    path, mask = (*(each.resolve() for each in given), None)[:2]
    report.attempt(f"{path.name}: the check", verify, path, mask, report)
    print("\n== Result")
    print(f"GDAL {gdal.VersionInfo('RELEASE_NAME')}, HDF5 {h5py.version.hdf5_version} in h5py")
    print("\n".join(f"* {finding}" for finding in report.findings) if report.findings else "as expected")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
