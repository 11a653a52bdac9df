// @ts-check
/** The numbers by which a team of threads is led, in one shared Int32Array. Each that many write has a cache line of its own. */

export const CONTROL = {
  /**
   * The command, which idle threads watch: its number times four, plus what to do. One word, so that nobody reads half of
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

/** `rounds`: take rounds of a stage. `look`: see whether a message was posted. `together`: run a stage once. */
export const COMMAND = { rounds: 0, look: 1, together: 2 };

/**
 * Where in a program's memory threads meet (`meet.ts`): byte addresses of words, behind the backend's table and before the
 * first buffer. How many have come, the number that changes when all have, how many are parked, whether one has failed.
 */
export const MEETING = { arrived: 4608, round: 4672, parked: 4736, aborted: 4800 };

/** All of a large memory may be more than a view can have. */
const meetingWords = (/** @type {WebAssembly.Memory} */ memory) =>
  new Int32Array(memory.buffer, 0, MEETING.aborted / 4 + 1);
/** Lets nobody wait for a thread that has failed: all others fail where they meet. */
export function abortMeeting(/** @type {WebAssembly.Memory} */ memory) {
  const words = meetingWords(memory);
  Atomics.store(words, MEETING.aborted / 4, 1);
  Atomics.add(words, MEETING.round / 4, 1);
  Atomics.notify(words, MEETING.round / 4);
}
/** Before a stage that threads run together. */
export function openMeeting(/** @type {WebAssembly.Memory} */ memory) {
  const words = meetingWords(memory);
  for (const word of [MEETING.arrived, MEETING.parked, MEETING.aborted]) Atomics.store(words, word / 4, 0);
}

/**
 * Looks at a number before parking: some tens of microseconds, about what waking costs. With 200,000 a step of 15 microseconds
 * took 0.6 less where nobody else wanted the processors, and three times as long where somebody did: who parks is let in at once
 * when it wakes.
 */
export const SPINS = 20_000;
/**
 * The same where threads meet within a step: several times what waking costs. Who parks comes late to the next meeting, and
 * makes the others park in turn: with 20,000 looks a step of 37 microseconds took 50 on two threads.
 */
export const MEETING_SPINS = 200_000;
