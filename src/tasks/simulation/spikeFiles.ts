/** Spikes as files: SONATA's HDF5, and CSV. */
import { writeBytes } from "../../io/file.ts";
import { writeSonataSpikes } from "../../io/sonata/spikes.ts";
import type { SpikeTrain } from "./collected.ts";

/** Times of spikes in units of `10**-exponent` s: quotients of whole numbers where a step divides the unit, so that 3 · 0.1 ms is 0.3. */
function timesIn(train: SpikeTrain, tick: number, perSecond: number): Float64Array {
  const unit = tick * perSecond;
  const parts = Math.round(1 / unit);
  if (parts >= 1 && Math.abs(parts * unit - 1) < 1e-9) return train.ticks.map((t) => t / parts);
  return train.ticks.map((t) => t * unit);
}

/** @param tick seconds */
export async function writeSpikes(file: string, trains: readonly SpikeTrain[], tick: number): Promise<void> {
  const of = (x: SpikeTrain) => ({ timestamps: timesIn(x, tick, 1000), nodeIds: x.indices });
  await writeSonataSpikes(file, Object.fromEntries(trains.map((x) => [x.node, of(x)])));
}

/** Columns `population`, `neuron` and `time` in s. */
export async function writeCsv(file: string, trains: readonly SpikeTrain[], tick: number): Promise<void> {
  const encoder = new TextEncoder();
  const parts = [encoder.encode("population,neuron,time\n")];
  for (const x of trains) {
    const times = timesIn(x, tick, 1);
    for (let from = 0; from < times.length; from += ROWS) {
      const end = Math.min(times.length, from + ROWS);
      let text = "";
      for (let k = from; k < end; k++) text += `${x.node},${x.indices[k]},${times[k]}\n`;
      parts.push(encoder.encode(text));
    }
  }
  await writeBytes(file, joined(parts));
}
/** Of one piece of text. */
const ROWS = 100_000;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
