/**
 * A team of threads that share memories and take the rounds of parallel loops together with the thread that asks. Who
 * takes which round is left to chance, and no result depends on it.
 *
 * Commands go through shared memory, because posting a message costs more than many a stage; only what is not numbers
 * (modules and memories, when a program is loaded) is posted.
 */
import { abortMeeting, COMMAND, CONTROL, CONTROL_LENGTH, openMeeting, SPINS } from "./control.js";

/** What a thread needs to take part in the stages of a program. */
export interface Shareable {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Exported functions of a round's number and slot. */
  readonly stages: readonly string[];
}

export interface Team extends Disposable {
  /** The caller's thread counted in. */
  readonly threads: number;
  /** Makes a program known to every thread; the number names it. */
  load(program: Shareable): Promise<number>;
  drop(program: number): void;
  /** Runs rounds `from` to `from + count - 1` of a stage, the caller's thread among the others; returns when all are done. */
  run(program: number, stage: number, from: number, count: number, own: Round): void;
  /** Every thread runs a stage once, at the same time; returns when all are done. In the program's memory they meet. */
  together(program: number, stage: number, memory: WebAssembly.Memory, own: Part): void;
}

/** Runs a stage as one thread of several, which may park. */
export type Part = (thread: number, threads: number, parks: number) => void;
/** Runs a round in a slot: where it works, which no other round uses at that time. */
export type Round = (round: number, slot: number) => void;

/** Whether memory can be shared with threads here: always in Node, in pages that are cross-origin isolated. */
export const canShare = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" &&
  ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true);

interface Answer {
  readonly loaded?: number;
  readonly failed?: string;
  /** The thread could not start, or has ended. */
  readonly broken?: string;
}
/** The part of a thread that Node and browsers have in common. */
interface Thread {
  post(message: unknown): void;
  /** Whether the process waits for it. */
  hold(on: boolean): void;
  stop(): void;
}
type Listen = (answer: Answer) => void;

let told = false;
/** Nothing, said once, where memory cannot be shared. */
export function createTeam(threads: number): Team | undefined {
  if (canShare()) return new WorkerTeam(threads);
  if (!told) console.warn(ALONE);
  told = true;
  return undefined;
}
const ALONE =
  "rheobase: one thread, because this page is not cross-origin isolated: serve it with the headers " +
  "'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp'";

