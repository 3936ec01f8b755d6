import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { rawFlag } from '../flags.js';
import { toJson } from '../output/json.js';
import { safeText } from '../output/safe-text.js';
import { pairs } from '../output/table.js';
import { showTime } from '../output/time.js';
import { required } from '../prompt.js';
import { armored, describeToken } from '../token/describe.js';
import { fieldOf, flatten } from '../token/field.js';
import { writeNewFile } from '../user/creds.js';

export default class Describe extends NatsctlCommand {
  static override description =
    'Show any token: operator, account, user, activation, authorization request or response, generic.\nIts signature is checked, and its claims against the rules; no store is needed.';
  static override hiddenAliases = ['describe:jwt'];
  static override examples = [
    '<%= config.bin %> describe checkout.creds',
    'curl -s http://127.0.0.1:9090/jwt/v1/accounts/A... | <%= config.bin %> describe -',
    "<%= config.bin %> describe orders.jwt --field 'nats.exports[0].subject'",
  ];
  static override args = {
    token: Args.string({ description: 'File (bare, armored or creds), URL, token, or - for stdin.' }),
  };
  static override flags = {
    ...rawFlag,
    file: Flags.string({ char: 'f', hidden: true, description: 'As nsc names it.', env: 'NATSCTL_FILE' }),
    field: Flags.string({
      char: 'F',
      description: 'Print one value of the claims: nats.exports[0].subject, nats.mappings["a.b"].',
      helpValue: 'PATH',
      exclusive: ['raw'],
      env: 'NATSCTL_FIELD',
    }),
    output: Flags.string({
      description: 'Write the token to this file, armored, instead of showing it.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { args, flags } = await this.parse(Describe);
    const source = await required(args.token ?? flags.file, 'TOKEN', 'File, URL or token');
    const token = await describeToken(source, currentTime());
    if (flags.output !== undefined) {
      const file = await writeNewFile(flags.output, armored(token.kind, token.token), flags.force);
      if (!this.jsonEnabled()) this.note(`wrote ${file}`);
      return { ...token, file };
    }
    if (flags.field !== undefined) {
      const value = fieldOf(token.claims, flags.field);
      this.print(`${typeof value === 'string' ? safeText(value) : toJson(value, 2)}\n`);
      return { field: flags.field, value };
    }
    if (flags.raw) this.print(`${token.token}\n`);
    else {
      this.print(
        pairs([
          ['kind', token.version === 1 ? `${token.kind} (version 1)` : token.kind],
          ['name', token.name],
          ['subject', token.subject],
          ['issuer', token.selfSigned ? `${token.issuer} (self-signed)` : token.issuer],
          ['account', token.issuerAccount],
          ['issued', showTime(token.issuedAt)],
          ['valid from', token.notBefore === 0 ? null : showTime(token.notBefore)],
          ['expires', showTime(token.expires)],
          ['signature', 'good'],
          ['creds', token.creds ? 'the seed beside it is its own' : null],
        ]),
      );
      const { nats } = token.claims as { nats?: unknown };
      this.print(`\n${pairs(flatten(nats, 'nats'))}`);
      for (const { level, message, code } of token.issues) this.note(`${level}: ${message} [${code}]`);
      for (const field of token.unknownFields) this.note(`note: ${field} is not known to this version`);
    }
    return token;
  }
}
