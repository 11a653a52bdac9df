/** Drawing on canvases, in the page's colours and at the screen's resolution. */

/** The canvas, cleared; all lengths below are in CSS pixels. */
function prepare(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = globalThis.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colour = (name) => style.getPropertyValue(`--${name}`);
  context.font = `12px ${style.fontFamily}`;
  return { context, width, height, colour };
}

function line(context, points, colour, width) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
}

/**
 * A curve with its labelled grid lines.
 * @param points [update, value]
 * @param axis `{ most, ticks: [{ value, text }], updates }`: values from 0 to `most`, updates from 0 to `updates`
 */
export function drawCurve(canvas, points, { most, ticks, updates }) {
  const { context, width, height, colour } = prepare(canvas);
  const [left, right, top, bottom] = [46, width - 6, 8, height - 20];
  const x = (update) => left + (update / updates) * (right - left);
  const y = (value) => bottom - (Math.min(value, most) / most) * (bottom - top);
  context.fillStyle = colour("quiet");
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const { value, text } of ticks) {
    line(
      context,
      [
        [left, y(value)],
        [right, y(value)],
      ],
      colour("line"),
      1,
    );
    context.fillText(text, left - 6, y(value));
  }
  context.textBaseline = "bottom";
  context.fillText(`update ${updates}`, right, height);
  context.textAlign = "left";
  context.fillText("0", left, height);
  line(
    context,
    points.map(([update, value]) => [x(update), y(value)]),
    colour("accent"),
    2,
  );
}

const GAP = 10;

/**
 * One pattern: spikes of the inputs, spikes of the hidden neurons, and the outputs' membranes, below one another.
 * @param trial `{ steps, inputs, hidden, outputs, right }`: spikes as `{ size, events: [step, index] }`, outputs as
 *   arrays by step, `right` the number of the right one
 */
export function drawTrial(canvas, { steps, inputs, hidden, outputs, right }) {
  const { context, width, height, colour } = prepare(canvas);
  const room = height - 2 * GAP;
  const parts = [0.3 * room, 0.42 * room, 0.28 * room];
  const tops = [0, parts[0] + GAP, parts[0] + parts[1] + 2 * GAP];
  const step = width / steps;
  raster(context, inputs, { top: tops[0], height: parts[0], step, colour: colour("quiet") });
  raster(context, hidden, { top: tops[1], height: parts[1], step, colour: colour("text") });
  for (const top of tops.slice(1))
    line(
      context,
      [
        [0, top - GAP / 2],
        [width, top - GAP / 2],
      ],
      colour("line"),
      1,
    );
  membranes(context, outputs, right, { top: tops[2], height: parts[2], step, colour });
}

function raster(context, { size, events }, { top, height, step, colour }) {
  const row = height / size;
  context.fillStyle = colour;
  for (const [t, index] of events)
    context.fillRect(t * step, top + height - (index + 1) * row, Math.max(1.5, 0.8 * step), Math.max(1.5, 0.8 * row));
}

/** The right one last, so that it lies above the others. */
function membranes(context, outputs, right, { top, height, step, colour }) {
  const all = outputs.flatMap((values) => [...values]);
  const [low, high] = [Math.min(...all, -0.1), Math.max(...all, 0.1)];
  const y = (value) => top + height - 2 - ((value - low) / (high - low)) * (height - 4);
  const course = (values) => [...values].map((value, t) => [(t + 0.5) * step, y(value)]);
  outputs.forEach((values, k) => {
    if (k !== right) line(context, course(values), colour("faint"), 1.5);
  });
  line(context, course(outputs[right]), colour("accent"), 2);
}
