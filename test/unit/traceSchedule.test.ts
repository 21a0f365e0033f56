import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CompileOptions, compileSchedule, type Schedule } from '../../src/traces/schedule.ts';
import { readSchedule, writeSchedule } from '../../src/traces/scheduleFile.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { folder2019, trace2021, traceFolder } from '../helpers/traceFiles.ts';

/** fib(30) on the machine that design.md's figures are from. */
const MACHINE = { fib30Ms: 5.8, cores: 2 } as const;
const BACKEND = { host: '127.0.0.1', port: 4433, rttMs: 10 } as const;

function nOf({ calls }: Schedule): number[] {
  return calls.map(({ event }) => (event as { n: number }).n);
}

describe('the preset cpu', () => {
  test('runs fib(N + 2) on two cores, and states rho', async () => {
    const schedule = await compileSchedule({ workload: 'cpu', ...MACHINE });
    expect(schedule).toMatchObject({
      trace: 'faasbatch-cpu-800',
      workload: 'cpu',
      placement: 'uniform',
      seed: 5432,
      spanMs: 45_000,
      workScale: { mode: 'calibrated', shift: 2, fib30Ms: 5.8, fib30From: 'given', targetCoreSeconds: 18 },
    });
    expect(schedule.rho).toBeCloseTo(0.17, 1);
    expect(schedule.workScale?.presetCoreSeconds).toBeCloseTo(15.7, 0);
    expect(Math.min(...nOf(schedule))).toBe(22);
    expect(Math.max(...nOf(schedule))).toBe(37);
    expect(schedule.calls.map(({ sequence }) => sequence)).toEqual([...Array(800).keys()]);
    expect(schedule.functions.map(({ name }) => name)).toContain('func409');
    for (const { source, manifest } of schedule.functions) {
      expect(source).toBe('fib');
      expect(manifest).toMatchObject({ kind: 'cpu', idempotent: true });
      expect(manifest.timeoutMs).toBeGreaterThanOrEqual(60_000);
    }
  });

  test.each([
    [4, 5.8, 4],
    [32, 5.8, 8],
    [2, 1000, -8],
  ])('on %d cores with fib(30) at %d ms runs fib(N + %d)', async (cores, fib30Ms, shift) => {
    const { workScale } = await compileSchedule({ cores, fib30Ms });
    expect(workScale?.shift).toBe(shift);
    const ratio = (workScale?.presetCoreSeconds ?? 0) / (workScale?.targetCoreSeconds ?? 1);
    expect(Math.abs(Math.log(ratio))).toBeLessThan(Math.log((1 + Math.sqrt(5)) / 2) / 2);
  });

  test('literal runs the N of the trace', async () => {
    const schedule = await compileSchedule({ workload: 'cpu', workScale: 'literal', ...MACHINE });
    expect(schedule.workScale).toMatchObject({ mode: 'literal', shift: 0 });
    expect(Math.max(...nOf(schedule))).toBe(35);
    expect(schedule.rho).toBeCloseTo(0.067, 2);
  });

  test('measures fib where its cost is not given', async () => {
    const { workScale } = await compileSchedule({ limit: 1 });
    expect(workScale?.fib30From).toBe('measured');
    expect(workScale?.fib30Ms).toBeGreaterThan(0.1);
  });

  test('keeps k, moments and work in a window of it: seconds 8 to 23', async () => {
    const whole = await compileSchedule(MACHINE);
    const part = await compileSchedule({ ...MACHINE, startMs: 8_000, durationMs: 15_000 });
    const inside = whole.calls.filter(({ atMs }) => atMs >= 8_000 && atMs < 23_000);
    expect(part.calls).toHaveLength(438);
    expect(part.calls.map(({ atMs }) => atMs)).toEqual(inside.map(({ atMs }) => Math.round((atMs - 8e3) * 1e3) / 1e3));
    expect(nOf(part)).toEqual(nOf({ ...whole, calls: inside }));
    expect(part.spanMs).toBe(15_000);
    expect(part.workScale).toEqual(whole.workScale);
  });

  test('at a higher speed comes sooner, and does less work in each call', async () => {
    const [one, four] = [await compileSchedule(MACHINE), await compileSchedule({ ...MACHINE, speed: 4 })];
    expect(four.calls.map(({ atMs }) => atMs)).toEqual(one.calls.map(({ atMs }) => Math.round(atMs * 250) / 1e3));
    expect(four.workScale?.shift).toBe(-1);
    expect(four.spanMs).toBe(11_250);
  });

  test('places anew with another placement or seed, and changes nothing else', async () => {
    const uniform = await compileSchedule(MACHINE);
    const other = await compileSchedule({ ...MACHINE, placement: 'simultaneous', seed: 7 });
    const what = ({ calls }: Schedule): unknown[] => calls.map(({ atMs: _, ...call }) => call);
    expect(what(other)).toEqual(what(uniform));
    expect(new Set(other.calls.map(({ atMs }) => atMs)).size).toBe(44);
    expect(other.traceDigest).not.toBe(uniform.traceDigest);
    expect(other.placement).toBe('simultaneous');
  });

  test('is what its file in traces/ holds', async () => {
    const trace = join(PROJECT_ROOT, 'traces/faasbatch-cpu-800.csv');
    const [preset, file] = [
      await compileSchedule(MACHINE),
      await compileSchedule({ trace, workload: 'cpu', ...MACHINE }),
    ];
    expect(file.calls).toEqual(preset.calls);
    expect(file.traceDigest).toBe(preset.traceDigest);
    expect(file.rho).toBe(preset.rho);
  });
});

