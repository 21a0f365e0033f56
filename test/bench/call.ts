/** What is posted, again and again; whoever answers rightly answers with the same bytes. */
export interface Call {
  readonly url: string;
  /** JSON as `JSON.stringify` writes it, so that parsing and writing it again gives the same text. */
  readonly body: string;
}

/** What every benchmark sends: about the size of a small event. */
export const EVENT = JSON.stringify({
  orderId: 481_516,
  customer: 'c-2342',
  items: [4, 8, 15, 16, 23, 42],
  paid: true,
});
