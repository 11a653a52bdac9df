/** Parameters that learn otherwise than the rest: at a rate of their own, with or without decay. Plain data, but for tests. */
import { type Every, listNames, ModelError, requireKnown } from "../base/errors.ts";
import type { ParameterBlock } from "../sim/lower/parameters.ts";

/** How some of the trained arrays learn otherwise than the rest. */
export interface ParameterGroup {
  /** Names of arrays, such as `hidden.tauM`, in which `*` stands for any letters (`*.tau*`, `hidden.*`); or a test of a name. */
  readonly match: string | ((name: string) => boolean);
  /** Times the optimiser's rate; default 1. With 0 they stay as they are. */
  readonly rate?: number;
  /** Whether `weightDecay` shrinks them; by default it shrinks weights and biases, and nothing of neurons and of batch normalisation. */
  readonly decay?: boolean;
}

const GROUP = { match: true, rate: true, decay: true } as const satisfies Every<ParameterGroup>;
const DECAYING: ReadonlySet<ParameterBlock["kind"]> = new Set(["weight", "synapse", "bias"]);

/** How a block learns. */
export interface Treatment {
  readonly rate: number;
  readonly decay: boolean;
  readonly low: number;
  readonly high: number;
}

/**
 * The treatment of each block: that of the first group that names it.
 * @throws {ModelError} `unknown-name` for a group that names nothing in training, `out-of-range` for its rate, `type-mismatch`
 */
export function treatments(
  blocks: readonly ParameterBlock[],
  groups: readonly ParameterGroup[],
): Map<ParameterBlock, Treatment> {
  const trained = blocks.filter((b) => b.trainable);
  const tests = groups.map((g, k) => testOf(g, k, trained));
  return new Map(
    trained.map((b) => {
      const { rate = 1, decay = DECAYING.has(b.kind) } = groups[tests.findIndex((test) => test(b.name))] ?? {};
      return [b, { rate, decay, low: b.low, high: b.high }];
    }),
  );
}

function testOf(g: ParameterGroup, k: number, blocks: readonly ParameterBlock[]): (name: string) => boolean {
  const { match, rate = 1 } = g;
  requireKnown(`groups[${k}]`, g, GROUP);
  if (typeof match !== "string" && typeof match !== "function")
    throw new ModelError(
      "type-mismatch",
      `groups[${k}].match`,
      `must be names such as 'hidden.*', or a function, got ${match}`,
    );
  if (!(rate >= 0 && Number.isFinite(rate)))
    throw new ModelError("out-of-range", `groups[${k}].rate`, `must be a finite number >= 0, got ${rate}`);
  const test = typeof match === "function" ? match : matching(match);
  if (blocks.some((b) => test(b.name))) return test;
  const what = typeof match === "function" ? "the test names" : `'${match}' names`;
  const known = listNames(blocks.map((b) => b.name));
  throw new ModelError("unknown-name", `groups[${k}].match`, `${what} nothing in training; known: ${known}`);
}
function matching(pattern: string): (name: string) => boolean {
  const letters = pattern.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  const all = new RegExp(`^${letters.join(".*")}$`, "s");
  return (name) => all.test(name);
}
