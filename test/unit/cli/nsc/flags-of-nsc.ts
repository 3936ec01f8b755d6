/**
 * Every command of nsc 2.14 with its flags, as its own help lists them: `name=` takes a value. test/interop/nsc-flags.test.ts
 * holds this list against the program. Hidden flags stand in `HIDDEN`.
 */
export const FLAGS_OF_NSC: Readonly<Record<string, string>> = {
  'add account':
    'allow-pub= allow-pub-response= allow-pubsub= allow-sub= deny-pub= deny-pubsub= deny-sub= expiry= n/name= k/public-key= response-ttl= start=',
  'add export':
    'a/account= account-token-position= allow-trace latency= n/name= p/private response-threshold= response-type= sampling= r/service s/subject=',
  'add import': 'a/account= allow-trace s/local-subject= n/name= remote-subject= service share src-account= u/token=',
  'add mapping': 'a/account= cluster= f/from= t/to= weight=',
  'add operator': 'expiry= force generate-signing-key n/name= start= s/sys u/url=',
  'add user':
    'a/account= allow-pub= allow-pub-response= allow-pubsub= allow-sub= bearer deny-pub= deny-pubsub= deny-sub= expiry= n/name= k/public-key= response-ttl= source-network= start= tag=',
  'completion bash': 'no-descriptions',
  'completion fish': 'no-descriptions',
  'completion powershell': 'no-descriptions',
  'completion zsh': 'no-descriptions',
  'delete account': 'F/force n/name= R/revoke C/rm-creds D/rm-nkey',
  'delete export': 'a/account= s/subject=',
  'delete import': 'a/account= src-account= s/subject=',
  'delete mapping': 'a/account= cluster= f/from= t/to=',
  'delete user': 'a/account= n/name= R/revoke C/rm-creds D/rm-nkey',
  'describe account': 'n/name= o/output-file= J/json W/long-ids R/raw F/field=',
  'describe jwt': 'f/file= o/output-file= J/json W/long-ids R/raw F/field=',
  'describe operator': 'n/name= o/output-file= J/json W/long-ids R/raw F/field=',
  'describe user': 'a/account= n/name= o/output-file= J/json W/long-ids R/raw F/field=',
  'edit account':
    'allow-pub= allow-pub-response= allow-pubsub= allow-sub= conns= data= deny-pub= deny-pubsub= deny-sub= description= disallow-bearer expiry= exports= imports= info-url= js-consumer= js-disable js-disk-storage= js-enable= js-max-ack-pending= js-max-bytes-required js-max-disk-stream= js-max-mem-stream= js-mem-storage= js-streams= js-tier= leaf-conns= n/name= payload= response-ttl= rm= rm-js-tier= rm-response-perms rm-sk= rm-tag= sk= start= subscriptions= tag= trace-context-sampling= trace-context-subject= wildcard-exports',
  'edit authcallout':
    'a/account= allowed-account= auth-user= x/curve= disable rm-allowed-account= rm-auth-user= rm-curve',
  'edit export':
    'a/account= allow-trace description= info-url= latency= n/name= p/private response-threshold= response-type= rm-latency-sampling sampling= r/service s/subject=',
  'edit operator':
    'u/account-jwt-server-url= expiry= require-signing-keys rm-account-jwt-server-url rm-service-url= rm-sk= rm-tag= n/service-url= sk= start= system-account= tag=',
  'edit signing-key':
    'a/account= allow-pub= allow-pub-response= allow-pubsub= allow-sub= bearer conn-type= data= deny-pub= deny-pubsub= deny-sub= description= locale= payload= response-ttl= rm= rm-conn-type= rm-response-perms rm-source-network= rm-time= role= sk= source-network= subs= time=',
  'edit user':
    'a/account= allow-pub= allow-pub-response= allow-pubsub= allow-sub= bearer conn-type= data= deny-pub= deny-pubsub= deny-sub= expiry= locale= n/name= payload= response-ttl= rm= rm-conn-type= rm-response-perms rm-source-network= rm-tag= rm-time= source-network= start= subs= tag= time=',
  env: 'a/account= o/operator= s/store=',
  expirations: 'json skip e/within=',
  'export keys':
    'account= a/accounts A/all curve= curves d/dir= f/filter= F/force include-jwts not-referenced o/operator R/remove user= u/users',
  'generate activation': 'a/account= expiry= o/output-file= push start= s/subject= t/target-account=',
  'generate config': 'config-file= F/force mem-resolver nats-resolver nats-resolver-cache sys-account=',
  'generate context': 'a/account= context= u/user=',
  'generate creds': 'a/account= n/name= o/output-file=',
  'generate diagram component': 'detail o/output-file=',
  'generate diagram object': 'detail o/output-file= show-keys users',
  'generate nkey': 'a/account x/curve o/operator S/store u/user',
  'generate profile': 'o/output-file=',
  'import account': 'j/file= force overwrite skip',
  'import keys': 'd/dir= R/recurse',
  'import user': 'f/file= overwrite skip',
  init: 'd/dir= n/name= o/remote-operator= u/url=',
  'keys migrate': '',
  'list accounts': 'o/operator= J/json',
  'list keys':
    'account= a/accounts A/all x/curve f/filter= J/json not-referenced o/operator S/show-seeds user= u/users',
  'list operators': 'J/json',
  'list users': 'a/account= o/operator= J/json',
  load: 'profile= seed= url= user=',
  pull: 'a/account= A/all ca-cert= client-cert= client-key= F/overwrite-newer system-account= system-user= tls-curves= tls-first',
  push: 'a/account= u/account-jwt-server-url= R/account-removal= A/all ca-cert= client-cert= client-key= D/diff F/force P/prune system-account= system-user= timeout= tls-curves= tls-first',
  'reissue operator': 'convert-to-signing-key n/name=',
  'revocations add-user': 'a/account= at= n/name= u/user-public-key=',
  'revocations add_activation': 'a/account= at= service s/subject= t/target-account=',
  'revocations delete-user': 'a/account= n/name= u/user-public-key=',
  'revocations delete_activation': 'a/account= service s/subject= t/target-account=',
  'revocations list-users': 'a/account=',
  'revocations list_activations': 'a/account= service s/subject=',
  'select account': '',
  'select operator': '',
  'tool pub': 'a/account= u/user= nats= ca-cert= client-cert= client-key= tls-curves= tls-first',
  'tool reply':
    'a/account= max-messages= q/queue= u/user= nats= ca-cert= client-cert= client-key= tls-curves= tls-first',
  'tool req': 'a/account= u/user= nats= ca-cert= client-cert= client-key= tls-curves= tls-first',
  'tool rtt': 'a/account= u/user= nats= ca-cert= client-cert= client-key= tls-curves= tls-first',
  'tool sub': 'a/account= q/queue= u/user= nats= ca-cert= client-cert= client-key= tls-curves= tls-first',
  update: 'version=',
  validate: 'a/account= A/all-accounts f/file=',
};

/** What its help does not show. */
export const HIDDEN_OF_NSC: Readonly<Record<string, string>> = {
  'add export': 'advertise',
  'add user': 'max-responses=',
  'edit account': 'mem-storage= disk-storage= streams= consumer= host-cluster-traffic max-responses=',
  'generate config': 'nkey dir=',
  'rename account': 'OK',
  'tool sub': 'max-messages= E/encrypt',
  'tool req': 'E/encrypt',
};

/** Of every command. */
export const GLOBAL_OF_NSC = 'H/all-dirs= config-dir= data-dir= i/interactive keystore-dir= K/private-key=';
