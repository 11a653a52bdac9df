/**
 * `h5wasm` (libhdf5 in WebAssembly, the same in Node and the browser), loaded when it is first needed, kept silent, and given
 * up once it has failed.
 *
 * The library works on files of a virtual file system, which is one for the whole process.
 */
import { DataError, RunError } from "./errors.ts";

export type Library = typeof import("h5wasm");

let loading: Promise<Library> | undefined;
/** Set when libhdf5 has trapped: its memory is then in no defined state, and it answers nothing any more. */
let trapped = false;

export async function library(): Promise<Library> {
  if (trapped) throw dead();
  loading ??= import("h5wasm").then(async (h5) => {
    await h5.ready;
    return h5;
  });
  return loading;
}

const dead = (): RunError =>
  new RunError(
    "disposed",
    "hdf5",
    "libhdf5 failed on an earlier, damaged file; start a new process to read or write HDF5",
  );

let files = 0;

/** Runs `use` with the name of a virtual file that is gone afterwards. What the library throws becomes one of our errors. */
export function withFile<T>(h5: Library, use: (name: string) => T, failure: Failure): T {
  const name = fileName();
  try {
    return guarded(h5, () => atTimeZero(() => use(name)), failure);
  } finally {
    removeFile(h5, name);
  }
}

/** A name in the library's file system that nothing else has. */
export const fileName = (): string => `rheobase-${files++}.h5`;
export function removeFile({ FS }: Library, name: string): void {
  if (FS!.analyzePath(name, false).exists) FS!.unlink(name);
}

/** Makes the error for what the library throws. */
export type Failure = (why: string, cause: unknown) => DataError;

/** Runs `use` without the library's own messages. What it throws becomes one of our errors. */
export function guarded<T>(h5: Library, use: () => T, failure: Failure): T {
  if (trapped) throw dead();
  try {
    return quietly(h5, use);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    trapped ||= cause instanceof WebAssembly.RuntimeError;
    throw failure(cause instanceof Error ? cause.message.trim() : String(cause), cause);
  }
}

/** libhdf5 prints its own account of each error to standard error; ours are thrown. */
function quietly<T>(h5: Library, run: () => T): T {
  redirect(h5, "/dev/null");
  try {
    return run();
  } finally {
    redirect(h5, "/dev/stderr");
  }
}
/** As `dup2` would: a new stream takes the lowest number that is free. */
function redirect({ FS }: Library, to: string): void {
  const STDERR = 2;
  const { streams } = FS as unknown as { streams: Parameters<NonNullable<typeof FS>["close"]>[0][] }; // not in its typings
  FS!.close(streams[STDERR]!);
  FS!.open(to, "w");
}

/** HDF5 stores when each dataset was made, by the library's clock, which is `Date.now`. */
export function atTimeZero<T>(run: () => T): T {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return run();
  } finally {
    Date.now = now;
  }
}
