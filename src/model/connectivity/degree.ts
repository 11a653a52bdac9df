/** As many synapses for each target, or for each source. */
import { ModelError, requireInteger } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import type { DrawnRows } from "../../ir/drawnRows.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import type { Draw, Kind, Lines } from "./kind.ts";

interface Choice {
  readonly degree: number;
  /** Those to choose from, the neuron itself among them. */
  readonly among: number;
  /** Whether the neuron itself is among them, but may not be chosen. */
  readonly notItself: boolean;
  readonly multapses: boolean;
}

export const inDegreeKind: Kind<ConnectivityOf<"inDegree">> = {
  check: (c, size, path) => check(choiceOf(c, size.sources, size.recurrent), "source", path),
  expected: ({ degree }, { targets }) => degree * targets,
  lines: (c, { sources, recurrent }, draw) => ({
    by: "target",
    // Of each source, which is what the order of rows comes from, targets come in ascending order anyway.
    ascending: false,
    distinct: !c.multapses,
    drawn: drawnBy(choiceOf(c, sources, recurrent), draw),
    ...chosen(choiceOf(c, sources, recurrent), draw),
  }),
};
export const outDegreeKind: Kind<ConnectivityOf<"outDegree">> = {
  check: (c, size, path) => check(choiceOf(c, size.targets, size.recurrent), "target", path),
  expected: ({ degree }, { sources }) => degree * sources,
  lines: (c, { targets, recurrent }, draw) => ({
    by: "source",
    ascending: false,
    drawn: drawnBy(choiceOf(c, targets, recurrent), draw),
    distinct: !c.multapses,
    ...chosen(choiceOf(c, targets, recurrent), draw),
  }),
};

const choiceOf = (
  { degree, multapses, autapses }: ConnectivityOf<"inDegree" | "outDegree">,
  among: number,
  recurrent = false,
): Choice => ({ degree, among, notItself: recurrent && !autapses, multapses });

function check({ degree, among, notItself, multapses }: Choice, what: "source" | "target", path: string): void {
  requireInteger(`${path}.degree`, degree, 0, 2 ** 31 - 1);
  const others = among - Number(notItself);
  const choice = `${others} ${what}${others === 1 ? "" : "s"}${notItself ? " other than the neuron itself" : ""}`;
  if (degree > 0 && others === 0)
    throw new ModelError("out-of-range", `${path}.degree`, `must be 0, for there are ${choice}; got ${degree}`);
  if (!multapses && degree > others)
    throw new ModelError(
      "out-of-range",
      `${path}.degree`,
      `without multapses it can be at most ${others}, for there are ${choice}; got ${degree}`,
    );
}

/** Kernels mark distinct ones with a bit each, on every thread. */
export const MOST_MARKED = 2 ** 20;
function drawnBy({ among, notItself, multapses }: Choice, { name, seed }: Draw): DrawnRows | undefined {
  if (among - Number(notItself) <= 0 || (!multapses && among > MOST_MARKED)) return undefined;
  const law = { kind: multapses ? "choices" : "distinct" } as const;
  return { seed, stream: streamOf(`${name}.pairs`), targets: among, notItself, law };
}
function chosen(choice: Choice, { name, seed }: Draw): Pick<Lines, "count" | "each"> {
  const { degree, among, notItself, multapses } = choice;
  const draws = new LineStream(seed, streamOf(`${name}.pairs`));
  const others = among - Number(notItself);
  const choose = multapses ? withReplacement : distinct(others);
  return {
    count: () => degree,
    each: (line, take) => {
      draws.begin(line);
      choose(degree, others, draws, notItself ? (k) => take(k < line ? k : k + 1) : take);
    },
  };
}

type Choose = (degree: number, among: number, draws: LineStream, take: (k: number) => void) => void;

export const withReplacement: Choose = (degree, among, draws, take) => {
  for (let n = 0; n < degree; n++) take(draws.below(among));
};
/** Every set equally likely, with one number for each member: Floyd, in Bentley 1987, CACM 30:754. */
function distinct(most: number): Choose {
  /** The last round in which each was chosen. */
  const marks = new Uint32Array(most);
  let round = 0;
  return (degree, among, draws, take) => {
    if (++round === 2 ** 32) round = marks.fill(0) && 1;
    for (let last = among - degree; last < among; last++) {
      const k = draws.below(last + 1);
      const member = marks[k] === round ? last : k;
      marks[member] = round;
      take(member);
    }
  };
}
