import { describe, expect, test } from 'vitest';
import { parseOptions } from '../bench/options.ts';

const KNOWN = ['throughput', 'idle-latency', 'cold-start'];
const parse = (line: string) => parseOptions(line.split(' ').filter(Boolean), KNOWN);

describe('what the bench is told', () => {
  test.each([
    ['', KNOWN],
    ['all', KNOWN],
    ['cold-start', ['cold-start']],
    ['cold-start throughput', ['throughput', 'cold-start']],
    ['cold-start all', KNOWN],
  ])('%j chooses %j', (line, names) => {
    expect(parse(line).names).toEqual(names);
  });

  test('flags may stand anywhere', () => {
    expect(parse('--check throughput --quick --json')).toEqual({
      names: ['throughput'],
      size: 'quick',
      json: true,
      check: true,
      help: false,
    });
    expect(parse('throughput')).toMatchObject({ size: 'full', json: false, check: false });
  });

  test('a misspelt benchmark is named, with what may be meant', () => {
    expect(() => parse('cold-strat')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(/"cold-strat".*Did you mean "cold-start"/),
      }),
    );
  });

  test('an unknown flag is a mistake', () => {
    expect(() => parse('--quik')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
