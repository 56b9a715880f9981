const { dirname } = require('node:path');
const { default: TestSequencer } = require('@jest/test-sequencer');

const isProperty = (path) => /\.properties\.spec\.ts$/.test(path);

/**
 * A mutant is told apart soonest by the specs beside it, and by examples sooner than by properties; jest would begin with
 * the file that took longest.
 */
module.exports = class extends TestSequencer {
  constructor(options) {
    super(options);
    this.mutated = options.globalConfig.nonFlagArgs.map((path) => dirname(path));
  }

  sort(tests) {
    const rank = ({ path }) => (this.mutated.includes(dirname(path)) ? 0 : 2) + (isProperty(path) ? 1 : 0);
    return [...tests].sort((one, other) => rank(one) - rank(other) || (one.path < other.path ? -1 : 1));
  }
};
