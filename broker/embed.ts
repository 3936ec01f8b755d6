/**
 * `import { startBroker } from 'natsctl/broker'`: a broker in one's own process, for tests and for programs that bring their own. Without
 * operators anybody may connect, as with a nats-server that was configured nothing: `await startBroker({ port: -1 })`.
 */
export type {
  Authorization,
  BrokerErrorCode,
  BrokerOptions,
  CalloutOptions,
  ConfigAccount,
  ConfigExport,
  ConfigUser,
  MonitoringOptions,
  RunningBroker,
  TlsOptions,
  WebSocketOptions,
} from './options.js';
export { startBroker } from './start.js';
