# SPDX-License-Identifier: MIT
"""What else turns a granule into an orthorectified image, run beside the driver."""
import os
import re
from pathlib import Path

import measure
import verdicts
from measure import Case

SINCE = (3, 8)  # GDAL's multidimensional API knows the GLT from this version on
EMIT_TOOLS_NBYTES = 10 << 30  # of free memory; what it needs and a margin

# Mounts that nobody else sees, and no file of the granule's size to be copied.
ENTER = """
mount --bind "$1" "$0/mnt" && mount --bind "$2" "$0/media" && shift 2 && exec chroot "$0" "$@"
"""


def inside(tree, granules, output, command):
    """"command" inside a tree, where the granules are in /mnt and the outputs go to /media."""
    private = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    return [*private, "sh", "-c", ENTER, tree, granules, output, *command]


def version_of(inputs, tree):
    command = inside(tree, inputs.granule.parent, inputs.output, ["gdalinfo", "--version"])
    found = re.search(r"GDAL (\d+)\.(\d+)\.(\d+)", measure.execute(command)[1])
    return tuple(int(part) for part in found.groups())


def usable_trees(inputs, options):
    """(version, folder) of the trees that can be a peer, oldest first."""
    trees = [(version_of(inputs, tree), Path(tree).resolve()) for tree in options.gdal_tree]
    return sorted(tree for tree in trees if tree[0] >= SINCE)


def label_of(version):
    return f"GDAL {'.'.join(map(str, version))} GLT view, unmasked"


def glt_case(inputs, tree, bands, most_runs=None):
    source = (inputs.here / "peer_glt.py").read_text()
    words = ["/usr/bin/python3", "-c", source, f"/mnt/{inputs.granule.name}", "/media/peer.tif"]
    command = inside(tree, inputs.granule.parent, inputs.output, [*words, *bands])
    return Case(command, [inputs.granule], most_runs=most_runs)


def glt_cases(inputs, options, bands, most_runs=None):
    """Cases by label, and rows about what cannot be measured."""
    trees = usable_trees(inputs, options)
    if not trees:
        why = "no tree with GDAL 3.8 or newer and python3-gdal was given (--gdal-tree)"
        return {}, [verdicts.not_measured("speed, against GDAL's GLT view", why)]
    return {label_of(v): glt_case(inputs, tree, bands, most_runs) for v, tree in trees}, []


def free_memory():
    text = Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable: +(\d+) kB", text)[1]) * 1024


def emit_tools_cases(inputs):
    if free_memory() < EMIT_TOOLS_NBYTES:
        why = f"it needs {EMIT_TOOLS_NBYTES >> 30} GiB of free memory"
        return {}, [verdicts.not_measured("speed, against emit_tools", why)]
    command = inputs.child_command("emit-tools", inputs.granule, inputs.mask)
    return {"emit_tools, in memory": Case(command, [inputs.granule, inputs.mask], most_runs=1)}, []


def slow_cases(inputs, options):
    """Peers that take minutes for all bands: one run each."""
    if not options.slow_peers:
        return {}, [verdicts.not_measured("speed, against peers", "left out by --no-slow-peers")]
    cases, absent = glt_cases(inputs, options, [], most_runs=1)
    more, also_absent = emit_tools_cases(inputs)
    return {**cases, **more}, absent + also_absent
