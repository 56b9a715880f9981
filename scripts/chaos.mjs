// npm run chaos [-- --minutes 10 --seeds 3 --seed 1 --control]; docs/chaos.md
import Module, { createRequire } from 'node:module';
import { endWithNpm } from './end-with-npm.mjs';
import { ensureInstall } from './ensure-install.mjs';
import { inRoot } from './project.mjs';

endWithNpm();
await ensureInstall();
createRequire(import.meta.url)(inRoot('test', 'support', 'typescript-register.cjs'));
process.argv.splice(1, 1, inRoot('test', 'chaos', 'main.ts'));
Module.runMain();
