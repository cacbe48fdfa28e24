# SPDX-License-Identifier: MIT
# help: the documentation as a site, build-docs/index.html; any warning is an error

test_docs() {
    need_packages "${DOCS_PACKAGES[@]}"
    step "Documentation"
    rm -rf "$ROOT/build-docs"
    "$PYTHON" -m sphinx -W --keep-going -n -q -b html "$@" "$ROOT/docs" "$ROOT/build-docs"
    echo "sphinx: $(find "$ROOT/build-docs" -name '*.html' | wc -l) pages without a warning"
}
