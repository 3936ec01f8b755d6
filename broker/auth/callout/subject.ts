/** Where a callout's service listens, in the callout account (nats-server AuthCalloutSubject). */
export const CALLOUT_SUBJECT = '$SYS.REQ.USER.AUTH';
