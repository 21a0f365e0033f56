import { openTlsBackend } from './tlsBackendServer.ts';

// The backend's process: `node tlsBackendMain.js <rttMs>`. Tells its parent the port, and ends when that is gone.
process.on('disconnect', () => process.exit());
const backend = await openTlsBackend(Number(process.argv[2]));
if (!process.connected) process.exit();
process.send?.({ port: backend.port });
