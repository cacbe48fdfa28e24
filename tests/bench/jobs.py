# SPDX-License-Identifier: MIT
"""The jobs: what the driver does in each, what it is measured against, and how far it may be."""
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import peers
import reads
import verdicts
from inputs import MASKS
from measure import Case

RGB = ["-b", "36", "-b", "22", "-b", "12"]
WAVELENGTHS = ["-oo", "WAVELENGTHS=650,560,470"]
MEMORY_EXTRA = 0.3 * 1024  # MiB


@dataclass
class Job:
    title: str
    cases: dict  # "ours" first
    judge: Callable  # of the results: rows
    reference: Optional[Path] = None  # a copy of our output, for cp
    counts: Callable = list  # rows that need no timing
    absent: list = field(default_factory=list)  # rows of what cannot be measured here


# ---- Cases ---------------------------------------------------------------------------------------


def ours(inputs, command, reads=None):
    return Case(command, reads or [inputs.granule, inputs.mask], inputs.plugin())


def converted(inputs, options, source=None, target="out", masks=None):
    """gdal_translate by the driver, masked."""
    source = source or inputs.granule
    masks = MASKS if masks is None else masks
    command = ["gdal_translate", "-q", *masks, *options, source, inputs.output / target]
    return ours(inputs, command, [source, inputs.mask])


def from_envi(inputs, interleave, options, target="envi-out"):
    """The same conversion from a raw file, by GDAL without the driver."""
    source = inputs.envi(interleave)
    return Case(["gdal_translate", "-q", *options, source, inputs.output / target], [source])


