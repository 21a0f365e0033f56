import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/** Something outside this project that a test cannot do without. */
export interface Need {
  /** Why it cannot be used; undefined: it can. */
  readonly absent: string | undefined;
}

/** Reasons of skips that REQUIRE_SERVICES=1 lets pass: no registry carries the one, the other is outside the project. */
export const MAY_BE_ABSENT = ['COUCHDB_URL', '../shared/'] as const;

const START_SERVICES = 'INSTALL_SERVICES=1 npm test starts one';

export const needs = {
  /** A Redis server at REDIS_URL. */
  redis: need(process.env['REDIS_URL'] !== undefined, `REDIS_URL is not set; ${START_SERVICES}`),
  /** A Docker daemon at DOCKER_HOST or its usual socket. */
  docker: need(existsSync(dockerSocket()), `no Docker daemon at ${dockerSocket()}; ${START_SERVICES}`),
  /** A real CouchDB at COUCHDB_URL. */
  couchdb: need((process.env['COUCHDB_URL'] ?? '') !== '', 'COUCHDB_URL is not set'),
};

/** A `describe` that is skipped where its need is absent, with the reason in its title, for every reporter to show. */
export function describeWith(wanted: Need, title: string, body: () => void): void {
  if (wanted.absent === undefined) describe(title, body);
  else describe.skip(`${title} (skipped: ${wanted.absent})`, body);
}

function need(isThere: boolean, reason: string): Need {
  return { absent: isThere ? undefined : reason };
}

function dockerSocket(): string {
  const host = process.env['DOCKER_HOST'];
  return host?.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
}
