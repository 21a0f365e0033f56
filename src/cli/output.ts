import { type Colour, colourFor } from './colour.ts';

export interface OutputStream {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * All that commands say. Results go to stdout, as text or, with `--json`, as one JSON document; everything else goes
 * to stderr, so that stdout can be piped in both cases.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** For what goes to stdout. */
  readonly colour: Colour;
  /** For what goes to stderr. */
  readonly noteColour: Colour;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.colour = colourFor(options.stdout, options.environment);
    this.noteColour = colourFor(options.stderr, options.environment);
  }

  /** May progress bars and other drawings that overwrite themselves be shown on stderr? */
  get animated(): boolean {
    return this.#stderr.isTTY === true && !this.json && !this.quiet;
  }

  /** What the command was asked for: the value with `--json`, else its text. */
  result(value: unknown, text: () => string): void {
    this.#stdout.write(`${this.json ? JSON.stringify(value, null, 2) : text()}\n`);
  }

  /** One of results that come as time goes by: a line of text, or one JSON document a line with `--json`. */
  line(value: unknown, text: () => string): void {
    this.#stdout.write(`${this.json ? JSON.stringify(value) : text()}\n`);
  }

  /** A result that is somebody else's: byte for byte; a terminal gets the line end that it needs. */
  bytes(content: Uint8Array): void {
    this.#stdout.write(content);
    if (this.#stdout.isTTY === true && content.length > 0 && content.at(-1) !== 0x0a) this.#stdout.write('\n');
  }

  /** What happens, and what to do next; not with `--json` or `-q`. */
  note(text: string): void {
    if (!this.json && !this.quiet) this.#stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    if (!this.json) this.#stderr.write(`${this.noteColour('yellow', 'warning:')} ${text}\n`);
  }

  error(code: string, message: string, hint?: string): void {
    if (this.json) {
      this.#stderr.write(`${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`);
      return;
    }
    this.#stderr.write(`${this.noteColour('red', 'error:')} ${message}\n`);
    if (hint !== undefined) this.#stderr.write(`hint: ${hint}\n`);
  }
}
