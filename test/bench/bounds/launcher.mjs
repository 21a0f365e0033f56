// The bound for cold starts: for each POST, a new process (agent.cjs) is spawned as the process engine spawns its
// containers, gets the body over a Unix socket, and its answer is the HTTP answer. The agents stay, idle, as warm
// containers do; they end with this process, and this one with whoever forked it.
//
// BENCH_DIRECTORY  where sockets are made
import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('./agent.cjs', import.meta.url));
// Linux's sockaddr_un; Node 20 cuts longer paths without a word.
const MAX_SOCKET_PATH_BYTES = 107;
const directory = process.env.BENCH_DIRECTORY;
let agents = 0;

const server = createHttpServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    askNewAgent(text).then(
      (body) => answer(response, 200, body),
      (error) => answer(response, 500, error.message),
    );
  });
});

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function askNewAgent(line) {
  agents += 1;
  const path = join(directory, `a${agents}`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) throw new Error(`socket path ${path} is too long`);
  return new Promise((resolve, reject) => {
    const listener = createServer((socket) => {
      listener.close();
      let text = '';
      socket.setEncoding('utf8');
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.endsWith('\n')) resolve(text.slice(0, -1));
      });
      socket.write(`${line}\n`);
    });
    listener.on('error', reject);
    listener.listen(path, () => {
      const child = spawn(process.execPath, [AGENT], {
        cwd: directory,
        env: { PATH: process.env.PATH, LANG: process.env.LANG, BENCH_SOCKET: path },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`the agent ended with code ${code} before it answered`)));
      child.stderr.resume();
    });
  });
}

process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}/` }));
