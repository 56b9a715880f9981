// node scripts/with-build.mjs <file in dist> [arguments]
import { giveUp } from './project.mjs';
import { runBuilt } from './run-built.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) giveUp('Say which file: node scripts/with-build.mjs dist/src/<file>.js [arguments]', 2);
await runBuilt(file, args);
