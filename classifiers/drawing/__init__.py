"""Small pictures without a plotting package: shapes, written as SVG and painted as PNG."""
