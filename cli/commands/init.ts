import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { checkEntityName } from '../../claims/names.js';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { dryRunFlag } from '../change/show.js';
import { listOf, storeFlags } from '../flags.js';
import { randomName, remoteOperatorUrl, type Started, start } from '../init/init.js';
import { shellWord } from '../output/shell-word.js';
import { pairs } from '../output/table.js';
import { askedWithDefault, canAsk, required } from '../prompt.js';
import { resolvePaths } from '../store/paths.js';

export default class Init extends NatsctlCommand {
  static override description =
    'Begin: an operator with its system account, a first account and a user with creds, all in the local store.\nWith --url or --remote-operator: an account and a user under an operator that somebody else runs.';
  static override examples = [
    '<%= config.bin %> init acme',
    '<%= config.bin %> init acme --account orders --user checkout --service-url tls://nats.acme.example',
    '<%= config.bin %> init orders --url https://jwt.acme.example/jwt/v1/operator',
  ];
  static override args = {
    name: Args.string({
      description: 'Name of operator, account and user, where they get none of their own; * for any.',
    }),
  };
  static override flags = {
    ...storeFlags,
    dir: Flags.string({
      char: 'd',
      description: 'Folder of the store, which becomes the current one, as with nsc.',
      helpValue: 'DIR',
      exclusive: ['store'],
      env: 'NATSCTL_DIR',
    }),
    name: Flags.string({ char: 'n', description: 'As NAME; as nsc names it.', hidden: true, env: 'NATSCTL_NAME' }),
    account: Flags.string({ char: 'a', description: 'Name of the account. Default: NAME.', env: 'NATSCTL_ACCOUNT' }),
    user: Flags.string({ description: 'Name of the user. Default: NAME.', env: 'NATSCTL_USER' }),
    url: Flags.string({
      char: 'u',
      description: 'JWT of an operator that somebody else runs: a URL of it or of the account server, or a file.',
      helpValue: 'URL',
      exclusive: ['remote-operator'],
      env: 'NATSCTL_URL',
    }),
    'remote-operator': Flags.string({
      char: 'o',
      description: 'As --url, an operator by the name it is known by: synadia, or one of NSC_<NAME>_OPERATOR.',
      helpValue: 'NAME',
      env: 'NATSCTL_REMOTE_OPERATOR',
    }),
    'service-url': Flags.string({
      description: 'Where clients connect; repeatable. Default: nats://localhost:4222.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'URL',
      exclusive: ['url', 'remote-operator'],
      env: 'NATSCTL_SERVICE_URL',
    }),
    'account-server-url': Flags.string({
      description: "Where accounts are pushed to; a service's root address gets /jwt/v1.",
      helpValue: 'URL',
      exclusive: ['url', 'remote-operator'],
      env: 'NATSCTL_ACCOUNT_SERVER_URL',
    }),
    'require-signing-keys': Flags.boolean({
      description: 'Strict mode: identity keys sign neither accounts nor users.',
      default: false,
      env: 'NATSCTL_REQUIRE_SIGNING_KEYS',
    }),
    ...dryRunFlag,
  };

  async run(): Promise<Started> {
    const { args, flags } = await this.parse(Init);
    const remote =
      flags['remote-operator'] === undefined ? flags.url : remoteOperatorUrl(flags['remote-operator'], process.env);
    const name = await this.chosenName(
      args.name ?? flags.name,
      remote,
      flags.account !== undefined && flags.user !== undefined,
    );
    const started = await start(
      this.paths(flags),
      {
        operator: name,
        account: flags.account ?? name,
        user: flags.user ?? name,
        remote,
        serviceUrls: listOf(flags['service-url']),
        accountServerUrl: flags['account-server-url'],
        requireSigningKeys: flags['require-signing-keys'],
        dryRun: flags['dry-run'],
      },
      process.env,
      currentTime(),
      { ready: async (workspace) => (workspace.store.managed ? this.handOverAtEnd(workspace) : undefined) },
    );
    this.show(started);
    return started;
  }

  private paths(flags: { dir?: string | undefined; store?: string | undefined; keystore?: string | undefined }) {
    const paths = resolvePaths(this.settings({ ...flags, store: flags.dir ?? flags.store }));
    // With NSC_CWD_ONLY nsc.json counts for nothing.
    const current = flags.dir !== undefined && process.env.NSC_CWD_ONLY === undefined;
    return current ? { ...paths, contextWritable: true } : paths;
  }

  private async chosenName(given: string | undefined, remote: string | undefined, named: boolean): Promise<string> {
    if (given === '*') return randomName();
    // Under another's operator the name is of account and user alone.
    if (given === undefined && remote !== undefined && named) return randomName();
    const what = remote === undefined ? 'operator, account and user' : 'account and user';
    const check = (text: string) => checkEntityName(text, 'operator');
    if (given === undefined && canAsk()) return askedWithDefault(`Name of ${what}`, randomName(), check);
    return required(given, 'NAME', `Name of ${what}`, check);
  }

  private show({
    operator,
    systemAccount,
    account,
    user,
    serviceUrls,
    accountServerUrl,
    store,
    dryRun,
  }: Started): void {
    const key = (name: string, publicKey: string | null) => (publicKey === null ? name : `${name} (${publicKey})`);
    if (dryRun) this.print('would be made:\n');
    this.print(
      pairs([
        ['operator', `${key(operator.name, operator.publicKey)}${operator.managed ? ', run by somebody else' : ''}`],
        ['system account', systemAccount && key(systemAccount.name, systemAccount.publicKey)],
        ['its creds', systemAccount?.creds],
        ['account', key(account.name, account.publicKey)],
        ['user', key(user.name, user.publicKey)],
        ['creds', user.creds],
        ['clients connect to', serviceUrls.join(', ')],
        ['account server', accountServerUrl],
        ['store', store],
      ]),
    );
    if (dryRun || this.jsonEnabled()) return;
    if (!operator.managed) {
      this.note('next 1: write a server configuration: `natsctl config generate --memory --output server.conf`');
      this.note(
        `next 2: start the server: \`nats-server -c server.conf\`, or all in one: \`natsctl up --operator ${shellWord(operator.name)}\``,
      );
      if (accountServerUrl !== null) this.note('next 3: push the accounts: `natsctl push`');
    }
    this.note(`try it: \`natsctl sub hello --account ${shellWord(account.name)} --user ${shellWord(user.name)}\``);
  }
}
