/** What is known of a data set before it is here: where it is published, how large, how to tell that it arrived whole. Plain data. */

/** `git-blob` is the name that git gives a file: SHA-1 of `blob SIZE\0` and its bytes. */
export type Algorithm = "sha256" | "md5" | "git-blob";

/** A published checksum. */
export interface Checksum {
  readonly algorithm: Algorithm;
  /** Lower-case hexadecimal digits. */
  readonly value: string;
  /** Who publishes it, and where. */
  readonly source: string;
}

/** How a file is packed that is to be unpacked. */
export type Packing = "zip" | "tar" | "tar.gz" | "gz";

/** A file of a set, and where it can be had. */
export interface RemoteFile {
  /** Under which it is kept in the folder of its set; may have folders of its own, with `/`. */
  readonly name: string;
  /** Where it can be had: the publisher's address, then mirrors. Tried in this order. */
  readonly urls: readonly string[];
  /** Where published. */
  readonly bytes?: number;
  /** Absent where nobody publishes one: the first download is then recorded, and compared with. */
  readonly checksum?: Checksum;
  readonly unpack?: Packing;
  /** Folders at the beginning of every name in the archive that are left out. */
  readonly strip?: number;
}

/** A data set that can be fetched. */
export interface Source {
  /** Of its folder, and on the command line; that of the task which uses it. */
  readonly name: string;
  /** Other names that it goes by, and that its folder may have. */
  readonly aliases?: readonly string[];
  readonly title: string;
  readonly holds: string;
  readonly files: readonly RemoteFile[];
  /** Of all files together on disk once unpacked, where known. */
  readonly unpackedBytes?: number;
  readonly licence: string;
  readonly citation: string;
  /** The format that it is read as. */
  readonly reader: string;
  /** How a program reads it, once it is here: a call of a function of `rheobase/data`. */
  readonly call: string;
  /** Paths that are there once its archives are unpacked, by which a folder that others unpacked is known; none without archives. */
  readonly unpacked?: readonly string[];
  /** For people to look at. */
  readonly page: string;
  /** Where programs cannot fetch it: what a person has to do. */
  readonly byHand?: string;
}

/** Its own name first. */
export const namesOf = ({ name, aliases = [] }: Pick<Source, "name" | "aliases">): readonly string[] => [
  name,
  ...aliases,
];
