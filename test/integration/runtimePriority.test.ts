import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { startHandler } from '../helpers/containerHarness.ts';

it.runIf(process.platform === 'linux')('handlers give way to the platform: their threads alone are nicer', async () => {
  const container = await startHandler(`import { readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
export default () => getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));`);
  const { body } = await container.call(null).only();
  expect(Number(body.toString())).toBe(19);
  expect(getPriority(container.process.pid)).toBe(getPriority());
});
