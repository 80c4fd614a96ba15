// The network, which writes here what rnn/engine/compiled.py writes from the same seed, bit for bit:
//
//     a_t = W h_(t-1) + U x_t + b      h_t = tanh(a_t)      o_t = V h_t + c
//
// The order of every sum and the rounding of every step are those of the engine.

import { exponential, hyperbolicTangent } from "./elementary.js";
import { Random } from "./random.js";

const SHOWN = 5; // of the likeliest characters, beside the one drawn

/** A network with the parameters of the page's data. */
export class Network {
  constructor({ dtype, constants, arrays, next_index: nextIndex }) {
    const Numbers = dtype === "float32" ? Float32Array : Float64Array;
    const numbers = (name) => new Numbers(Uint8Array.from(atob(arrays[name]), (each) => each.charCodeAt(0)).buffer);
    this.round = dtype === "float32" ? Math.fround : (x) => x;
    this.tanh = hyperbolicTangent(constants[dtype], this.round);
    this.exp = exponential(constants.float64, (x) => x); // what is drawn from is float64 for each network
    this.U = numbers("U_T"); // (K, m): a row a character
    this.W = numbers("W_T"); // (m, m) transposed
    this.V = numbers("V_T"); // (m, K) transposed
    this.b = numbers("b"); // (m,)
    this.c = numbers("c"); // (K,)
    this.hidden = numbers("hidden"); // (m,) where its training had come to in the book
    this.nextIndex = nextIndex; // the character that is read there next
  }

  /** Return the hidden state after a character is read in the state h. */
  read(h, index) {
    const next = this.b.slice();
    const start = index * next.length;
    for (let i = 0; i < next.length; i += 1) next[i] += this.U[start + i];
    addProduct(next, h, this.W, this.round);
    for (let i = 0; i < next.length; i += 1) next[i] = this.tanh(next[i]);
    return next;
  }

  /** Return the logits (K,) in the state h. */
  logits(h) {
    const o = this.c.slice();
    addProduct(o, h, this.V, this.round);
    return o;
  }
}

/** Add to each output its sum, one term after another: products and sums are rounded apart. */
function addProduct(outputs, factors, rows, round) {
  const width = outputs.length;
  for (let term = 0, start = 0; term < factors.length; term += 1, start += width) {
    const factor = factors[term];
    for (let i = 0; i < width; i += 1) outputs[i] += round(factor * rows[start + i]);
  }
}

/** A text in the making. */
export class Writing {
  /**
   * `primed` are the indices of what is read first. The settings: `temperature`; `topK`, a number or
   * null; `topP`, at most 1; `seed`, a BigInt.
   */
  constructor(network, primed, settings) {
    this.network = network;
    this.settings = settings;
    this.random = new Random(settings.seed);
    this.hidden = network.hidden;
    for (const index of primed.length ? primed : [network.nextIndex]) this.read(index);
  }

  read(index) {
    this.hidden = this.network.read(this.hidden, index);
  }

  /**
   * Draw a character and read it.
   *
   * Returns its index, the probability that it was drawn with, and the likeliest in its place: pairs
   * of an index and a probability.
   */
  next() {
    const drawn = draw(this.network.logits(this.hidden), this.network.exp, this.settings, this.random.next());
    this.read(drawn.index);
    return drawn;
  }
}

function draw(o, exp, { temperature, topK, topP }, uniform) {
  let likeliest = 0;
  for (let k = 0; k < o.length; k += 1) if (o[k] > o[likeliest]) likeliest = k;
  if (temperature === 0) return { index: likeliest, probability: 1, likeliest: [[likeliest, 1]] };

  const p = new Float64Array(o.length);
  let total = 0;
  for (let k = 0; k < p.length; k += 1) {
    p[k] = exp((o[k] - o[likeliest]) / temperature);
    total += p[k];
  }
  const order = Uint32Array.from(p.keys()).sort((one, other) => p[other] - p[one] || one - other);
  if (topK !== null && topK < p.length) total = keepLikeliest(p, order, topK, Infinity);
  if (topP < 1) total = keepLikeliest(p, order, p.length, topP * total);

  let index = likeliest;
  let below = 0;
  for (let k = 0; k < p.length; k += 1) {
    if (p[k] > 0) {
      index = k; // the last possible one, should rounding leave the target above all
      below += p[k];
      if (below > uniform * total) break;
    }
  }
  const shown = [...order.subarray(0, SHOWN)].filter((k) => p[k] > 0).map((k) => [k, p[k] / total]);
  return { index, probability: p[index] / total, likeliest: shown };
}

/**
 * Zero all weights but the likeliest, and return the sum of those that stay: as many as it takes to
 * come to `share`, but `count` at the most. `order` has the likeliest first.
 */
function keepLikeliest(p, order, count, share) {
  let total = 0;
  let kept = 0;
  while (kept < count && total < share) {
    total += p[order[kept]];
    kept += 1;
  }
  for (const index of order.subarray(kept)) p[index] = 0;
  return total;
}
