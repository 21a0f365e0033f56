import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResourceRegistry } from '../../src/runtime/thread/resources.ts';

describe('ResourceRegistry', () => {
  test('with multiplexing, a key never has two instances, and counts add up, in any order of events', async () => {
    const use = fc.record({
      key: fc.constantFrom('a', 'b'),
      fails: fc.boolean(),
      turns: fc.nat(3),
      waitFirst: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 15 }), async (uses) => {
        const registry = new ResourceRegistry(true);
        const made = new Map<string, number>();
        const seen = new Map<string, Set<unknown>>();
        let created = 0;
        let obtained = 0;
        const work = uses.map(async ({ key, fails, turns, waitFirst }) => {
          for (let turn = 0; turn < waitFirst; turn += 1) await null;
          const lease = registry.lease();
          try {
            const instance = await lease.get(key, async () => {
              for (let turn = 0; turn < turns; turn += 1) await null;
              if (fails) throw new Error('no');
              made.set(key, (made.get(key) ?? 0) + 1);
              return { key };
            });
            obtained += 1;
            seen.set(key, (seen.get(key) ?? new Set()).add(instance));
          } catch {}
          created += lease.created;
          expect(lease.created + lease.reused).toBeLessThanOrEqual(1);
        });
        await Promise.all(work);
        for (const count of made.values()) expect(count).toBe(1);
        for (const instances of seen.values()) expect(instances.size).toBe(1);
        expect(registry.live).toBe(made.size);
        expect(created).toBe(made.size);
        expect(obtained).toBeGreaterThanOrEqual(created);
      }),
    );
  });

  test('without it, what comes after the invocation has ended is ended at once', async () => {
    const registry = new ResourceRegistry(false);
    const lease = registry.lease();
    const ended: string[] = [];
    const slow = lease.get('slow', async () => {
      await null;
      return { [Symbol.asyncDispose]: async () => ended.push('slow') };
    });
    await lease.get('quick', () => ({ [Symbol.dispose]: () => ended.push('quick') }));
    await lease.get('careless', () => ({
      [Symbol.dispose]: () => {
        throw new Error('ignored');
      },
    }));
    await lease.get('plain', () => 7);
    const later = lease.get('later', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { [Symbol.dispose]: () => ended.push('later') };
    });
    lease.end();
    await Promise.all([slow, later]);
    expect(ended.toSorted()).toEqual(['later', 'quick', 'slow']);
    expect(lease.created).toBe(5);
    expect(registry.live).toBe(0);
  });
});
