# SPDX-License-Identifier: MIT
# Source packages of this Debian release. Source it; it needs dpkg-dev.

# debian_source PACKAGE WORK: prints the folder of the source, patched. apt's sources serve, as deb-src.
debian_source() {
    local package=$1 work=$2 list
    rm -rf "$work"
    mkdir -p "$work/sources" "$work/lists/partial"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
        [[ ! -f $list ]] || sed 's/^deb /deb-src /; s/^Types: *deb$/Types: deb-src/' "$list" \
            >"$work/sources/${list##*/}"
    done
    cd "$work"
    local options=(-qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources"
        -o "Dir::State::Lists=$work/lists")
    apt-get "${options[@]}" update >&2 && apt-get "${options[@]}" source "$package" >&2 || return
    printf '%s\n' "$work/$package"-*/
}
