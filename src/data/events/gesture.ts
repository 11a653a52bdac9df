/**
 * DVS128 Gesture: each AEDAT 3.1 file holds several gestures of one person, one after the other, and a CSV file beside it
 * says which came when: `class,startTime_usec,endTime_usec`, in the clock of the recording.
 *
 * @see Amir et al. 2017, CVPR, "A low power, fully event-based gesture recognition system"
 */
import { DataError } from "../../base/errors.ts";
import { cutEvents, type EventRecording } from "./recording.ts";

/** In the order of the set: its class 1 is label 0. */
export const GESTURES: readonly string[] = [
  ...["hand clapping", "right hand wave", "left hand wave", "right arm clockwise", "right arm counter-clockwise"],
  ...["left arm clockwise", "left arm counter-clockwise", "arm roll", "air drums", "air guitar", "other gestures"],
];

/** One labelled gesture of a recording. */
export interface Gesture {
  /** Which of `GESTURES`. */
  readonly label: number;
  readonly recording: EventRecording;
}
/** When a gesture was made: from `from` (inclusive) to `to` (exclusive), µs in the clock of the recording. */
export interface GestureTime {
  readonly label: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The gestures of a recording, in the order of the table. Events between them belong to none.
 *
 * @param path what errors call the table
 * @throws {DataError} `bad-file` with the line
 */
export function cutGestures(recording: EventRecording, path: string, table: string): Gesture[] {
  return gestureTimes(path, table).map(({ label, from, to }) => ({
    label,
    recording: cutEvents(recording, from, to),
  }));
}

/** The rows of a table. @throws {DataError} `bad-file` with the line */
export function gestureTimes(path: string, table: string): GestureTime[] {
  const [first = "", ...lines] = table.trimEnd().split(/\r?\n/);
  if (first.trim() !== "class,startTime_usec,endTime_usec")
    throw bad(path, 1, `expected class,startTime_usec,endTime_usec, found ${JSON.stringify(first.slice(0, 80))}`);
  return lines.map((line, k) => {
    const [, label, from, to] = /^(\d{1,3}),(\d{1,15}),(\d{1,15})$/.exec(line.trim())?.map(Number) ?? [];
    if (!(label! >= 1 && label! <= GESTURES.length && from! <= to!))
      throw bad(
        path,
        k + 2,
        `expected a class from 1 to ${GESTURES.length}, a start and an end in µs, found ${JSON.stringify(line.slice(0, 80))}`,
      );
    return { label: label! - 1, from: from!, to: to! };
  });
}

const bad = (path: string, line: number, problem: string): DataError =>
  new DataError("bad-file", path, `line ${line}: ${problem}`);
