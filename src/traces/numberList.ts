type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** A typed array that grows, for columns whose length is known only at the end of a file. */
export class NumberList<A extends Numbers> {
  readonly #make: (length: number) => A;
  #items: A;
  #length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#items = make(1_024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const grown = this.#make(this.#items.length * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.#length] = value;
    this.#length += 1;
  }

  /** What was pushed, as a view that later pushes may leave behind. */
  items(): A {
    return this.#items.subarray(0, this.#length) as A;
  }
}
