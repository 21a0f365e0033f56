/** What `function.yaml` says, with defaults filled in. */
export interface FunctionManifest {
  /** `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, at most 63 characters. */
  readonly name: string;
  /** The module to import, relative to the function's folder. */
  readonly handler: string;
  /** `cpu` functions spread over threads, `io` functions share one. */
  readonly kind: 'cpu' | 'io';
  /** CPU allowance of a container, cores; null: all of the host's. */
  readonly cpus: number | null;
  readonly memoryMb: number;
  /** From executionStartedAt. */
  readonly timeoutMs: number;
  /** Invocations of a batch under way at once in one container. Default: 64 for `io`, one per core for `cpu`. */
  readonly concurrency: number | null;
  /** The handler takes an array of events and returns an array. */
  readonly batch: boolean;
  /** May an invocation that had started be run again? */
  readonly idempotent: boolean;
  readonly network: 'none' | 'host' | 'bridge';
  readonly multiplex: readonly string[];
  readonly release: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Containers of this function at most; null: only the worker's limit holds. */
  readonly maxContainers: number | null;
}

/** A deployed version of a function. */
export interface DeployedFunction {
  /** `namespace/name@digest`. */
  readonly key: string;
  readonly namespace: string;
  /** sha256 over the manifest and the code, 64 hex characters; the key carries the first 12. */
  readonly digest: string;
  readonly manifest: FunctionManifest;
  /** Folder with the code on this machine. */
  readonly codePath: string;
  readonly deployedAt: string;
}
