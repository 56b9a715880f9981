// A process of the harness ends when the harness does, also when that is killed: its standard input closes then.
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdin.resume();
process.stdin.unref();
