const { dirname } = require('node:path');
const { default: TestSequencer } = require('@jest/test-sequencer');

const isProperty = (path) => /\.properties\.spec\.ts$/.test(path);

/**
 * A mutant is judged by the specs of its own folder, examples before properties. That a rule is also met somewhere in the
 * explanation of a delivery or in the plan of a campaign would hide that nothing beside it says it, and jest would begin
 * with just those, because they take longest.
 */
module.exports = class extends TestSequencer {
  constructor(options) {
    super(options);
    this.mutated = new Set(options.globalConfig.nonFlagArgs.map((path) => dirname(path)));
  }

  sort(tests) {
    return tests
      .filter(({ path }) => this.mutated.has(dirname(path)))
      .sort((one, other) => isProperty(one.path) - isProperty(other.path) || (one.path < other.path ? -1 : 1));
  }
};
