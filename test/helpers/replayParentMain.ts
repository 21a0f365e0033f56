import { startReplayer } from '../../src/replay/replayerProcess.ts';

// A parent of a replayer, to be killed: passes on what the replayer says, with its pid.
const replayer = startReplayer({
  planPath: String(process.argv[2]),
  onMessage: (message) => process.send?.({ pid: replayer.pid, message }),
});
await replayer.result;
