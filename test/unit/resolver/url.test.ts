import { describe, expect, it } from 'vitest';
import { resolverUrls } from '../../../resolver/url.js';

describe('the URL of a resolver', () => {
  it.each([
    ['http://h:9090', 'http://h:9090/jwt/v1/accounts/'],
    ['http://h:9090/', 'http://h:9090/jwt/v1/accounts/'],
    ['https://h/jwt/v1', 'https://h/jwt/v1/accounts/'],
    ['http://h/jwt/v1/', 'http://h/jwt/v1/accounts/'],
    ['http://h/jwt/v1/accounts', 'http://h/jwt/v1/accounts/'],
    ['http://h/jwt/v1/accounts/', 'http://h/jwt/v1/accounts/'],
    ['http://h/tenant/a/jwt/v1', 'http://h/tenant/a/jwt/v1/accounts/'],
  ])('%s is that of %s', (base, accounts) => {
    expect(resolverUrls(base).accounts.href).toBe(accounts);
    expect(resolverUrls(base).operator.href).toBe(accounts.replace('accounts/', 'operator'));
  });

  it.each(['', 'h:9090', 'nats://h:4222', 'file:///etc/passwd', 'http://'])('%j is none', (base) => {
    expect(() => resolverUrls(base)).toThrow(expect.objectContaining({ code: 'ERR_RESOLVER_URL' }));
  });
});
