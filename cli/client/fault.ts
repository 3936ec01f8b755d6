import { isNatsctlError } from '../../claims/errors.js';
import { withoutPassword } from '../../resolver/url.js';
import { cliError } from '../errors.js';
import { opensslReason } from './tls.js';

/** Our code and words for what the client library throws; told apart by name, since the library is loaded late. */
export function connectionFault(error: unknown, servers: string[] = []): unknown {
  if (!(error instanceof Error) || isNatsctlError(error)) return error;
  const where = servers.length > 0 ? ` at ${servers.map(withoutPassword).join(', ')}` : '';
  if (isTlsFault(error)) {
    return cliError('ERR_BROKER_TLS', `no TLS connection${where}: ${opensslReason(error)}`, {
      hint: tlsHint(error),
      cause: error,
    });
  }
  const unreachable = () =>
    cliError('ERR_BROKER_UNREACHABLE', `no server answers${where}: ${error.message}`, {
      hint: 'check that the broker is running (`natsctl up`), or name it with --server',
      cause: error,
    });
  if ('code' in error && /^(ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT)/.test(String(error.code))) return unreachable();
  switch (error.name) {
    case 'AuthorizationError':
    case 'UserAuthenticationExpiredError':
      return cliError('ERR_BROKER_AUTHORIZATION', `the server${where} refuses this user: ${error.message}`, {
        hint: 'check that the account is pushed (`natsctl push`) and the user neither revoked nor expired (`natsctl user describe`), and that the clocks of both machines agree',
        cause: error,
      });
    case 'PermissionViolationError':
      return cliError('ERR_BROKER_PERMISSION', error.message, {
        hint: 'this user may not use that subject: see `natsctl user describe`',
        cause: error,
      });
    case 'ConnectionError':
    case 'TimeoutError':
      return unreachable();
    case 'InvalidSubjectError':
    case 'InvalidArgumentError':
      return cliError('ERR_SUBJECT_INVALID', error.message, {
        ...(error.message.includes('max_payload') && {
          hint: 'it is longer than the server takes: raise `max_payload` in its configuration',
        }),
        cause: error,
      });
    default:
      return cliError('ERR_BROKER_CLOSED', `the connection${where} ended: ${error.message}`, {
        hint: 'the log of the server says why; one that asks for certificates ends it for one that it does not know (--client-cert)',
        cause: error,
      });
  }
}

function tlsHint(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'its certificate is for other names: write one of them in the address';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return 'its certificate is not valid now: renew it at the server, and check the clock of this machine';
  }
  if (code.includes('ALERT')) return 'the server wants another certificate of yours: --client-cert and --client-key';
  return /support|available/.test(error.message)
    ? 'the server offers no TLS: begin the address with nats:// if that is as it should be'
    : 'name the CA of its certificate with --ca-cert, your own with --client-cert and --client-key';
}

/** OpenSSL's and Node's codes of certificates that will not do, and the library's own word for a server without TLS. */
function isTlsFault(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code) ||
    (error.name === 'ConnectionError' && /\btls\b(?!:)/i.test(error.message))
  );
}
