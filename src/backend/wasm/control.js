// @ts-check
/** The numbers by which a team of threads is led, in one shared Int32Array. Each that many write has a cache line of its own. */

export const CONTROL = {
  /**
   * The command, which idle threads watch: its number times two, plus what to do. One word, so that nobody reads half of
   * one command and half of the next.
   */
  command: 0,
  /** Messages posted to each thread so far. */
  posted: 8,
  /** Of which stage of which executable to run how many rounds from where. */
  executable: 16,
  stage: 17,
  from: 18,
  count: 19,
  /** Whether each thread has a slot of its own; else each round has. */
  own: 20,
  /** The next round that nobody has taken. */
  next: 32,
  /** Threads that have not finished the command. */
  busy: 48,
  /** Whether a thread met an error. */
  failed: 64,
};
export const CONTROL_LENGTH = 80;

/** `rounds`: take part. `look`: see whether a message was posted. */
export const COMMAND = { rounds: 0, look: 1 };

/** Looks at a number before parking: some tens of microseconds, about what waking costs. */
export const SPINS = 20_000;
