/**
 * What the database is asked by. Map functions are ES5 text: CouchDB's engine refuses `?.`, `??` and object rest.
 * They emit numbers, so that the built-in `_stats` answers with count, sum, minimum and maximum of any group.
 */

export interface DesignDocument {
  readonly _id: string;
  readonly language: 'javascript';
  readonly views: Readonly<Record<string, { readonly map: string; readonly reduce: '_stats' | '_count' }>>;
}

const LATENCY_MAP = `function (doc) {
  if (doc.type === 'invocation' && doc.latencyMs && typeof doc.latencyMs.endToEnd === 'number') {
    emit([doc.strategy, doc.dispatchIntervalMs, doc.function, doc.runId], doc.latencyMs.endToEnd);
  }
}`;

const RUN_MAP = `function (doc) {
  if (doc.type === 'invocation') emit([doc.runId, doc.scheduledAt === undefined ? doc.acceptedAt : doc.scheduledAt], null);
}`;

const STATUS_MAP = `function (doc) {
  if (doc.type === 'invocation') emit([doc.status, doc.strategy, doc.dispatchIntervalMs, doc.runId], null);
}`;

/** `GET /faasbatch/_design/invocations/_view/latency?group_level=2` */
export const DESIGN_DOCUMENTS: readonly DesignDocument[] = [
  {
    _id: '_design/invocations',
    language: 'javascript',
    views: {
      /** [strategy, dispatchIntervalMs, function, runId] → end-to-end latency, milliseconds. */
      latency: { map: LATENCY_MAP, reduce: '_stats' },
      /** [runId, when it was due]. */
      by_run: { map: RUN_MAP, reduce: '_count' },
      /** [status, strategy, dispatchIntervalMs, runId]. */
      by_status: { map: STATUS_MAP, reduce: '_count' },
    },
  },
];

/** Mango indexes for `_find`: of a run by its end, of all runs by setting and latency. */
export const MANGO_INDEXES: readonly { readonly name: string; readonly fields: readonly string[] }[] = [
  { name: 'run-status', fields: ['runId', 'status'] },
  { name: 'strategy-latency', fields: ['strategy', 'dispatchIntervalMs', 'latencyMs.endToEnd'] },
  { name: 'status', fields: ['status', 'runId'] },
];
