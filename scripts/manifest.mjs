/**
 * What a start reads instead of looking for commands: `oclif.manifest.json`, for help, and `dist/bundle/commands.json`, the words
 * of each command to its file. Bundles first, since the commands are those of the bundle. oclif's own generator needs Node 22;
 * this is the same call into @oclif/core.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config, Plugin, settings } from '@oclif/core';
import { bundle } from './bundle.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const file = path.join(root, 'oclif.manifest.json');

settings.enableAutoTranspile = false;
rmSync(file, { force: true });
await bundle();
const config = await Config.load({ root, ignoreManifest: true });
const plugin = new Plugin({ errorOnManifestCreate: true, ignoreManifest: true, root, isRoot: true, name: config.name });
await plugin.load();
writeFileSync(file, `${JSON.stringify(plugin.manifest, null, 1)}\n`);

const files = {};
for (const { id, aliases, hiddenAliases, relativePath } of Object.values(plugin.manifest.commands)) {
  for (const name of [id, ...aliases, ...hiddenAliases])
    files[name.replaceAll(':', ' ')] = relativePath.slice(3).join('/');
}
writeFileSync(path.join(root, 'dist/bundle/commands.json'), JSON.stringify(files));
