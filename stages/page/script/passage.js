// A text of which each character can be pointed at, by pointer, by touch or by arrow keys.

/** Let `told` know the place of the character pointed at in any of the texts, whose are alike. */
export function pointable(texts, told) {
  let place = 0;
  const characters = texts.map((text) => text.children); // live: a text may grow

  function point(index) {
    for (const each of characters) {
      each[place]?.classList.remove("at");
      each[index]?.classList.add("at");
    }
    place = index;
    told(index);
  }
  texts.forEach((text, which) => {
    text.tabIndex = 0;
    text.setAttribute("role", "group");
    const pointed = ({ target }) => {
      const index = [...characters[which]].indexOf(target);
      if (index >= 0) point(index);
    };
    text.addEventListener("pointerover", pointed);
    text.addEventListener("pointerdown", pointed);
    text.addEventListener("keydown", (event) => {
      const forward = getComputedStyle(text).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const step = event.key === forward ? 1 : -1;
      event.preventDefault();
      point(Math.min(Math.max(place + step, 0), characters[which].length - 1));
      characters[which][place]?.scrollIntoView({ block: "nearest" });
    });
  });
}
