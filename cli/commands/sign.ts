import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { MAX_TOKEN_BYTES } from '../../claims/jwt/decode.js';
import { NatsctlCommand } from '../base-command.js';
import { dryRunFlag, showDifferences } from '../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { restFlags } from '../rest/flags.js';
import { type AboutToSign, type SignReport, signElsewhere } from '../sign/sign.js';
import { readSignRequest } from '../sign/sign-request.js';
import { readInput } from '../source.js';
import { readOperator } from '../store/store.js';
import { secretOfFile } from '../sync/access-token.js';
import { chooseService, serviceFault } from '../sync/service-url.js';

/** Claims as JSON are longer than the JWT they become. */
const MAX_REQUEST_BYTES = 4 * MAX_TOKEN_BYTES;

export default class Sign extends NatsctlCommand {
  static override description =
    'Sign what a service holds no key for: its answer (409, ERR_SIGN_ELSEWHERE) names the claims, the keys and where the JWT goes.\nWhat changes is shown on stderr. Without --push the JWT is printed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> answer.json --dry-run',
    '<%= config.bin %> <%= command.id %> answer.json --push',
    'curl -s -X POST "$URL/api/v1/accounts" ... | <%= config.bin %> <%= command.id %> - --push',
  ];
  static override args = {
    file: Args.string({
      description: 'The answer of the service, or its `details`; - reads stdin.',
      default: '-',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...restFlags,
    ...dryRunFlag,
    ...privateKeyFlag,
    push: Flags.boolean({
      description: 'Send the JWT where the answer says, and do what is left of the change then.',
      env: 'NATSCTL_PUSH',
    }),
    force: Flags.boolean({
      char: 'F',
      description: 'Sign also what lets revoked users back in.',
      env: 'NATSCTL_FORCE',
    }),
    'operator-claims': Flags.boolean({
      description: 'Sign also claims of the operator itself, and of its system account and users of that.',
      env: 'NATSCTL_OPERATOR_CLAIMS',
    }),
  };

  async run(): Promise<SignReport> {
    const { args, flags } = await this.parse(Sign);
    const workspace = await this.workspace(flags);
    const text = (await readInput(args.file, { maxBytes: MAX_REQUEST_BYTES })).toString('utf8');
    const request = readSignRequest(text, workspace.now);
    const file = flags['token-file'];
    const push = flags.push && {
      base: chooseService(flags.service, (await readOperator(workspace.store)).claims),
      accessToken: file === undefined ? null : await secretOfFile(file),
      timeoutMs: flags.timeout * 1_000,
    };
    const report = await signElsewhere(workspace, request, {
      key: flags['private-key'],
      force: flags.force,
      operatorClaims: flags['operator-claims'],
      dryRun: flags['dry-run'] ?? false,
      push: push || null,
      ...(!this.jsonEnabled() && { show: showAbout }),
    }).catch((error: unknown) => {
      throw serviceFault(error);
    });
    if (!this.jsonEnabled()) this.show(report);
    return report;
  }

  private show({ kind, name, subject, jwt, pushed }: SignReport): void {
    const what = `${kind} ${name ?? subject} (${subject})`;
    if (pushed === null) {
      if (jwt !== null) this.print(`${jwt}\n`);
      return;
    }
    if (pushed.result === null) this.print(`${jwt}\n`);
    else this.print(safeText(`${what}: ${pushed.result} at ${pushed.service}`).concat('\n'));
    for (const { request, done, sign } of pushed.rest) {
      this.note(`${request}: ${done ? 'done' : sign === undefined ? 'not done yet' : 'to be signed next (stdout)'}`);
      if (sign !== undefined) this.print(`${JSON.stringify(sign)}\n`);
    }
    if (kind === 'account') this.note('this store has it by `natsctl pull`');
  }
}

/** Before it is signed and sent: what a service asks for is seen also where it comes to nothing. */
function showAbout({ kind, name, subject, account, signer, differences, dryRun, rest }: AboutToSign) {
  const what = `${kind} ${name ?? subject} (${subject})${account === null ? '' : ` of account ${account}`}`;
  process.stderr.write(safeText(`${what}: ${dryRun ? 'would be signed' : 'to be signed'} by ${signer}`).concat('\n'));
  process.stderr.write(showDifferences(differences));
  for (const { request, body } of rest) {
    process.stderr.write(safeText(`then ${request}${body === null ? '' : ` ${JSON.stringify(body)}`}`).concat('\n'));
  }
}
