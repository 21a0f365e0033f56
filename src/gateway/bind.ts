import { isIPv4 } from 'node:net';
import { FaasError } from '../protocol/errors.ts';

/** Is this an address (or a Host header's host) that only this machine can reach? */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIPv4(host) && host.startsWith('127.');
}

/**
 * Whoever reaches the gateway can run code on this machine, so it is open to this machine alone unless it asks for keys.
 * @throws FaasError `invalid_config`
 */
export function assertSafeBind(host: string, apiKeys: readonly string[]): void {
  if (apiKeys.some((key) => key.trim() === '')) {
    throw new FaasError('invalid_config', 'apiKeys: a key must not be blank', { field: 'apiKeys' });
  }
  if (apiKeys.length > 0 || isLoopback(host)) return;
  throw new FaasError(
    'invalid_config',
    `host: ${JSON.stringify(host)} can be reached by others, so it needs an API key (FAASBATCH_API_KEYS); ` +
      'without one only a loopback address such as 127.0.0.1 can be bound',
    { field: 'host' },
  );
}
