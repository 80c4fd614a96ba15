// exp and tanh that give the bits of rnn/engine/elementary.py: the same operations in the same order.
// Their constants are those of that module and come with the page's data. `round` rounds a result to
// the kind of number: Math.fround for float32, and for float64 nothing is left to do.

const LARGEST_POWER = 1023;
const POWERS_OF_TWO = powersOfTwo();

/** Return exp for a kind of number. */
export function exponential(constants, round) {
  const { whole, remainder, lessOne } = reduction(constants, round);
  const { exp_start: start, exp_end: end } = constants;
  return (argument) => {
    const x = Math.min(Math.max(argument, start), end);
    const k = whole(x);
    const half = Math.floor(k / 2);
    return round(round(round(lessOne(remainder(x, k)) + 1) * power(half)) * power(k - half));
  };
}

/** Return tanh for a kind of number. */
export function hyperbolicTangent(constants, round) {
  const { whole, remainder, lessOne } = reduction(constants, round);
  const { tanh_end: end } = constants;
  return (x) => {
    const a = Math.min(Math.abs(x), end);
    const k = whole(a + a);
    const scale = power(k);
    const u = round(round(scale * lessOne(remainder(a + a, k))) + round(scale - 1));
    const t = round(u / round(u + 2));
    return x < 0 || Object.is(x, -0) ? -t : t;
  };
}

/** Return the parts of exp(x) = 2^k exp(r): k, r and exp(r) - 1. */
function reduction({ inverse_ln2: inverse, ln2_high: high, ln2_low: low, rounding, polynomial }, round) {
  const whole = (x) => round(round(round(x * inverse) + rounding) - rounding);
  const remainder = (x, k) => round(round(x - round(k * high)) - round(k * low));
  const lessOne = (r) => {
    let value = polynomial[0];
    for (let i = 1; i < polynomial.length; i += 1) value = round(round(value * r) + polynomial[i]);
    return round(r + round(round(r * r) * value));
  };
  return { whole, remainder, lessOne };
}

function power(exponent) {
  return POWERS_OF_TWO[exponent + LARGEST_POWER];
}

/** Return 2^-1023 to 2^1023. By doubling, which is exact; ** need not be. */
function powersOfTwo() {
  const powers = new Float64Array(2 * LARGEST_POWER + 1);
  powers[LARGEST_POWER] = 1;
  for (let k = 1; k <= LARGEST_POWER; k += 1) {
    powers[LARGEST_POWER + k] = 2 * powers[LARGEST_POWER + k - 1];
    powers[LARGEST_POWER - k] = powers[LARGEST_POWER - k + 1] / 2;
  }
  return powers;
}
