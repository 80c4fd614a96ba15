// The numbers of NumPy's default generator: PCG64, begun from a seed by way of SeedSequence.
// (O'Neill, PCG, HMC-CS-2014-0905; NumPy's numpy/random/bit_generator.pyx.)

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4; // words of 32 bits
const LONGEST_INTEGER = 2 ** 53;

/** Uniform numbers in [0, 1), as `Generator.random` gives them for a seed, a BigInt from 0. */
export class Random {
  constructor(seed) {
    const words = seedWords(seed, 8);
    const wide = (first) => [1, 0, 3, 2].reduce((value, i) => (value << 32n) | BigInt(words[first + i]), 0n);
    this.increment = BigInt.asUintN(128, (wide(4) << 1n) | 1n);
    this.state = this.increment + wide(0);
    this.step();
  }

  step() {
    this.state = BigInt.asUintN(128, this.state * MULTIPLIER + this.increment);
  }

  /** Return the next number. */
  next() {
    this.step();
    const mixed = BigInt.asUintN(64, (this.state >> 64n) ^ this.state);
    const turn = this.state >> 122n;
    const bits = (mixed >> turn) | BigInt.asUintN(64, mixed << (64n - turn));
    return Number(bits >> 11n) / LONGEST_INTEGER;
  }
}

/** Return a hash that takes in words one by one, each time with another multiplier. */
function hashing(start, factor) {
  let multiplier = start;
  return (word) => {
    const mixed = (word ^ multiplier) >>> 0;
    multiplier = Math.imul(multiplier, factor) >>> 0;
    const product = Math.imul(mixed, multiplier) >>> 0;
    return (product ^ (product >>> 16)) >>> 0;
  };
}

function mix(one, other) {
  const mixed = (Math.imul(one, 0xca01f9dd) - Math.imul(other, 0x4973f715)) >>> 0;
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Return `count` words that a seed below 2^128 spreads over. */
function seedWords(seed, count) {
  const entropy = Array.from({ length: POOL }, (_, i) => Number(BigInt.asUintN(32, seed >> BigInt(32 * i))));
  const taken = hashing(0x43b0d7e5, 0x931e8875);
  const pool = entropy.map(taken);
  for (let from = 0; from < POOL; from += 1) {
    for (let to = 0; to < POOL; to += 1) {
      if (from !== to) pool[to] = mix(pool[to], taken(pool[from]));
    }
  }
  const given = hashing(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: count }, (_, i) => given(pool[i % POOL]));
}
