# SPDX-License-Identifier: MIT
"""The jobs: what the driver does in each, what it is measured against, and how far it may be."""
from dataclasses import dataclass, field
from typing import Callable

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
    counts: Callable = list  # rows that need no timing
    absent: list = field(default_factory=list)  # rows of what cannot be measured here


# ---- Cases ---------------------------------------------------------------------------------------


def converted(inputs, options, masks=None, source=None, target="out"):
    """gdal_translate by the driver, masked by default."""
    source = source or inputs.granule
    masks = MASKS if masks is None else masks
    command = ["gdal_translate", "-q", *masks, *options, source, inputs.output / target]
    return Case(command, [source, inputs.mask], inputs.plugin())


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
    """cp of what the driver wrote, kept from the warm-up."""
    return Case(["cp", inputs.kept, inputs.output / "copy"], [inputs.kept])


def start():
    return Case(["gdalinfo", "--version"])


# ---- Jobs ----------------------------------------------------------------------------------------


def info(inputs, options):
    command = ["gdalinfo", *MASKS, inputs.granule]
    small = inputs.small_tiff()
    cases = {
        "ours": Case(command, [inputs.granule, inputs.mask], inputs.plugin()),
        "small GeoTIFF": Case(["gdalinfo", small], [small]),
    }

    def judge(results):
        return [verdicts.time_ratio(results, [["small GeoTIFF"]], 1.5)]

    def counts():
        seen = reads.trace(command, inputs.granule, inputs.plugin())
        parts = inputs.facts["cube"] + inputs.facts["tables"]
        nbytes = sum(reads.bytes_within(seen, *part) for part in parts)
        return [verdicts.bytes_at_most("GLT and pixel bytes read", nbytes, 0, len(seen))]

    return Job("gdalinfo", cases, judge, counts=counts)


def rgb_job(inputs, title, selection, glt, absent):
    cases = {
        "ours": converted(inputs, selection),
        "rows": rows(inputs),
        "tables": tables(inputs),
        "cp": copy(inputs),
        "start": start(),
        **glt,
    }

    def judge(results):
        return [
            verdicts.time_ratio(results, [["rows", "tables", "cp", "start"]], 1.0),
            verdicts.time_at_most(results, 1.5),
            verdicts.peak_plain(results),
            *(verdicts.peer(results, label, 3 if is_newest(label) else None) for label in glt),
        ]

    def is_newest(label):
        return label == list(glt)[-1]

    return Job(title, cases, judge, absent=absent)


def rgb(inputs, options):
    glt, absent = peers.glt_cases(inputs, options, "rgb")
    return rgb_job(inputs, "RGB, -b 36 -b 22 -b 12", RGB, glt, absent)


def rgb_wavelengths(inputs, options):
    return rgb_job(inputs, "RGB, WAVELENGTHS=650,560,470", WAVELENGTHS, {}, [])


def all_pixel(inputs, options):
    cases = {
        "ours": converted(inputs, []),
        "ENVI BIP": from_envi(inputs, "BIP", []),
        "cp": copy(inputs),
    }

    def judge(results):
        return [
            verdicts.time_ratio(results, [["ENVI BIP"]], 1.0),
            verdicts.time_ratio(results, [["ENVI BIP"]], 2.0, what="time, at most twice"),
            verdicts.peak_extra(results, ["ENVI BIP"], MEMORY_EXTRA),
            verdicts.peak_at_most(results, 2048),
            verdicts.compare(results, [["cp"]]),
        ]

    return Job("all bands, GeoTIFF by pixel", cases, judge)


def all_job(inputs, title, creation, target, floors=("BIP", "BSQ")):
    """All bands to where every driver has to turn the cube; the faster floor counts."""
    raw = {
        f"ENVI {kind}": from_envi(inputs, kind, creation, "envi-" + target) for kind in floors
    }
    cases = {"ours": converted(inputs, creation, target=target), **raw}

    def judge(results):
        return [
            verdicts.time_ratio(results, [[label] for label in raw], 1.5),
            verdicts.peak_extra(results, raw, MEMORY_EXTRA),
        ]

    return Job(title, cases, judge)


def all_band(inputs, options):
    return all_job(inputs, "all bands, INTERLEAVE=BAND", ["-co", "INTERLEAVE=BAND"], "out.tif")


def envi_bsq(inputs, options):
    creation = ["-of", "ENVI", "-co", "INTERLEAVE=BSQ"]
    return all_job(inputs, "all bands, ENVI BSQ", creation, "out.img")


def netcdf(inputs, options):
    # netCDF's classic formats end at 4 GiB a variable.
    creation = ["-of", "netCDF", "-co", "FORMAT=NC4"]
    # This writer takes one line of one band at a time, for which GDAL reads a BIP file 285 times.
    return all_job(inputs, "all bands, netCDF-4", creation, "out.nc", floors=["BSQ"])


