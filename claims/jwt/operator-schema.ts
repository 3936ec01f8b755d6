/** Operator claims, and activations: what an exporter gives an importer. */
import type { ActivationData, OperatorData } from '../types.js';
import { exportType } from './account-schema.js';
import { constant, optionalFlag, optionalText, optionalTexts, struct, text, texts } from './schema.js';
import { version } from './user-schema.js';

export const operator = struct<OperatorData>({
  signing_keys: texts,
  account_server_url: optionalText,
  operator_service_urls: texts,
  system_account: optionalText,
  assert_server_version: optionalText,
  strict_signing_key_usage: optionalFlag,
  tags: optionalTexts,
  type: constant('operator'),
  version,
});

export const activation = struct<ActivationData>({
  subject: text,
  kind: exportType,
  issuer_account: optionalText,
  tags: optionalTexts,
  type: constant('activation'),
  version,
});
