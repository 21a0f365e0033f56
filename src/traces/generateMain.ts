/** `npm run traces`: writes the generated traces into a folder, `traces` unless another is given. */
import { writeTraces } from './generate.ts';

await writeTraces(process.argv[2] ?? 'traces');