def spectrum(inputs, options):
    place = [str(number) for number in inputs.facts["clear_cell"]]
    command = ["gdallocationinfo", "-valonly", *MASKS, inputs.granule, *place]

    def judge(results):
        return [verdicts.time_at_most(results, 0.3), verdicts.peak_plain(results)]

    def counts():
        seen = reads.trace(command, inputs.granule, inputs.plugin())
        nbytes = sum(reads.bytes_within(seen, *part) for part in inputs.facts["cube"])
        return [verdicts.bytes_at_most("reflectance read", nbytes, 65535, len(seen))]

    cases = {"ours": Case(command, [inputs.granule, inputs.mask], inputs.plugin())}
    return Job("one spectrum", cases, judge, counts=counts)


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

    cases = {"ours": case, "start": start()}
    return Job("256 x 256 window, all bands", cases, judge, counts=counts)


def deflated_cases(inputs, selection):
    source = inputs.deflated()
    return {
        "ours": converted(inputs, selection, source=source),
        "h5py": decoding(inputs, (source, "reflectance")),
        "cp": copy(inputs),
    }


def deflated_rgb(inputs, options):
    def judge(results):
        return [verdicts.time_ratio(results, [["h5py", "cp"]], 0.6), verdicts.peak_plain(results)]

    return Job("RGB of a deflated copy", deflated_cases(inputs, RGB), judge)


def deflated_all(inputs, options):
    """Writing is what cp takes, or what GDAL takes: no driver can make it shorter."""
    cases = {**deflated_cases(inputs, []), "ENVI BIP": from_envi(inputs, "BIP", [])}

    def judge(results):
        return [
            verdicts.time_ratio(results, [["h5py", "cp"]], 0.6, what="time, written by cp"),
            verdicts.time_weighted(
                results, {"h5py": 0.6, "ENVI BIP": 1}, what="time, written by GDAL"
            ),
            verdicts.peak_plain(results),
        ]

    return Job("all bands of a deflated copy", cases, judge)


def long_job(inputs, title, selection):
    cases = {
        "ours": converted(inputs, selection, source=inputs.twice_as_long()),
        "1280 lines": converted(inputs, selection, source=inputs.sample(1280)),
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
    command = ["gdal_translate", "-q", source, inputs.output / "out"]
    cases = {
        "ours": Case(command, [inputs.mask], inputs.plugin()),
        "h5py": decoding(inputs, (inputs.mask, variable), *glt),
        "cp": copy(inputs),
    }

    def judge(results):
        return [verdicts.time_ratio(results, [["cp", "h5py"]], 1.5), verdicts.peak_plain(results)]

    return Job(title, cases, judge)


def mask_flags(inputs, options):
    return mask_job(inputs, "MASK, all layers", inputs.mask, "mask")


def mask_bits(inputs, options):
    source = f'EMIT:"{inputs.mask}":band_mask'
    return mask_job(inputs, "MASK, band_mask, 285 bands", source, "band_mask")


# ---- Cold ----------------------------------------------------------------------------------------


def cold_job(inputs, title, command, limit=None, seconds=None):
    """The first look at a granule, against reading all of it: no more than "limit" times as long."""
    cases = {
        "ours": Case([*inputs.prefix, *command], environment=inputs.plugin(), cold=True),
        "cat": Case([*inputs.prefix, "cat", inputs.granule], cold=True),
        "start": Case(["gdalinfo", "--version"], cold=True),
    }

    def judge(results):
        if seconds:
            return [verdicts.time_at_most(results, seconds), verdicts.compare(results, [["start"]])]
        return [verdicts.time_ratio(results, [["cat"]], limit)]

    return Job(title, cases, judge)


def rgb_limit(options):
    return 1.1 if options.slow_disk else 1.15


def cold_rgb(inputs, options):
    command = converted(inputs, RGB).command
    return cold_job(inputs, "cold: RGB, -b 36 -b 22 -b 12", command, rgb_limit(options))


def cold_rgb_wavelengths(inputs, options):
    command = converted(inputs, WAVELENGTHS).command
    return cold_job(inputs, "cold: RGB, WAVELENGTHS=650,560,470", command, rgb_limit(options))


def cold_overview(inputs, options):
    command = converted(inputs, [*RGB, "-outsize", "512", "512"]).command
    return cold_job(inputs, "cold: 512 x 512 overview, 3 bands", command, limit=0.9)


def cold_spectrum(inputs, options):
    command = spectrum(inputs, options).cases["ours"].command
    return cold_job(inputs, "cold: one spectrum", command, seconds=0.15)


def cold_window(inputs, options):
    command = window(inputs, options).cases["ours"].command
    return cold_job(inputs, "cold: 256 x 256 window, all bands", command, seconds=0.4)


# ---- Masks ---------------------------------------------------------------------------------------


def masks(inputs, options):
    """What each kind of mask adds; no limits."""
    kinds = {"ours": [], "flags": MASKS[:2], "bits": MASKS[2:], "both": MASKS}
    cases = {label: converted(inputs, RGB, chosen) for label, chosen in kinds.items()}

    def judge(results):
        return [verdicts.compare(results, [["ours"]], label, label) for label in ("flags", "bits", "both")]

    return Job("RGB with masks, against none", cases, judge)


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
COLD_JOBS = {
    "cold-rgb": cold_rgb,
    "cold-rgb-wavelengths": cold_rgb_wavelengths,
    "cold-overview": cold_overview,
    "cold-spectrum": cold_spectrum,
    "cold-window": cold_window,
}
LONG_JOBS = {"long-rgb": long_rgb, "long-all": long_all}
MASK_JOBS = {"masks": masks}
