/** A counting sort of list entries by channel: `order` gets a number of each entry, channel by channel. */
import type { KernelContext } from "./kernel.ts";
import { counted } from "./reach.ts";

export interface ChannelSort {
  readonly channels: number;
  /** Address of where each channel's entries begin in `order`; afterwards, where they end. One word more than channels. */
  readonly starts: number;
  /** A local: the address of the word in `starts` of the channel of the entry at hand. */
  readonly at: number;
  /** Goes through the entries. */
  each(body: () => void): void;
  /** Pushes what is noted of the entry at hand. */
  pushNoted(): void;
}

export function sortChannels({ channels, starts, at, each, pushNoted }: ChannelSort, c: KernelContext): void {
  const { f } = c;
  const [n, sum] = [f.local("i32"), f.local("i32")];
  const increment = (offset: number): void => {
    f.get(at, at);
    f.op("i32.load", offset);
    f.i32(1);
    f.op("i32.add");
    f.op("i32.store", offset);
  };
  f.get(starts);
  f.i32(0);
  f.i32(4 * (channels + 1));
  f.op("memory.fill");
  // Counts first: `starts[c + 1]` is that of channel c.
  each(() => increment(4));
  f.get(starts);
  f.set(at);
  f.i32(0);
  f.set(sum);
  counted(f, n, channels, () => {
    f.get(at, sum, at);
    f.op("i32.load", 4);
    f.op("i32.add");
    f.tee(sum);
    f.op("i32.store", 4);
    f.advance(at, 4);
  });
  each(() => {
    f.get(c.ptr("order"), at);
    f.op("i32.load", 0);
    f.i32(4);
    f.op("i32.mul");
    f.op("i32.add");
    pushNoted();
    f.op("i32.store", 0);
    increment(0);
  });
}
