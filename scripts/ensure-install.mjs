import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { giveUp, inRoot, ROOT, sha256 } from './project.mjs';
import { runCommand } from './run-command.mjs';

const OLDEST_NODE = [20, 19];
const STAMP = inRoot('node_modules', '.pontual-lock');

/** Checks the version of Node and installs the packages of package-lock.json when they are not there. Quiet when they are. */
export async function ensureInstall() {
  checkNode();
  if (!isInstallNeeded()) return;
  await oneAtATime(async () => {
    if (isInstallNeeded()) await install();
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  giveUp(
    `Pontual needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org/`,
  );
}

function isInstallNeeded() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wantedStamp()) return false;
  if (!isInstalledByHand()) return true;
  writeStamp();
  return false;
}

/** Without a stamp the next start compares the lists again: in a read-only installation that is all there is to do. */
function writeStamp() {
  try {
    writeFileSync(STAMP, wantedStamp());
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EROFS' && error.code !== 'EPERM') throw error;
  }
}

function wantedStamp() {
  return sha256(readFileSync(inRoot('package-lock.json')), process.platform, process.arch);
}

/** Somebody ran `npm ci` himself: npm's own list of what it installed has all that this machine needs. */
function isInstalledByHand() {
  const list = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || !isForThisMachine(entry) || installed[path]?.version === entry.version,
  );
}

function isForThisMachine({ os, cpu, libc, optional }) {
  if (os !== undefined && !os.includes(process.platform)) return false;
  if (cpu !== undefined && !cpu.includes(process.arch)) return false;
  // npm picks one of several C libraries; and it may leave out an optional package that is not tied to a platform.
  return libc === undefined && (optional !== true || os !== undefined);
}

async function install() {
  process.stdout.write('Installing packages (npm ci), about a minute the first time.\n');
  // Building and testing need the development packages, whatever NODE_ENV says.
  const { code } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (code !== 0) giveUp(`npm ci failed (exit code ${code}); its messages are above. Nothing was started.`, code);
  writeStamp();
}

/** The npm that started this script, or else the one in PATH. */
function npm(args) {
  const path = process.env.npm_execpath;
  if (path !== undefined && basename(path) === 'npm-cli.js')
    return runCommand(process.execPath, [path, ...args], { cwd: ROOT });
  return runCommand('npm', args, { cwd: ROOT, shell: process.platform === 'win32' });
}
