/**
 * Whether threads that meet in every step go together, or one does the work of all. Together they are as fast as the slowest:
 * where a processor has other work too, each waits for the other's turn, and one alone is several times as fast. Which is so
 * is measured while running. No result depends on it.
 *
 * As long as nobody had to park, the others come when they should, and nothing is tried. Else one thread goes alone for a
 * while, and what was faster stays; the other is tried again, less and less often as long as it is slower.
 */

/** ms of running that are judged together: some turns that a scheduler gives. */
const PHASE = 20;
/** Phases until the slower way is tried again: at first, and at most. */
const [FIRST, MOST] = [4, 64];
/** Alone must be faster by so much. */
const BETTER = 0.95;

export class Pace {
  #alone = false;
  /** ms of a round, of the last phase of each way. */
  readonly #speed = { together: 0, alone: 0 };
  /** Of the phase at hand. */
  #time = 0;
  #rounds = 0;
  #parked = false;
  /** Phases until the other way may be tried, and from how many that counts down. */
  #left = 0;
  #rest = FIRST;
  /** Whether the phase at hand is a try. */
  #tries = false;

  /** Whether one thread should do the next rounds of the loop alone. */
  get alone(): boolean {
    return this.#alone;
  }

  /**
   * How it went.
   * @param time ms
   * @param rounds of the loop in which threads meet
   * @param parked whether a thread had to park
   */
  note(time: number, rounds: number, parked: boolean): void {
    this.#time += time;
    this.#rounds += rounds;
    this.#parked ||= parked;
    if (this.#time < PHASE || this.#rounds === 0) return;
    this.#speed[this.#alone ? "alone" : "together"] = this.#time / this.#rounds;
    this.#next();
    [this.#time, this.#rounds, this.#parked] = [0, 0, false];
  }

  #next(): void {
    if (this.#tries) return this.#decide();
    this.#left--;
    if (this.#left > 0 || !(this.#alone || this.#parked)) return;
    this.#tries = true;
    this.#alone = !this.#alone;
  }
  #decide(): void {
    const tried = this.#alone;
    this.#tries = false;
    this.#alone = this.#speed.alone < BETTER * this.#speed.together;
    this.#rest = this.#alone === tried ? FIRST : Math.min(MOST, 2 * this.#rest);
    this.#left = this.#rest;
  }
}
