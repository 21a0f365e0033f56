import { startReplayTarget } from './replayTarget.ts';

// A target in a process of its own, to be killed; tells its origin, then how many calls have arrived.
const target = await startReplayTarget();
process.send?.({ origin: target.origin });
setInterval(() => process.send?.({ arrived: target.arrived.length }), 20);
process.on('disconnect', () => process.exit());
