import { inspect } from 'node:util';
import { FaasError } from '../protocol/errors.ts';

const DEFAULT_DATABASE = 'faasbatch';

/** How a store is named by whoever configures it. */
export interface StoreOptions {
  /** `http(s)://[user:password@]host:port[/prefix]`. */
  readonly url: string;
  /** Instead of those in the URL. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
}

/** Where the store is. Credentials are kept where neither printing nor JSON reaches them. */
export class StoreAddress {
  /** Without credentials, without a slash at the end. */
  readonly url: string;
  readonly database: string;
  readonly #authorization: string | undefined;

  /** @throws FaasError `invalid_config` */
  constructor(options: StoreOptions) {
    if (!URL.canParse(options.url)) throw invalid('COUCHDB_URL', 'is no URL: http://user:password@host:5984');
    const url = new URL(options.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw invalid('COUCHDB_URL', `begins with "${url.protocol}", must begin with http: or https:`);
    }
    this.database = options.database ?? DEFAULT_DATABASE;
    if (!/^[a-z][a-z0-9_$()+/-]*$/.test(this.database)) {
      throw invalid('database', `"${this.database}" must be a small letter, then small letters, digits and _$()+-/`);
    }
    const user = options.user ?? decodeURIComponent(url.username);
    const password = options.password ?? decodeURIComponent(url.password);
    if (user !== '') this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.url = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }

  /** For the one place that speaks to the store. */
  headers(): Record<string, string> {
    return this.#authorization === undefined ? {} : { Authorization: this.#authorization };
  }

  get hasCredentials(): boolean {
    return this.#authorization !== undefined;
  }

  [inspect.custom](): string {
    return `StoreAddress ${this.url}/${this.database}`;
  }
}

function invalid(field: string, rule: string): FaasError {
  return new FaasError('invalid_config', `${field} ${rule}`, { field });
}
