export interface HealthzOptions {
  account: string;
  stream: string;
  consumer: string;
  details: boolean;
}

export interface Health {
  status: 'ok' | 'error';
  /** Left out over HTTP, where the response has it. */
  status_code: number | undefined;
  error?: string;
  errors?: { type: 'BAD_REQUEST'; error: string }[];
}

/** nats-server's healthz of a server without JetStream: whoever can ask finds it listening. */
export function healthz({ account, stream, consumer, details }: HealthzOptions): Health {
  const refuse = (error: string): Health => ({
    status: 'error',
    status_code: 400,
    ...(details ? { errors: [{ type: 'BAD_REQUEST', error }] } : { error }),
  });
  if (account === '' && stream !== '') return refuse('"account" must not be empty when checking stream health');
  if (stream === '' && consumer !== '') return refuse('"stream" must not be empty when checking consumer health');
  return { status: 'ok', status_code: 200 };
}
