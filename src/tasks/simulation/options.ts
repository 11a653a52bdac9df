/** What a simulation is asked with. */

/** Options of `simulateTask`; all but the target have a default. */
export interface SimulationOptions {
  /** A named network, or the path of a module, an artefact or a SONATA configuration. */
  readonly target: string;
  /** Such as "1 s". */
  readonly duration?: string;
  /** Such as "0.1 ms". */
  readonly dt?: string;
  readonly dtype?: "f32" | "f64";
  readonly engine?: "clocked" | "exact";
  /** Default: the file's where it gives one, else 1. */
  readonly seed?: number;
  /** At most this many; no result depends on it. */
  readonly threads: number;
  /** As `record.ts` has it. */
  readonly record?: readonly string[];
  /** As `subject/inputs.ts` has it. */
  readonly input?: readonly string[];
  /** Files to write: `.h5`, `.csv`, `.html`, `.json`. */
  readonly out?: readonly string[];
  /** When it says so, the run ends after the piece at hand, and what is there is told and written. */
  readonly stop?: { readonly aborted: boolean };
}
