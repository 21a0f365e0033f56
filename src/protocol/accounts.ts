/** What a worker adds up over a run; written to `accounts.json` every second and at the end. */
export interface WorkerAccounts {
  readonly workerId: string;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** False until the worker has drained: a killed worker leaves its last second's accounts. */
  readonly final: boolean;
  readonly batches: { readonly count: number; readonly invocations: number; readonly maxSize: number };
  readonly containers: {
    /** Started for a function; generic ones count when they become a function's. */
    readonly started: number;
    readonly startsFailed: number;
    readonly prewarmed: number;
    readonly lost: number;
    readonly peak: number;
    /** From start requested to gone, summed over containers. */
    readonly containerSeconds: number;
    /** Resident memory over time, sampled once a second, summed over containers. */
    readonly memoryByteSeconds: number;
  };
  readonly cpuSeconds: {
    /** The worker process: gateway, dispatcher, pool, recorder. */
    readonly platform: number;
    /** What runs containers beside the worker (Docker's daemons); 0 for processes. */
    readonly engine: number;
    readonly containers: number;
  };
  readonly multiplexer: { readonly created: number; readonly reused: number };
}
