/** A file of any size, piece by piece. Node only. */
import { fileSystem, unreadable } from "../../base/node.ts";

const PIECE = 2 ** 18;

/**
 * The bytes of a file, in pieces; each is overwritten by the next.
 *
 * @throws {DataError} `missing-file`, or `bad-file` where it cannot be read
 * @throws {RunError} `unsupported` in a page
 */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const { open } = await fileSystem(path);
  const handle = await open(path).catch((cause) => Promise.reject(unreadable(path, cause)));
  try {
    const piece = new Uint8Array(PIECE);
    for (;;) {
      const { bytesRead } = await handle.read(piece).catch((cause) => Promise.reject(unreadable(path, cause)));
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
