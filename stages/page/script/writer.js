// The network writes: settings in a form, and the text as it comes, each character on the ground of
// its surprise. The grounds are the classes s0 to s7 of the style, by whole bits.

import { grouped, html, svg } from "./dom.js";
import { Network, Writing } from "./network.js";
import { pointable } from "./passage.js";
import { surpriseClass } from "./surprise.js";
import { Vocabulary } from "./vocabulary.js";

const FRAMES = 300; // in which a text appears, some five seconds
const FRAME_MILLISECONDS = 8; // of writing, at most: the page goes on to answer
const SEEDS = 2n ** 63n;
const BAR = 90; // pixels for a probability of 1
const UNSEEN = { " ": "space", "\n": "line feed", "\t": "tab", "\u00a0": "no-break space" };

/** Let a network of the page's data write in a figure that has its form. */
export function startWriter(figure, data) {
  const network = new Network(data);
  const vocabulary = new Vocabulary(data.characters, data.alike, data.unknown);
  const form = figure.querySelector("form");
  const temperature = field(form, "temperature");
  const slider = form.querySelector("[type=range]");
  const buttons = Object.fromEntries([...form.querySelectorAll("button")].map((button) => [button.name, button]));
  const status = figure.querySelector("[role=status]");
  const result = figure.querySelector(".result");
  const [beginning, text] = result.querySelectorAll(".written > span");
  const readout = result.querySelector("output");
  const help = readout.textContent;
  let writing = null;
  let written = []; // what was drawn, character by character
  let left = 0; // characters still to write
  let frame = 0;

  function write() {
    stop();
    let settings;
    let primed;
    try {
      settings = settingsOf(form);
      primed = vocabulary.encode(settings.prime);
    } catch (error) {
      status.textContent = error.message;
      return;
    }
    writing = new Writing(network, primed, settings);
    written = [];
    beginning.textContent = decoded(primed);
    text.replaceChildren();
    readout.textContent = help;
    result.hidden = false;
    goOn();
  }

  function goOn() {
    left = Number(field(form, "length").value);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const most = calm ? Infinity : Math.ceil(left / FRAMES); // characters a frame
    const advance = () => {
      const characters = [];
      const end = performance.now() + FRAME_MILLISECONDS;
      while (left && characters.length < most && performance.now() < end) {
        const drawn = writing.next();
        written.push(drawn);
        characters.push(html("i", { class: surpriseClass(bits(drawn)) }, visible(vocabulary.characters[drawn.index])));
        left -= 1;
      }
      text.append(...characters);
      if (left) frame = requestAnimationFrame(advance);
      else rest();
    };
    status.textContent = "It writes …";
    frame = requestAnimationFrame(advance);
    showState();
  }

  function stop() {
    cancelAnimationFrame(frame);
    if (left) rest();
  }

  function rest() {
    left = 0;
    const mean = written.reduce((sum, drawn) => sum + bits(drawn), 0) / Math.max(written.length, 1);
    status.textContent = `${grouped(written.length)} characters, each a surprise of ${mean.toFixed(2)} bits on average.`;
    showState();
  }

  function showState() {
    buttons.stop.disabled = !left;
    buttons.continue.disabled = buttons.copy.disabled = Boolean(left) || !writing;
  }

  function decoded(indices) {
    return indices.map((index) => vocabulary.characters[index]).join("");
  }

  async function copy(content, done) {
    try {
      await navigator.clipboard.writeText(content);
      status.textContent = `${done} copied.`;
    } catch {
      status.textContent = `This browser lets no page copy. ${done} not copied.`;
    }
  }

  function share() {
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    history.replaceState(null, "", `#${new URLSearchParams(filled)}`);
    copy(location.href, "The link, which now is this page’s address, is");
  }

  function slide() {
    slider.value = temperature.value;
  }

  /** Write what the address asks for, if it does. */
  function follow() {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (!asked.has("seed")) return;
    for (const { name } of form.querySelectorAll("input[name], textarea")) {
      field(form, name).value = asked.get(name) ?? "";
    }
    slide();
    figure.scrollIntoView();
    form.requestSubmit();
  }

  slider.addEventListener("input", () => (temperature.value = slider.value));
  temperature.addEventListener("input", slide);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  buttons.stop.addEventListener("click", stop);
  buttons.continue.addEventListener("click", () => form.reportValidity() && goOn());
  buttons.copy.addEventListener("click", () => {
    copy(beginning.textContent + decoded(written.map(({ index }) => index)), "The text is");
  });
  buttons.share.addEventListener("click", () => form.reportValidity() && share());
  text.setAttribute("aria-label", "What the network wrote");
  pointable([text], (place) => {
    if (!written[place]) return;
    readout.replaceChildren(...explained(written[place], vocabulary.characters));
  });
  addEventListener("hashchange", follow);
  slide();
  figure.hidden = false;
  follow();
}

/** Return the settings of a form; throw an error that says which of them can be none. */
function settingsOf(form) {
  const names = ["prime", "temperature", "top_k", "top_p", "seed"];
  const [prime, temperature, topK, topP, seed] = names.map((name) => field(form, name).value);
  if (!/^\d+$/.test(seed) || BigInt(seed) >= SEEDS) throw new Error(`The seed is a whole number from 0 to ${SEEDS - 1n}.`);
  if (topP !== "" && Number(topP) === 0) throw new Error("Top p is above 0.");
  return {
    prime,
    temperature: Number(temperature),
    topK: topK === "" ? null : Number(topK),
    topP: topP === "" ? 1 : Number(topP),
    seed: BigInt(seed),
  };
}

/** Return a form's field, also one that is called length. */
function field(form, name) {
  return form.elements.namedItem(name);
}

function bits({ probability }) {
  return -Math.log2(probability);
}

/** Return a character with Unicode's picture in the place of a control character. */
function visible(character) {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return "\u2421";
  return code < 0x20 && character !== "\n" ? String.fromCharCode(0x2400 + code) : character;
}

/** Return what the readout shows of a character drawn: its surprise, and the likeliest in its place. */
function explained(drawn, characters) {
  const name = (index) => UNSEEN[characters[index]] ?? `“${visible(characters[index])}”`;
  const percent = (probability) => `${(100 * probability).toFixed(1)} %`;
  const rows = drawn.likeliest.map(([index, probability]) => html("tr", {},
    html("th", { scope: "row" }, name(index)),
    html("td", {}, svg("svg", { width: BAR, height: 12, "aria-hidden": "true" },
      svg("rect", { class: index === drawn.index ? "positive" : "negative", y: 1, width: BAR * probability, height: 10 }))),
    html("td", {}, percent(probability))));
  return [
    html("p", {}, html("b", {}, name(drawn.index)), `: drawn with ${percent(drawn.probability)}, a surprise of ${Math.abs(bits(drawn)).toFixed(2)} bits`),
    html("table", {}, html("caption", {}, "The likeliest here"), html("tbody", {}, ...rows)),
  ];
}
