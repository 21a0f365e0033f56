import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { CodeFile } from '../../functions/files.ts';
import { parseManifest } from '../../functions/manifest.ts';
import { formatFunctionName, parseFunctionName } from '../../functions/name.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { DeployedFunction } from '../../protocol/manifest.ts';
import type { GatewayDeps } from '../deps.ts';
import { ACCESS_CODES, answers, errorAnswers, FunctionParams, FunctionSchema } from '../schemas.ts';

const DeployBody = Type.Object({
  manifest: Type.Unknown({
    description: 'what function.yaml says: the `manifest` of the answer, `name` and `handler` at least',
  }),
  files: Type.Array(Type.Object({ path: Type.String(), contentBase64: Type.String() })),
});

/** Base64 takes four characters for three bytes; the rest is for paths and the manifest. */
export function maxDeployBytes({ functions }: Pick<GatewayDeps, 'functions'>): number {
  return Math.ceil((functions.limits.maxCodeBytes * 4) / 3) + 4 * 2 ** 20;
}

/** Deploying, listing and removing functions. */
export function functionRoutes(fastify: FastifyInstance, deps: GatewayDeps): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  const { functions } = deps;
  const tags = ['functions'];

  app.get(
    '/functions',
    {
      schema: {
        tags,
        summary: 'The functions that are deployed',
        response: answers({
          200: Type.Object({ functions: Type.Array(FunctionSchema) }, { description: 'by namespace and name' }),
          ...errorAnswers(...ACCESS_CODES),
        }),
      },
    },
    async () => ({ functions: functions.list().map(asAnswer) }),
  );

  app.get(
    '/functions/:name',
    {
      schema: {
        tags,
        summary: 'One function: its manifest and version',
        params: FunctionParams,
        response: answers({
          200: { ...FunctionSchema, description: 'its current version' },
          ...errorAnswers(...ACCESS_CODES, 'function_not_found'),
        }),
      },
    },
    async (request) => asAnswer(functions.require(request.params.name)),
  );

  app.put(
    '/functions/:name',
    {
      bodyLimit: maxDeployBytes(deps),
      schema: {
        tags,
        summary: 'Deploy a function',
        description: 'The same content again is no new version. What was accepted before finishes on its own version.',
        params: FunctionParams,
        body: DeployBody,
        response: answers({
          200: { ...FunctionSchema, description: 'it was deployed already' },
          201: { ...FunctionSchema, description: 'it is the current version now' },
          ...errorAnswers(
            ...ACCESS_CODES,
            'bad_request',
            'conflict',
            'payload_too_large',
            'unsupported_media_type',
            'invalid_manifest',
            'invalid_code',
          ),
        }),
      },
    },
    async (request, reply) => {
      const name = parseFunctionName(request.params.name);
      const manifest = parseManifest(withName(request.body.manifest, name.name), 'manifest');
      if (manifest.name !== name.name) throw otherName(manifest.name, formatFunctionName(name));
      const files = request.body.files.map(decoded);
      const { deployed, changed } = await functions.deploy({ namespace: name.namespace, manifest, files });
      return reply.code(changed ? 201 : 200).send(asAnswer(deployed));
    },
  );

  app.delete(
    '/functions/:name',
    {
      schema: {
        tags,
        summary: 'Remove a function',
        description: 'It takes no more invocations; those accepted finish.',
        params: FunctionParams,
        response: answers({
          204: Type.Null({ description: 'removed' }),
          ...errorAnswers(...ACCESS_CODES, 'function_not_found'),
        }),
      },
    },
    async (request, reply) => {
      await functions.remove(request.params.name);
      return reply.code(204).send();
    },
  );
}

/** Where the code lies is this machine's business. */
function asAnswer({ key, namespace, digest, deployedAt, manifest }: DeployedFunction) {
  return { key, namespace, digest, deployedAt, manifest };
}

/** The path names the function already. */
function withName(manifest: unknown, name: string): unknown {
  const isMapping = typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest);
  return isMapping ? { name, ...manifest } : manifest;
}

function otherName(inManifest: string, inPath: string): FaasError {
  const message = `manifest: name: ${JSON.stringify(inManifest)} must be the name in the path, ${JSON.stringify(inPath)}`;
  return new FaasError('invalid_manifest', message, { field: 'name' });
}

function decoded(file: { path: string; contentBase64: string }): CodeFile {
  const bytes = Buffer.from(file.contentBase64, 'base64');
  // Node skips what is no base64; then less comes out than the length promises.
  if (bytes.byteLength !== Buffer.byteLength(file.contentBase64, 'base64')) {
    throw new FaasError('invalid_code', `file ${JSON.stringify(file.path)}: contentBase64 is not base64`, {
      field: 'contentBase64',
      path: file.path,
    });
  }
  return { path: file.path, bytes };
}
