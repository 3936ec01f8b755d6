/** What a server asks an auth callout service (ADR-26), and what it answers. */
import type {
  AuthorizationRequestData,
  AuthorizationResponseData,
  ClientInformation,
  ClientTls,
  ConnectOptions,
  ServerId,
} from '../types.js';
import {
  constant,
  optional,
  optionalInteger,
  optionalList,
  optionalText,
  optionalTexts,
  struct,
  texts,
  writtenInteger,
  writtenText,
} from './schema.js';
import { version } from './user-schema.js';

export const authorizationRequest = struct<AuthorizationRequestData>({
  server_id: struct<ServerId>({
    name: writtenText,
    host: writtenText,
    id: writtenText,
    version: optionalText,
    cluster: optionalText,
    tags: optionalTexts,
    xkey: optionalText,
  }),
  user_nkey: writtenText,
  client_info: struct<ClientInformation>({
    host: optionalText,
    id: optionalInteger({ min: 0 }),
    user: optionalText,
    name: optionalText,
    tags: optionalTexts,
    name_tag: optionalText,
    kind: optionalText,
    type: optionalText,
    mqtt_id: optionalText,
    nonce: optionalText,
  }),
  connect_opts: struct<ConnectOptions>({
    jwt: optionalText,
    nkey: optionalText,
    sig: optionalText,
    auth_token: optionalText,
    user: optionalText,
    pass: optionalText,
    name: optionalText,
    lang: optionalText,
    version: optionalText,
    protocol: writtenInteger(),
  }),
  client_tls: optional(
    struct<ClientTls>({
      version: optionalText,
      cipher: optionalText,
      certs: optionalTexts,
      verified_chains: optionalList(texts),
    }),
  ),
  request_nonce: optionalText,
  tags: optionalTexts,
  type: constant('authorization_request'),
  version,
});

export const authorizationResponse = struct<AuthorizationResponseData>({
  jwt: optionalText,
  error: optionalText,
  issuer_account: optionalText,
  tags: optionalTexts,
  type: constant('authorization_response'),
  version,
});
