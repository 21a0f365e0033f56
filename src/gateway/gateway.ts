import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import { FaasError } from '../protocol/errors.ts';
import { checkOrigin, KeyCheck } from './access.ts';
import { AsyncResults } from './asyncResults.ts';
import { assertSafeBind } from './bind.ts';
import { answerExpectations } from './bodies.ts';
import { answerBrokenRequest } from './brokenRequests.ts';
import { closeIdleConnectionsUntilClosed } from './closing.ts';
import type { GatewayDeps } from './deps.ts';
import { asFaasError, errorAnswer, errorHandler, prepareError } from './errorAnswers.ts';
import { FunctionLogs } from './functionLogs.ts';
import { HangUps } from './hangUps.ts';
import { Intake } from './intake.ts';
import { INVOCATION_ID_HEADER, invocationIdSource, isInvocationId } from './invocationIds.ts';
import { describeRoutes } from './openapi.ts';
import { callRoutes } from './routes/calls.ts';
import { functionRoutes, maxDeployBytes } from './routes/functions.ts';
import { invocationRoutes } from './routes/invocations.ts';
import { logRoutes } from './routes/logs.ts';
import { healthRoutes, metricsRoutes } from './routes/operations.ts';
import { originalRoutes } from './routes/original.ts';

/** A request must have arrived whole by then; how long its invocation takes is no business of this one. */
const REQUEST_TIMEOUT_MS = 120_000;

/** `namespace%2Fname` of two names of 63 characters, an invocation id of 128. */
const MAX_PARAM_LENGTH = 256;

/**
 * The HTTP server, without listening: `listen` and `close` are the caller's. It holds nothing that outlives a request
 * but results nobody waited for and the last log lines. To stop it without losing a call: let the queue refuse
 * (`draining`), wait for what it has, then close.
 * @throws FaasError `invalid_config` if the address needs a key and there is none
 */
export function buildGateway(deps: GatewayDeps): FastifyInstance {
  const { config, logger } = deps;
  assertSafeBind(config.host, config.apiKeys);
  const app = createServer(deps);
  describeRoutes(app, config.apiKeys.length > 0);
  closeIdleConnectionsUntilClosed(app);
  answerExpectations(app, (request) => (request.method === 'PUT' ? maxDeployBytes(deps) : config.maxPayloadBytes));

  if (config.apiKeys.length === 0) {
    app.addHook('onRequest', (request, _reply, done) => {
      checkOrigin(request.headers);
      done();
    });
  }
  app.setErrorHandler(errorHandler(logger));
  app.setNotFoundHandler((request) => {
    throw new FaasError('not_found', `no route ${request.method} ${request.url}; /docs lists those there are`);
  });
  // Answers are written as they are: a schema describes, it does not filter.
  app.setSerializerCompiler(() => JSON.stringify);
  registerRoutes(app, deps);
  return app;
}

function createServer({ config, logger }: GatewayDeps): FastifyInstance {
  const nextId = invocationIdSource();
  return Fastify({
    logger: false,
    bodyLimit: config.maxPayloadBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A call that arrives while the server closes is refused by the queue, in the words of every other refusal.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ajv: { customOptions: { removeAdditional: false, allErrors: true } },
    genReqId: (request) => {
      const given = request.headers[INVOCATION_ID_HEADER];
      return isInvocationId(given) ? given : nextId();
    },
    frameworkErrors: (thrown, request, reply) => {
      const error = asFaasError(thrown, request, logger);
      prepareError(reply, error).send(errorAnswer(error));
    },
    clientErrorHandler: answerBrokenRequest,
  });
}

function registerRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { config, functions, queue, metrics, health, logger } = deps;
  const logs = new FunctionLogs();
  const results = new AsyncResults();
  const hangUps = new HangUps();
  const intake = new Intake(deps, logs);

  const guarded = plugin((app) => {
    if (config.apiKeys.length > 0) {
      const keys = new KeyCheck(config.apiKeys);
      app.addHook('onRequest', (request, _reply, done) => {
        keys.check(request.headers);
        done();
      });
    }
    functionRoutes(app, deps);
    invocationRoutes(app, { queue, results });
    logRoutes(app, { functions, logs });
    metricsRoutes(app, metrics);
    app.register(plugin((calls) => callRoutes(calls, { intake, hangUps, results, config, logger })));
    app.register(plugin((original) => originalRoutes(original, { functions, intake, hangUps, logger })));
  });
  app.register(plugin((open) => healthRoutes(open, health)));
  app.register(guarded);
}

/** Hooks, parsers and handlers that are set in it hold for its routes alone. */
function plugin(addTo: (app: FastifyInstance) => void): FastifyPluginCallback {
  return (app, _options, done) => {
    addTo(app);
    done();
  };
}
