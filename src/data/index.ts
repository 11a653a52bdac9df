export { type BatchOptions, batches } from "./batch.ts";
export { type Dataset, type DatasetParts, dataset, Examples, type Features, type Labels } from "./dataset.ts";
export {
  type EncodeOptions,
  type EventBatch,
  encodeEvents,
  encodeValues,
  eventBatch,
  type ValueBatch,
  valueBatch,
} from "./encode.ts";
export {
  type Bernoulli,
  bernoulli,
  type Current,
  current,
  type Encoder,
  type EventEncoder,
  type Latency,
  latency,
  type Poisson,
  poisson,
  type Rate,
  rate,
} from "./encoder.ts";
export type { NamedBytes } from "./format/bytes.ts";
export { type Idx, idxExamples, parseIdx, readIdx } from "./format/idx.ts";
export { listMatlab, type MatlabOptions, readMatlab } from "./format/matlab.ts";
export type { MatlabClass, MatlabVariable, NumericClass } from "./format/matlabMatrix.ts";
export type { MatlabArray, Numbers } from "./format/matlabValues.ts";
export { rowMajor } from "./format/rowMajor.ts";
export type { LocateOptions } from "./locate.ts";
export {
  type SequenceBatch,
  type SequenceDataset,
  type SequenceDatasetParts,
  type SequenceParts,
  Sequences,
  sequenceDataset,
} from "./sequences.ts";
export { type DigitsOptions, digits } from "./sets/digits.ts";
export { ecg, ecgDataset } from "./sets/ecg.ts";
export { type IdxName, idxDataset } from "./sets/mnist.ts";
