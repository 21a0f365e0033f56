#!/usr/bin/env node
import { run } from './run.ts';

for (const stream of [process.stdout, process.stderr]) {
  // `faasbatch … | head` closes the pipe early. Nobody reads on, but what was begun still comes to its proper end.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await run(process.argv.slice(2));
