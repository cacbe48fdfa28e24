#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes one raster of many EMIT granules: a GDAL tile index (GTI), which opens a granule when it is read.

    emit_index.py -o QUALITY_FLAGS=cloud,cirrus granules.umm_json season.gti.gpkg
    emit_index.py --months 6,7,8 --max-cloud 30 --order clearest items.ndjson summer.gti.fgb
    emit_index.py folder mosaic.vrt

INPUT is a saved answer of CMR (UMM-G JSON), STAC items, a folder, a granule, or a text file of paths and
addresses, one a line. Footprint, time, day or night and cloud cover come from the metadata; only granules
without a footprint are opened. "-o" takes open options of the EMIT driver, which become a part of each
granule's name. GDAL before 3.9 has no GTI: there, a VRT is written, for which every granule is opened.
"""
import argparse
import contextlib
import datetime
import itertools
import json
import math
import os
import posixpath
import re
import sys
import urllib.parse
from typing import NamedTuple, Optional
from xml.sax.saxutils import escape, quoteattr

from osgeo import gdal, ogr, osr

# The grids of all granules are parts of one lattice: size of a cell, and a corner of a cell, in degrees.
STEP = 0.000542232520256367
CORNER = (146.39111738377301, -35.642894008129403)
FILE_MARGIN = 5 * STEP  # a lookup table may place pixels three cells from their centres
GRANULE = re.compile(r"EMIT_(L\d[A-Z]?)_([A-Z0-9]+)_V?(\d{3})_(\d{8}T\d{6})(?:_\d{7}_\d{3})?")
ENDING = re.compile(r"\.(nc|nc4|h5|hdf5)$", re.IGNORECASE)
PREFIXED = re.compile(r'EMIT:"((?:\\"|[^"])*)"((?::[^?]*)?(?:\?.*)?)$', re.IGNORECASE)
MAIN = {
    "RFL": "reflectance",
    "RFLUNCERT": "reflectance_uncertainty",
    "RAD": "radiance",
    "OBS": "obs",
    "MASK": "mask",
}
BANDS = {"RFL": 285, "RFLUNCERT": 285, "RAD": 285, "OBS": 11}
MASK_BANDS = {"001": 8, "002": 11, "003": 7}
STORES = {"http": "/vsicurl/http://", "https": "/vsicurl/https://", "s3": "/vsis3/", "gs": "/vsigs/"}
FIELDS = {
    "location": ogr.OFTString,
    "name": ogr.OFTString,
    "version": ogr.OFTString,
    "datetime": ogr.OFTDateTime,
    "month": ogr.OFTInteger,
    "day_night": ogr.OFTString,
    "cloud_cover": ogr.OFTReal,
    "rank": ogr.OFTInteger,
}


class Granule(NamedTuple):
    path: str  # as GDAL opens it
    tail: str = ""  # of the name: :variable?KEY=VALUE
    time: Optional[datetime.datetime] = None  # UTC
    day_night: Optional[str] = None
    cloud_cover: Optional[float] = None  # per cent
    footprint: Optional[ogr.Geometry] = None  # holds all cells with pixels

    @property
    def file(self):
        """Name of the file; addresses may have a query."""
        path = self.path.removeprefix("/vsicurl/")
        return posixpath.basename(urllib.parse.urlsplit(path).path if "://" in path else path)

    @property
    def stem(self):
        return ENDING.sub("", self.file)

    @property
    def parts(self):
        """(level, product, version, time) of a mission's name; else empty texts."""
        found = GRANULE.match(self.stem)
        return found.groups() if found else ("", "", "", "")

    def is_of(self, product):
        return self.parts[1] == product and self.parts[0] != "L3" and ENDING.search(self.file) is not None


class Band(NamedTuple):
    type: str
    nodata: Optional[float]
    description: str = ""
    colour: str = "Undefined"
    unit: str = ""
    metadata: dict = {}
    imagery: dict = {}


def warn(text):
    print(f"emit_index: {text}", file=sys.stderr)


