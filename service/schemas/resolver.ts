import { Type } from 'typebox';

/** Asked as nats-account-server is: `true` in any letter case is yes, all else is no. */
const Switch = (description: string) => Type.Optional(Type.String({ maxLength: 16, description }));

export const isOn = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

export const OperatorQuery = Type.Object({
  text: Switch('`true`: the JWT as text/plain'),
  decode: Switch('`true`: its header and claims as text to read'),
});

export const AccountQuery = Type.Object({
  text: Switch('`true`: the JWT as text/plain, whatever its time'),
  decode: Switch('`true`: its header and claims as text to read, activation tokens opened'),
  check: Switch('`true`: 404 for one that has expired'),
  notify: Switch('`true`: announce it to the servers again; needs the access token of an admin'),
  jti: Type.Optional(Type.String({ description: 'Not supported: 501' })),
});

export const Token = (description: string) => Type.String({ description });
export const jwtContent = (description: string) => ({
  content: { 'application/jwt': { schema: Token(description) }, 'text/plain': { schema: Type.String() } },
});
export const textContent = { content: { 'text/plain': { schema: Type.String() } } };
