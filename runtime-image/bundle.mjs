// Bundles the container runtime into dist/runtime: agent.js (the process), thread.js (each of its threads) and
// worker.js (Piscina's own start-up of a thread, which it looks for beside the code it is bundled into).
//
//   node runtime-image/bundle.mjs             bundle
//   node runtime-image/bundle.mjs --if-stale  bundle if a source is newer than the bundle
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outputFolder = join(root, 'dist', 'runtime');
const piscinaFolder = dirname(createRequire(import.meta.url).resolve('piscina'));

/** What the bundle is made of lies in these, and in node_modules. */
const SOURCE_FOLDERS = ['src/runtime', 'src/protocol', 'src/lib', 'runtime-image'];

async function bundle() {
  // A folder of its own first: several may bundle at once, and nobody may load half a file.
  const draft = `${outputFolder}.${process.pid}`;
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: {
        agent: join(root, 'src/runtime/agent.ts'),
        thread: join(root, 'src/runtime/thread.ts'),
        worker: join(piscinaFolder, 'worker.js'),
      },
      outdir: draft,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      // Handlers are imported by a real import(), which target node20 keeps as it stands.
      define: { 'import.meta.dirname': '__dirname' },
      // Piscina asks for it only to lower priorities, and does without.
      external: ['@napi-rs/nice'],
      metafile: true,
      legalComments: 'eof',
      logLevel: 'warning',
    });
    await writeFile(join(draft, 'package.json'), '{"type":"commonjs"}\n');
    await mkdir(outputFolder, { recursive: true });
    for (const file of await readdir(draft)) await rename(join(draft, file), join(outputFolder, file));
    // What went into it, for the test that nothing else did.
    await writeFile(`${outputFolder}.metafile.json`, JSON.stringify(metafile));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function isStale() {
  const bundledAt = await modifiedAt(join(outputFolder, 'agent.js'));
  if (bundledAt === undefined) return true;
  for (const folder of SOURCE_FOLDERS) {
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      const changedAt = await modifiedAt(join(root, folder, file));
      if (changedAt !== undefined && changedAt > bundledAt) return true;
    }
  }
  return false;
}

async function modifiedAt(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

if (!process.argv.includes('--if-stale') || (await isStale())) await bundle();
