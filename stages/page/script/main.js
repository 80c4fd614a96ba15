// What the page does once it is read. All that it says stands in it without this.

import { block } from "./dom.js";
import { drawCurve } from "./curve.js";
import { runFilm } from "./film.js";
import { showSurprise } from "./surprise.js";
import { showUnits } from "./units.js";
import { startWriter } from "./writer.js";

const figure = (id) => document.getElementById(id);
runFilm(figure("film"), drawCurve(figure("curve"), block("curve-data")));
showSurprise(figure("surprise-figure"), block("surprise-data"));
showUnits(figure("units"), block("inside-data"));
const writer = block("writer-data"); // a large network has none
if (writer) startWriter(figure("writer"), writer);
