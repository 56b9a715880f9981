import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program to its end and gives its exit code, as a shell would: 128 + n when a signal ended it. With
 * `capture` its output is given instead of shown. A signal to this process goes on to the program, and then ends this one too: nothing is left running.
 */
export function runCommand(command, args, { capture = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit', ...options });
    let output = '';
    let ending;
    const passOn = (signal) => {
      ending = signal;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    signals.forEach((signal) => process.on(signal, passOn));
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      signals.forEach((name) => process.removeListener(name, passOn));
      if (ending !== undefined) process.exit(128 + constants.signals[ending]);
      resolve({ code: code === null ? 128 + constants.signals[signal] : code, output });
    });
  });
}
