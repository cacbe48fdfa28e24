# SPDX-License-Identifier: MIT
"""Sphinx: how the pages of this folder become a site."""
import re
from pathlib import Path

project = "EMIT granules in GDAL"
author = copyright = "the authors of the driver"
cmake = (Path(__file__).parent.parent / "CMakeLists.txt").read_text(encoding="utf-8")
release = re.search(r"project\(\w+ VERSION ([\d.]+)", cmake).group(1)

extensions = ["myst_parser", "sphinx_rtd_theme"]
exclude_patterns = ["pictures"]
html_theme = "sphinx_rtd_theme"
html_static_path = ["static"]
html_css_files = ["tables.css"]
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 3
