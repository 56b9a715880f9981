const { TestEnvironment } = require('jest-environment-node');

/** Tests that start processes, each a second long; the mutant is told apart in this process or not at all. */
const IN_OTHER_PROCESSES = /^the process's time zone$/;

/** One failing test tells a mutant apart: those after it in its file are passed over. */
module.exports = class extends TestEnvironment {
  hasFailed = false;

  handleTestEvent(event) {
    if (process.env.__STRYKER_ACTIVE_MUTANT__ === undefined) return;
    if (event.name === 'test_start' && (this.hasFailed || IN_OTHER_PROCESSES.test(event.test.name))) {
      event.test.mode = 'skip';
    }
    if (event.name === 'test_done' && event.test.errors.length > 0) this.hasFailed = true;
  }
};
