/** The script of a page that has canvases: unpacks their spikes, draws those in view, and listens to who looks closer. */

export const SCRIPT = `"use strict";
for (const canvas of document.querySelectorAll("canvas.spikes")) watch(canvas);

function watch(canvas) {
  const { spikes, ...numbers } = canvas.dataset;
  const [steps, size, scale] = [numbers.steps, numbers.size, numbers.scale].map(Number);
  const data = unpacked(Uint8Array.from(atob(spikes), (c) => c.charCodeAt(0)));
  let [from, to, due] = [0, steps, false];
  const draw = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      paint(canvas, data, { size, from, to });
      ticks(canvas.closest("figure").querySelector(".x"), from * scale, to * scale);
      canvas.dataset.drawn = from + " " + to;
    });
  };
  const show = (middle, width) => {
    const wide = Math.min(steps, Math.max(10, width));
    from = Math.min(steps - wide, Math.max(0, middle - wide / 2));
    to = from + wide;
    draw();
  };
  const middle = () => (from + to) / 2;
  const buttons = canvas.closest("figure").querySelector(".zoom");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const factor = Number(event.target.dataset.zoom);
    show(middle(), factor === 0 ? steps : (to - from) * factor);
  });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) show(middle() - (event.movementX / canvas.clientWidth) * (to - from), to - from);
  });
  const keys = { ArrowLeft: [-0.25, 1], ArrowRight: [0.25, 1], "+": [0, 0.5], "-": [0, 2] };
  canvas.addEventListener("keydown", (event) => {
    const [move, zoom] = keys[event.key] ?? [];
    if (zoom === undefined) return;
    event.preventDefault();
    show(middle() + move * (to - from), (to - from) * zoom);
  });
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", () => paint(canvas, data, { size, from, to }));
}

function unpacked(bytes) {
  const steps = [];
  const neurons = [];
  let [at, step, neuron] = [0, 0, 0];
  const next = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const later = next();
    step += later;
    neuron = later === 0 ? neuron + next() : next();
    steps.push(step);
    neurons.push(neuron);
  }
  return { steps: Uint32Array.from(steps), neurons: Uint32Array.from(neurons) };
}

/** Counts the spikes of each pixel: a million of them take a few milliseconds. */
function paint(canvas, { steps, neurons }, { size, from, to }) {
  const ratio = devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const [red, green, blue] = getComputedStyle(canvas).color.match(/[0-9.]+/g).map(Number);
  const counts = new Uint32Array(width * height);
  const [wide, high] = [Math.max(1, Math.round(ratio)), Math.max(1, Math.floor((height / size) * 0.8))];
  for (let k = first(steps, from); k < steps.length && steps[k] < to; k++) {
    const x = Math.floor(((steps[k] + 0.5 - from) / (to - from)) * width);
    const y = Math.floor((neurons[k] / size) * height);
    for (let j = y; j < Math.min(height, y + high); j++)
      for (let i = x; i < Math.min(width, x + wide); i++) counts[j * width + i]++;
  }
  let most = 1;
  for (const n of counts) if (n > most) most = n;
  const image = context.createImageData(width, height);
  for (let k = 0; k < counts.length; k++) {
    if (counts[k] === 0) continue;
    image.data.set([red, green, blue, 80 + (175 * Math.sqrt(counts[k] / most))], 4 * k);
  }
  context.putImageData(image, 0, 0);
}
function first(steps, from) {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function ticks(axis, from, to) {
  const power = 10 ** Math.floor(Math.log10((to - from) / 5));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => (to - from) / s <= 6);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  axis.replaceChildren();
  for (let k = Math.ceil(from / step); k * step <= to; k++) {
    const share = (k * step - from) / (to - from);
    const label = document.createElement("span");
    label.className = "tick" + (share < 0.04 ? " first" : share > 0.96 ? " last" : "");
    label.style.left = 100 * share + "%";
    label.textContent = (k * step).toFixed(digits);
    axis.append(label);
  }
}
`;
