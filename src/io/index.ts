/**
 * Saved networks and checkpoints, and networks in the format SONATA.
 * @module io
 */
export {
  type Artefact,
  decodeArtefact,
  encodeArtefact,
  type Provenance,
  readArtefact,
  writeArtefact,
} from "./artefact.ts";
export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  readCheckpoint,
  type SavedTraining,
  writeCheckpoint,
} from "./checkpoint.ts";
export { networkFromJson, networkToJson } from "./networkJson.ts";
export type { NetworkJson, PopulationJson } from "./networkSchema.ts";
export { csvSink } from "./records/csvSink.ts";
export { type Replayed, recordLog, replayRecords } from "./records/log.ts";
export { recoverSonata, type SonataSinkOptions, sonataSink } from "./records/sonataSink.ts";
export type { SonataFiles } from "./sonata/files.ts";
export { type ReadSonataOptions, readSonata, type SonataNetwork, type SonataNodes } from "./sonata/read.ts";
export { readSonataSpikes, type SonataSpikeTrain } from "./sonata/readSpikes.ts";
export { encodeSonata, type SonataFileBytes, type WriteSonataOptions, writeSonata } from "./sonata/write.ts";