# ---- Footprints ----------------------------------------------------------------------------------


def number_of(value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def is_place(x, y):
    return x is not None and y is not None and -180 <= x <= 360 and -90 <= y <= 90


def footprint_of(points, margin=0.0):
    """Convex hull of (longitude, latitude), beyond 180 across the antimeridian; None without an area."""
    places = [tuple(map(number_of, point[:2])) for point in points if len(point) > 1]
    places = [place for place in places if is_place(*place)]
    if places and max(places)[0] - min(places)[0] > 180:
        places = [(x + 360 if x < 0 else x, y) for x, y in places]
    cloud = ogr.Geometry(ogr.wkbMultiPoint)
    for x, y in places:
        point = ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(x, y)
        cloud.AddGeometry(point)
    hull = cloud.ConvexHull()
    if hull is None or hull.GetGeometryType() != ogr.wkbPolygon:
        return None
    return hull.Buffer(margin, 2) if margin > 0 else hull


def box(*sides):
    """The corners between west, south, east and north; none if one of these is not a number."""
    west, south, east, north = (number_of(side) for side in sides)
    if None in (west, south, east, north):
        return []
    east += 360 if east < west else 0
    return [(west, south), (west, north), (east, north), (east, south)]


def flat(coordinates):
    """The positions of GeoJSON coordinates of any depth."""
    if isinstance(coordinates, list) and coordinates and not isinstance(coordinates[0], list):
        yield coordinates
    elif isinstance(coordinates, list):
        for part in coordinates:
            yield from flat(part)


# ---- What is known of granules -------------------------------------------------------------------


def time_of(text):
    """UTC without a zone; None for what is not a time."""
    for form in (str(text), re.sub(r"(\.\d{6})\d+", r"\1", str(text))):
        try:
            time = datetime.datetime.fromisoformat(form.replace("Z", "+00:00"))
        except ValueError:
            continue
        return time.astimezone(datetime.timezone.utc).replace(tzinfo=None) if time.tzinfo else time
    return None


def under(value, *keys):
    """value[key][key]..., None where something is missing or of another kind."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def dictionaries(value):
    """Those in a list, or among the values of a dictionary; none in what is neither."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in parts if isinstance(each, dict)]


def facts(time, day_night, cloud_cover, points):
    return {
        "time": time_of(time),
        "day_night": day_night if isinstance(day_night, str) else None,
        "cloud_cover": number_of(cloud_cover),
        "points": points,
    }


def umm_granule(umm):
    """(addresses, what UMM-G says of the granule)."""
    geometry = under(umm, "SpatialExtent", "HorizontalSpatialDomain", "Geometry")
    points = [
        (point.get("Longitude"), point.get("Latitude"))
        for polygon in dictionaries(under(geometry, "GPolygons"))
        for point in dictionaries(under(polygon, "Boundary", "Points"))
    ]
    for sides in dictionaries(under(geometry, "BoundingRectangles")):
        names = ("West", "South", "East", "North")
        points += box(*(sides.get(f"{name}BoundingCoordinate") for name in names))
    time = under(umm, "TemporalExtent", "RangeDateTime", "BeginningDateTime")
    time = time or under(umm, "TemporalExtent", "SingleDateTime")
    addresses = [
        link.get("URL")
        for link in dictionaries(under(umm, "RelatedUrls"))
        if str(link.get("Type", "GET DATA")).startswith("GET DATA")
    ]
    day_night = under(umm, "DataGranule", "DayNightFlag")
    return addresses, facts(time, day_night, under(umm, "CloudCover"), points)


def stac_granule(item):
    """(addresses, what a STAC item says of the granule)."""
    points, sides = list(flat(under(item, "geometry", "coordinates"))), item.get("bbox")
    if not points and isinstance(sides, list) and len(sides) in (4, 6):
        points = box(*sides[:2], *sides[len(sides) // 2 :][:2])
    assets = dictionaries(item.get("assets"))
    copies = [copy for asset in assets for copy in dictionaries(asset.get("alternate"))]
    time, start, day_night, cloud_cover = (
        under(item, "properties", key)
        for key in ("datetime", "start_datetime", "day_night_flag", "eo:cloud_cover")
    )
    addresses = [each.get("href") for each in (*assets, *copies)]
    return addresses, facts(time or start, day_night, cloud_cover, points)


def documents(text):
    """Each JSON document of a text: one, or one after another as in lines or joined pages."""
    decoder, place = json.JSONDecoder(), 0
    while match := re.compile(r"[\s,\x1e]*").match(text, place):
        if match.end() == len(text):
            return
        document, place = decoder.raw_decode(text, match.end())
        yield document


def records(document):
    """(addresses, facts) of each granule in a document."""
    if isinstance(document, list):
        for part in document:
            yield from records(part)
    elif not isinstance(document, dict):
        raise ValueError(f"{document!r:.40} is neither UMM-G nor STAC")
    elif "errors" in document:
        raise ValueError(f"the answer is an error: {document['errors']}")
    elif "umm" in document or "GranuleUR" in document:
        yield umm_granule(document.get("umm") or document)
    elif document.get("type") == "Feature":
        yield stac_granule(document)
    elif isinstance(document.get("items", document.get("features")), list):
        yield from records(document.get("items", document.get("features")))
    else:
        raise ValueError("neither UMM-G nor STAC (CMR: ask for granules.umm_json)")


# ---- Inputs --------------------------------------------------------------------------------------


def gdal_path(address, folder):
    """An address or path as GDAL opens it; "folder" holds the file that names it."""
    scheme, _, rest = address.partition("://")
    if scheme.lower() == "file":
        return urllib.parse.unquote("/" + rest.partition("/")[2])
    if rest and scheme.lower() in STORES:
        return STORES[scheme.lower()] + rest
    if address.startswith("/vsi") or rest:  # an address that GDAL cannot open stays as it is in messages
        return address
    beside = os.path.join(folder, address)
    return os.path.abspath(beside if os.path.exists(beside) else address)


def choose_address(addresses, args, folder):
    """Of the files of one granule, that of the product; None if there is none."""
    granules = [Granule(gdal_path(each, folder)) for each in addresses if isinstance(each, str)]
    fitting = [each for each in granules if each.is_of(args.product)]
    preferred = [each for each in fitting if each.path.startswith(STORES[args.prefer])]
    return (preferred or fitting or [None])[0]


def listed(line, folder):
    """A line of a list: a path, an address, or EMIT:"path":variable?KEY=VALUE."""
    line = line.strip()
    named = PREFIXED.match(line)
    if named:
        return Granule(gdal_path(named[1].replace('\\"', '"'), folder), named[2])
    if line[:5].upper() == "EMIT:":
        raise ValueError(f'{line} is not EMIT:"path":variable?KEY=VALUE&...')
    return Granule(gdal_path(line.strip('"') if line[:1] == line[-1:] == '"' else line, folder))


def read_text(name):
    """The text of a file; None if it is a granule."""
    file = gdal.VSIFOpenL(name, "rb")
    try:
        if ENDING.search(name) or gdal.VSIFReadL(1, 4, file) == b"\x89HDF":
            return None
        gdal.VSIFSeekL(file, 0, os.SEEK_SET)
        return bytes(gdal.VSIFReadL(1, gdal.VSIStatL(name).size, file) or b"").decode("utf-8-sig")
    finally:
        gdal.VSIFCloseL(file)


def read_folder(name, args):
    inside = [f"{name.rstrip('/')}/{each}" for each in sorted(gdal.ReadDirRecursive(name) or ())]
    return [each for each in (Granule(gdal_path(path, ".")) for path in inside) if each.is_of(args.product)]


def read_records(name, text, folder, args):
    found, without = [], 0
    for addresses, known in itertools.chain.from_iterable(map(records, documents(text))):
        granule = choose_address(addresses, args, folder)
        without += granule is None
        if granule:
            points = known.pop("points")
            found.append(granule._replace(footprint=footprint_of(points, args.margin), **known))
    if without:
        warn(f"{name}: {without} items without a file of the product {args.product} left out")
    return found


def read_input(name, args):
    """[Granule, ...] that an input names."""
    state = None if PREFIXED.match(name) else gdal.VSIStatL(name)
    if state is not None and state.IsDirectory():
        return read_folder(name, args)
    text = None if state is None else read_text(name)
    if text is None:
        return [listed(name, ".")]
    folder = os.path.dirname(os.path.abspath(name))
    if text.lstrip()[:1] in ("{", "["):
        return read_records(name, text, folder, args)
    return [listed(line, folder) for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]


def read_inputs(args):
    granules = []
    for name in args.inputs:
        try:
            granules += read_input(name, args)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return [with_tail(each, args) for each in prefer_local(granules, args.local)]


def prefer_local(granules, folder):
    """The files in "folder" in place of the addresses of the same name."""
    inside = gdal.ReadDirRecursive(folder) if folder else []
    if inside is None:
        raise ValueError(f"{folder} is not a folder")
    there = {posixpath.basename(each): os.path.abspath(f"{folder}/{each}") for each in inside}
    return [each._replace(path=there.get(each.file, each.path)) for each in granules]


def without_duplicates(granules, all_versions):
    """One granule of a scene: that of the latest version, the first one of several."""
    best = {}
    for granule in granules:
        _, product, version, time = granule.parts
        key = (product, time, all_versions and version) if time else granule.path
        if (key, granule.tail) not in best or version > best[key, granule.tail].parts[2]:
            best[key, granule.tail] = granule
    if len(best) < len(granules):
        warn(f"{len(granules) - len(best)} duplicates and earlier versions of a scene left out")
    return list(best.values())


# ---- Names and files -----------------------------------------------------------------------------


def with_tail(granule, args):
    """The granule with the variable and options of its own name, then those of the command line."""
    variable, _, options = granule.tail.partition("?")
    main = args.variable or MAIN.get(granule.parts[1], "")
    variable = variable or (f":{main}" if main else "")
    options = [options] if options else []
    options += [option.replace("%", "%25").replace("&", "%26") for option in args.options]
    return granule._replace(tail=variable + ("?" if options else "") + "&".join(options))


def check_options(options):
    """GDAL only warns of options that a driver does not have, and with QUALITY_FLAG=... nothing would be masked."""
    driver = gdal.GetDriverByName("EMIT")
    known = driver and set(re.findall(r"<Option name=['\"](\w+)", driver.GetMetadataItem("DMD_OPENOPTIONLIST")))
    for option in options:
        key, equals, _ = option.partition("=")
        if not equals:
            raise ValueError(f"option {key}: {option} is not KEY=VALUE")
        if known and key.upper() not in known:
            raise ValueError(f"the driver EMIT does not have the option {key}: it has {', '.join(sorted(known))}")


def check_kinds(granules):
    """Radiance has as many bands as reflectance, and a mosaic of both would look like either."""
    kinds = {" ".join(each.parts[1 : 3 if each.parts[1] == "MASK" else 2]) for each in granules} - {""}
    if len(kinds) > 1:
        raise ValueError(f"granules of {', '.join(sorted(kinds))}: an index holds those of one product")


def name_of(path, tail):
    quoted = path.replace('"', '\\"')
    return f'EMIT:"{quoted}"{tail}'


def edges(path):
    """(longitude, latitude) of pixels along the edge of the swath."""
    lon, lat = (gdal.Open(name_of(path, f":{each}?ORTHO=NO")) for each in ("lon", "lat"))
    last, end = lon.RasterXSize - 1, lon.RasterYSize - 1
    for part in range(9):
        for x, y in ((0, part / 8), (1, part / 8), (part / 8, 0), (part / 8, 1)):
            place = round(x * last), round(y * end), 1, 1
            yield tuple(number_of(each.ReadAsArray(*place)[0, 0]) for each in (lon, lat))


def swath_of(path, dataset):
    """Footprint of the swath, or of the grid where coordinates are missing."""
    try:
        points = list(edges(path))
    except RuntimeError:
        points = []
    if not points or not all(is_place(*point) for point in points):
        west, across, _, north, _, down = dataset.GetGeoTransform()
        points = box(west, north + down * dataset.RasterYSize, west + across * dataset.RasterXSize, north)
    return footprint_of(points, FILE_MARGIN)


def off_lattice(place, corner):
    """How far two corners are from a whole number of cells apart, in cells."""
    cells = [(a - b) / STEP for a, b in zip(place, corner)]
    return max(abs(each - round(each)) for each in cells)


def completed(granule, known):
    """The granule with what its file says, and what is then known of all."""
    if gdal.GetDriverByName("EMIT") is None:
        raise ValueError("GDAL does not have the driver EMIT: does GDAL_DRIVER_PATH name its folder?")
    dataset = gdal.Open(name_of(granule.path, granule.tail))
    transform = dataset.GetGeoTransform(can_return_null=True)
    if dataset.RasterCount == 0:
        raise RuntimeError("no main variable: choose one with --variable")
    if transform is None:
        raise RuntimeError("it has no place on the map")
    corner = transform[0], transform[3]
    known = Known(known.bands or bands_of(dataset), known.corner or corner)
    if len(known.bands) != dataset.RasterCount:
        raise RuntimeError(f"{dataset.RasterCount} bands, not {len(known.bands)} as the others")
    variable = dataset.GetRasterBand(1).GetMetadataItem("NETCDF_VARNAME")
    expected = known.bands[0].metadata.get("NETCDF_VARNAME", variable)
    if variable != expected:
        raise RuntimeError(f"{variable}, not {expected} as the others")
    if abs(transform[1] - STEP) > 1e-9 or off_lattice(corner, known.corner) > 0.01:
        raise RuntimeError("its cells do not fit to those of the others")
    time = time_of(dataset.GetMetadataItem("time_coverage_start"))
    flag = dataset.GetMetadataItem("day_night_flag")
    granule = granule._replace(time=granule.time or time, day_night=granule.day_night or flag)
    return granule._replace(footprint=granule.footprint or swath_of(granule.path, dataset)), known


def bands_of(dataset):
    bands = []
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        colour = gdal.GetColorInterpretationName(band.GetColorInterpretation())
        texts = band.GetDescription(), colour, band.GetUnitType()
        both = band.GetMetadata() or {}, band.GetMetadata("IMAGERY") or {}
        bands.append(Band(gdal.GetDataTypeName(band.DataType), band.GetNoDataValue(), *texts, *both))
    return bands


def known_bands(granules, args):
    """Bands of main variables, by number only; None where a granule has to be opened for them."""
    keys = {option.partition("=")[0].upper() for option in args.options}
    if args.variable or keys & {"WAVELENGTHS", "BAD_WAVELENGTHS", "VARIABLE", "NODATA", "ORTHO"}:
        return None
    counts = {BANDS.get(each.parts[1], MASK_BANDS.get(each.parts[2])) for each in granules}
    usual = all(with_tail(Granule(each.path), args).tail == each.tail for each in granules)
    if len(counts) != 1 or None in counts or not usual:
        return None
    return [Band("Float32", -9999.0)] * counts.pop()


class Known(NamedTuple):
    """What is known of all granules."""

    bands: Optional[list] = None
    corner: Optional[tuple] = None  # of a cell of the lattice


def is_local(granule):
    return os.path.exists(granule.path)


def to_be_opened(granule, known, here, check):
    if not granule.path.startswith("/vsi") and not is_local(granule):
        raise RuntimeError("no such file")
    return check or granule.footprint is None or (known.bands is None and (is_local(granule) or not here))


def collect(granules, args):
    """(granules with footprints, what is known of all). Opens granules without a footprint, and one for the
    bands: "like", a local one, or any where the metadata do not suffice."""
    known, complete, failed = Known(), [], 0
    here = any(map(is_local, granules))
    if args.like:
        known = completed(with_tail(listed(args.like, "."), args), known)[1]
    elif not here:
        known = Known(known_bands(granules, args))
    for granule in granules:
        granule = granule._replace(time=granule.time or time_of(granule.parts[3]))
        try:
            if to_be_opened(granule, known, here, args.check):
                granule, known = completed(granule, known)
            complete.append(granule)
        except RuntimeError as error:
            failed += 1
            if failed <= 3:
                warn(f"{granule.path}: {error}")
    if failed:
        warn(f"{failed} granules that cannot be opened or placed left out")
    if not complete:
        raise ValueError("no granules")
    return complete, Known(known.bands or known_bands(complete, args), known.corner or CORNER)


# ---- Choice and order ----------------------------------------------------------------------------


def chosen(granules, args):
    """Those that meet the conditions. A granule of which a property is unknown does not."""
    end = args.until and args.until + datetime.timedelta(days=1)
    tests = [
        (args.since, lambda each: each.time is not None and each.time >= args.since),
        (args.until, lambda each: each.time is not None and each.time < end),
        (args.months, lambda each: each.time is not None and each.time.month in args.months),
        (args.day, lambda each: (each.day_night or "").lower() == "day"),
        (args.max_cloud is not None,
         lambda each: each.cloud_cover is not None and each.cloud_cover <= args.max_cloud),
    ]  # fmt: skip
    return [each for each in granules if all(test(each) for wanted, test in tests if wanted)]


def in_order(granules, order):
    """From the bottom to the top."""
    early = datetime.datetime.min
    keys = {
        "newest": lambda each: each.time or early,
        "oldest": lambda each: early - (each.time or datetime.datetime.max),
        "clearest": lambda each: (-(101 if each.cloud_cover is None else each.cloud_cover), each.time or early),
    }
    return granules if order == "given" else sorted(granules, key=keys[order])


# ---- Outputs -------------------------------------------------------------------------------------


def extent_of(granules, corner):
    """West, south, east, north of whole cells of the lattice."""
    envelopes = [each.footprint.GetEnvelope() for each in granules]
    x, y = corner

    def snap(value, corner, round_):
        return corner + round_((value - corner) / STEP) * STEP

    return (
        snap(min(each[0] for each in envelopes), x, math.floor),
        snap(min(each[2] for each in envelopes), y, math.floor),
        snap(max(each[1] for each in envelopes), x, math.ceil),
        snap(max(each[3] for each in envelopes), y, math.ceil),
    )


def layer_items(granules, known):
    """What GTI has to know of the raster, so that opening it opens no granule."""
    west, south, east, north = extent_of(granules, known.corner)
    items = {
        "LOCATION_FIELD": "location",
        "SORT_FIELD": "rank",
        "XSIZE": str(round((east - west) / STEP)),
        "YSIZE": str(round((north - south) / STEP)),
        "GEOTRANSFORM": f"{west!r},{STEP!r},0,{north!r},0,{-STEP!r}",
        "BAND_COUNT": str(len(known.bands)),
        "DATA_TYPE": ",".join(band.type for band in known.bands),
        "NODATA": ",".join("NONE" if band.nodata is None else repr(band.nodata) for band in known.bands),
        "COLOR_INTERPRETATION": ",".join(band.colour for band in known.bands),
    }
    for number, band in enumerate(known.bands, 1):
        items.update({f"BAND_{number}_{key}": value for key, value in band.metadata.items()})
    return items


def metadata_xml(items, domain):
    lines = "".join(f"<MDI key={quoteattr(key)}>{escape(value)}</MDI>" for key, value in items.items())
    return f"<Metadata domain={quoteattr(domain)}>{lines}</Metadata>"


def bands_xml(bands):
    """What items of a layer cannot hold, names and IMAGERY metadata, and what GTI then looks for here."""
    parts = []
    for number, band in enumerate(bands, 1):
        nodata = "" if band.nodata is None else f"<NoDataValue>{band.nodata!r}</NoDataValue>"
        parts.append(
            f'<Band band="{number}" dataType="{band.type}"><Description>{escape(band.description)}</Description>'
            f"{nodata}<ColorInterp>{band.colour}</ColorInterp><UnitType>{escape(band.unit)}</UnitType>"
            f"{metadata_xml(band.metadata, '')}{metadata_xml(band.imagery, 'IMAGERY')}</Band>"
        )
    order = "<LocationField>location</LocationField><SortField>rank</SortField>"
    return f"<GDALTileIndexDataset>{order}{''.join(parts)}</GDALTileIndexDataset>"


def location(granule, folder):
    """The name, relative to the index where the file lies in its folder or below."""
    inside = is_local(granule) and os.path.commonpath([folder, granule.path]) == folder
    return name_of(os.path.relpath(granule.path, folder) if inside else granule.path, granule.tail)


def write_features(layer, granules, folder):
    for field, kind in FIELDS.items():
        layer.CreateField(ogr.FieldDefn(field, kind))
    for rank, granule in enumerate(granules):
        time, version = granule.time, granule.parts[2]
        values = {
            "location": location(granule, folder),
            "name": granule.stem,
            "version": version or None,
            "datetime": time and time.strftime("%Y/%m/%d %H:%M:%S+00"),
            "month": time and time.month,
            "day_night": granule.day_night,
            "cloud_cover": granule.cloud_cover,
            "rank": rank,
        }
        feature = ogr.Feature(layer.GetLayerDefn())
        for field, value in values.items():
            if value is not None:
                feature.SetField(field, value)
        feature.SetGeometry(granule.footprint)
        layer.CreateFeature(feature)


@contextlib.contextmanager
def replaced(path):
    """The name of a new file, which takes the place of "path" once it is written."""
    part = f"{path}.part{os.path.splitext(path)[1]}"
    try:
        yield part
        os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(part)


def write_index(path, granules, known):
    driver = "FlatGeobuf" if path.endswith(".fgb") else "GPKG"
    folder = os.path.dirname(path)
    place = osr.SpatialReference()
    place.SetFromUserInput("EPSG:4326")
    place.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    with replaced(path) as part:
        dataset = gdal.GetDriverByName(driver).Create(part, 0, 0, 0, gdal.GDT_Unknown)
        layer = dataset.CreateLayer("granules", place, ogr.wkbPolygon)
        if driver == "GPKG":
            layer.StartTransaction()
        write_features(layer, granules, folder)
        layer.SetMetadata(layer_items(granules, known))
        if driver == "GPKG":
            layer.CommitTransaction()
            layer.SetMetadata([bands_xml(known.bands)], "xml:GTI")
        layer = dataset = None


def write_vrt(path, granules, known):
    """By Python, since GDAL reports a VRT that it cannot write in a destructor, where errors are lost."""
    names = [name_of(each.path, each.tail) for each in granules]
    dataset = gdal.BuildVRT("", names, options=["-strict"])
    for number, band in enumerate(known.bands, 1):
        target = dataset.GetRasterBand(number)
        target.SetDescription(band.description)
        target.SetMetadata(band.metadata)
        target.SetMetadata(band.imagery, "IMAGERY")
    with replaced(path) as part, open(part, "w", encoding="utf-8") as file:
        file.write(dataset.GetMetadata("xml:VRT")[0])


# ---- Places --------------------------------------------------------------------------------------


def names_at(name, places):
    """For emit_spectra.py: the granules of an index at the (place, geometry) pairs; another name as it is."""
    if not name.endswith((".gti.gpkg", ".gti.fgb")):
        return [name]
    index, names = gdal.OpenEx(name, gdal.OF_VECTOR), {}
    layer = index.GetLayer(0)
    for shape, turn in itertools.product([shape for _, shape in places], (0, -360, 360)):  # footprints go beyond 180
        left, right, bottom, top = shape.GetEnvelope()
        if turn:
            layer.SetSpatialFilterRect(left + turn, bottom, right + turn, top)
        else:
            layer.SetSpatialFilter(shape)
        names |= {feature.GetFID(): feature["location"] for feature in layer}
    beside = f'EMIT:"{os.path.dirname(os.path.abspath(name))}/'
    return [re.sub('^EMIT:"(?!/)', lambda _: beside, names[number]) for number in sorted(names)]


# ---- Command line --------------------------------------------------------------------------------


def months(text):
    found = {int(month) for month in text.split(",")}
    if not found <= set(range(1, 13)):
        raise ValueError
    return found


def degrees(text):
    if not 0 <= float(text) <= 90:
        raise ValueError
    return float(text)


def date(text):
    return datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time())


def parse(arguments):
    first, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("-o", dest="options", action="append", default=[], metavar="KEY=VALUE", help="open option")
    add("--product", default="RFL", help="RFL (default), RFLUNCERT, MASK, RAD, OBS, MIN, MINUNCERT")
    add("--variable", default="", help="variable (default: the main one of the product)")
    add("--like", metavar="GRANULE", help="take names and wavelengths of the bands from this granule")
    add("--local", metavar="FOLDER", help="use the files of this folder instead of addresses")
    add("--prefer", choices=sorted(STORES), default="https", help="kind of address (default https)")
    add("--check", action="store_true", help="open each granule, and leave out those that cannot be opened")
    add("--all-versions", action="store_true", help="all versions of a scene, not the latest only")
    add("--since", type=date, metavar="YYYY-MM-DD", help="first day")
    add("--until", type=date, metavar="YYYY-MM-DD", help="last day")
    add("--months", type=months, metavar="6,7,8")
    add("--max-cloud", type=float, metavar="PERCENT")
    add("--day", action="store_true", help="scenes of the day only")
    add("--order", choices=("newest", "oldest", "clearest", "given"), default="newest",
        help="which granule lies on top (given: the last one); default newest")  # fmt: skip
    add("--margin", type=degrees, default=0.02, metavar="DEGREES",
        help="by which footprints of the metadata are widened, whose corners leave out curved edges "
        "(default 0.02)")  # fmt: skip
    add("inputs", nargs="+", metavar="INPUT")
    add("output", metavar="OUTPUT", help="name.gti.gpkg, name.gti.fgb or name.vrt")
    args = parser.parse_args(arguments)
    if not args.output.endswith((".gti.gpkg", ".gti.fgb", ".vrt")):
        parser.error(f"{args.output}: the name must end in .gti.gpkg, .gti.fgb or .vrt")
    if gdal.GetDriverByName("GTI") is None and not args.output.endswith(".vrt"):
        args.output = re.sub(r"\.gti\.(gpkg|fgb)$", ".vrt", args.output)
        warn(f"GDAL {gdal.__version__} has no GTI (3.9 and later have): writing {args.output}")
    args.check |= args.output.endswith(".vrt")
    return args


def make(args):
    """(number of granules, path) of the index or VRT that is written."""
    found = without_duplicates(read_inputs(args), args.all_versions)
    check_options({option for each in found for option in each.tail.partition("?")[2].split("&") if option})
    check_kinds(found)
    granules, known = collect(found, args)
    if known.bands is None:
        raise ValueError("these options need a granule for the bands: name one with --like")
    left = in_order(chosen(granules, args), args.order)
    if not left:
        raise ValueError(f"none of {len(granules)} granules meets the conditions")
    path = os.path.abspath(args.output)
    (write_vrt if path.endswith(".vrt") else write_index)(path, left, known)
    return len(left), path


def main(arguments=None):
    args = parse(arguments)
    gdal.UseExceptions()
    ogr.UseExceptions()
    try:
        count, path = make(args)
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"emit_index: {error}")
    print(f"{count} granules in {path}")


if __name__ == "__main__":
    main()
