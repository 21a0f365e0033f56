import type { FunctionRegistry } from '../functions/registry.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { InvocationQueue } from '../queue/queue.ts';

/** What the gateway is told; the worker's resolved configuration has these fields. */
export interface GatewayConfig {
  /** The address that it will be bound to. */
  readonly host: string;
  /** One of them must be shown; none are needed on loopback. */
  readonly apiKeys: readonly string[];
  /** Body of a call at most. */
  readonly maxPayloadBytes: number;
}

export interface Health {
  state(): 'starting' | 'ready' | 'draining';
}

/** The part of a logger (pino's will do) that the gateway uses: for faults of its own, never for requests. */
export interface GatewayLogger {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface GatewayDeps {
  readonly functions: FunctionRegistry;
  readonly queue: InvocationQueue;
  /** Told of every outcome and every rejection by the gateway, and by nobody else. */
  readonly metrics: Metrics;
  readonly config: GatewayConfig;
  readonly logger: GatewayLogger;
  readonly health: Health;
}
