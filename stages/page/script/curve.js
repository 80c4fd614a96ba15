// The curve of the loss: drawn as wide as the page, read by pointer or arrow keys, zoomed by dragging.

import { choice, grouped, html, svg } from "./dom.js";
import { scale, ticks } from "./axes.js";

const MARGIN = { top: 22, right: 14, bottom: 40, left: 46 };
const MOST_BASELINES = 6; // beyond, they lie too close to tell apart

/** Draw the curve into a figure; the function returned marks the snapshot of an update. */
export function drawCurve(figure, data) {
  const whole = { from: 1, to: data.lastUpdate };
  const state = { unit: "bits", logarithmic: true, ...whole, cursor: null, snapshot: null };
  const readout = html("output", { class: "readout" });
  const out = html("button", { type: "button", disabled: true, onclick: () => zoom(whole) }, "Whole run");
  const drawing = svg("svg", {
    class: "curve", role: "slider", tabindex: 0, "aria-label": "Loss by update: arrow keys read it, plus and minus zoom",
    "aria-valuemin": 1, "aria-valuemax": data.lastUpdate, "aria-describedby": "curve-keys",
  });
  const controls = html("div", { class: "controls" },
    choice("Loss in", { bits: "bits a character", nats: "nats a window" }, "bits", (unit) => change({ unit })),
    choice("Updates", { log: "logarithmic", linear: "linear" }, "log",
      (axis) => change({ logarithmic: axis === "log" })),
    out);
  const keys = html("p", { class: "hint", id: "curve-keys" },
    "Point at the curve or use the arrow keys to read it. Drag, or press plus and minus, to zoom; Escape shows the whole run.");
  figure.prepend(controls, drawing, readout, keys);

  let places; // scales and size of what is drawn
  function change(changes) {
    Object.assign(state, changes);
    places = paint(drawing, data, state);
    read();
  }
  function zoom({ from, to }) {
    const span = Math.max(to - from, Math.min(20, data.lastUpdate - 1));
    const start = Math.max(1, Math.min(from, data.lastUpdate - span));
    change({ from: start, to: Math.min(start + span, data.lastUpdate) });
    out.disabled = state.from === whole.from && state.to === whole.to;
  }
  function read() {
    const index = state.cursor ?? nearest(data.updates, data.best.update);
    const words = said(data, state, index);
    readout.replaceChildren(...words);
    drawing.setAttribute("aria-valuenow", data.updates[index]);
    drawing.setAttribute("aria-valuetext", readout.textContent);
  }
  function zoomAbout(factor) {
    const middle = data.updates[state.cursor ?? nearest(data.updates, (state.from + state.to) / 2)];
    zoom({ from: middle - (middle - state.from) * factor, to: middle + (state.to - middle) * factor });
  }

  const atPointer = (event) => {
    const x = event.clientX - drawing.getBoundingClientRect().left;
    return Math.min(Math.max(places.x.inverse(x), state.from), state.to);
  };
  let dragged = null; // the update where a drag began
  drawing.addEventListener("pointerdown", (event) => {
    dragged = atPointer(event);
    drawing.setPointerCapture(event.pointerId);
  });
  drawing.addEventListener("pointermove", (event) => {
    const update = atPointer(event);
    const far = dragged !== null && Math.abs(places.x(update) - places.x(dragged)) > 6;
    change({ cursor: nearest(data.updates, update), selection: far ? [dragged, update].sort((a, b) => a - b) : null });
  });
  drawing.addEventListener("pointerup", () => {
    const { selection } = state;
    dragged = null;
    state.selection = null;
    if (selection) zoom({ from: selection[0], to: selection[1] });
  });
  drawing.addEventListener("pointercancel", () => {
    dragged = null;
    change({ selection: null });
  });
  drawing.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 50, PageDown: -50 };
    const current = state.cursor ?? nearest(data.updates, data.best.update);
    const shown = [nearest(data.updates, state.from), nearest(data.updates, state.to)];
    if (event.key in steps) {
      change({ cursor: Math.min(Math.max(current + steps[event.key], shown[0]), shown[1]) });
    } else if (event.key === "Home" || event.key === "End") {
      change({ cursor: shown[event.key === "Home" ? 0 : 1] });
    } else if (event.key === "+" || event.key === "=") zoomAbout(0.5);
    else if (event.key === "-") zoomAbout(2);
    else if (event.key === "Escape") zoom(whole);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => change({})).observe(drawing.parentElement);
  change({});
  return (update) => change({ snapshot: update });
}

/** Return the index of the value that is nearest in an ascending list. */
function nearest(values, value) {
  let [low, high] = [0, values.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle;
  }
  return value - values[low] <= values[high] - value ? low : high;
}

function said(data, state, index) {
  const update = data.updates[index];
  const epoch = Math.min(Math.floor((update - 1) / data.updatesPerEpoch), data.epochs.length - 1);
  const { mean_bits: mean, held_out_bits: heldOut } = data.epochs[epoch];
  const unit = state.unit === "bits" ? "bits a character" : "nats a window";
  const figure = (bits) => (bits * factor(data, state)).toFixed(2);
  return [
    html("b", {}, `Update ${grouped(update)}`), `, epoch ${epoch + 1}: smooth loss `,
    html("b", {}, `${figure(data.smooth[index])} ${unit}`),
    `. Mean of the epoch ${figure(mean)}${heldOut === undefined ? "" : `, held out at its end ${figure(heldOut)}`}.`,
  ];
}

function factor(data, state) {
  return state.unit === "bits" ? 1 : data.nats;
}

