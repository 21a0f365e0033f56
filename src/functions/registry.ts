import { didYouMean } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';
import type { DeployedFunction, FunctionManifest } from '../protocol/manifest.ts';
import { digestOf, SHORT_DIGEST_LENGTH } from './digest.ts';
import { type CodeFile, type CodeLimits, checkFiles, DEFAULT_CODE_LIMITS } from './files.ts';
import { DEFAULT_NAMESPACE, type FunctionName, formatFunctionName, parseFunctionName } from './name.ts';
import { RETENTION_MS, VersionFolder } from './versions.ts';

export interface Deployment {
  readonly namespace?: string;
  readonly manifest: FunctionManifest;
  readonly files: readonly CodeFile[];
}

/**
 * The functions that this worker knows: in memory for those who call them, on the disk for the next start.
 *
 * A name stands for one version at a time. Deploying makes another version current; the one before it, like one that
 * was removed, takes no new invocations, and those accepted finish on it: `version` finds it for a day more.
 * Deployments and removals are done one after another; reading never waits for them.
 * What another process deploys into the same folder is seen at the next start.
 */
export class FunctionRegistry {
  /** What could not be read at the start, for the log. */
  readonly problems: readonly string[];
  readonly #folder: VersionFolder;
  readonly #limits: CodeLimits;
  /** By `namespace/name`, and in the default namespace by `name` as well. */
  readonly #current = new Map<string, DeployedFunction>();
  /** By key, superseded and removed versions included. */
  readonly #versions = new Map<string, DeployedFunction>();
  /** Wall time in milliseconds, by key; the longest retired come first. */
  readonly #retiredAt = new Map<string, number>();
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(folder: VersionFolder, limits: CodeLimits, problems: readonly string[]) {
    this.#folder = folder;
    this.#limits = limits;
    this.problems = problems;
  }

  /** @param path `<home>/functions`; made if it is not there */
  static async open(path: string, limits: CodeLimits = DEFAULT_CODE_LIMITS): Promise<FunctionRegistry> {
    const folder = new VersionFolder(path);
    await folder.create();
    await folder.sweepAll();
    const { functions, problems } = await folder.readAll();
    const registry = new FunctionRegistry(folder, limits, problems);
    for (const deployed of functions) registry.#remember(deployed);
    return registry;
  }

  get limits(): CodeLimits {
    return this.#limits;
  }

  /** The current version of `name` or `namespace/name`. */
  get(name: string): DeployedFunction | undefined {
    return this.#current.get(name);
  }

  /** @throws FaasError `function_not_found`, with the nearest name that there is */
  require(name: string): DeployedFunction {
    const deployed = this.#current.get(name);
    if (deployed !== undefined) return deployed;
    const hint = didYouMean(
      name,
      this.list().map((known) => formatFunctionName(nameOf(known))),
    );
    throw new FaasError('function_not_found', `no function ${JSON.stringify(name)} is deployed.${hint}`);
  }

  /** A version by its key, `namespace/name@digest`, current or not. */
  version(key: string): DeployedFunction | undefined {
    return this.#versions.get(key);
  }

  /** The current versions, by namespace and name. */
  list(): DeployedFunction[] {
    return [...new Set(this.#current.values())].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /**
   * Makes this content the function's current version.
   * @returns `changed` is false if it was that already
   * @throws FaasError `bad_request` (namespace), `invalid_code`, `payload_too_large`
   */
  async deploy(deployment: Deployment): Promise<{ deployed: DeployedFunction; changed: boolean }> {
    const { namespace = DEFAULT_NAMESPACE, manifest, files } = deployment;
    const name = parseFunctionName(`${namespace}/${manifest.name}`);
    checkFiles(files, manifest.handler, this.#limits);
    const digest = digestOf(manifest, files);
    const key = `${name.namespace}/${name.name}@${digest.slice(0, SHORT_DIGEST_LENGTH)}`;
    return this.#oneAtATime(async () => {
      const current = this.#current.get(fullName(name));
      if (current?.digest === digest) return { deployed: current, changed: false };
      const deployedAt = new Date().toISOString();
      const deployed = await this.#folder.write({ key, namespace, digest, manifest, deployedAt }, files);
      await this.#folder.setCurrent(deployed);
      this.#remember(deployed);
      if (current !== undefined) this.#retiredAt.set(current.key, Date.now());
      this.#forgetRetired();
      await this.#folder.sweep(name);
      return { deployed, changed: true };
    });
  }

  /**
   * From now on there is no such function; what was accepted finishes.
   * @throws FaasError `function_not_found`
   */
  async remove(name: string): Promise<DeployedFunction> {
    return this.#oneAtATime(async () => {
      const deployed = this.require(name);
      const removed = nameOf(deployed);
      await this.#folder.clearCurrent(removed);
      this.#current.delete(fullName(removed));
      this.#current.delete(formatFunctionName(removed));
      this.#retiredAt.set(deployed.key, Date.now());
      return deployed;
    });
  }

  #remember(deployed: DeployedFunction): void {
    this.#current.set(fullName(nameOf(deployed)), deployed);
    this.#current.set(formatFunctionName(nameOf(deployed)), deployed);
    this.#versions.set(deployed.key, deployed);
    this.#retiredAt.delete(deployed.key);
  }

  #forgetRetired(): void {
    for (const [key, retiredAt] of this.#retiredAt) {
      if (Date.now() - retiredAt < RETENTION_MS) return;
      this.#retiredAt.delete(key);
      this.#versions.delete(key);
    }
  }

  #oneAtATime<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(change);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}

function nameOf(deployed: DeployedFunction): FunctionName {
  return { namespace: deployed.namespace, name: deployed.manifest.name };
}

function fullName({ namespace, name }: FunctionName): string {
  return `${namespace}/${name}`;
}
