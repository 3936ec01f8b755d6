import type { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import type { OperatorClaims } from '../../claims/types.js';
import { commitBatch, newBatch, putOperator } from '../change/batch.js';
import { cliError } from '../errors.js';
import { type Rotated, rotated } from '../rotate/rotated.js';
import { signChecked } from '../sign.js';
import { givenSeed, operatorSigner } from '../signer.js';
import { findSeed } from '../store/keystore.js';
import { readOperator } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import { accountsSignedBy, resignAccounts } from './resign.js';

export interface WantedReissue {
  /** The new identity: a public key of the keystore, a file with a seed, or a seed; undefined to make one. */
  newKey?: string | undefined;
  /** The old identity becomes a signing key, so that what it signed stays valid. */
  keepOld: boolean;
  dryRun?: boolean | undefined;
}

/** Gives an operator a new identity key, and has it sign what the old one had signed. */
export function reissueOperator(workspace: Workspace, wanted: WantedReissue): Promise<Rotated> {
  return changing(workspace, async () => {
    const { store, keystore, now } = workspace;
    const { claims } = await readOperator(store);
    refuseManaged(workspace);
    const identity = await givenSeed(keystore, wanted.newKey, 'operator');
    const strict = claims.nats.strict_signing_key_usage === true;
    refuseUnfit(workspace, claims, identity.publicKey, strict && !wanted.keepOld);

    const signing_keys = wanted.keepOld ? [...claims.nats.signing_keys, claims.sub] : claims.nats.signing_keys;
    const wantedClaims = { ...claims, sub: identity.publicKey, nats: { ...claims.nats, signing_keys } };
    const after = await signChecked<OperatorClaims>(wantedClaims, seedSigner(identity), { now, after: claims.iat });
    const batch = newBatch();
    putOperator(batch, store, claims, after);
    const signed = wanted.keepOld ? { accounts: [], left: [] } : await accountsSignedBy(workspace, claims.sub);
    if (signed.accounts.length > 0) {
      const signer = await signerOfAccounts(workspace, after.claims, identity);
      await resignAccounts(batch, workspace, signed.accounts, signer);
    }
    await commitBatch(workspace, batch, { seeds: [identity], dryRun: wanted.dryRun });
    return rotated(workspace, {
      kind: 'operator',
      name: store.name,
      oldKey: claims.sub,
      key: identity.publicKey,
      keptOld: wanted.keepOld,
      batch,
      left: signed.left,
      dryRun: wanted.dryRun === true,
    });
  });
}

/** A signing key where one is here, as for every account; else the new identity, unless the operator is strict. */
async function signerOfAccounts(workspace: Workspace, operator: OperatorClaims, identity: Seed): Promise<Signer> {
  const { signing_keys, strict_signing_key_usage: strict } = operator.nats;
  const held = await Promise.all(signing_keys.map((key) => findSeed(workspace.keystore, key)));
  if (strict || held.some(Boolean)) return operatorSigner(workspace, operator);
  return seedSigner(identity);
}

export function refuseManaged({ store }: Workspace): void {
  if (!store.managed) return;
  throw cliError('ERR_OPERATOR_MANAGED', `operator ${store.name} is managed: its keys are changed by whoever runs it`, {
    hint: 'once they have, take the new JWT in with `natsctl operator import SOURCE --force`',
    details: { operator: store.name },
  });
}

function refuseUnfit({ store }: Workspace, { sub, nats }: OperatorClaims, key: string, needsSigningKey: boolean): void {
  if (key === sub || nats.signing_keys.includes(key)) {
    throw cliError('ERR_SIGNING_KEY_TAKEN', `${key} is a key of operator ${store.name} already`, {
      hint: 'name another one, or none to have one made',
      details: { key },
    });
  }
  if (needsSigningKey && nats.signing_keys.length === 0) {
    throw cliError('ERR_SIGNING_KEYS_REQUIRED', `operator ${store.name} requires signing keys and has none`, {
      hint: 'run `natsctl operator signing-key add` first, or keep the old key as one',
      details: { operator: store.name },
    });
  }
}
