import { describe } from 'vitest';
import { STRATEGIES } from '../../src/scheduling/strategies/index.ts';
import { itSchedules } from '../helpers/schedulingWorlds.ts';

describe.each([...STRATEGIES.values()])('$name in virtual time', itSchedules);
