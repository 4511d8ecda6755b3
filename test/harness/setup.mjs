// Makes node_modules what package-lock.json says, when it is not already. Plain JavaScript for any Node from 18 on, since the project's own Node 24
// comes with node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const wantedNode = /^v24\./;

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

/** Why the installed packages are not those of the lock file; undefined when they are. */
function whyStale() {
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return 'nothing is installed yet';
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    // An optional package may be missing: it is for another platform.
    if (path === '' || (optional === true && installed[path] === undefined)) continue;
    if (installed[path]?.version !== version)
      return `${path} is ${installed[path]?.version ?? 'missing'}, not ${version}`;
  }
  const surplus = Object.keys(installed).find((path) => wanted[path] === undefined);
  if (surplus !== undefined) return `${surplus} is no longer wanted`;
  return wantedNode.test(nodeVersion()) ? undefined : 'its Node does not run';
}

function nodeVersion() {
  const ran = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], { encoding: 'utf8' });
  return ran.status === 0 ? ran.stdout : '';
}

const why = whyStale();
if (why !== undefined) {
  process.stderr.write(`installing the npm packages of package-lock.json: ${why}\n`);
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (install.error !== undefined) throw new Error(`npm cannot be started: ${install.error.message}`);
  if (install.status !== 0) process.exit(install.status ?? 1);
  if (!wantedNode.test(nodeVersion())) {
    process.stderr.write(
      'npm ci did not bring Node 24: its package `node` needs its install script, so npm must not run with ignore-scripts\n',
    );
    process.exit(1);
  }
}
