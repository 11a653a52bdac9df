/** A caller's functions at declared steps of a run: between steps, so that the compiled loop is cut and not entered. */
import type { Elements } from "../backend/backend.ts";
import { type Every, ModelError, RunError, requireInteger, requireKnown } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { stepsOfSpan } from "./records/clockedSite.ts";
import type { Span } from "./records/spec.ts";

/** What a hook sees and may change, before its step. */
export interface HookView {
  /** Number of the step that comes next, as `stepsDone` counts them. */
  readonly step: number;
  /** Its place in this run. */
  readonly index: number;
  /** Seconds at its start. */
  readonly t: number;
  /** A live view of a state variable, `[samples][padded size]`: read it, or write it to clamp. */
  state(name: string): Elements;
  /**
   * What a sparse connection holds, as `Engine.synapses` has it: weights and other variables of its synapses, read or
   * written. What all synapses share cannot be changed, and an attempt is an error.
   */
  synapses(connection: string): Readonly<Record<string, Elements>>;
  /** Lets neurons of an input spike in the step that comes next (and arrive after their delay). */
  inject(input: string, indices: ArrayLike<number>, samples?: ArrayLike<number>): void;
}
/** A function that is called before declared steps of a run. */
export interface Hook {
  /** From one call to the next: steps, or a duration such as "5 ms"; default 1. */
  readonly every?: Span;
  /** Before which step of the run it is called first: its number, or its time; default 0. */
  readonly from?: Span;
  /**
   * What other populations see of a state by value is what left at the end of the step before, and is not changed.
   * The views hold until the function returns.
   */
  run(view: HookView): void;
}

/** A hook whose times are counted in steps. */
export interface SteppedHook extends Hook {
  readonly every: number;
  readonly from: number;
}

const HOOK = { every: true, from: true, run: true } as const satisfies Every<Hook>;

/** @throws {ModelError} `type-mismatch`, `unknown-name`, `out-of-range`, `unit-mismatch` */
export function inSteps(hooks: readonly Hook[], net: Pick<Network, "dt">): SteppedHook[] {
  if (!Array.isArray(hooks)) throw new ModelError("type-mismatch", "hooks", `must be a list of { run }, got ${hooks}`);
  return hooks.map((hook, k) => stepped(hook, net, `hooks[${k}]`));
}
function stepped(hook: Hook, net: Pick<Network, "dt">, path: string): SteppedHook {
  if (typeof hook?.run !== "function")
    throw new ModelError("type-mismatch", `${path}.run`, `must be a function of what a hook sees, got ${hook?.run}`);
  if (isPlain(hook)) requireKnown(path, hook, HOOK);
  if (hook.run.constructor.name === "AsyncFunction") throw later(path);
  const every = stepsOfSpan(net, hook.every ?? 1, `${path}.every`);
  requireInteger(`${path}.every`, every, 1);
  return { every, from: stepsOfSpan(net, hook.from ?? 0, `${path}.from`), run: (view) => hook.run(view) };
}
/** An object of a class may have properties of its own. */
const isPlain = (x: object): boolean => Object.getPrototypeOf(x) === Object.prototype;

/** @throws {RunError} `unsupported` for one that gives a promise: the run would go on without it */
export function callHook(hook: Hook, view: HookView): void {
  const given: unknown = hook.run(view);
  if (typeof (given as PromiseLike<unknown> | undefined)?.then !== "function") return;
  Promise.resolve(given).catch(() => undefined); // what it throws later is nobody's: this error tells why
  throw later("hooks");
}
const later = (path: string): RunError =>
  new RunError("unsupported", `${path}.run`, "gives a promise (async), and a run does not wait: use a plain function");
const isDue = ({ every, from }: SteppedHook, step: number): boolean => step >= from && (step - from) % every === 0;
/** Those that are called before a step of the run. */
export const dueAt = (hooks: readonly SteppedHook[], step: number): SteppedHook[] =>
  hooks.filter((h) => isDue(h, step));
/** Steps from `done` up to the next call after it. */
export const stepsToNext = (hooks: readonly SteppedHook[], done: number): number =>
  Math.min(
    ...hooks.map(({ every, from }) => (done < from ? from - done : every - ((done - from) % every))),
    Number.POSITIVE_INFINITY,
  );
