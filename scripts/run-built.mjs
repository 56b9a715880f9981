import Module from 'node:module';
import { endWithNpm } from './end-with-npm.mjs';
import { ensureBuild } from './ensure-build.mjs';
import { ensureInstall } from './ensure-install.mjs';
import { inRoot } from './project.mjs';

/**
 * Installs and builds what is missing, and then becomes the built program: it runs in this very process, as if Node
 * had been started with it. So signals reach it directly, its exit code is this one's, and killing this process leaves no child behind.
 */
export async function runBuilt(file, args) {
  endWithNpm();
  await ensureInstall();
  await ensureBuild();
  process.setSourceMapsEnabled(true);
  process.argv.splice(1, process.argv.length, inRoot(file), ...args);
  Module.runMain();
}
