/** Whether a set is here, and where. Node only. */
import { fileSystem } from "../../base/node.ts";
import { type LocateOptions, places, storeFolder } from "../locate.ts";
import { sizeOf } from "./files.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { namesOf, type RemoteFile, type Source } from "./source.ts";

/** `whole`: all files are there; `part`: some, or some of a file; `absent`: nothing. */
export type Presence = "whole" | "part" | "absent";
/** Whether a set is here, and where. */
export interface Found {
  readonly presence: Presence;
  /** Where it is, or where it would be put. */
  readonly folder: string;
  /** Of what was fetched by `get`. */
  readonly manifest?: Manifest | undefined;
}

/** Where `get` puts a set. */
export const folderOf = ({ name }: Source, options: LocateOptions = {}): string => `${storeFolder(options)}/${name}`;

/** Looks where tasks look: the first folder that has it all, else the first that has something. */
export async function findSet(source: Source, options: LocateOptions = {}): Promise<Found> {
  const own = folderOf(source, options);
  const folders = new Set([own, ...places(namesOf(source), options)]);
  let best: Found = { presence: "absent", folder: own };
  for (const folder of folders) {
    const found = await lookInto(source, folder);
    if (found.presence === "whole") return found;
    if (found.presence === "part" && best.presence === "absent") best = found;
  }
  return best;
}

async function lookInto(source: Source, folder: string): Promise<Found> {
  const manifest = await readManifest(folder);
  const own = manifest?.set === source.name ? manifest : undefined;
  const sizes = await Promise.all(source.files.map((file) => sizeOfEither(folder, file)));
  const unpacked = own?.complete === true || (!own && (await isUnpacked(source, folder)));
  const there = source.files.map(({ unpack }, k) => sizes[k] !== undefined || (unpack !== undefined && unpacked));
  const needsUnpacking = source.files.some(({ unpack }) => unpack !== undefined);
  if (there.every(Boolean) && (unpacked || !needsUnpacking)) return { presence: "whole", folder, manifest: own };
  const parts = await Promise.all(source.files.map(({ name }) => sizeOf(`${folder}/${name}.part`)));
  const some = own !== undefined || [...sizes, ...parts].some((size) => size !== undefined);
  return { presence: some ? "part" : "absent", folder, manifest: own };
}

/** By others than `get`, whose folder says itself what is in it. */
async function isUnpacked({ unpacked = [] }: Source, folder: string): Promise<boolean> {
  const { access } = await fileSystem(folder);
  const there = unpacked.map((path) =>
    access(`${folder}/${path}`).then(
      () => true,
      () => false,
    ),
  );
  return there.length > 0 && (await Promise.all(there)).every(Boolean);
}

/** Of a compressed file that is read as it is also the same uncompressed, which readers take as well. */
async function sizeOfEither(folder: string, file: RemoteFile): Promise<number | undefined> {
  const plain = uncompressedName(file);
  const size = await sizeOf(`${folder}/${file.name}`);
  return size === undefined && plain !== undefined ? sizeOf(`${folder}/${plain}`) : size;
}
/** Undefined for what is not compressed, or is to be unpacked. */
export const uncompressedName = ({ name, unpack }: RemoteFile): string | undefined =>
  unpack === undefined && name.endsWith(".gz") ? name.slice(0, -3) : undefined;
