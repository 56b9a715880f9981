// npm run demo
import { runBuilt } from './run-built.mjs';

await runBuilt('dist/demo/main.js', process.argv.slice(2));
