# SPDX-License-Identifier: MIT
"""What the plugin exports, and how the core names its symbols: check_symbols.py NM CORE PLUGIN..."""
import subprocess
import sys

ENTRY = "GDALRegister_EMIT"


def names(nm_output):
    """Symbols in nm's portable format: "name type value size", "archive[member]:" lines apart."""
    fields = (line.split() for line in nm_output.splitlines())
    return sorted({field[0] for field in fields if len(field) >= 2})


def plugin_violations(exported):
    if ENTRY not in exported:
        yield f"the plugin does not export {ENTRY}"
    for name in exported:
        if name != ENTRY:
            yield f"the plugin exports {name}"


def core_violations(external):
    if not external:
        yield "the core has no symbols at all"
    for name in external:
        # Names with two underscores are the compiler's (sanitizers make some).
        if not name.startswith(("emit_", "__")):
            yield f"external symbol of the core without emit_: {name}"


def nm(program, *options):
    command = [program, "-P", "--defined-only", *options]
    return names(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    program, core, *plugins = sys.argv[1:]
    found = list(core_violations(nm(program, "--extern-only", core)))
    for plugin in plugins:
        found += plugin_violations(nm(program, "-D", plugin))
    print("\n".join(found) if found else "symbols: one exported, all of the core's named emit_")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
