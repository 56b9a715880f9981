// npm start
import { runBuilt } from './run-built.mjs';

await runBuilt('dist/src/main.js', process.argv.slice(2));
