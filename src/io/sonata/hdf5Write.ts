/** HDF5 as SONATA has it: groups of columns of numbers, some with words attached. */
import { DataError } from "../../base/errors.ts";
import { type Library, library, withFile } from "../../base/hdf5.ts";

export interface Column {
  readonly data: Float64Array | Uint32Array | Uint8Array | BigInt64Array;
  /** Columns of a table of two dimensions; absent: one. */
  readonly width?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}
export type Branch = ReadonlyMap<string, Column | Branch>;

/** Of every SONATA file. */
const MAGIC = 0x0a7a;
const VERSION = [0, 1];

/** @throws {DataError} `write-failed` where the library cannot make the file, as for lack of memory */
export async function encodeSonataHdf5(root: Branch): Promise<Uint8Array> {
  const h5 = await library();
  const make = (name: string): Uint8Array => {
    const file = new h5.File(name, "w", { libver: ["earliest", "v110"] });
    try {
      file.create_attribute("magic", MAGIC, [], "<I");
      file.create_attribute("version", VERSION, [2], "<I");
      write(file, root);
    } finally {
      file.close();
    }
    return h5.FS!.readFile(name);
  };
  return withFile(h5, make, (why, cause) => new DataError("write-failed", "sonata", why, { cause }));
}

const isColumn = (x: Column | Branch): x is Column => "data" in x;
function write(group: InstanceType<Library["Group"]>, branch: Branch): void {
  for (const [name, x] of branch) {
    if (!isColumn(x)) {
      write(group.create_group(name), x);
      continue;
    }
    const { data, width, attributes = {} } = x;
    const shape = width === undefined ? [data.length] : [data.length / width, width];
    const made = group.create_dataset({ name, data, shape });
    for (const [key, text] of Object.entries(attributes)) made.create_attribute(key, text);
  }
}
