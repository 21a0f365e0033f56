import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';

const MODULE = pathToFileURL(join(PROJECT_ROOT, 'dist/cli/interrupt.js')).href;

/** A process that listens, says what it hears, and ends by itself on `end` alone. */
const program = (hurry = '') => `
  const { onInterrupt } = await import(${JSON.stringify(MODULE)});
  const stop = onInterrupt({
    graceful: (signal) => console.log('asked by ' + signal),
    ${hurry}
    force: () => console.log('forced'),
  });
  process.stdin.on('data', () => { stop(); console.log('stopped listening'); });
  console.log('ready');
`;

function start(text = program()): {
  child: ChildProcess;
  heard: (text: string) => Promise<void>;
  end: Promise<unknown[]>;
} {
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text;
    child.emit('heard');
  });
  const heard = async (text: string): Promise<void> => {
    while (!output.includes(`${text}\n`)) await once(child, 'heard');
  };
  return { child, heard, end: once(child, 'close') };
}

describe('an interrupted command', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('is asked by the first %s, and forced by the second', async (signal) => {
    const { child, heard, end } = start();
    await heard('ready');
    child.kill(signal);
    await heard(`asked by ${signal}`);
    child.kill(signal);
    await heard('forced');
    expect(await end).toEqual([1, null]);
  });

  test('that has much to put away is forced by the third', async () => {
    const { child, heard, end } = start(program("hurry: () => console.log('hurried'),"));
    await heard('ready');
    for (const answer of ['asked by SIGINT', 'hurried', 'forced']) {
      child.kill('SIGINT');
      await heard(answer);
    }
    expect(await end).toEqual([1, null]);
  });

  test('that has stopped listening ends as any process does', async () => {
    const { child, heard, end } = start();
    await heard('ready');
    child.stdin?.write('end\n');
    await heard('stopped listening');
    child.kill('SIGINT');
    expect(await end).toEqual([null, 'SIGINT']);
  });
});
