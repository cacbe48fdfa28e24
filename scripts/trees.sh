# SPDX-License-Identifier: MIT
# Debian releases in folders of their own ("trees"), to build and test in. Source it after lib.sh.
#
# They are kept from run to run in EMIT_TREES, outside of the source:
#   SUITE.tar        what debootstrap lays, from which every tree of that suite begins
#   SUITE/           a tree with all that building and testing need (2 GB)
#   SUITE-clean/     the same with GDAL's programs only, for packages to be installed in
#   SUITE.archives/  the packages that were fetched
# An interrupted run leaves no half-laid tree: names appear when they are complete, and
# packages that are missing in a tree are installed by the next run.

TREES=$(realpath -m "${EMIT_TREES:-${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/gdal-emit/trees}")

# debootstrap goes the way that apt goes.
if [[ ! ${http_proxy:-} ]] && command -v apt-config >/dev/null; then
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    export http_proxy
fi

# ---- Whether and where from ---------------------------------------------------------------------

# debian_mirror: where this system's apt takes Debian's packages from.
debian_mirror() {
    if [[ ${EMIT_DEBIAN_MIRROR:-} ]]; then
        printf '%s\n' "${EMIT_DEBIAN_MIRROR%/}"
        return
    fi
    # Origin and label come from the release file: security updates and others have their own.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(COMPONENT)|$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
        'Created-By: Packages' | sed -n 's,^main|Debian|Debian|\(.*[^/]\)/*$,\1,p' | sed -n 1p
}

# trees_obstacle: says why no tree can be laid or entered here; nothing if it can be done.
trees_obstacle() {
    if ! command -v apt-get >/dev/null; then
        echo "this is no Debian or Ubuntu system"
    elif ((EUID != 0)); then
        echo "it needs root's rights"
    elif ! unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null; then
        echo "file systems cannot be mounted here, as in a container without that privilege"
    elif ! (need_packages debootstrap >&2) || ! command -v debootstrap >/dev/null; then
        echo "debootstrap cannot be installed"
    elif [[ -z $(debian_mirror) ]] && ! apt-get -qq update >&2; then
        echo "apt-get update failed"
    elif [[ -z $(debian_mirror) ]]; then
        echo "apt takes its packages from no Debian archive (EMIT_DEBIAN_MIRROR=URL names one)"
    fi
}

# mirror_has SUITE
mirror_has() {
    mkdir -p "$TREES"
    local release=$TREES/$1.release
    rm -f "$release"
    /usr/lib/apt/apt-helper -qq download-file "$(debian_mirror)/dists/$1/Release" "$release" \
        >/dev/null 2>&1
}

# ---- Entering -----------------------------------------------------------------------------------

# in_tree TREE BUILD COMMAND...: runs it in the tree, which is read-only. /source is this source,
# read-only too and the current folder; /build is BUILD, and /tmp a folder in it. "-" for BUILD
# leaves all three out. With a folder in EMIT_ARCHIVES the tree is writable, and apt keeps packages
# there. Whatever is mounted and started ends with the command, even when this script is killed.
in_tree() {
    unshare --mount --pid --fork --kill-child "$ROOT/scripts/enter-tree" "$ROOT" "$@"
}

# ---- Laying -------------------------------------------------------------------------------------

# Settings of the tree's own apt and dpkg. A mirror that stands still has expired release files.
configure_tree() {
    cat >"$1/etc/apt/apt.conf.d/90gdal-emit" <<'END'
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
END
    echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/90gdal-emit"
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d" # no services
    chmod +x "$1/usr/sbin/policy-rc.d"
    mkdir -p "$1/source" "$1/build"
}

# lay_base SUITE: its tar, unless it is there.
lay_base() {
    local suite=$1 work=$TREES/$1.laying
    [[ -f $TREES/$suite.tar ]] && return
    step "Laying Debian $suite"
    rm -rf --one-file-system "$work"
    mkdir -p "$TREES/$suite.archives"
    # In namespaces of its own, so that nothing that it mounts outlives it.
    unshare --mount --pid --fork --kill-child \
        debootstrap --variant=minbase --cache-dir="$TREES/$suite.archives" \
        "$suite" "$work" "$(debian_mirror)" >"$TREES/$suite.log" 2>&1 || {
        tail -n 20 "$TREES/$suite.log"
        return 1
    }
    configure_tree "$work" && tar -C "$work" -cf "$work.tar" . &&
        mv "$work.tar" "$TREES/$suite.tar" && rm -rf --one-file-system "$work"
}

# unpack_base SUITE TREE: a new tree of it.
unpack_base() {
    rm -rf --one-file-system "$2.laying" && mkdir "$2.laying" &&
        tar -C "$2.laying" -xf "$TREES/$1.tar" && mv "$2.laying" "$2"
}

# lacking TREE PACKAGE...: those that are not installed there, one a line.
lacking() {
    local tree=$1
    shift
    # shellcheck disable=SC2016
    comm -13 <(chroot "$tree" dpkg-query -W -f='${db:Status-Status} ${Package}\n' |
        sed -n 's/^installed //p' | sort -u) <(printf '%s\n' "$@" | sort -u)
}

# install_in SUITE TREE PACKAGE...: what the suite does not have is said and left out.
install_in() {
    local suite=$1 tree=$2 absent=$2/var/lib/gdal-emit-absent packages
    shift 2
    touch "$absent"
    mapfile -t packages < <(lacking "$tree" "$@" | grep -vxFf "$absent" || true)
    if ((${#packages[@]})); then
        step "Installing ${#packages[@]} packages and what they need in $tree"
        EMIT_ARCHIVES=$TREES/$suite.archives in_tree "$tree" - bash -euc '
            apt-get -qq update
            dpkg --configure -a
            wanted=()
            for package in "$@"; do
                if [[ $(apt-cache policy "$package") == *"Candidate: "[0-9]* ]]; then
                    wanted+=("$package")
                else
                    echo "$package" >>/var/lib/gdal-emit-absent
                fi
            done
            apt-get -qq -y --fix-broken install
            ((${#wanted[@]} == 0)) || apt-get -qq -y install "${wanted[@]}"
        ' install "${packages[@]}" >"$tree.log" 2>&1 </dev/null || {
            tail -n 20 "$tree.log"
            return 1
        }
    fi
    if [[ -s $absent ]]; then
        echo "Debian $suite DOES NOT HAVE: $(tr '\n' ' ' <"$absent")"
    fi
}

# lay_tree SUITE TREE PACKAGE...: makes it or completes it; several runs may ask for it at once.
lay_tree() {
    local suite=$1 tree=$2
    shift 2
    mkdir -p "$TREES"
    (
        flock 9
        lay_base "$suite" && { [[ -d $tree ]] || unpack_base "$suite" "$tree"; } &&
            install_in "$suite" "$tree" "$@"
    ) 9>"$TREES/$suite.lock"
}
