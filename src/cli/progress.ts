/** A progress bar on stderr, a line a stage, when somebody is looking; otherwise silence, but for lines that were asked for. */
import type { OnProgress, Progress } from "../tasks/options.ts";

export interface ProgressView {
  readonly update: OnProgress;
  /** Leaves the last state on screen. May be called again. */
  readonly close: () => void;
}

/** What was asked for as lines is told wherever it goes. */
const tell = (lines: readonly string[]): unknown => process.stderr.write(lines.map((line) => `${line}\n`).join(""));
const LINES_ALONE: ProgressView = {
  update: ({ lines }) => {
    if (lines) tell(lines);
  },
  close: () => {},
};

/** A terminal on stderr that can redraw a line, and no CI. */
function isInteractive(): boolean {
  return process.stderr.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
}

/** @param quiet nobody wants to know */
export async function openProgress(quiet = false): Promise<ProgressView> {
  if (quiet || !isInteractive()) return LINES_ALONE;
  const { default: library } = await import("cli-progress");
  const bar = new library.SingleBar({
    format: "{stage} [{bar}] {percentage} % {duration_formatted} {note}",
    barCompleteChar: "=",
    barIncompleteChar: " ",
    barsize: 30,
    gracefulExit: false, // its handler would swallow Ctrl-C
    hideCursor: false,
    stream: process.stderr,
  });
  let stage: string | undefined;
  const close = (): void => {
    if (stage !== undefined) bar.stop();
    stage = undefined;
  };
  const update = (progress: Progress): void => {
    if (progress.lines) {
      close();
      tell(progress.lines);
      return;
    }
    const shown = { stage: progress.stage, note: progress.note ?? "" };
    if (progress.stage === stage) return bar.update(progress.done, shown);
    close();
    stage = progress.stage;
    bar.start(progress.total, progress.done, shown);
  };
  return { update, close };
}