def rows(inputs):
    (offset, nbytes), lines = inputs.facts["cube"][0], inputs.facts["shape"][0]
    command = [inputs.floor, inputs.granule, offset, nbytes // lines, lines]
    return Case(command, [inputs.granule])


def decoding(inputs, *variables):
    """h5py on one core; variables are pairs of file and name."""
    names = [f"{path}:{name}" for path, name in variables]
    return Case(inputs.child_command("decode", *names), [v[0] for v in variables], self_timed=True)


def tables(inputs):
    glt = [(inputs.granule, f"location/glt_{axis}") for axis in "xy"]
    return decoding(inputs, *glt, (inputs.mask, "mask"), (inputs.mask, "band_mask"))


def copy(inputs):
    """cp of what the driver wrote."""
    return Case(["cp", reference(inputs), inputs.output / "copy"], [reference(inputs)])


def reference(inputs):
    return inputs.work / "reference"


def start():
    return Case(["gdalinfo", "--version"])


# ---- Jobs ----------------------------------------------------------------------------------------


def info(inputs, options):
    command = ["gdalinfo", *MASKS, inputs.granule]
    small = inputs.small_tiff()
    cases = {"ours": ours(inputs, command), "small GeoTIFF": Case(["gdalinfo", small], [small])}

    def judge(results):
        return [verdicts.time_ratio(results, [["small GeoTIFF"]], 1.5)]

    def counts():
        seen = reads.trace(command, inputs.granule, inputs.plugin())
        parts = inputs.facts["cube"] + inputs.facts["tables"]
        nbytes = sum(reads.bytes_within(seen, *part) for part in parts)
        return [verdicts.bytes_at_most("GLT and pixel bytes read", nbytes, 0, len(seen))]

    return Job("gdalinfo", cases, judge, counts=counts)


def rgb_job(inputs, options, title, selection):
    cases = {
        "ours": converted(inputs, selection),
        "rows": rows(inputs),
        "tables": tables(inputs),
        "cp": copy(inputs),
        "start": start(),
    }
    glt, absent = peers.glt_cases(inputs, options, selection if selection == RGB else None)
    cases.update(glt)

    def judge(results):
        found = [verdicts.time_ratio(results, [["rows", "tables", "cp", "start"]], 1.0)]
        found += [verdicts.time_at_most(results, 1.5), verdicts.peak_plain(results)]
        newest = list(glt)[-1:]
        return found + [verdicts.peer(results, label, 3 if label in newest else None) for label in glt]

    return Job(title, cases, judge, reference(inputs), absent=absent if selection == RGB else [])


def rgb(inputs, options):
    return rgb_job(inputs, options, "RGB, -b 36 -b 22 -b 12", RGB)


def rgb_wavelengths(inputs, options):
    return rgb_job(inputs, options, "RGB, WAVELENGTHS=650,560,470", WAVELENGTHS)


def all_pixel(inputs, options):
    cases = {
        "ours": converted(inputs, []),
        "ENVI BIP": from_envi(inputs, "BIP", []),
        "cp": copy(inputs),
    }
    slow, absent = peers.slow_cases(inputs, options)
    cases.update(slow)

    def judge(results):
        return [
            verdicts.time_ratio(results, [["ENVI BIP"]], 1.0),
            verdicts.time_ratio(results, [["ENVI BIP"]], 2.0, what="time (issue 2)"),
            verdicts.peak_extra(results, ["ENVI BIP"], MEMORY_EXTRA),
            verdicts.peak_at_most(results, 2048),
            verdicts.compare(results, [["cp"]]),
            *(verdicts.peer(results, label) for label in slow),
        ]

    return Job("all bands, GeoTIFF by pixel", cases, judge, reference(inputs), absent=absent)


def all_job(inputs, title, creation, target):
    """All bands to where every driver has to turn the cube."""
    cases = {"ours": converted(inputs, creation, target=target)}
    raw = ["BIP", "BSQ"]
    cases.update({f"ENVI {kind}": from_envi(inputs, kind, creation, "envi-" + target) for kind in raw})
    labels = [f"ENVI {kind}" for kind in raw]

    def judge(results):
        return [
            verdicts.time_ratio(results, [[label] for label in labels], 1.5),
            verdicts.peak_extra(results, labels, MEMORY_EXTRA),
        ]

    return Job(title, cases, judge)


def all_band(inputs, options):
    return all_job(inputs, "all bands, INTERLEAVE=BAND", ["-co", "INTERLEAVE=BAND"], "out.tif")


def envi_bsq(inputs, options):
    creation = ["-of", "ENVI", "-co", "INTERLEAVE=BSQ"]
    return all_job(inputs, "all bands, ENVI BSQ", creation, "out.img")


def netcdf(inputs, options):
    return all_job(inputs, "all bands, netCDF", ["-of", "netCDF"], "out.nc")


def spectrum(inputs, options):
    place = [str(number) for number in inputs.facts["clear_cell"]]
    command = ["gdallocationinfo", "-valonly", *MASKS, inputs.granule, *place]

    def judge(results):
        return [verdicts.time_at_most(results, 0.3), verdicts.peak_plain(results)]

    def counts():
        seen = reads.trace(command, inputs.granule, inputs.plugin())
        nbytes = sum(reads.bytes_within(seen, *part) for part in inputs.facts["cube"])
        return [verdicts.bytes_at_most("reflectance read", nbytes, 65535, len(seen))]

    return Job("one spectrum", {"ours": ours(inputs, command)}, judge, counts=counts)


def overview(inputs, options):
    small = converted(inputs, [*RGB, "-outsize", "512", "512"])
    cases = {"ours": small, "full RGB": converted(inputs, RGB)}

    def judge(results):
        return [
            verdicts.time_ratio(results, [["full RGB"]], 0.25),
            verdicts.peak_plain(results),
        ]

    return Job("512 x 512 overview, 3 bands", cases, judge)


def window(inputs, options):
    facts = inputs.facts["window"]
    case = converted(inputs, ["-srcwin", *map(str, facts["srcwin"])])
    held = facts["pixels"] * inputs.facts["shape"][2] * 4

    def judge(results):
        return [verdicts.compare(results, [["start"]]), verdicts.peak_plain(results)]

    def counts():
        seen = reads.trace(case.command, inputs.granule, case.environment)
        cube = sum(reads.bytes_within(seen, *part) for part in inputs.facts["cube"])
        row = verdicts.bytes_ratio("bytes read", sum(r.nbytes for r in seen), held, 1.5)
        row.ours += f" in {len(seen):,} calls, {cube:,} of reflectance"
        return [row]

    return Job("256 x 256 window, all bands", {"ours": case, "start": start()}, judge, counts=counts)


def deflated_job(inputs, title, selection):
    source = inputs.deflated()
    cases = {
        "ours": converted(inputs, selection, source),
        "h5py": decoding(inputs, (source, "reflectance")),
        "cp": copy(inputs),
    }

    def judge(results):
        return [verdicts.time_ratio(results, [["h5py", "cp"]], 0.6), verdicts.peak_plain(results)]

    return Job(title, cases, judge, reference(inputs))


def deflated_rgb(inputs, options):
    return deflated_job(inputs, "RGB of a deflated copy", RGB)


def deflated_all(inputs, options):
    return deflated_job(inputs, "all bands of a deflated copy", [])


def long_job(inputs, title, selection):
    cases = {
        "ours": converted(inputs, selection, inputs.twice_as_long()),
        "1280 lines": converted(inputs, selection, inputs.sample(1280)),
    }

    def judge(results):
        return [
            verdicts.time_near(results, "1280 lines", 2.0, 0.15),
            verdicts.peak_near(results, "1280 lines", 0.15),
        ]

    return Job(title, cases, judge)


def long_rgb(inputs, options):
    return long_job(inputs, "2560 lines, RGB", RGB)


def long_all(inputs, options):
    return long_job(inputs, "2560 lines, all bands", [])


def mask_job(inputs, title, source, variable):
    """A layer of the mask granule; it is not masked itself."""
    glt = [(inputs.mask, f"location/glt_{axis}") for axis in "xy"]
    cases = {
        "ours": converted(inputs, [], source, masks=[]),
        "h5py": decoding(inputs, (inputs.mask, variable), *glt),
        "cp": copy(inputs),
    }
    cases["ours"].reads = [inputs.mask]

    def judge(results):
        return [verdicts.time_ratio(results, [["cp", "h5py"]], 1.5), verdicts.peak_plain(results)]

    return Job(title, cases, judge, reference(inputs))


def mask_flags(inputs, options):
    return mask_job(inputs, "MASK, all layers", inputs.mask, "mask")


def mask_bits(inputs, options):
    source = f'EMIT:"{inputs.mask}":band_mask'
    return mask_job(inputs, "MASK, band_mask, 285 bands", source, "band_mask")


# ---- Growth --------------------------------------------------------------------------------------


def growth_job(inputs, title, first, others):
    """Several sizes of one job side by side, without limits."""
    cases = {"ours": converted(inputs, *first[1])}
    cases.update({label: converted(inputs, *words) for label, words in others.items()})

    def judge(results):
        rows_ = []
        for label, case in (("ours", first[0]), *((label, label) for label in others)):
            row = verdicts.compare(results, [["ours"]], label, case)
            row.against = f"{first[0]}"
            row.ours += f", {verdicts.peak(results, label):.0f} MiB"
            rows_.append(row)
        return rows_

    return Job(title, cases, judge)


JOBS = {
    "info": info,
    "rgb": rgb,
    "rgb-wavelengths": rgb_wavelengths,
    "all": all_pixel,
    "all-band": all_band,
    "envi-bsq": envi_bsq,
    "netcdf": netcdf,
    "spectrum": spectrum,
    "overview": overview,
    "window": window,
    "deflated-rgb": deflated_rgb,
    "deflated-all": deflated_all,
    "mask-flags": mask_flags,
    "mask-bits": mask_bits,
}
LONG_JOBS = {"long-rgb": long_rgb, "long-all": long_all}
