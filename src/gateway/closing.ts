import type { FastifyInstance } from 'fastify';

const IDLE_CHECK_INTERVAL_MS = 20;

/**
 * Node closes the connections that are idle when a server begins to close, not those that become so later: a client
 * with keep-alive whose call ended a moment after would hold the server for the whole keep-alive time.
 */
export function closeIdleConnectionsUntilClosed(app: FastifyInstance): void {
  app.addHook('preClose', (done) => {
    if (app.server.listening) {
      const checking = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_INTERVAL_MS);
      app.server.once('close', () => clearInterval(checking));
    }
    done();
  });
}
