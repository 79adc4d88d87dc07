// Whether a public key is one that honest key generation makes: edge/evidence/curve25519.py, and
// P-256 points on their curve. Public values only, so timing does not matter.
//
// Sources: RFC 8032 sections 5.1.3 and 5.1.4; SEC 1 section 2.3.4; FIPS 186-5.

import { fromBigEndian } from "./bytes.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * inverse(121666n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);
const NEUTRAL = [0n, 1n, 1n, 0n];

const P256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B256 = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** What is wrong with 32 bytes as an Ed25519 public key; null where nothing is. */
export function weaknessOfEd25519(encoded) {
  const number = fromBigEndian(encoded.slice().reverse());
  const y = number & ((1n << 255n) - 1n);
  if (y >= P) return "a non-canonical encoding";
  const x = recoverX(y, number >> 255n);
  if (x === null) return "no point on the curve";
  const point = [x, y, 1n, mod(x * y)];
  if (isNeutral(times(8n, point))) return "a point of low order";
  if (!isNeutral(times(ORDER, point))) return "a point outside the prime-order subgroup";
  return null;
}

/** Whether the two coordinates, 32 bytes each, are a point of P-256. */
export function isOnP256(raw) {
  const [x, y] = [fromBigEndian(raw.subarray(0, 32)), fromBigEndian(raw.subarray(32))];
  return x < P256 && y < P256 && (y * y - (x * x * x - 3n * x + B256)) % P256 === 0n;
}

function mod(number) {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function inverse(number) {
  return power(number, P - 2n);
}

function recoverX(y, sign) {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  if (square === 0n) return sign ? null : 0n;
  let x = power(square, (P + 3n) / 8n);
  if ((x * x) % P !== square) x = (x * SQRT_MINUS_ONE) % P;
  if ((x * x) % P !== square) return null;
  return (x & 1n) === sign ? x : P - x;
}

function add(p, q) {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * q[3] * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** Double and add from the highest bit. */
function times(scalar, point) {
  let total = NEUTRAL;
  for (const bit of scalar.toString(2)) {
    total = add(total, total);
    if (bit === "1") total = add(total, point);
  }
  return total;
}

function isNeutral(point) {
  return point[0] === 0n && point[1] === point[2];
}
