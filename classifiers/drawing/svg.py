"""A picture as SVG."""

from xml.sax.saxutils import escape, quoteattr

from classifiers.drawing.shapes import Colour, Dot, Line, Picture, Shape, Text


def svg_of(picture: Picture) -> str:
    """The picture as an SVG document."""
    size = f'width="{picture.width}" height="{picture.height}"'
    box = f'viewBox="0 0 {picture.width} {picture.height}"'
    shapes = "\n".join(_shape(each) for each in picture.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" '
        f'aria-label={quoteattr(picture.title)} font-family="Arial, Helvetica, sans-serif">\n'
        f"<title>{escape(picture.title)}</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{shapes}\n</svg>\n'
    )


def _shape(shape: Shape) -> str:
    match shape:
        case Line():
            points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
            dashes = ' stroke-dasharray="7 5"' if shape.dashed else ""
            return (
                f'<polyline points="{points}" fill="none" stroke="{_colour(shape.colour)}" '
                f'stroke-width="{shape.width:g}"{dashes}/>'
            )
        case Dot():
            x, y = shape.at
            place = f'cx="{x:.2f}" cy="{y:.2f}" r="{shape.radius:g}"'
            return f'<circle {place} fill="{_colour(shape.colour)}"/>'
        case Text():
            return _text(shape)


def _text(shape: Text) -> str:
    x, y = shape.at
    turned = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if shape.upward else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{shape.size:g}" text-anchor="{shape.anchor}" '
        f'fill="{_colour(shape.colour)}"{turned}>{escape(shape.text)}</text>'
    )


def _colour(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
