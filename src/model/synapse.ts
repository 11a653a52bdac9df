/** What a synapse does beyond adding its weight: its variables and its pathways, as equations and statements. */
import { ModelError, requireFinite, requireInteger } from "../base/errors.ts";
import { parseQuantity } from "../base/quantity.ts";
import { namesIn } from "./equations/ast.ts";
import { parseStatements, type Statement } from "./equations/statements.ts";

/** What a synapse does when something triggers it. */
export interface Pathway {
  /** On a spike of the source or of the target, or in every step (`summed` and clocked variables). */
  readonly trigger: "pre" | "post" | "step";
  /** Whole steps, beside the connection's delay (which spikes of the target do not take). */
  readonly delay: number;
  /** Pathways of one step run in this order. */
  readonly order: number;
  /**
   * Statements over synapse variables, parameters, `t`, and variables of the source (`x_pre`) and the target (`x_post`),
   * such as `ge_post += w`. `model/timing.ts` says which step's `x_pre` it sees; `x_post` is read as it stands.
   */
  readonly body: string;
}

/** A synapse model, checked. `synapse` makes it; `connect(…, { synapse })` uses it. */
export interface SynapseModel {
  readonly name: string;
  /** Variables of each synapse beside its weight `w`, with their initial values. */
  readonly variables: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly pathways: readonly Pathway[];
}

/** What `synapse` takes. */
export interface SynapseSpec {
  readonly name: string;
  readonly variables?: Readonly<Record<string, number>>;
  /** Quantities such as "20 ms", or numbers in SI units. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly pathways: readonly (Pick<Pathway, "trigger" | "body"> & Partial<Pathway>)[];
}

/** What every synapse has, and the tables that say where it runs. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["w", "t", "dt", "source", "target", "list", "rowStart", "columnStart", "columnSynapse"],
]);

function checkNames(names: readonly string[], path: string): void {
  for (const [k, name] of names.entries()) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new ModelError("syntax", path, `'${name}' is not a name: a letter followed by letters, digits and _`);
    if (RESERVED.has(name)) throw new ModelError("duplicate-name", path, `'${name}' is reserved; choose another name`);
    if (names.indexOf(name) !== k)
      throw new ModelError("duplicate-name", path, `'${name}' is a variable and a parameter`);
  }
}

/**
 * A synapse that does more than add its weight: variables of its own, and what happens to them on spikes and in steps.
 *
 * @throws {ModelError} `out-of-range` for a delay that is not a whole number of steps; `syntax` in a body or a name;
 *   `duplicate-name`; `not-finite`
 */
export function synapse({ name, variables = {}, parameters = {}, pathways }: SynapseSpec): SynapseModel {
  const path = `synapse ${name}`;
  checkNames([...Object.keys(variables), ...Object.keys(parameters)], path);
  requireFinite(path, Object.values(variables));
  const all = pathways.map((p, k): Pathway => ({ delay: 0, order: k, ...p }));
  for (const p of all) {
    requireInteger(`${path}.${p.trigger}.delay`, p.delay, 0, 2 ** 20);
    statementsOf(p, path);
  }
  const values = Object.entries(parameters).map(([x, value]) => [x, parseQuantity(value, `${path}.${x}`).value]);
  return { name, variables, parameters: Object.fromEntries(values), pathways: all.sort((a, b) => a.order - b.order) };
}

const statementsOf = (p: Pathway, path: string): Statement[] =>
  parseStatements({ text: p.body, path: `${path}.${p.trigger}` });

/** Names that a pathway reads. */
export const namesOf = (p: Pathway): Set<string> =>
  new Set(statementsOf(p, "synapse").flatMap((s) => [...namesIn(s.value), ...(s.op === "=" ? [] : [s.target])]));
