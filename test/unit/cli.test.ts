import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exitCodes.ts';
import { Output } from '../../src/cli/output.ts';
import { scaffold } from '../../src/cli/scaffold.ts';
import { table } from '../../src/cli/table.ts';
import { oneOf, usageError } from '../../src/cli/usage.ts';
import { formatBytes, parseBytes } from '../../src/lib/bytes.ts';
import { nearest } from '../../src/lib/nearest.ts';
import { FaasError } from '../../src/protocol/errors.ts';

/** A stream that remembers. */
class Written {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

function outputTo(options: { json?: boolean; quiet?: boolean; isTTY?: boolean; environment?: NodeJS.ProcessEnv }) {
  const stdout = new Written(options.isTTY);
  const stderr = new Written(options.isTTY);
  const { json = false, quiet = false, environment = {} } = options;
  return { output: new Output({ json, quiet, stdout, stderr, environment }), stdout, stderr };
}

describe('exit codes', () => {
  test.each([
    [usageError('x'), EXIT.usage],
    [new FaasError('invalid_config', 'x'), EXIT.usage],
    [new FaasError('guard_rail', 'x'), EXIT.guardRail],
    [new FaasError('function_not_found', 'x'), EXIT.failure],
    [new TypeError('x'), EXIT.failure],
  ])('%s ends with %d', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('output', () => {
  test('a result is text, or one JSON document', () => {
    const plain = outputTo({});
    plain.output.result({ a: 1 }, () => 'a is 1');
    expect(plain.stdout.text).toBe('a is 1\n');
    const json = outputTo({ json: true });
    json.output.result({ a: 1 }, () => 'a is 1');
    expect(JSON.parse(json.stdout.text)).toEqual({ a: 1 });
  });

  test('notes go to stderr, and not where they disturb', () => {
    for (const [options, expected] of [
      [{}, 'next: this\n'],
      [{ quiet: true }, ''],
      [{ json: true }, ''],
    ] as const) {
      const { output, stdout, stderr } = outputTo(options);
      output.note('next: this');
      expect(stdout.text).toBe('');
      expect(stderr.text).toBe(expected);
    }
  });

  test('an error is one line and its hint, or one JSON object', () => {
    const plain = outputTo({ quiet: true });
    plain.output.error('usage', 'no such thing', 'did you mean thong?');
    expect(plain.stderr.text).toBe('error: no such thing\nhint: did you mean thong?\n');
    const json = outputTo({ json: true });
    json.output.error('usage', 'no such thing');
    expect(JSON.parse(json.stderr.text)).toEqual({ error: { code: 'usage', message: 'no such thing' } });
  });

  test.each([
    [{ isTTY: true }, true],
    [{ isTTY: false }, false],
    [{ isTTY: true, environment: { NO_COLOR: '1' } }, false],
    [{ isTTY: true, environment: { TERM: 'dumb' } }, false],
    [{ isTTY: false, environment: { FORCE_COLOR: '1' } }, true],
  ])('with %j colours are %s', (options, coloured) => {
    expect(outputTo(options).output.colour('red', 'text') !== 'text').toBe(coloured);
  });

  test('draws over itself on a terminal only', () => {
    expect(outputTo({ isTTY: true }).output.animated).toBe(true);
    expect(outputTo({ isTTY: false }).output.animated).toBe(false);
    expect(outputTo({ isTTY: true, json: true }).output.animated).toBe(false);
  });
});

describe('a table', () => {
  test('has aligned columns and no spaces at the ends of its lines', () => {
    const rows = [
      ['vanilla', '101'],
      ['faasbatch', '8'],
    ];
    const drawn = table([{ head: 'STRATEGY' }, { head: 'CONTAINERS', align: 'right' }], rows, (_, text) => text);
    expect(drawn.split('\n')).toEqual(['STRATEGY   CONTAINERS', 'vanilla           101', 'faasbatch           8']);
  });
});

describe('suggestions', () => {
  test.each([
    ['fassbatch', 'faasbatch'],
    ['VANILLA', 'vanilla'],
    ['vanila-original', 'vanilla-original'],
    ['kubernetes', undefined],
  ])('for %s: %s', (typed, expected) => {
    expect(nearest(typed, ['vanilla', 'vanilla-original', 'faasbatch'])).toBe(expected);
  });

  test('come with what there is', () => {
    expect(oneOf('strategy', 'vanilla', ['vanilla', 'faasbatch'])).toBe('vanilla');
    expect(() => oneOf('strategy', 'vanila', ['vanilla', 'faasbatch'])).toThrow(
      expect.objectContaining({ message: 'no strategy "vanila"', details: { hint: 'did you mean vanilla?' } }),
    );
    expect(() => oneOf('function', 'x', ['hello', 'world'])).toThrow(
      expect.objectContaining({ details: { hint: 'there are hello, world' } }),
    );
  });
});

describe('sizes', () => {
  test.each(['', 'MB', '1TB', '-1', '1,5MB', '0x10'])('%j is none', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  test.each([
    [640, '640 B'],
    [16_384, '16 KB'],
    [1.5 * 2 ** 30, '1.5 GB'],
  ])('%d is written %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
    expect(parseBytes(text)).toBe(bytes);
  });
});

describe('a new function', () => {
  test.each(['cpu', 'io'] as const)('of kind %s names itself in its manifest', (kind) => {
    const { files } = scaffold('hello', kind);
    expect(files['function.yaml']).toMatch(new RegExp(`^name: hello$[\\s\\S]*^kind: ${kind}$`, 'm'));
  });
});
