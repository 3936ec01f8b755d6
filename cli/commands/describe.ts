import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { pairs } from '../output/table.js';
import { showTime } from '../output/time.js';
import { required } from '../prompt.js';
import { describeToken } from '../token/describe.js';
import { flatten } from '../token/field.js';
import { showToken, tokenFlags } from '../token/show.js';

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
    ...tokenFlags,
    file: Flags.string({ char: 'f', hidden: true, description: 'As nsc names it.', env: 'NATSCTL_FILE' }),
  };

  async run() {
    const { args, flags } = await this.parse(Describe);
    const source = await required(args.token ?? flags.file, 'TOKEN', 'File, URL or token');
    const token = await describeToken(source, currentTime());
    const shown = await showToken(token.kind, token, flags, () =>
      [
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
        pairs(flatten((token.claims as { nats?: unknown }).nats, 'nats')),
      ].join('\n'),
    );
    if (flags.output === undefined && flags.field === undefined && !flags.raw) {
      for (const { level, message, code } of token.issues) this.note(`${level}: ${message} [${code}]`);
      for (const field of token.unknownFields) this.note(`note: ${field} is not known to this version`);
    }
    return this.present(shown);
  }
}
