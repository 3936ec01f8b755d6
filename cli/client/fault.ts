import { isNatsctlError } from '../../claims/errors.js';
import { cliError } from '../errors.js';

/** Our code and words for what the client library throws; told apart by name, since the library is loaded late. */
export function connectionFault(error: unknown, servers: string[] = []): unknown {
  if (!(error instanceof Error) || isNatsctlError(error)) return error;
  const where = servers.length > 0 ? ` at ${servers.join(', ')}` : '';
  if (isTlsFault(error)) {
    return cliError('ERR_BROKER_TLS', `no TLS connection${where}: ${error.message}`, {
      hint: /support|available/.test(error.message)
        ? 'the server offers no TLS: begin the address with nats:// if that is as it should be'
        : 'name the CA of its certificate with --ca-cert, your own with --client-cert and --client-key',
      cause: error,
    });
  }
  switch (error.name) {
    case 'AuthorizationError':
    case 'UserAuthenticationExpiredError':
      return cliError('ERR_BROKER_AUTHORIZATION', `the server${where} refuses this user: ${error.message}`, {
        hint: 'check that the account is pushed (`natsctl push`) and the user neither revoked nor expired (`natsctl user describe`)',
        cause: error,
      });
    case 'PermissionViolationError':
      return cliError('ERR_BROKER_PERMISSION', error.message, {
        hint: 'this user may not use that subject: see `natsctl user describe`',
        cause: error,
      });
    case 'ConnectionError':
    case 'TimeoutError':
      return cliError('ERR_BROKER_UNREACHABLE', `no server answers${where}: ${error.message}`, {
        hint: 'check that the broker is running (`natsctl up`), or name it with --server',
        cause: error,
      });
    case 'InvalidSubjectError':
    case 'InvalidArgumentError':
      return cliError('ERR_SUBJECT_INVALID', error.message, { cause: error });
    default:
      return cliError('ERR_BROKER_CLOSED', `the connection${where} ended: ${error.message}`, { cause: error });
  }
}

/** OpenSSL's and Node's codes of certificates that will not do, and the library's own word for a server without TLS. */
function isTlsFault(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code) ||
    (error.name === 'ConnectionError' && /\btls\b(?!:)/i.test(error.message))
  );
}
