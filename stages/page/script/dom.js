// Elements of the page, made and found. Text goes in as text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Return an HTML element; attributes such as onclick are listeners. */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return an element of a drawing. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Return the value of a JSON block of the page, or null where the page has none. */
export function block(id) {
  const element = document.getElementById(id);
  return element && JSON.parse(element.textContent);
}

let choices = 0;

/** Return radio buttons under a legend; `chosen` is called with the value of the one that is on. */
export function choice(legend, values, first, chosen) {
  const name = `choice-${(choices += 1)}`;
  const labels = Object.entries(values).map(([value, text]) =>
    html("label", {}, html("input", {
      type: "radio", name, value, checked: value === first, onchange: () => chosen(value),
    }), text));
  return html("fieldset", {}, html("legend", {}, legend), ...labels);
}

/** Return a whole number with its digits in groups of three. */
export function grouped(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
}
