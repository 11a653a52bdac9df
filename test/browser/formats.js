/** Files of every format, read by the package: plain data, which must be the same in Node and in a page. */

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const tableOf = ({ columns }) => columns.map(({ name, kind, values }) => [name, kind, ...values]);
const arrayOf = ({ type, shape, data }) => [type, shape, ...data];
const imageOf = ({ width, height, channels, data }) => [width, height, channels, ...data];

/** By the ending of a file's name. */
const READERS = {
  csv: async (data, file) => tableOf(await data.readCsv(file)),
  arff: async (data, file) => tableOf(await data.readArff(file)),
  wav: async (data, file) => [...(await data.readWave(file)).data],
  npy: async (data, file) => arrayOf(data.readNpy(file)),
  npz: async (data, file) => [...(await data.readNpz(file))].map(([name, array]) => [name, ...arrayOf(array)]),
  png: async (data, file) => imageOf(await data.readPng(file)),
  jpg: async (data, file) => imageOf(await data.readJpeg(file)),
  xml: (data, file) => data.readVoc(file),
};
export const ENDINGS = Object.keys(READERS);

/** @param files base64 by name */
export async function readFormats(data, files) {
  const results = {};
  for (const [path, base64] of Object.entries(files))
    results[path] = await READERS[path.split(".").at(-1)](data, { path, bytes: bytesOf(base64) });
  return results;
}
