/**
 * Whole tasks, as the command line runs them.
 * @module tasks
 */
export { compare } from "./compare.ts";
export { type DataGetOptions, type DataOptions, dataGet, dataInfo, dataList, dataVerify } from "./data.ts";
export { type DiffOptions, type DiffReport, diff } from "./diff.ts";
export { doctor } from "./doctor.ts";
export { evaluate } from "./evaluate.ts";
export { explain } from "./explain.ts";
export {
  CELLS,
  type CellName,
  type CheckpointOptions,
  ENCODERS,
  type EncoderName,
  type EvaluateOptions,
  LEARNERS,
  type LearnerName,
  type OnProgress,
  type Progress,
  type TaskOptions,
  type TaskReport,
} from "./options.ts";
export type { SimulationOptions } from "./simulation/options.ts";
export { type SimulationReport, simulateTask } from "./simulation/simulate.ts";
export { type StarterOptions, starter } from "./starter.ts";
export { type StoredPass, type StoredSource, storedReader } from "./stored.ts";
export {
  type BuildOptions,
  type KnownRate,
  type NamedSimulation,
  SIMULATIONS,
  type SimulationName,
} from "./subject/catalogue.ts";
export type { ImageTask, SequenceTask, Task } from "./task.ts";
export { TASKS, type TaskName } from "./tasks.ts";
export { train } from "./train.ts";