class WorkerTeam implements Team {
  readonly threads: number;
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_LENGTH * 4));
  readonly #workers: readonly Thread[];
  readonly #waits = mayWait();
  readonly #loading = new Map<number, { left: number; done: (failed?: string) => void }>();
  #loaded = 0;
  #failure = "";
  #broken: string | undefined;
  readonly #dropped: number[] = [];

  constructor(threads: number) {
    this.threads = threads;
    this.#workers = Array.from({ length: threads - 1 }, () => startThread((a) => this.#hear(a)));
  }

  load(program: Shareable): Promise<number> {
    const id = ++this.#loaded;
    if (this.#workers.length === 0) return Promise.resolve(id);
    if (this.#broken !== undefined) return Promise.reject(brokenTeam(this.#broken));
    return new Promise((resolve, reject) => {
      const done = (failed?: string): void =>
        failed === undefined ? resolve(id) : reject(new Error(`a thread could not load the program: ${failed}`));
      this.#loading.set(id, { left: this.#workers.length, done });
      for (const w of this.#workers) w.hold(true);
      Atomics.add(this.#control, CONTROL.posted, 1);
      const command = this.#command(COMMAND.look);
      const message = { load: id, ...program, drop: this.#dropped.splice(0), control: this.#control, command };
      for (const [k, w] of this.#workers.entries()) w.post({ ...message, thread: k + 1 });
    });
  }
  /** The threads hear of it with the next program: only then does it matter. */
  drop(program: number): void {
    this.#dropped.push(program);
  }

  #command(what: number): number {
    const c = this.#control;
    const command = (((c[CONTROL.command]! >> 2) + 1) << 2) | what;
    Atomics.store(c, CONTROL.command, command);
    Atomics.notify(c, CONTROL.command);
    return command;
  }

  #hear({ loaded, failed, broken }: Answer): void {
    if (broken !== undefined) this.#break(broken);
    if (failed !== undefined) this.#failure = failed;
    const waiting = loaded === undefined ? undefined : this.#loading.get(loaded);
    if (!waiting) return;
    waiting.left--;
    if (failed === undefined && waiting.left > 0) return;
    this.#loading.delete(loaded!);
    if (this.#loading.size === 0) for (const w of this.#workers) w.hold(false);
    waiting.done(failed);
  }

  #break(why: string): void {
    this.#broken = why;
    for (const { done } of this.#loading.values()) done(why);
    this.#loading.clear();
  }

  run(program: number, stage: number, from: number, count: number, own: Round): void {
    const c = this.#control;
    c[CONTROL.from] = from;
    c[CONTROL.count] = count;
    c[CONTROL.own] = this.threads <= count ? 1 : 0;
    Atomics.store(c, CONTROL.next, 0);
    this.#all(COMMAND.rounds, program, stage, () => {
      for (let k: number; (k = Atomics.add(c, CONTROL.next, 1)) < count; ) own(from + k, c[CONTROL.own] ? 0 : k);
    });
  }
  together(program: number, stage: number, memory: WebAssembly.Memory, own: Part): void {
    this.#control[CONTROL.count] = this.threads;
    openMeeting(memory);
    this.#all(COMMAND.together, program, stage, () => {
      try {
        own(0, this.threads, Number(this.#waits));
      } catch (error) {
        abortMeeting(memory);
        throw error;
      }
    });
  }

  /** Every thread carries out a command, and the caller's its own part of it. */
  #all(command: number, program: number, stage: number, own: () => void): void {
    if (this.#broken !== undefined) throw brokenTeam(this.#broken);
    const c = this.#control;
    c[CONTROL.executable] = program;
    c[CONTROL.stage] = stage;
    Atomics.store(c, CONTROL.failed, 0);
    Atomics.store(c, CONTROL.busy, this.#workers.length);
    this.#command(command);
    try {
      own();
    } finally {
      this.#join();
    }
    if (Atomics.load(c, CONTROL.failed) !== 0)
      throw new Error(`a thread failed in a stage${this.#failure && `: ${this.#failure}`}`);
  }

  /** Waits for the others. */
  #join(): void {
    const c = this.#control;
    let spins = 0;
    for (;;) {
      const busy = Atomics.load(c, CONTROL.busy);
      if (busy === 0) return;
      if (++spins > SPINS && this.#waits) Atomics.wait(c, CONTROL.busy, busy);
    }
  }

  [Symbol.dispose](): void {
    for (const w of this.#workers) w.stop();
  }
}

const brokenTeam = (why: string): Error => new Error(`a thread could not start, or has ended: ${why}`);

/** Whether this thread may park: a page's own may not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

interface NodeThreads {
  readonly Worker: new (
    url: URL,
    options: { execArgv: readonly string[] },
  ) => {
    on(event: "message", listen: Listen): void;
    on(event: "error", listen: (error: unknown) => void): void;
    postMessage(message: unknown): void;
    terminate(): Promise<number>;
    ref(): void;
    unref(): void;
  };
}
/** A worker that ends with the process, and keeps nobody waiting unless it is held. */
function startThread(listen: Listen): Thread {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeThreads | undefined } };
  const node = process?.getBuiltinModule?.("node:worker_threads");
  if (node) {
    // What this process loads before its program, a thread has no use for: it runs one plain file.
    const worker = new node.Worker(new URL("./worker.js", import.meta.url), { execArgv: [] });
    worker.on("message", listen);
    worker.on("error", (error) => listen({ broken: String(error) }));
    worker.unref();
    const hold = (on: boolean): void => (on ? worker.ref() : worker.unref());
    return { post: (m) => worker.postMessage(m), hold, stop: () => void worker.terminate() };
  }
  // Written so that bundlers see which file it is.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = (event) => listen(event.data);
  worker.onerror = (event) => listen({ broken: event.message || "its script could not be loaded" });
  return { post: (m) => worker.postMessage(m), hold: () => undefined, stop: () => worker.terminate() };
}
