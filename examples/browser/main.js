/** The page: asks the worker for the next slice of training when it has drawn the last, and shows what it reports. */
import { drawCurve, drawTrial } from "./charts.js";
import { INPUTS, KINDS, STEPS } from "./patterns.js";

const find = (id) => document.getElementById(id);
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });

const panels = KINDS.map((kind) => {
  const panel = find("pattern").content.cloneNode(true).firstElementChild;
  panel.querySelector(".kind").textContent = kind;
  find("patterns").append(panel);
  return { canvas: panel.querySelector("canvas"), answer: panel.querySelector(".answer") };
});

/** Everything that is shown. */
const view = {
  seed: 1,
  paused: false,
  asked: false,
  sizes: undefined,
  report: undefined,
  losses: [],
  accuracies: [],
  pace: 0,
};

function start(seed) {
  Object.assign(view, { seed, paused: false, report: undefined, losses: [], accuracies: [], pace: 0 });
  ask("start");
}
function ask(kind) {
  view.asked = true;
  worker.postMessage({ kind, seed: view.seed });
}
/** One slice at a time, however often "Pause" and "Go on" were pressed meanwhile. */
function goOn() {
  if (!view.asked && !view.paused && !view.report.done) ask("next");
}

worker.onmessage = ({ data: report }) => {
  if (report.seed !== view.seed) return; // of a training that was given up
  take(report);
  requestAnimationFrame(() => {
    if (view.report !== report) return;
    draw();
    goOn();
  });
};
worker.onerror = (event) => {
  find("status").textContent = `The worker failed: ${event.message}`;
};

function take(report) {
  view.report = report;
  view.asked = false;
  view.sizes ??= report.sizes;
  const first = report.updates - report.losses.length + 1;
  report.losses.forEach((loss, k) => {
    const before = view.losses.at(-1)?.[1] ?? loss;
    view.losses.push([first + k, before + 0.15 * (loss - before)]);
  });
  view.accuracies.push([report.updates, report.accuracy]);
  if (report.losses.length > 0) view.pace = report.milliseconds / report.losses.length;
}

function draw() {
  if (!view.report) return;
  const { UPDATES: updates } = view.sizes;
  drawCurve(find("loss-curve"), view.losses, { updates, ...LOSS_AXIS });
  drawCurve(find("accuracy-curve"), view.accuracies, { updates, ...ACCURACY_AXIS });
  panels.forEach((panel, k) => drawPanel(panel, k, view.report));
  describe(view.report);
}
/** Guessing among four kinds costs ln 4. */
const LOSS_AXIS = {
  most: 2,
  ticks: [0, 0.5, 1, 1.5, 2].map((value) => ({ value, text: value.toFixed(1) })),
};
const ACCURACY_AXIS = {
  most: 1,
  ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, text: `${100 * value} %` })),
};

function describe({ updates, accuracy, done }) {
  const state = done ? "done" : view.paused ? "paused" : "training";
  find("status").textContent =
    `${state}: update ${updates} of ${view.sizes.UPDATES}, ${view.pace.toFixed(1)} ms an update`;
  find("status").dataset.state = state;
  find("loss").textContent = view.losses.length > 0 ? view.losses.at(-1)[1].toFixed(2) : "";
  find("accuracy").textContent = `${(100 * accuracy).toFixed(0)} %`;
  find("pause").disabled = done;
  find("pause").textContent = view.paused ? "Go on" : "Pause";
  find("again").disabled = false;
}

function drawPanel({ canvas, answer }, k, { shown, hidden, outputs }) {
  const courses = KINDS.map((_, output) =>
    Float64Array.from({ length: STEPS }, (_, t) => outputs[(k * STEPS + t) * KINDS.length + output]),
  );
  const events = [];
  hidden.samples.forEach((sample, s) => {
    if (sample === k) events.push([hidden.steps[s], hidden.indices[s]]);
  });
  drawTrial(canvas, {
    steps: STEPS,
    inputs: { size: INPUTS, events: shown[k].flatMap((active, t) => active.map((index) => [t, index])) },
    hidden: { size: view.sizes.HIDDEN, events },
    outputs: courses,
    right: k,
  });
  const said = strongest(courses);
  answer.textContent = said === k ? "right" : `says ${KINDS[said]}`;
  answer.dataset.right = said === k;
  canvas.setAttribute("aria-label", `A pattern that is ${KINDS[k]}: ${events.length} spikes of hidden neurons`);
}
/** The answer is the output whose membrane was highest on average. */
function strongest(courses) {
  const sums = courses.map((values) => values.reduce((a, b) => a + b, 0));
  return sums.indexOf(Math.max(...sums));
}

find("pause").onclick = () => {
  view.paused = !view.paused;
  draw();
  goOn();
};
find("again").onclick = () => start(view.seed + 1);
new ResizeObserver(draw).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").onchange = draw;
start(view.seed);
