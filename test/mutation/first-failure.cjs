const { TestEnvironment } = require('jest-environment-node');

/**
 * The mutant that a test has already told apart: one failing test is enough, so the tests after it are passed over, in
 * this file and in the files after it. Kept in the process, since each file of tests has an environment of its own.
 */
let killed;

const activeMutant = () => process.env.__STRYKER_ACTIVE_MUTANT__;

module.exports = class extends TestEnvironment {
  handleTestEvent(event) {
    if (activeMutant() === undefined) return;
    if (event.name === 'test_start' && killed === activeMutant()) event.test.mode = 'skip';
    if (event.name === 'test_done' && event.test.errors.length > 0) killed = activeMutant();
  }
};
