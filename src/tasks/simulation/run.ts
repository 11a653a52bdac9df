/** Drives a runner to its end, in pieces of about a tenth of a second, so that somebody can look on and stop it. */
import type { HealthFinding } from "../../sim/health/finding.ts";
import type { OnProgress } from "../options.ts";
import type { Runner } from "./runner.ts";

export interface Driven {
  readonly finding?: HealthFinding;
  readonly interrupted: boolean;
  /** Seconds of the clock on the wall. */
  readonly seconds: number;
}
export interface DriveOptions {
  readonly stop?: { readonly aborted: boolean } | undefined;
  readonly onProgress: OnProgress;
}

/** Seconds that a piece is to take, and how much longer the next may be. */
const PIECE = 0.1;
const GROWTH = 4;
/** Spikes of a piece, as far as one can tell from the piece before: they lie in memory until it is done. */
const SPIKES = 2.5e5;
/** The first piece: a thousandth of all, and no more than a few milliseconds of model time, because nobody knows how long it takes. */
const SHARE = 1 / 1000;
const FIRST = 5e-3;

export async function drive(runner: Runner, { stop, onProgress }: DriveOptions): Promise<Driven> {
  const { collected, most } = runner;
  const { total, whole, tick } = collected.extent;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const rounded = (ticks: number): number => (whole ? Math.max(1, Math.floor(ticks)) : ticks);
  let piece = rounded(Math.min(most, total * SHARE, FIRST / tick));
  tell(runner, 0, onProgress);
  while (collected.done < total) {
    if (stop?.aborted) return { interrupted: true, seconds: elapsed() };
    const ticks = Math.min(piece, total - collected.done);
    const [before, spikes] = [elapsed(), collected.count];
    const finding = runner.advance(ticks);
    if (finding) return { finding, interrupted: false, seconds: elapsed() };
    const took = Math.max(1e-6, elapsed() - before);
    // A last piece that is nothing but what rounding left is no piece.
    if (!whole && total - collected.done < total * 1e-12) collected.done = total;
    const room = SPIKES / Math.max(1, collected.count - spikes);
    piece = rounded(Math.min(most, piece * Math.min(GROWTH, PIECE / took, room)));
    tell(runner, elapsed(), onProgress);
    await new Promise((resolve) => setImmediate(resolve)); // a signal can be heard here alone
  }
  return { interrupted: false, seconds: elapsed() };
}

function tell({ collected }: Runner, elapsed: number, onProgress: OnProgress): void {
  const { total, tick } = collected.extent;
  const seconds = collected.done * tick;
  const factor = elapsed / seconds;
  const note = seconds > 0 ? `${short(factor)} of real time, ${short((total * tick - seconds) * factor)} s left` : "";
  onProgress({ stage: "simulate", done: collected.done, total, note });
}
const short = (x: number): string => String(Number(x.toPrecision(2)));
