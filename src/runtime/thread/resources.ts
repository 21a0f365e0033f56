/** Makes what a handler wants to use again: a client, a connection, a parsed configuration. */
export type ResourceFactory<T> = () => T | Promise<T>;

/**
 * What the invocations on one thread share, by key. Instances cannot cross threads, so that each thread has its own.
 *
 * With multiplexing on, a key has one instance for as long as the thread lives: calls that miss at the same time wait
 * for one creation, and a creation that failed is forgotten, so that the next call tries again. With multiplexing off
 * every `get` creates, and the instance ends with its invocation (by `Symbol.asyncDispose` or `Symbol.dispose`, if it
 * has one).
 */
export class ResourceRegistry {
  readonly #multiplexing: boolean;
  readonly #shared = new Map<string, Promise<unknown>>();
  #live = 0;

  constructor(multiplexing: boolean) {
    this.#multiplexing = multiplexing;
  }

  /** Shared instances that exist. */
  get live(): number {
    return this.#live;
  }

  /** One invocation's access. */
  lease(): ResourceLease {
    return new ResourceLease((key, factory) => this.#get(key, factory));
  }

  #get(key: string, factory: ResourceFactory<unknown>): Acquired {
    if (!this.#multiplexing) return { instance: create(factory), created: true, own: true };
    const held = this.#shared.get(key);
    if (held !== undefined) return { instance: held, created: false, own: false };
    const instance = create(factory).then(
      (made) => {
        this.#live += 1;
        return made;
      },
      (error: unknown) => {
        this.#shared.delete(key);
        throw error;
      },
    );
    this.#shared.set(key, instance);
    return { instance, created: true, own: false };
  }
}

interface Acquired {
  readonly instance: Promise<unknown>;
  readonly created: boolean;
  /** It ends with the invocation. */
  readonly own: boolean;
}

/** What one invocation obtained. Counts what it got, not what it asked for. */
export class ResourceLease {
  created = 0;
  reused = 0;
  readonly #acquire: (key: string, factory: ResourceFactory<unknown>) => Acquired;
  readonly #own: unknown[] = [];
  #ended = false;

  constructor(acquire: (key: string, factory: ResourceFactory<unknown>) => Acquired) {
    this.#acquire = acquire;
  }

  /** @throws TypeError for a key that is no text or a factory that is no function; what the factory throws */
  async get<T>(key: string, factory: ResourceFactory<T>): Promise<T> {
    if (typeof key !== 'string') throw new TypeError(`resources.get: the key must be a string, not ${typeof key}`);
    if (typeof factory !== 'function') {
      throw new TypeError(`resources.get('${key}'): the factory must be a function, not ${typeof factory}`);
    }
    const acquired = this.#acquire(key, factory);
    const instance = (await acquired.instance) as T;
    if (acquired.created) this.created += 1;
    else this.reused += 1;
    if (acquired.own) this.#keep(instance);
    return instance;
  }

  /** The invocation is over. */
  end(): void {
    this.#ended = true;
    for (const instance of this.#own.splice(0)) void dispose(instance);
  }

  #keep(instance: unknown): void {
    if (this.#ended) void dispose(instance);
    else this.#own.push(instance);
  }
}

async function create(factory: ResourceFactory<unknown>): Promise<unknown> {
  return factory();
}

/** Failures have nobody left to be told. */
async function dispose(instance: unknown): Promise<void> {
  if (typeof instance !== 'object' || instance === null) return;
  const { [Symbol.asyncDispose]: disposeAsync, [Symbol.dispose]: disposeNow } = instance as Partial<
    AsyncDisposable & Disposable
  >;
  try {
    await (disposeAsync ?? disposeNow)?.call(instance);
  } catch {}
}
