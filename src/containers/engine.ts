/** What a container is made from. Paths are the host's. */
export interface ContainerSpec {
  /** Unique on this machine. */
  readonly name: string;
  /** Shared with this one container: socket and code lie in it. */
  readonly directory: string;
  /** The worker listens here; the container dials. */
  readonly socketPath: string;
  /** CPU allowance, cores. */
  readonly cpus: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface ContainerUsage {
  /** CPU time since its start. */
  readonly cpuMs: number;
  /** Memory that is its own: resident, without what it shares with others (as the Node binary). */
  readonly memoryBytes: number;
}

/** A container of an engine, running or gone. Every method may be called at any time, also after its end. */
export interface EngineContainer {
  /** Resolves, with a reason for people, when it is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** Ends it at once; `exited` tells when. */
  kill(): void;
  /** undefined when it is gone or the system does not tell. */
  usage(): ContainerUsage | undefined;
}

/** Makes containers. It knows nothing of functions, batches or limits. */
export interface Engine {
  readonly name: 'process';
  /** @throws FaasError `start_failed` */
  start(spec: ContainerSpec): Promise<EngineContainer>;
  /** How a path in the container's directory is called inside the container. */
  pathInside(spec: ContainerSpec, path: string): string;
  /** CPU time of what runs beside worker and containers to run these. */
  ownCpuMs(): number;
}
