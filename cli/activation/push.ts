import { activationHash } from '../../claims/activation-hash.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { postActivation } from '../../resolver/http.js';
import { resolverUrls, withoutPassword } from '../../resolver/url.js';
import { cliError, usageError } from '../errors.js';
import { readOperator } from '../store/store.js';
import { chooseRemote } from '../sync/remote-choice.js';
import { serviceFault } from '../sync/service-url.js';
import type { Workspace } from '../workspace.js';

export interface PushedActivation {
  service: string;
  /** Where the importer finds it. */
  url: string;
  subject: string;
  importer: string;
  issuer: string;
}

/** Leaves an activation with the account server. Over NATS there is no such thing: it is handed over as a file then. */
export async function pushActivation(
  workspace: Workspace,
  token: string,
  service: string | undefined,
): Promise<PushedActivation> {
  const { claims } = decodeAs('activation', token);
  const { kind, url } = chooseRemote(service, (await readOperator(workspace.store)).claims);
  if (kind !== 'service') {
    throw usageError(
      `nats-servers keep no activations (${withoutPassword(url)})`,
      'name an account server with --service http://..., or hand the file over',
    );
  }
  try {
    const result = await postActivation(url, token);
    if (result.status === 'refused' || result.status === 'pending') throw refused(withoutPassword(url), result);
  } catch (error) {
    throw serviceFault(error);
  }
  const place = resolverUrls(withoutPassword(url)).activations;
  place.pathname += `/${activationHash(claims)}`;
  return {
    service: withoutPassword(url),
    url: place.href,
    subject: claims.nats.subject,
    importer: claims.sub,
    issuer: claims.iss,
  };
}

function refused(url: string, result: { message: string; httpStatus?: number }): Error {
  const nowhere = result.httpStatus === 404 || result.httpStatus === 405;
  return cliError(
    'ERR_PUSH_REFUSED',
    nowhere ? `${url} keeps no activations` : `${url} refuses it: ${result.message}`,
    {
      hint: 'hand the token over as a file: `natsctl activation create --output FILE`',
      details: { service: url, ...(result.httpStatus !== undefined && { status: result.httpStatus }) },
    },
  );
}
