import { homedir } from 'node:os';
import process from 'node:process';
import { Command } from '@oclif/core';
import { usageError } from './errors.js';
import { accountFlag, jsonFlag } from './flags.js';
import { jsonInEnvironment, writeJson } from './output/json.js';
import { type Progress, startProgress } from './output/progress.js';
import { report } from './output/report.js';
import { safeText } from './output/safe-text.js';
import { canAsk } from './prompt.js';
import type { Shown } from './token/show.js';
import { openWorkspace, type Workspace } from './workspace.js';

/** What the shared flags of cli/flags.ts parse to. */
export interface CommonFlags {
  store?: string | undefined;
  keystore?: string | undefined;
  operator?: string | undefined;
  account?: string | string[] | undefined;
}

/**
 * What every command has: `--json` with nothing else on stdout, faults as one document or one line with their code, and the
 * exit codes 0 done, 1 refused or failed, 2 wrong usage. A command's `run` returns what `--json` prints.
 */
export abstract class NatsctlCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = jsonFlag;

  /** oclif reads the whole list of commands for this, and none of ours is deprecated. */
  protected override warnIfCommandDeprecated(): void {}

  override jsonEnabled(): boolean {
    return super.jsonEnabled() || jsonInEnvironment();
  }

  /** Before anything is parsed: oclif takes whatever it does not know for no. */
  override async init(): Promise<void> {
    await super.init();
    for (const flag of Object.values({ ...this.ctor.baseFlags, ...this.ctor.flags })) {
      if (flag.type === 'boolean' && flag.env !== undefined) checkSwitch(flag.env);
    }
  }

  override logJson(value: unknown): void {
    writeJson(value);
  }

  /** For people: text on stdout as it is. Silent with `--json`. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(text);
  }

  /** Prints what was made to be shown; what `--json` prints of it is returned. */
  protected present({ text, note, result }: Shown): object {
    this.print(text);
    if (note !== undefined && !this.jsonEnabled()) this.note(note);
    return result;
  }

  /** Beside the result: a line on stderr, also with `--json`. */
  protected note(text: string): void {
    process.stderr.write(`${safeText(text)}\n`);
  }

  /** Long work shows how far it is: on stderr, where that is a terminal. Nothing with `--json`. */
  protected progress(label: string, total: number): Progress {
    return startProgress(label, total, this.jsonEnabled() ? null : process.stderr);
  }

  protected override async catch(error: Error): Promise<void> {
    // What is refused before it is parsed is no fault of ours for oclif to warn of (it does with NODE_ENV=development).
    this.parsed = true;
    report(error, this.jsonEnabled(), {
      words: (this.id ?? '').replaceAll(':', ' '),
      flags: Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags }),
    });
  }

  protected settings(flags: CommonFlags) {
    return {
      store: flags.store,
      keystore: flags.keystore,
      env: process.env,
      home: process.env.HOME || homedir(),
      cwd: process.cwd(),
    };
  }

  /** On a terminal it asks which account is meant, where the command works under one and nothing says which. */
  protected async workspace(flags: CommonFlags): Promise<Workspace> {
    const workspace = await openWorkspace(this.settings(flags), { operator: flags.operator, now: currentTime() });
    if (flags.account === undefined && canAsk() && this.worksUnderAccount()) {
      const { meantAccount } = await import('./pick.js');
      flags.account = await meantAccount(workspace, undefined);
    }
    if (workspace.store.managed) await this.handOverAtEnd(workspace);
    return workspace;
  }

  /** Not those for which no account means all of them, or that take it as an argument. */
  private worksUnderAccount(): boolean {
    const { account, all } = this.ctor.flags;
    return account === accountFlag.account && all === undefined && !/^account:[^:]+$/.test(this.id ?? '');
  }

  private handOverChanged: (() => Promise<void>) | undefined;

  /** Whatever accounts the command changes under a managed operator are handed to it, once the command is done. */
  protected async handOverAtEnd(workspace: Workspace): Promise<void> {
    const { handOver, handOverNote, tokensOf } = await import('./managed/hand-over.js');
    const before = await tokensOf(workspace);
    this.handOverChanged = async () => {
      for (const row of await handOver(workspace, before)) {
        this.note(handOverNote(row));
        if (row.result === 'refused') process.exitCode = 1;
      }
    };
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    try {
      await this.handOverChanged?.();
    } catch (fault) {
      report(fault, false);
    }
    await super.finally(error);
  }
}

/** `NATSCTL_DRY_RUN=on` must not be taken for "no", and the change be made. */
function checkSwitch(name: string): void {
  const value = process.env[name] ?? '';
  if (/^(|1|true|y|yes|0|false|n|no)$/i.test(value)) return;
  throw usageError(`${name} is neither yes nor no: ${value}`, 'write 1, true, yes or y; 0, false, no or n');
}

/** Whole seconds, as in JWTs. The one place of the CLI that looks at the clock for them. */
export function currentTime(): number {
  return Math.floor(Date.now() / 1000);
}
