/**
 * The script of a page that has canvases or a timeline: unpacks spikes, draws those in view, and listens to who looks closer.
 * What is linked to the timeline shows one stretch of time together: canvases are painted anew, pictures get another view box.
 */

export const SCRIPT = `"use strict";
for (const canvas of document.querySelectorAll("canvas.spikes")) {
  const figure = canvas.closest("figure");
  if (!figure.classList.contains("linked"))
    control(figure.querySelector(".zoom"), [canvasView(figure, canvas)], canvas.dataset);
}
const timeline = document.querySelector(".zoom[data-steps]");
if (timeline) {
  const figures = [...document.querySelectorAll("figure.linked")];
  control(timeline, figures.map(viewOf), timeline.dataset);
}

function viewOf(figure) {
  const canvas = figure.querySelector("canvas.spikes");
  return canvas ? canvasView(figure, canvas) : pictureView(figure);
}
function canvasView(figure, canvas) {
  const data = unpacked(Uint8Array.from(atob(canvas.dataset.spikes), (c) => c.charCodeAt(0)));
  const size = Number(canvas.dataset.size);
  return {
    figure,
    element: canvas,
    draw(from, to) {
      paint(canvas, data, { size, from, to });
      canvas.dataset.drawn = from + " " + to;
    },
  };
}
function pictureView(figure) {
  const svg = figure.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  return {
    figure,
    element: figure.querySelector(".area"),
    draw(from, to, steps) {
      svg.setAttribute("viewBox", [(from / steps) * width, 0, ((to - from) / steps) * width, height].join(" "));
    },
  };
}

function control(buttons, views, dataset) {
  const [steps, scale] = [Number(dataset.steps), Number(dataset.scale)];
  let [from, to, due] = [0, steps, false];
  const paintAll = () => {
    for (const { figure, draw } of views) {
      draw(from, to, steps);
      const axis = figure.querySelector(".x");
      if (axis) ticks(axis, from * scale, to * scale);
    }
  };
  const draw = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      paintAll();
    });
  };
  const show = (start, width) => {
    const wide = Math.min(steps, Math.max(Math.min(10, steps), width));
    from = Math.min(steps - wide, Math.max(0, start));
    to = from + wide;
    draw();
  };
  const around = (share, factor) => show(from + share * (to - from) * (1 - factor), (to - from) * factor);
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const { zoom } = event.target.dataset;
    if (zoom !== undefined) zoom === "0" ? show(0, steps) : around(0.5, Number(zoom));
  });
  const keys = { ArrowLeft: [-0.25, 1], ArrowRight: [0.25, 1], "+": [0, 0.5], "-": [0, 2] };
  for (const { element } of views) {
    const width = () => element.clientWidth;
    element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
    element.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) show(from - (event.movementX / width()) * (to - from), to - from);
    });
    element.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      around(event.offsetX / width(), 2 ** (event.deltaY / 200));
    }, { passive: false });
    element.addEventListener("keydown", (event) => {
      const [move, zoom] = keys[event.key] ?? [];
      if (zoom === undefined) return;
      event.preventDefault();
      if (zoom === 1) show(from + move * (to - from), to - from);
      else around(0.5, zoom);
    });
    if (element.tagName === "CANVAS") new ResizeObserver(draw).observe(element);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", paintAll);
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
  const [begin, end] = [first(steps, from), first(steps, to)];
  // Where there are few, each is larger: a single pixel is hardly seen.
  const least = Math.round(ratio * (end - begin < (width * height) / 100 ? 2 : 1));
  const [wide, high] = [Math.max(1, least), Math.max(1, least, Math.floor((height / size) * 0.8))];
  for (let k = begin; k < end; k++) {
    const x = Math.floor(((steps[k] + 0.5 - from) / (to - from)) * width);
    const y = Math.floor((neurons[k] / size) * height);
    const [right, bottom] = [Math.min(width, x + wide), Math.min(height, y + high)];
    for (let j = y; j < bottom; j++) for (let i = x; i < right; i++) counts[j * width + i]++;
  }
  let most = 1;
  for (const n of counts) if (n > most) most = n;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer); // every machine that has browsers is little-endian
  const colour = (blue << 16) | (green << 8) | red;
  for (let k = 0; k < counts.length; k++)
    if (counts[k] > 0) pixels[k] = ((80 + 175 * Math.sqrt(counts[k] / most)) << 24) | colour;
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
