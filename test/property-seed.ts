import fc from 'fast-check';

/** Property tests try the same cases in every run, so that a failure is a failure for everyone; another seed explores others. */
fc.configureGlobal({ seed: Number(process.env.NATSCTL_SEED ?? 20_261_123) });
