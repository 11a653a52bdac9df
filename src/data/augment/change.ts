/** Recordings with some events left out, or moved. */
import type { EventRecording } from "../events/recording.ts";

/** The events for which `stays` says so, which is asked once an event, in order. */
export function kept(r: EventRecording, stays: (k: number) => boolean): EventRecording {
  const list = new Uint32Array(r.count);
  let count = 0;
  for (let k = 0; k < r.count; k++) if (stays(k)) list[count++] = k;
  const chosen = list.subarray(0, count);
  return {
    ...r,
    count,
    t: Float64Array.from(chosen, (k) => r.t[k]!),
    x: Uint16Array.from(chosen, (k) => r.x[k]!),
    y: Uint16Array.from(chosen, (k) => r.y[k]!),
    polarity: Uint8Array.from(chosen, (k) => r.polarity[k]!),
  };
}

/** Each event at the pixel that `to` says, which is asked once an event, in order; without those outside the frame. */
export function moved(r: EventRecording, to: (k: number) => readonly [x: number, y: number]): EventRecording {
  const [x, y] = [new Uint16Array(r.count), new Uint16Array(r.count)];
  const inside = (k: number): boolean => {
    const [column, row] = to(k);
    if (!(column >= 0 && column < r.width && row >= 0 && row < r.height)) return false;
    x[k] = column;
    y[k] = row;
    return true;
  };
  return kept({ ...r, x, y }, inside);
}
