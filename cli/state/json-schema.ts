import { state } from './operator-fields.js';

/** The published schema: what editors check a state file with. */
export function stateSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'natsctl state file',
    description: 'A whole NATS operator: accounts, users, what they share, and their limits.',
    ...(JSON.parse(JSON.stringify(state.schema())) as Record<string, unknown>),
  };
}
