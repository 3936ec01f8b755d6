import { Args } from '@oclif/core';
import { checkSubject } from '../../../claims/subject/subject.js';
import type { ExportType } from '../../../claims/types.js';
import { readActivation } from '../../activation/source.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { createImport, type ImportChanged } from '../../import/create.js';
import { importFlags, sourceFlag } from '../../import/flags.js';
import { type Offer, offersTo } from '../../import/offers.js';
import { safeText } from '../../output/safe-text.js';
import { askedWithDefault, canAsk, required, requiredChoice } from '../../prompt.js';
import { parseTime } from '../../time.js';
import type { Workspace } from '../../workspace.js';

interface Chosen {
  subject?: string | undefined;
  source?: string | undefined;
  type?: ExportType | undefined;
  local?: string | undefined;
  name?: string | undefined;
}

const ANOTHER = 'another one, by account and subject';

export default class ImportCreate extends NatsctlCommand {
  static override description =
    'Use what another account exports.\nFor a private export give its activation; where the exporting account and its key are in this store, it is made.';
  static override hiddenAliases = ['import:add'];
  static override examples = [
    "<%= config.bin %> import create 'news.>' --source-account press --account reader",
    "<%= config.bin %> import create 'invoices.*' --source-account billing --local-subject 'billing.$1' --account shop",
    '<%= config.bin %> import create --token billing.activation.jwt --account shop',
    '<%= config.bin %> import create --account shop    # choose from what is exported, on a terminal',
  ];
  static override args = { subject: Args.string({ description: "The exporter's subject, or a part of it." }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...sourceFlag,
    ...typeFlags,
    ...importFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ImportChanged> {
    const { args, flags } = await this.parse(ImportCreate);
    const workspace = await this.workspace(flags);
    const activation = flags.token === undefined ? undefined : await readActivation(flags.token);
    const expiry = flags['activation-expiry'];
    const given = { subject: args.subject, source: flags['source-account'], type: typeOf(flags) };
    const chosen: Chosen = activation ? given : await this.choose(workspace, { ...given, account: flags.account });
    const made = await createImport(
      workspace,
      {
        ...chosen,
        account: flags.account,
        local: flags['local-subject'] ?? chosen.local,
        name: flags.name ?? chosen.name,
        share: flags.share === true,
        allowTrace: flags['allow-trace'] === true,
        activation,
        activationExpiry: expiry === undefined ? undefined : parseTime(expiry, workspace.now),
        activationKey: flags['activation-key'],
        unmatched: flags.unmatched,
      },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    const one = made.import;
    const as = one.local_subject === undefined ? '' : ` as ${one.local_subject}`;
    const done = `account ${made.account} imports the ${one.type} ${one.subject}${as} from ${made.source ?? one.account}`;
    this.print(changeText(made, safeText(done)));
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }

  /** What is missing is asked for: first whether it is one of the exports that this store knows. */
  private async choose(workspace: Workspace, given: Chosen & { account?: string | undefined }): Promise<Chosen> {
    if (given.subject === undefined && given.source === undefined && canAsk()) {
      const offer = await this.pick(await offersTo(workspace, given.account));
      if (offer) {
        const { subject, type } = offer.export;
        const part = await askedWithDefault('Subject to import', subject, (text) => mustBeSubject(text));
        const local = await askedWithDefault(
          'Local subject (empty: the same)',
          '',
          (text) => text === '' || mustBeSubject(text),
        );
        return {
          subject: part,
          source: offer.source.jwt.claims.sub,
          type,
          name: offer.export.name,
          ...(local !== '' && { local }),
        };
      }
    }
    const subject = await required(given.subject, 'SUBJECT', "The exporter's subject");
    return { ...given, subject, source: await required(given.source, '--source-account', 'Exporting account') };
  }

  private async pick(offers: Offer[]): Promise<Offer | undefined> {
    if (offers.length === 0) return undefined;
    const labels = offers.map((one) => one.label);
    const label = await requiredChoice(undefined, 'SUBJECT', 'What to import', [...labels, ANOTHER]);
    return offers[labels.indexOf(label)];
  }
}

function mustBeSubject(text: string): boolean {
  const fault = checkSubject(text);
  if (fault !== null) throw new Error(`that is no subject: ${fault}`);
  return true;
}
