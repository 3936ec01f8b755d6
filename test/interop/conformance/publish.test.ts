import { RawClient } from '../../unit/broker/raw-client.js';
import { conforms } from './both.js';

conforms('a published message', { cast: async (world) => (await world.account('A')).user('u') }, [
  {
    title: 'comes back to its own connection, and is answered with 503 where nobody listens',
    async play({ port }, user) {
      const client = await RawClient.login(port, user, { no_responders: true });
      client.send('SUB a 1\r\nPUB a 2\r\nhi\r\nSUB r 2\r\nPUB nobody r 0\r\n\r\n');
      const said = await client.soFar();
      client.close();
      return said;
    },
  },
  {
    title: 'with wildcards in its subject is named in pedantic mode and delivered all the same',
    async play({ port }, user) {
      const client = await RawClient.login(port, user, { pedantic: true });
      client.send('SUB foo.> 1\r\nPUB foo.* 1\r\nx\r\n');
      const said = await client.soFar();
      client.close();
      return said;
    },
  },
]);
