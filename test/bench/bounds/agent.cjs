// The least that a container's process can be: it dials a Unix socket and answers one line of JSON with another.
// Ends with its connection.
const { connect } = require('node:net');

const socket = connect(process.env.BENCH_SOCKET);
let text = '';
socket.setEncoding('utf8');
socket.on('data', (chunk) => {
  text += chunk;
  if (text.endsWith('\n')) {
    socket.write(`${JSON.stringify(JSON.parse(text))}\n`);
    text = '';
  }
});
socket.on('close', () => process.exit());
