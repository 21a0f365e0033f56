import { connect } from 'node:tls';

/** What a client of an object store costs in the original's measurements. */
const CLIENT_BYTES = 9 * 1024 * 1024;

/**
 * Makes a client of a service, or takes the one that the thread has: the I/O workload of the original, whose functions
 * each made a boto3 client. The service (src/replay/tlsBackendServer.ts) sends its model, a line of JSON, once the TLS
 * session stands, two simulated round trips after the client dialled.
 * @param {{host: string, port: number}} event
 */
export default async function handler({ host, port }, { resources, signal }) {
  let created = false;
  const client = await resources.get(`${host}:${port}`, () => {
    created = true;
    return createClient(host, port, signal);
  });
  return { created, clientBytes: client.memory.length, operations: Object.keys(client.model.operations).length };
}

async function createClient(host, port, signal) {
  // The server makes its certificate when it starts, signed by nobody, and both ends are on this machine. The
  // handshake costs the same whether the signature's owner is then looked up or not.
  const socket = connect({ host, port, rejectUnauthorized: false });
  try {
    const model = JSON.parse(await firstLine(socket, signal));
    // written to, so that it is really held
    const memory = Buffer.alloc(CLIENT_BYTES).fill(1);
    // A client that nobody uses at the moment may lose its session.
    socket.on('error', () => socket.destroy());
    return { model, memory, [Symbol.dispose]: () => socket.destroy() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function firstLine(socket, signal) {
  return new Promise((resolve, reject) => {
    let text = '';
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the service closed the session before it sent its model')));
    socket.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      signal.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(text.slice(0, text.indexOf('\n')));
    });
  });
}
