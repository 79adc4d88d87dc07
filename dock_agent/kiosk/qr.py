"""A receipt's QR code, drawn here: an SVG of squares, with no style and no script in it.

The text that a reader gets is the receipt's, byte for byte.
"""

from functools import lru_cache

import segno

_QUIET = 4


@lru_cache(maxsize=128)
def svg(text: str) -> str:
    """Draw `text`; as wide and high as its place on the page."""
    code = segno.make_qr(text, error="l", encoding="utf-8", boost_error=True)
    path: list[str] = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                path.append(f"M{x + _QUIET} {y + _QUIET}h{run - x}v1h-{run - x}z")
            x = run + 1
    side = len(code.matrix) + 2 * _QUIET
    return (
        f'<svg class="qr" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"'
        f' aria-hidden="true" focusable="false"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" d="{"".join(path)}"/></svg>'
    )
