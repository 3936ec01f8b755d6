import { Args, Flags } from '@oclif/core';
import type { Answer } from '../../../claims/explain/answer.js';
import type { Action } from '../../../claims/explain/can.js';
import { NatsctlCommand } from '../../base-command.js';
import { clientFlags } from '../../client/flags.js';
import { explainForUser } from '../../explain/can.js';
import { showSteps } from '../../explain/show.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { required, requiredChoice } from '../../prompt.js';
import { listAccounts, withoutDamaged } from '../../store/store.js';

const ACTIONS = ['pub', 'sub', 'request'];

export default class ExplainCan extends NatsctlCommand {
  static override description =
    'Say whether a user may publish, subscribe or request, and why: from the JWTs of the store alone.\nShows each token, entry, mapping, export, import, limit and revocation that decides. Ends with 0 for yes, 1 for no or sometimes.';
  static override examples = [
    '<%= config.bin %> explain can pub orders.new --user checkout --account orders',
    "<%= config.bin %> explain can sub 'orders.>' --user checkout --account orders --queue workers",
    '<%= config.bin %> explain can request bank.charge --creds checkout.creds --json',
  ];
  static override args = {
    action: Args.string({ description: 'pub, sub or request.', options: ACTIONS }),
    subject: Args.string({ description: 'The subject.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    user: clientFlags.user,
    creds: clientFlags.creds,
    queue: Flags.string({ char: 'q', description: 'Queue group to subscribe in.', env: 'NATSCTL_QUEUE' }),
    ip: Flags.string({ description: 'Address the user connects from.', helpValue: 'ADDRESS', env: 'NATSCTL_IP' }),
    inbox: Flags.string({
      description: 'Prefix of the subjects that answers to requests come on.',
      default: '_INBOX',
      helpValue: 'PREFIX',
      env: 'NATSCTL_INBOX',
    }),
    cluster: Flags.string({
      description: 'Cluster of the server, for mappings that depend on it.',
      helpValue: 'NAME',
      env: 'NATSCTL_CLUSTER',
    }),
  };

  async run(): Promise<Answer> {
    const { args, flags } = await this.parse(ExplainCan);
    const action = (await requiredChoice(args.action, 'ACTION', 'What', ACTIONS)) as Action;
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const workspace = await this.workspace(flags);
    const answer = await explainForUser(workspace, {
      action,
      subject,
      user: flags.user,
      account: flags.account,
      creds: flags.creds,
      inbox: flags.inbox,
      ...(flags.queue !== undefined && { queue: flags.queue }),
      ...(flags.ip !== undefined && { ip: flags.ip }),
      ...(flags.cluster !== undefined && { cluster: flags.cluster }),
    });
    const accounts = withoutDamaged(await listAccounts(workspace.store));
    const names = new Map(accounts.map(({ name, jwt }) => [jwt.claims.sub, name]));
    if (answer.userName) names.set(answer.user, answer.userName);
    this.print(showSteps(answer.steps, (key) => names.get(key) ?? key));
    const open = answer.answer === 'yes' && answer.depends.length > 0 ? ', as far as the JWTs say' : '';
    this.print(`\n${answer.answer}${open}\n`);
    if (answer.answer !== 'yes') process.exitCode = 1;
    return answer;
  }
}
