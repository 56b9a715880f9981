// What many programs do, for the control: the harness must see what comes of it. CHAOS_PROGRAM is the compiled program.
const { join } = require('node:path');

const dispatch = (...path) => require(join(process.env.CHAOS_PROGRAM, 'src', 'modules', 'dispatch', ...path));

// Whatever was held under a lease when it is over simply waits again.
const LEASE_MS = Number(process.env.CHAOS_NAIVE_LEASE_MS);
const { ClaimsRepository } = dispatch('persistence', 'claims.repository.js');
const { write } = ClaimsRepository.prototype;
ClaimsRepository.prototype.write = function (tx, writes) {
  return write.call(this, tx, { ...writes, leaseMs: LEASE_MS });
};

// No intent: nothing is written before the call, and the row stays claimed.
const { Intents } = dispatch('application', 'intents.js');
Intents.prototype.commit = function (batch) {
  const intended = batch.map((delivery) => ({ ...delivery, attempt: 1 }));
  return Promise.resolve({ intended, released: [], finished: [] });
};

// No guard: an outcome is written whoever holds the row by then, and in whatever state it is.
const { OutcomesRepository } = dispatch('persistence', 'outcomes.repository.js');
const GUARD = " AND q.state = 'sending' AND q.lease_token = i.token";
const withoutGuard = (text) => {
  if (!text.includes(GUARD)) throw new Error('the statement has another guard: the control has to be mended');
  return text.replace(GUARD, '');
};
const unguarded = (sql) => ({
  query: ({ name, text }, values) => sql.query({ name: `naive-${name}`, text: withoutGuard(text) }, values),
});
for (const method of ['finishSending', 'waitAgain']) {
  const guarded = OutcomesRepository.prototype[method];
  OutcomesRepository.prototype[method] = function (sql, outcomes) {
    return guarded.call(this, unguarded(sql), outcomes);
  };
}
