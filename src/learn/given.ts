/** Whether options are what they should be, said before anything is built of them: JavaScript checks no types. */
import { listNames, ModelError } from "../base/errors.ts";
import { isSurrogate } from "../ir/surrogate.ts";
import type { Algorithm } from "./algorithm.ts";
import type { Loss } from "./loss.ts";

interface Expected {
  readonly isOne: (x: unknown) => boolean;
  /** What is allowed, in words. */
  readonly words: string;
}
const kindOf = (x: unknown): unknown =>
  typeof x === "object" && x !== null ? (x as { kind?: unknown }).kind : undefined;
const isTransform = (x: unknown): boolean =>
  typeof x === "object" && x !== null && typeof (x as { update?: unknown }).update === "function";

const ALGORITHMS: Readonly<Record<Algorithm["kind"], true>> = {
  ...{ bptt: true, "truncated-bptt": true, fptt: true, eprop: true, ottt: true },
};

const LOSSES: Readonly<Record<Loss["kind"], true>> = {
  ...{ crossEntropy: true, meanSquared: true, meanSquaredValues: true, distillation: true },
  ...{ expression: true, mixed: true, vanRossum: true },
};
const POOLINGS: readonly unknown[] = ["firstSpike", "softmaxSum"];

const EXPECTED = {
  algorithm: {
    isOne: (x) => Object.hasOwn(ALGORITHMS, String(kindOf(x))),
    words: "what bptt(), truncatedBptt(), fptt(), eprop() or ottt() gives",
  },
  loss: {
    isOne: (x) => typeof kindOf(x) === "string",
    words: "what crossEntropy() or another loss gives",
  },
  optimiser: {
    isOne: (x) => Array.isArray(x) && x.length > 0 && x.every(isTransform),
    words: "what adam(), sgd(), adamax() or chain() gives",
  },
} satisfies Record<string, Expected>;

/**
 * @param path of the options, such as `trainer`
 * @throws {ModelError} `usage` for an option that is missing, `type-mismatch` for one that is something else
 */
export function requireGiven(path: string, options: object, needed: readonly string[]): void {
  for (const key of needed) {
    const value = (options as Readonly<Record<string, unknown>>)[key];
    if (value === undefined) throw new ModelError("usage", `${path}.${key}`, "is missing");
    if (!Object.hasOwn(EXPECTED, key)) continue;
    const { isOne, words }: Expected = EXPECTED[key as keyof typeof EXPECTED];
    if (!isOne(value)) throw new ModelError("type-mismatch", `${path}.${key}`, `must be ${words}, got ${shown(value)}`);
  }
}

/** A loss of steps, and neither a pooling nor a loss of times. @throws {ModelError} `type-mismatch` */
export function requireLoss(path: string, x: unknown): void {
  if (Object.hasOwn(LOSSES, String(kindOf(x)))) return;
  throw new ModelError("type-mismatch", `${path}.loss`, `must be ${EXPECTED.loss.words}, got ${shown(x)}`);
}
/** @throws {ModelError} `type-mismatch` */
export function requireSurrogate(path: string, x: unknown): void {
  if (isSurrogate(x)) return;
  throw new ModelError("type-mismatch", path, `must be a surrogate such as triangle(1), got ${shown(x)}`);
}

const shown = (x: unknown): string => {
  if (isSurrogate(x)) return `a surrogate; write bptt(${x.kind}(…))`;
  if (typeof x === "function") return `the function ${x.name || "without a name"}; call it`;
  if (typeof x !== "object" || x === null) return JSON.stringify(x) ?? String(x);
  const kind = kindOf(x);
  if (POOLINGS.includes(kind)) return `a pooling; write crossEntropy(${kind}(…))`;
  if (typeof kind === "string") return `'${kind}'`;
  return Array.isArray(x) ? "a list" : `an object with ${listNames(Object.keys(x))}`;
};
