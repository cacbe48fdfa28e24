# SPDX-License-Identifier: MIT
"""Search results in the form of the archive's.

    cmr.py GRANULE... >granules.umm_json: an answer of CMR on these files, addresses as in the archive.
"""
import datetime
import json
import sys
from pathlib import Path

import numpy as np

ARCHIVE = "https://data.lpdaac.earthdatacloud.nasa.gov/lp-prod-protected/EMITL2ARFL.001"


def umm(address, ring=None, when=None, cloud=None, flag="Day"):
    """An entry of CMR's answer; what is None is missing."""
    record = {"GranuleUR": Path(address).stem}
    record["RelatedUrls"] = [
        {"URL": address.replace("_RFL_", "_MASK_"), "Type": "GET DATA"},
        {"URL": address, "Type": "GET DATA"},
        {"URL": address.replace("https://", "s3://"), "Type": "GET DATA VIA DIRECT ACCESS"},
        {"URL": address + ".dmrpp", "Type": "EXTENDED METADATA"},
        {"URL": address.replace(".nc", ".png"), "Type": "GET RELATED VISUALIZATION"},
    ]
    if ring is not None:
        points = [{"Longitude": x, "Latitude": y} for x, y in [*ring, ring[0]]]
        boundary = {"GPolygons": [{"Boundary": {"Points": points}}]}
        record["SpatialExtent"] = {"HorizontalSpatialDomain": {"Geometry": boundary}}
    if when is not None:
        record["TemporalExtent"] = {"RangeDateTime": {"BeginningDateTime": when}}
    if cloud is not None:
        record["CloudCover"] = cloud
    if flag is not None:
        record["DataGranule"] = {"DayNightFlag": flag}
    return {"meta": {"concept-id": "G1"}, "umm": record}


def stac(address, ring=None, when=None, cloud=None):
    geometry = ring and {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = {"datetime": when, "eo:cloud_cover": cloud}
    assets = {"mask": {"href": address.replace("_RFL_", "_MASK_")}, "data": {"href": address}}
    return {"type": "Feature", "geometry": geometry, "properties": properties, "assets": assets}


def iso(stamp):
    """YYYYMMDDTHHMMSS as CMR writes it."""
    return datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%S").isoformat() + ".000Z"


def corner_pixels(lon, lat):
    """The ring that CMR has: centres of the swath's corner pixels."""
    places = [0, 0, -1, -1], [0, -1, -1, 0]
    return np.column_stack([lon[places], lat[places]]).tolist()


def entry(path):
    """The entry of a granule whose mask granule lies in its folder."""
    import netCDF4

    with netCDF4.Dataset(str(path)) as granule:
        ring = corner_pixels(granule["location/lon"][:].data, granule["location/lat"][:].data)
    with netCDF4.Dataset(str(path).replace("_RFL_", "_MASK_")) as mask:
        cloud = 100 * float((mask["mask"][:, :, 0].data == 1).mean())
    stamp = path.stem.split("_")[4]
    return umm(f"{ARCHIVE}/{path.stem}/{path.name}", ring, iso(stamp), round(cloud))


if __name__ == "__main__":
    json.dump({"hits": len(sys.argv) - 1, "items": [entry(Path(name)) for name in sys.argv[1:]]}, sys.stdout)
