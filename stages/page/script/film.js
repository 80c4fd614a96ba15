// The snapshots as a film: all stand in the page, and one at a time is shown.

import { html } from "./dom.js";

const SECONDS_A_FRAME = 1.2;

/** Put controls to the frames of a figure; `shown` is called with the update of each one shown. */
export function runFilm(figure, shown) {
  const frames = [...figure.querySelectorAll(".frames > li")];
  let timer = null;
  const slider = html("input", {
    type: "range", min: 0, max: frames.length - 1, value: frames.length - 1, "aria-label": "Snapshot",
    oninput: () => {
      stop();
      show(Number(slider.value));
    },
  });
  const play = html("button", { type: "button", onclick: () => (timer ? stop() : start()) }, "Play");

  function show(index) {
    frames.forEach((frame, place) => (frame.hidden = place !== index));
    slider.value = index;
    const update = Number(frames[index].dataset.update);
    slider.setAttribute("aria-valuetext", `update ${update}`);
    shown(update);
  }
  function start() {
    if (Number(slider.value) === frames.length - 1) show(0);
    timer = setInterval(next, 1000 * SECONDS_A_FRAME);
    play.textContent = "Pause";
  }
  function next() {
    if (Number(slider.value) === frames.length - 1) stop();
    else show(Number(slider.value) + 1);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  figure.classList.add("playing");
  figure.prepend(html("div", { class: "controls" }, play, slider));
  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.target === slider) return; // which has arrow keys of its own
    event.preventDefault();
    stop();
    show(Math.min(Math.max(Number(slider.value) + step, 0), frames.length - 1));
  });
  show(frames.length - 1);
}