describe('the other presets', () => {
  test('io makes clients of the given server', async () => {
    const schedule = await compileSchedule({ workload: 'io', backend: BACKEND });
    expect(schedule.calls).toHaveLength(400);
    expect(schedule).toMatchObject({ trace: 'faasbatch-io-400', workScale: null, rho: null, spanMs: 21_000 });
    expect(schedule.calls[0]?.event).toEqual(BACKEND);
    expect(schedule.functions[0]).toMatchObject({
      source: 'client-create',
      manifest: { kind: 'io', idempotent: true },
    });
  });

  test('tc is a trace of its own for either work', async () => {
    const cpu = await compileSchedule({ workload: 'tc', ...MACHINE });
    expect(cpu).toMatchObject({ trace: 'faasbatch-tc-2000', workload: 'cpu', spanMs: 197_000 });
    expect(cpu.calls).toHaveLength(2_000);
    const io = await compileSchedule({ trace: 'tc', workload: 'io', backend: BACKEND });
    expect(io.calls.map(({ atMs }) => atMs)).toEqual(cpu.calls.map(({ atMs }) => atMs));
  });
});

describe('a trace', () => {
  const rows = ['a,f,3,2', 'a,g,1.5,0', 'b,f,4,1', 'b,f,5,1'];

  test('spins a fifth of each duration and sleeps the rest; speed divides both, and the moments', async () => {
    const schedule = await compileSchedule({ trace: trace2021(...rows), speed: 10, cores: 2 });
    expect(schedule.calls.map(({ atMs, event }) => [atMs, event])).toEqual([
      [100, { cpuMs: 40, sleepMs: 160 }],
      [150, { cpuMs: 0, sleepMs: 0 }],
      [300, { cpuMs: 20, sleepMs: 80 }],
      [400, { cpuMs: 20, sleepMs: 80 }],
    ]);
    expect(schedule).toMatchObject({ placement: null, workScale: null, workload: 'trace', spanMs: 400 });
    expect(schedule.rho).toBeCloseTo(80 / 800);
    expect(schedule.functions).toHaveLength(3);
    expect(schedule.notes.join()).toContain(
      'calls with a duration of 0: 1, the first at trace.csv:3; kept as they are',
    );
  });

  test('names functions by the hash of their key, the same in every part of it, unless they have a name', async () => {
    const hashes = ['7b2c43a2bc30f6bb438074df88b603d2', 'e3cdb48830f66eb8689cc0223514569a'];
    const trace = trace2021(`x,${hashes[0]},1,0`, `x,${hashes[1]},2,0`, 'x,resize,3,0', 'y,f,4,0', 'z,f,5,0');
    const names = (await compileSchedule({ trace })).calls.map((call) => call.function);
    expect(names).toEqual([
      expect.stringMatching(/^fn-[0-9a-f]{8}$/),
      expect.stringMatching(/^fn-[0-9a-f]{8}$/),
      'resize',
      expect.stringMatching(/^fn-[0-9a-f]{8}$/),
      expect.stringMatching(/^fn-[0-9a-f]{8}$/),
    ]);
    expect(new Set(names).size).toBe(5);
    const part = await compileSchedule({ trace, startMs: 1_500, limit: 1 });
    expect(part.calls.map((call) => call.function)).toEqual([names[1]]);
  });

  test('goes onto a function of your own, which hears what the trace says', async () => {
    const schedule = await compileSchedule({ trace: trace2021(...rows), function: 'mine', speed: 2 });
    expect(schedule.functions).toEqual([{ name: 'mine', manifest: {} }]);
    expect(schedule.calls[0]).toEqual({
      sequence: 0,
      atMs: 500,
      function: 'mine',
      event: { durationMs: 1_000, trace: { app: 'a', func: 'f', sequence: 0 } },
    });
    expect(schedule.rho).toBeNull();
  });

  test('of 2019 holds memory if asked, and leaves the runtime room for it', async () => {
    const folder = folder2019([{ key: 'o,a,f', counts: [1] }]);
    writeFileSync(join(folder, 'memory.csv'), 'HashOwner,HashApp,SampleCount,AverageAllocatedMb\no,a,1,100\n');
    const held = await compileSchedule({ trace: folder, memory: true });
    expect(held.calls[0]?.event).toEqual({ cpuMs: 20, sleepMs: 80, memoryMb: 100 });
    expect(held.functions[0]?.manifest.memoryMb).toBeGreaterThan(100);
    expect((await compileSchedule({ trace: folder })).calls[0]?.event).toEqual({ cpuMs: 20, sleepMs: 80 });
  });

  test('without N draws it from the histogram, each call for itself', async () => {
    const many = Array.from({ length: 2_000 }, (_, second) => `a,f${second % 7},${second},0`);
    const options = { trace: trace2021(...many), workload: 'cpu', workScale: 'literal', ...MACHINE } as const;
    const whole = await compileSchedule(options);
    const small = nOf(whole).filter((n) => n <= 26).length / 2_000;
    expect(Math.abs(small - 0.6656)).toBeLessThan(0.03);
    const part = await compileSchedule({ ...options, startMs: 1_000_000 });
    expect(nOf(part)).toEqual(nOf(whole).slice(1_000));
  });

  test('is cut to the busiest functions, then to the first calls, and what is left out is counted', async () => {
    const trace = trace2021(...rows);
    const busiest = await compileSchedule({ trace, functionCap: 1 });
    expect(busiest.calls.map(({ atMs }) => atMs)).toEqual([3_000, 4_000]);
    expect(busiest.notes).toContain('the 1 functions with the most calls of 3: 2 calls of the others were left out');
    const first = await compileSchedule({ trace, functionCap: 1, limit: 1 });
    expect(first.calls.map(({ atMs }) => atMs)).toEqual([3_000]);
    expect(first.spanMs).toBe(4_000);
    expect(first.notes).toContain('the first 1 calls; what starts later in the window was left out');
  });

  test('is cut to one app, by its number or its name', async () => {
    const trace = trace2021(...rows);
    for (const app of ['#1', 'b']) {
      const { calls } = await compileSchedule({ trace, app });
      expect(calls.map(({ atMs }) => atMs)).toEqual([3_000, 4_000]);
    }
    await expect(compileSchedule({ trace, app: '#7' })).rejects.toThrow('app is "#7": none such calls');
  });
});