/** Draw all of the figure anew and return its scales. */
function paint(drawing, data, state) {
  const width = Math.max(drawing.parentElement.clientWidth, 240);
  const height = Math.round(Math.min(440, Math.max(300, width * 0.5)));
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const shown = (update) => update >= state.from && update <= state.to;
  const x = scale(state.from, state.to, left, right, state.logarithmic);
  const [lowest, highest] = bounds(data, shown);
  const y = scale(lowest, highest, bottom, top);
  const f = factor(data, state);
  const line = (kind, x1, y1, x2, y2) => svg("line", { class: kind, x1, y1, x2, y2 });
  const text = (words, x, y, attributes = {}) => svg("text", { x, y, ...attributes }, words);
  const parts = [];

  for (const value of ticks(lowest * f, highest * f, height / 55)) {
    parts.push(line("grid-line", left, y(value / f), right, y(value / f)));
    parts.push(text(String(value), left - 8, y(value / f) + 4, { "text-anchor": "end" }));
  }
  for (const value of ticks(state.from, state.to, width / 90, state.logarithmic)) {
    parts.push(line("axis", x(value), bottom, x(value), bottom + 5));
    const anchor = x(value) > right - 20 ? "end" : "middle";
    parts.push(text(grouped(value), x(value), bottom + 19, { "text-anchor": anchor }));
  }
  parts.push(line("axis", left, bottom, right, bottom));
  parts.push(text("updates", right, bottom + 36, { "text-anchor": "end" }));
  parts.push(text(state.unit === "bits" ? "bits a character" : "nats a window", 0, 12));

  const lines = [{ bits: data.guessing, name: "guessing" }];
  data.baselines.slice(0, MOST_BASELINES).forEach((bits, back) =>
    lines.push({ bits, name: back ? `${back} back` : "how often each occurs" }));
  const labels = []; // upon all else
  let above = -Infinity; // where the last label stands: labels do not cover each other
  for (const { bits, name } of lines) {
    if (bits < lowest || bits > highest) continue;
    parts.push(line("baseline", left, y(bits), right, y(bits)));
    if (y(bits) - above < 13) continue;
    const high = bits > (lowest + highest) / 2; // there the curve begins, so the label goes to its end
    const anchor = high ? "end" : "start";
    labels.push(text(name, high ? right : left + 4, y(bits) - 4, { class: "label", "text-anchor": anchor }));
    above = y(bits);
  }

  parts.push(svg("path", { class: "smooth", d: path(data.updates, data.smooth, shown, x, y) }));
  const ends = data.epochs.map((_, index) => (index + 1) * data.updatesPerEpoch);
  const held = data.epochs.map((epoch) => epoch.held_out_bits);
  if (held[0] !== undefined) parts.push(svg("path", { class: "held-out-line", d: path(ends, held, shown, x, y) }));
  data.epochs.forEach((epoch, index) => {
    const middle = (index + 0.5) * data.updatesPerEpoch;
    if (shown(middle)) parts.push(svg("rect", { class: "mean", x: x(middle) - 4, y: y(epoch.mean_bits) - 4, width: 8, height: 8 }));
    if (held[0] !== undefined && shown(ends[index])) {
      const best = ends[index] === data.best.update ? " best" : "";
      parts.push(svg("circle", { class: `held-out${best}`, cx: x(ends[index]), cy: y(held[index]), r: 4.5 }));
    }
  });
  if (held[0] === undefined && shown(data.minimum.update)) {
    parts.push(svg("circle", { class: "held-out best", cx: x(data.minimum.update), cy: y(data.minimum.smooth), r: 4.5 }));
  }
  const snapshot = data.snapshots.find(({ update }) => update === state.snapshot);
  if (snapshot && shown(Math.max(snapshot.update, 1))) {
    parts.push(svg("circle", { class: "snapshot", cx: x(Math.max(snapshot.update, 1)), cy: y(Math.min(snapshot.smooth, highest)), r: 7 }));
  }
  if (state.cursor !== null && shown(data.updates[state.cursor])) {
    const place = x(data.updates[state.cursor]);
    parts.push(line("cursor", place, top, place, bottom));
  }
  if (state.selection) {
    const [start, end] = state.selection.map(x);
    parts.push(svg("rect", { class: "selection", x: start, y: top, width: end - start, height: bottom - top }));
  }
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.replaceChildren(...parts, ...labels);
  return { x, y };
}

/** Return the lowest and highest value to be seen, with a margin. */
function bounds(data, shown) {
  const values = [];
  data.updates.forEach((update, index) => shown(update) && values.push(data.smooth[index]));
  data.epochs.forEach((epoch, index) => {
    if (shown((index + 1) * data.updatesPerEpoch)) values.push(epoch.held_out_bits ?? epoch.mean_bits);
    if (shown((index + 0.5) * data.updatesPerEpoch)) values.push(epoch.mean_bits);
  });
  if (!values.length) values.push(...data.smooth);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.08 * (high - low) || 0.1 * high || 1;
  return [Math.max(low - margin, 0), high + margin];
}

/** Return the path through the points that are shown; between them, values are linear in the updates. */
function path(updates, values, shown, x, y) {
  const points = [];
  const add = (place, value) => points.push(`${place.toFixed(1)} ${y(value).toFixed(1)}`);
  let before = null;
  updates.forEach((update, index) => {
    if (!shown(update)) return;
    if (before !== null) { // on a logarithmic axis that is no straight line
      for (let place = x(updates[before]) + 8; place < x(update) - 4; place += 8) {
        const share = (x.inverse(place) - updates[before]) / (update - updates[before]);
        add(place, values[before] + share * (values[index] - values[before]));
      }
    }
    add(x(update), values[index]);
    before = index;
  });
  return points.length ? `M${points.join("L")}` : "";
}
