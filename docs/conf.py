"""How the manual is built: `make docs`."""

project = "firstcontact"
author = "the firstcontact authors"
project_copyright = "2026, the firstcontact authors"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "firstcontact"
html_copy_source = False
html_show_sphinx = False