describe('what a user can get wrong', () => {
  const trace = trace2021.bind(undefined, 'a,f,3,2');
  test.each<[string, () => CompileOptions, string, string]>([
    ['a preset', () => ({ trace: 'cup' }), 'trace_unreadable', 'cup is neither a preset (cpu, io, tc) nor a file'],
    ['a packed file', () => ({ trace: join(traceFolder({ 't.gz': '' }), 't.gz') }), 'trace_unreadable', 'is packed'],
    [
      'an empty window',
      () => ({ trace: trace(), startMs: 2_000 }),
      'bad_request',
      'starts from 2 s to its end: the trace is 1 s long',
    ],
    [
      'a window past a preset',
      () => ({ startMs: 45_000 }),
      'bad_request',
      'no call of faasbatch-cpu-800 starts from 45 s',
    ],
    ['a speed', () => ({ speed: 0 }), 'bad_request', 'speed is 0: it must be a number above 0'],
    ['a limit', () => ({ limit: 1.5 }), 'bad_request', 'limit is 1.5: it must be a whole number'],
    ['a start', () => ({ startMs: -1 }), 'bad_request', 'start is -1: it must be at least 0'],
    ['a share', () => ({ cpuShare: 2 }), 'bad_request', 'cpu-share is 2: it must be from 0 to 1'],
    [
      'a placement',
      () => ({ placement: 'even' as 'uniform' }),
      'bad_request',
      'placement is "even": it must be one of uniform',
    ],
    [
      'a workload',
      () => ({ workload: 'gpu' as 'cpu' }),
      'bad_request',
      'workload is "gpu": it must be one of cpu, io, trace, tc',
    ],
    ['no trace', () => ({ workload: 'trace' }), 'bad_request', 'trace is missing'],
    [
      'placement of a trace',
      () => ({ trace: trace(), placement: 'uniform' }),
      'bad_request',
      'it only goes with the presets',
    ],
    ['no server', () => ({ workload: 'io' }), 'bad_request', 'the io workload needs a server'],
  ])('%s', async (_, options, code, message) => {
    await expect(compileSchedule(options())).rejects.toMatchObject({
      name: 'FaasError',
      code,
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('schedule.json', () => {
  test('is the same to the byte for the same options, JSON, and read back as it was', async () => {
    const folder = traceFolder({});
    const trace = folder2019([{ key: 'o,a,f', counts: [1_500, 2] }]);
    const paths = ['a.json', 'b.json'].map((name) => join(folder, name)) as [string, string];
    const digests = [];
    for (const path of paths) digests.push(await writeSchedule(path, await compileSchedule({ trace, cores: 2 })));
    const [one, other] = paths.map((path) => readFileSync(path, 'utf8'));
    expect(one).toBe(other);
    expect(digests[0]).toBe(digests[1]);
    const { schedule, digest } = await readSchedule(paths[0]);
    expect(digest).toBe(digests[0]);
    expect(schedule).toEqual(await compileSchedule({ trace, cores: 2 }));
    expect(JSON.parse(one ?? '')).toEqual({ ...schedule, digest });
  });

  test('is refused when it was changed, cut short, is none or is missing', async () => {
    const path = join(traceFolder({}), 'schedule.json');
    await writeSchedule(path, await compileSchedule({ ...MACHINE, limit: 3 }));
    const text = readFileSync(path, 'utf8');
    const refusals = [
      [text.replace('"n":', '"n":1'), 'it was changed'],
      [text.slice(0, -20), 'it is cut short, or none'],
      ['hello\n', 'it is cut short, or none'],
    ] as const;
    for (const [changed, message] of refusals) {
      writeFileSync(path, changed);
      await expect(readSchedule(path)).rejects.toMatchObject({ code: 'trace_unreadable' });
      await expect(readSchedule(path)).rejects.toThrow(message);
    }
    await expect(readSchedule(`${path}.none`)).rejects.toThrow('cannot be used');
  });
});
