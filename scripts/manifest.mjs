/**
 * Writes `oclif.manifest.json`: what oclif needs to know of every command, so that a start loads one command file and not all
 * of them. oclif's own generator needs Node 22; this is the same call into @oclif/core.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config, Plugin, settings } from '@oclif/core';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const file = path.join(root, 'oclif.manifest.json');

settings.enableAutoTranspile = false;
rmSync(file, { force: true });
const config = await Config.load({ root, ignoreManifest: true });
const plugin = new Plugin({ errorOnManifestCreate: true, ignoreManifest: true, root, isRoot: true, name: config.name });
await plugin.load();
writeFileSync(file, `${JSON.stringify(plugin.manifest, null, 1)}\n`);
