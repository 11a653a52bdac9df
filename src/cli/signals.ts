/** Being asked to end. */

/** Signals that ask a process to end, and its exit code then: 128 and the signal's number, as shells have it. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

export interface Heard {
  readonly signal: Signal | undefined;
  readonly aborted: boolean;
  end(): void;
}
/** Hears the first signal; the second one ends the process. */
export function listen(onSignal: () => void = () => {}): Heard {
  let signal: Signal | undefined;
  const names = Object.keys(SIGNALS) as Signal[];
  const end = (): void => {
    for (const name of names) process.off(name, hear);
  };
  const hear = (name: Signal): void => {
    if (signal) process.exit(SIGNALS[name]);
    signal = name;
    onSignal();
    setImmediate(end); // from then on the system's own handler is back, which ends even what never yields
  };
  for (const name of names) process.on(name, hear);
  return {
    get signal() {
      return signal;
    },
    get aborted() {
      return signal !== undefined;
    },
    end,
  };
}
