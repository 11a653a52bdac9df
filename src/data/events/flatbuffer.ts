/**
 * The little of FlatBuffers that AEDAT 4 needs, with every offset checked: the official library trusts them.
 *
 * A buffer begins with the offset of its root table and, at byte 4, four letters that name its type. A table begins with the
 * (signed, subtracted) offset of its vtable: its own size, the size of the table, then for each field the offset in the table
 * of its value, or 0 where it has the default. Strings and vectors are offsets of a count and elements.
 *
 * @see FlatBuffers documentation, "FlatBuffer Internals"
 */
export class FlatBuffer {
  readonly #view: DataView;
  readonly #fail: (problem: string) => Error;

  /** @param fail makes the error for an offset that leads nowhere */
  constructor(bytes: Uint8Array, fail: (problem: string) => Error) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  /** Place of the root table of a buffer of this type. */
  root(type: string): number {
    const found = [4, 5, 6, 7].map((k) => String.fromCharCode(this.#view.getUint8(this.#at(k, 1)))).join("");
    if (found !== type) throw this.#fail(`expected a FlatBuffer of type ${type}, found ${JSON.stringify(found)}`);
    return this.#follow(0);
  }

  /** Place of a field of so many bytes, or undefined where the table has it not. */
  field(table: number, index: number, size: number): number | undefined {
    const vtable = table - this.#view.getInt32(this.#at(table, 4), true);
    const slot = 4 + 2 * index;
    if (slot + 2 > this.#view.getUint16(this.#at(vtable, 4), true)) return undefined;
    const offset = this.#view.getUint16(this.#at(vtable + slot, 2), true);
    return offset === 0 ? undefined : this.#at(table + offset, size);
  }

  i32(at: number): number {
    return this.#view.getInt32(this.#at(at, 4), true);
  }
  i64(at: number): bigint {
    return this.#view.getBigInt64(this.#at(at, 8), true);
  }

  /** A string, vector or vector of structs that a field leads to. @param size bytes an element */
  vector(field: number, size: number): { from: number; count: number } {
    const at = this.#follow(field);
    const count = this.#view.getUint32(this.#at(at, 4), true);
    return { from: this.#at(at + 4, count * size), count };
  }

  #follow(at: number): number {
    return this.#at(at + this.#view.getUint32(this.#at(at, 4), true), 4);
  }
  #at(at: number, size: number): number {
    if (at >= 0 && at + size <= this.#view.byteLength) return at;
    throw this.#fail(`damaged: bytes ${at} to ${at + size - 1} are needed, there are ${this.#view.byteLength}`);
  }
}
