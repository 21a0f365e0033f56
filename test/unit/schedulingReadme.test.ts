import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { StrategyDescription } from '../../src/scheduling/strategy.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { itSchedules } from '../helpers/schedulingWorlds.ts';

const page = readFileSync(join(PROJECT_ROOT, 'src/scheduling/README.md'), 'utf8');
const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const { single } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
  single: StrategyDescription;
};

describe('the strategy on the page about strategies', () => itSchedules(single));
