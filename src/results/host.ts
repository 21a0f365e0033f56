import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os';

/** What a run's figures depend on and a reader on another machine cannot see. */
export function describeHost(): Readonly<Record<string, unknown>> {
  return {
    hostname: hostname(),
    platform: platform(),
    release: release(),
    arch: arch(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

export function describeVersions(): Readonly<Record<string, string>> {
  const { node, v8 } = process.versions;
  return { node, v8 };
}
