/**
 * Spikes as a raster: one row a neuron, one tick a spike. Up to some thousands they are one path of the picture, which
 * needs no script; beyond that their numbers are packed, and a script draws them on a canvas that can be looked into.
 */
import type { RasterDocument } from "../document.ts";
import { whole } from "../numbers.ts";
import type { Axis } from "./axis.ts";
import { coordinate, html, type Markup, num } from "./markup.ts";
import { picture, xAxis } from "./plot.ts";

/** Spikes of a path, at most. */
export const MOST_IN_PATH = 12_000;

/** @param steps of the sample; @param time its axis, which is shown at the bottom of several plots alone */
export function rasterFigure(raster: RasterDocument, steps: number, time: Axis, look: RasterLook): Markup {
  const { name, of, size, count } = raster;
  const height = Math.min(200, Math.max(38, Math.round(size * (size <= 40 ? 4 : 0.6))));
  const title = html`${name}: ${num(count, whole(count))} spikes of ${num(size, whole(size))} ${of}`;
  const large = look.canvas ?? count > MOST_IN_PATH;
  const few = steps <= FEW_STEPS ? " few" : "";
  const path = html`<path class="spikes ${look.tone}${few}" d="${large ? "" : pathOf(raster)}"/>`;
  const top = html`<span class="tick top">0</span><span class="tick bottom">${String(size - 1)}</span>`;
  return html`<figure class="raster${look.linked ? " linked" : ""}"><figcaption>${title}</figcaption>${large && !look.linked && zoom()}<div class="frame">
<div class="y" aria-hidden="true">${top}</div><div class="area" style="height:${height}px">${
    large ? canvas(raster, steps, time, look) : picture(path, steps, size)
  }</div>${((large && !look.linked) || look.bottom) && xAxis(time)}</div></figure>`;
}
export interface RasterLook {
  readonly tone: string;
  readonly bottom: boolean;
  /** Whether a script draws it; by default where there are too many spikes for a path. */
  readonly canvas?: boolean;
  /** Shows the stretch of time that the page's timeline is at. */
  readonly linked?: boolean;
}
/** Steps that leave room for wider ticks. */
const FEW_STEPS = 60;
/** What looks closer: at one raster, or as the timeline at all that is linked to it. */
export const zoom = (timeline?: { readonly steps: number; readonly scale: number }): Markup =>
  html`<div class="zoom"${timeline && html` data-steps="${timeline.steps}" data-scale="${timeline.scale}"`} hidden><button type="button" data-zoom="0.5">closer</button><button type="button" data-zoom="2">further</button><button type="button" data-zoom="0">all</button></div>`;

/**
 * Neuron 0 is the top row. A tick stands in the middle of its step and fills its row but for a gap, or is as high as can be
 * seen. Row by row, so that a tick says how far it is from the one before.
 */
function pathOf({ steps, neurons, size }: RasterDocument): string {
  const length = Number((size <= 40 ? 0.8 : Math.max(1, size / 110)).toFixed(1));
  const rows: number[][] = Array.from({ length: size }, () => []);
  neurons.forEach((n, k) => {
    rows[n]!.push(steps[k]!);
  });
  return rows
    .flatMap((row, n) => {
      const top = coordinate(n + 0.5 - length / 2);
      return row.map((t, k) => (k === 0 ? `M${t + 0.5} ${top}v${length}` : `m${t - row[k - 1]!} -${length}v${length}`));
    })
    .join("");
}

function canvas(
  { name, size, steps: at, neurons }: RasterDocument,
  steps: number,
  time: Axis,
  look: RasterLook,
): Markup {
  const data = base64(packSpikes(at, neurons));
  return html`<canvas class="spikes ${look.tone}" tabindex="0" role="img" aria-label="spikes of ${name}" data-steps="${steps}" data-size="${size}" data-scale="${time.high / steps}" data-spikes="${data}"></canvas><noscript><p class="small">So many spikes are drawn by a script, and scripts are off.</p></noscript>`;
}

/**
 * Spikes in order of step and neuron as differences of seven bits a byte (LEB128): to the step before; then in the same
 * step to the neuron before, in a new step the neuron itself.
 */
export function packSpikes(steps: readonly number[], neurons: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(10 * steps.length);
  let [end, step, neuron] = [0, 0, 0];
  const put = (x: number): void => {
    for (let rest = x; ; rest = Math.floor(rest / 128)) {
      bytes[end++] = rest < 128 ? rest : 128 + (rest % 128);
      if (rest < 128) return;
    }
  };
  for (let k = 0; k < steps.length; k++) {
    const later = steps[k]! - step;
    put(later);
    put(later === 0 ? neurons[k]! - neuron : neurons[k]!);
    [step, neuron] = [steps[k]!, neurons[k]!];
  }
  return bytes.subarray(0, end);
}

const PART = 0x8000;
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let k = 0; k < bytes.length; k += PART) text += String.fromCharCode(...bytes.subarray(k, k + PART));
  return btoa(text);
}
