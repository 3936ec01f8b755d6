/** Name and path of each question that has a page, in nats-server's order (HandleRoot). */
const LINKS: readonly (readonly [string, string])[] = [
  ['General', '/varz'],
  ['JetStream', '/jsz'],
  ['Connections', '/connz'],
  ['Accounts', '/accountz'],
  ['Account Stats', '/accstatz'],
  ['Subscriptions', '/subsz'],
  ['Routes', '/routez'],
  ['LeafNodes', '/leafz'],
  ['Gateways', '/gatewayz'],
  ['Raft Groups', '/raftz'],
  ['Health Probe', '/healthz'],
  ['Metrics', '/metrics'],
];

/** The page at the root. It loads nothing from elsewhere. */
export function indexPage(version: string, base: string): string {
  const prefix = base === '/' ? '' : escaped(base);
  const links = LINKS.map(([title, path]) => `  <li><a href="${prefix}${path}">${title}</a> <code>${path}</code></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>NATS monitoring</title>
<style>body { font-family: ui-sans-serif, system-ui, sans-serif; margin: 2rem } code { color: #777 }</style>
</head>
<body>
<h1>natsctl broker</h1>
<p>Protocol ${escaped(version)}</p>
<ul>
${links.join('\n')}
</ul>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
