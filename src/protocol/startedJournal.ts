/**
 * The journal of what began, for functions that may not be run twice.
 *
 * `started` says so over the connection, but a container that is killed may take the last of these messages with it,
 * and the worker must not run again what had begun. So a container whose `init` names a `journal` writes, before it
 * calls a handler, to a file that outlives it: `<journal>.<thread>`, a ring of RECORDS records of RECORD_BYTES bytes,
 * each the batch's stream and the invocation's index plus one, both big-endian 32 bits; zeros: unused. The worker reads
 * the files when the container is lost. A ring, because only what was begun a moment ago can be in doubt.
 */
export const RECORD_BYTES = 8;
export const RECORDS = 4_096;

export interface Begun {
  readonly stream: number;
  readonly index: number;
}

export function encodeBegun(begun: readonly Begun[]): Buffer {
  const bytes = Buffer.allocUnsafe(begun.length * RECORD_BYTES);
  for (const [at, { stream, index }] of begun.entries()) {
    bytes.writeUInt32BE(stream, at * RECORD_BYTES);
    bytes.writeUInt32BE(index + 1, at * RECORD_BYTES + 4);
  }
  return bytes;
}

export function decodeBegun(bytes: Buffer): Begun[] {
  const begun: Begun[] = [];
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const next = bytes.readUInt32BE(at + 4);
    if (next > 0) begun.push({ stream: bytes.readUInt32BE(at), index: next - 1 });
  }
  return begun;
}
