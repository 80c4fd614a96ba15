// The surprise of the network and of an n-gram at each character of a passage, and their difference.

import { choice, html } from "./dom.js";
import { pointable } from "./passage.js";

const NAMES = { network: "network", ngram: "n-gram" };

/** Return the class of a surprise: its ground in the style, by whole bits. */
export function surpriseClass(bits) {
  return `s${Math.min(Math.floor(bits), 7)}`;
}

/** Let the passages of a figure be read, and coloured by either's surprise or by their difference. */
export function showSurprise(figure, data) {
  const texts = [...figure.querySelectorAll("[data-kind]")];
  const readout = html("output", { class: "readout" }, "Point at a character, or go through the text with the arrow keys.");
  texts.forEach((text) => text.setAttribute("aria-label", `Passage with the surprise of the ${NAMES[text.dataset.kind]}`));
  pointable(texts, (index) => {
    const figures = texts.map(({ dataset: { kind } }) => `${NAMES[kind]} ${data[kind][index].toFixed(2)} bits`);
    readout.replaceChildren(html("b", {}, `“${texts[0].children[index].textContent}”`), `: ${figures.join(", ")}`);
  });
  figure.querySelector(".columns").before(readout);
  if (!data.ngram) return;
  const legend = figure.querySelector(".scale");
  const differences = html("ul", { class: "legend scale", hidden: true },
    html("li", { class: "a0" }, "the network expected it"), html("li", { class: "a4" }, "alike"),
    html("li", { class: "a8" }, "the n-gram did"));
  const colour = (by) => {
    legend.hidden = by === "difference";
    differences.hidden = by !== "difference";
    for (const text of texts) {
      [...text.children].forEach((character, index) => {
        const bits = data[text.dataset.kind][index];
        const difference = data.network[index] - data.ngram[index];
        character.className = by === "difference"
          ? `a${Math.min(Math.max(Math.round(4 + difference), 0), 8)}`
          : surpriseClass(bits);
      });
    }
  };
  legend.before(html("div", { class: "controls" },
    choice("Colour by", { surprise: "surprise", difference: "difference of the two" }, "surprise", colour)));
  legend.after(differences);
}
