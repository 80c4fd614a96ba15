// A hidden unit, chosen, colours a passage by its activation; beside it, what it goes with.

import { html, svg } from "./dom.js";
import { pointable } from "./passage.js";

const SHADES = 9;

/** Let a unit be chosen in a figure whose passage shows the first one. */
export function showUnits(figure, data) {
  const text = figure.querySelector(".written");
  const bytes = Uint8Array.from(atob(data.activations), (character) => character.charCodeAt(0));
  const length = text.children.length;
  const name = figure.querySelector(".unit-name");
  const bars = html("div", { class: "bars" });
  const readout = html("output", { class: "readout" }, "Point at a character, or go through the text with the arrow keys.");
  let chosen = 0;
  const activation = (index) => (bytes[chosen * length + index] - 127) / 127;

  function show(which) {
    chosen = which;
    name.textContent = data.units[which].unit;
    [...text.children].forEach((character, index) => {
      const shade = Math.min(Math.floor(((activation(index) + 1) / 2) * SHADES), SHADES - 1);
      character.className = `a${shade}`;
    });
    bars.replaceChildren(barsOf(data.features, data.correlations[which]));
  }
  const options = data.units.map(({ unit, feature, r }, index) =>
    html("option", { value: index }, `${unit}: ${feature} (${signed(r)})`));
  const select = html("select", { onchange: () => show(Number(select.value)) }, ...options);
  text.setAttribute("aria-label", "Passage with the activation of the unit");
  pointable([text], (index) => {
    readout.replaceChildren(html("b", {}, `“${text.children[index].textContent}”`), `: ${signed(activation(index))}`);
  });
  figure.prepend(html("div", { class: "controls" }, html("label", {}, "Unit ", select)));
  figure.querySelector(".unit-view").append(bars);
  figure.querySelector(".unit-view").before(readout);
  show(0);
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** Return a table of correlations, each with a bar from the middle to its left or right. */
function barsOf(features, correlations) {
  const rows = features.map((feature, index) => {
    const r = correlations[index];
    const bar = svg("svg", { width: 80, height: 12, "aria-hidden": "true" },
      svg("rect", { class: r < 0 ? "negative" : "positive", x: 40 + Math.min(r, 0) * 40, y: 1, width: Math.abs(r) * 40, height: 10 }));
    return html("tr", {}, html("th", { scope: "row" }, feature), html("td", {}, bar), html("td", {}, signed(r)));
  });
  return html("table", {}, html("caption", {}, "Correlation with"), html("tbody", {}, ...rows));
}
