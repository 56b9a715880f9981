// A process of the harness ends when the harness does, also when that is killed: its standard input closes then. At once:
// whatever would end in an orderly way has nobody left to tell.
const end = () => process.kill(process.pid, 'SIGKILL');

process.stdin.on('end', end);
process.stdin.on('error', end);
process.stdin.resume();
