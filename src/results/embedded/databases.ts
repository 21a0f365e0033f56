import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CouchError, notFound } from './couchError.ts';
import { Database } from './database.ts';

/**
 * All databases of a data folder: `data/<name>` holds documents, `views/<name>` what is made of them. A database is
 * opened when it is first asked for and stays open until `close()`.
 */
export class Databases {
  readonly #folder: string;
  readonly #open = new Map<string, Promise<Database>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<string[]> {
    const names = await readdir(join(this.#folder, 'data')).catch(() => []);
    return names.map(decodeURIComponent).sort();
  }

  async describe(): Promise<{ name: string; documents: number }[]> {
    const names = await this.list();
    return Promise.all(
      names.map(async (name) => ({ name, documents: (await (await this.get(name)).info()).doc_count })),
    );
  }

  /** @throws CouchError 412 if it is there already, 400 for a name that CouchDB does not take */
  async create(name: string): Promise<void> {
    if (!/^[a-z][a-z0-9_$()+/-]*$/.test(name)) {
      const rule =
        'Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.';
      throw new CouchError(400, 'illegal_database_name', `Name: '${name}'. ${rule}`);
    }
    if (this.#open.has(name) || (await this.#exists(name))) {
      throw new CouchError(412, 'file_exists', 'The database could not be created, the file already exists.');
    }
    await this.#openDatabase(name);
  }

  /** @throws CouchError 404 */
  async get(name: string): Promise<Database> {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    if (!(await this.#exists(name))) throw notFound('Database does not exist.');
    return this.#openDatabase(name);
  }

  async destroy(name: string): Promise<void> {
    const database = await this.get(name);
    await database.destroy();
    this.#open.delete(name);
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map(async (database) => (await database).close()));
  }

  /** Two that ask at once get the same one: LevelDB opens a folder once. */
  #openDatabase(name: string): Promise<Database> {
    const opening = this.#open.get(name) ?? this.#create(name);
    this.#open.set(name, opening);
    return opening;
  }

  async #create(name: string): Promise<Database> {
    const [data, views] = ['data', 'views'].map((kind) => join(this.#folder, kind, encodeURIComponent(name)));
    if (data === undefined || views === undefined) throw new Error('unreachable');
    await mkdir(join(this.#folder, 'data'), { recursive: true });
    const database = new Database(name, data, views);
    try {
      await database.info();
      return database;
    } catch (error) {
      this.#open.delete(name);
      throw error;
    }
  }

  #exists(name: string): Promise<boolean> {
    return access(join(this.#folder, 'data', encodeURIComponent(name))).then(
      () => true,
      () => false,
    );
  }
}
