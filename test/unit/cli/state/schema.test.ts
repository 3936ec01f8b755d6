import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isNatsctlError } from '../../../../claims/errors.js';
import { stateOf } from '../../../../cli/state/from-claims.js';
import { stateSchema } from '../../../../cli/state/json-schema.js';
import { parseState } from '../../../../cli/state/read.js';
import { writeState } from '../../../../cli/state/write.js';
import { NOW } from '../temp.js';
import { ORG } from './org.js';
import { makeOperator, operatorRecipe } from './random-operator.js';

const schema = stateSchema();

describe('the schema of state files', () => {
  it('is published as it is: `natsctl export schema > docs/state.schema.json`', () => {
    expect(JSON.parse(readFileSync('docs/state.schema.json', 'utf8'))).toEqual(schema);
  });

  it('says why each field is there', () => {
    const bare: string[] = [];
    const look = (node: unknown, at: string) => {
      if (typeof node !== 'object' || node === null) return;
      for (const [name, each] of Object.entries((node as { properties?: object }).properties ?? {})) {
        if (typeof (each as { description?: unknown }).description !== 'string') bare.push(`${at}/${name}`);
      }
      for (const [name, each] of Object.entries(node)) look(each, `${at}/${name}`);
    };
    look(schema, '');
    expect(bare).toEqual([]);
  });

  it('takes what export writes', async () => {
    await fc.assert(
      fc.asyncProperty(operatorRecipe, fc.boolean(), async (recipe, withoutKeys) => {
        const made = await makeOperator(recipe);
        const text = writeState(
          stateOf({ name: 'acme', claims: made.operator.jwt.claims }, made, { now: NOW, withoutKeys }),
        );
        expect([...Value.Errors(schema, parse(text, { stringKeys: true }))]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what reading refuses, for any value anywhere', () => {
    const whole = parse(ORG) as object;
    const places = placesOf(whole, []);
    const value = fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'x',
      '10MiB',
      'unlimited',
      '2030-01-01',
      'generate',
      'stream',
      [],
      ['x'],
      [1],
      {},
      { x: 1 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), value, (place, put) => {
        const text = JSON.stringify(placed(whole, place, put));
        expect(Value.Check(schema, JSON.parse(text)), text).toBe(isRead(text));
      }),
      { numRuns: 500 },
    );
  });
});

function isRead(text: string): boolean {
  try {
    parseState(text, 'x');
    return true;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}

function placesOf(value: unknown, place: string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [place];
  return [
    place,
    [...place, 'another'],
    ...Object.entries(value).flatMap(([name, each]) => placesOf(each, [...place, name])),
  ];
}

function placed(value: unknown, [first, ...rest]: string[], put: unknown): unknown {
  if (first === undefined) return put;
  if (Array.isArray(value))
    return first === 'another'
      ? [...value, put]
      : value.map((each, at) => (String(at) === first ? placed(each, rest, put) : each));
  return { ...(value as object), [first]: placed((value as Record<string, unknown>)[first], rest, put) };
}
