/** The options of a question, however it was asked: names of nats-server's JSON. */
export interface ConnzOptions {
  sort: string;
  auth: boolean;
  subscriptions: boolean;
  subscriptions_detail: boolean;
  offset: number;
  limit: number;
  /** 0 = any. */
  cid: number;
  mqtt_client: string;
  state: 'open' | 'closed' | 'any';
  user: string;
  acc: string;
  filter_subject: string;
}

export interface SubszOptions {
  offset: number;
  limit: number;
  subscriptions: boolean;
  account: string;
  /** A literal subject: only what it would be delivered to. */
  test: string;
}

export interface AccountStatzOptions {
  /** Empty = all. */
  accounts: readonly string[];
  include_unused: boolean;
}

/** A question that cannot be answered. The text is nats-server's, and goes to whoever asked. */
export class MonitoringError extends Error {
  override readonly name = 'MonitoringError';
}

export function refuseOptions(text: string): MonitoringError {
  return new MonitoringError(text);
}
