import { readFileSync } from 'node:fs';

/** What `oclif.manifest.json` says of the commands; written at build time. */
export interface Manifest {
  commands: Readonly<Record<string, ManifestCommand>>;
}

export interface ManifestCommand {
  summary?: string;
  description?: string;
  hidden?: boolean;
  strict?: boolean;
  args: Readonly<Record<string, { name: string; description?: string; options?: string[] }>>;
  flags: Readonly<Record<string, ManifestFlag>>;
}

export interface ManifestFlag {
  name: string;
  type: 'boolean' | 'option';
  char?: string;
  aliases?: string[];
  allowNo?: boolean;
  hidden?: boolean;
  multiple?: boolean;
  description?: string;
  helpValue?: string;
  options?: string[];
}

/** @param from address of a file one folder below the package, as bin/natsctl.js is */
export function readManifest(from: string): Manifest {
  try {
    return JSON.parse(readFileSync(new URL('../oclif.manifest.json', from), 'utf8')) as Manifest;
  } catch {
    // Without it oclif loads every command instead; what only it tells is not known then.
    return { commands: {} };
  }
}

/** @param command its words: `account create` */
export function commandFlags(from: string, command: string): Readonly<Record<string, ManifestFlag>> {
  return readManifest(from).commands[command.replaceAll(' ', ':')]?.flags ?? {};
}
