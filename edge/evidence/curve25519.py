"""Whether an Ed25519 public key is one that honest key generation makes.

OpenSSL accepts low-order points and points outside the prime-order subgroup, under which
one signature can verify for many messages or differ between verifiers. They are refused
here, where a key is read. Uses public values only, so timing does not matter.

Source: RFC 8032 section 5.1 (decoding 5.1.3, group arithmetic 5.1.4).
"""

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]  # extended homogeneous coordinates X, Y, Z, T
_NEUTRAL: _Point = (0, 1, 1, 0)


def weakness_of(encoded: bytes) -> str | None:
    """What is wrong with these 32 bytes as a public key; None where nothing is."""
    sign = encoded[31] >> 7
    y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
    if y >= _P:
        return "a non-canonical encoding"
    x = _recover_x(y, sign)
    if x is None:
        return "no point on the curve"
    point = (x, y, 1, x * y % _P)
    if _is_neutral(_times(8, point)):
        return "a point of low order"
    if not _is_neutral(_times(_ORDER, point)):
        return "a point outside the prime-order subgroup"
    return None


def _recover_x(y: int, sign: int) -> int | None:
    numerator, denominator = y * y - 1, _D * y * y + 1
    square = numerator * pow(denominator, -1, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _SQRT_MINUS_ONE % _P
    if x * x % _P != square:
        return None
    return x if x & 1 == sign else _P - x


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _double(p: _Point) -> _Point:
    x, y, z, _ = p
    a, b = x * x % _P, y * y % _P
    h = a + b
    e, g = h - (x + y) ** 2, a - b
    f = 2 * z * z + g
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: _Point) -> _Point:
    """Double and add from the highest bit: the order of the group has few ones."""
    total = _NEUTRAL
    for at in reversed(range(scalar.bit_length())):
        total = _double(total)
        if scalar >> at & 1:
            total = _add(total, point)
    return total


def _is_neutral(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
