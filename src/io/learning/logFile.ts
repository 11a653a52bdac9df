/** A file that a training adds to while it runs, and that others read meanwhile: whole pieces, one after the other. */
import { DataError } from "../../base/errors.ts";
import { syncFileSystem } from "../../base/node.ts";
import { nameless, requireFolder } from "../file.ts";

/** Grows at its end; what was there before stays. */
export interface LogFile {
  /** @throws {DataError} `write-failed`; the file then ends with the piece before */
  append(piece: Uint8Array | string): void;
  close(): void;
}

/** Opens a log, making it where it is not. @throws {DataError} `write-failed`; {RunError} `unsupported` in a page */
export async function openLog(path: string): Promise<LogFile> {
  const fs = await syncFileSystem(path);
  await requireFolder(path);
  const attempt = <T>(use: () => T): T => {
    try {
      return use();
    } catch (cause) {
      throw cause instanceof DataError ? cause : new DataError("write-failed", path, nameless(cause), { cause });
    }
  };
  const file = attempt(() => fs.openSync(path, "a"));
  return {
    append: (piece) =>
      attempt(() => {
        const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
        const { size } = fs.fstatSync(file);
        try {
          for (let done = 0; done < bytes.length; ) done += fs.writeSync(file, bytes, done);
        } catch (cause) {
          fs.ftruncateSync(file, size); // no half piece
          throw cause;
        }
      }),
    close: () => attempt(() => fs.closeSync(file)),
  };
}
