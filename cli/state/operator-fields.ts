/** The whole file: one operator. */
import { type AccountDraft, account } from './account-fields.js';
import {
  type Codec,
  choice,
  dictionary,
  fieldsOf,
  flag,
  list,
  orNothing,
  record,
  someText,
  text,
  texts,
} from './codec.js';
import { keyOrGenerate } from './quantity.js';
import { type EntityDraft, entityFields } from './user-fields.js';

export const API_VERSION = 'natsctl/v1';

export interface State extends EntityDraft {
  apiVersion: typeof API_VERSION;
  kind: 'Operator';
  name: string;
  prune?: boolean;
  signing_keys: string[];
  account_server_url?: string;
  operator_service_urls: string[];
  system_account?: string;
  assert_server_version?: string;
  strict_signing_key_usage?: boolean;
  accounts: Map<string, AccountDraft>;
}

const fields = fieldsOf<State>();

export const state: Codec<State> = record<State>({
  apiVersion: fields.must('apiVersion', choice(API_VERSION), 'How this file is written.'),
  kind: fields.must('kind', choice('Operator'), 'What this file is of.'),
  name: fields.must('name', someText, 'Name of the operator.'),
  ...entityFields<State>('operator'),
  prune: fields.may('prune', flag, 'What the store has and this file has not is deleted.'),
  signingKeys: fields.may(
    'signing_keys',
    list(keyOrGenerate('operator')),
    'Keys that sign accounts, or `generate`.',
    [],
  ),
  requireSigningKeys: fields.may('strict_signing_key_usage', flag, 'Identity keys sign no accounts and no users.'),
  serviceUrls: fields.may('operator_service_urls', texts, 'Where clients connect: nats://host:4222.', []),
  accountServerUrl: fields.may('account_server_url', text, 'Where account JWTs are pushed to and fetched from.'),
  systemAccount: fields.may('system_account', someText, 'A name of this file or store, or a public key.'),
  assertServerVersion: fields.may('assert_server_version', someText, 'Older servers do not start: 2.10.0.'),
  accounts: fields.may('accounts', dictionary(orNothing(account)), 'Accounts, by name.', new Map()),
});
