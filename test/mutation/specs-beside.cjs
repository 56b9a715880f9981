const { basename, dirname } = require('node:path');
const { default: TestSequencer } = require('@jest/test-sequencer');

const isProperty = (path) => /\.properties\.spec\.ts$/.test(path);

/**
 * A mutant is judged by the specs of its own folder: the one of its own name first, and examples before properties. That
 * a rule is also met somewhere in the explanation of a delivery or in the plan of a campaign would hide that nothing
 * beside it says it; and jest would begin with just those, because they take longest.
 */
module.exports = class extends TestSequencer {
  constructor(options) {
    super(options);
    const mutated = options.globalConfig.nonFlagArgs;
    this.folders = new Set(mutated.map((path) => dirname(path)));
    this.names = new Set(mutated.map((path) => basename(path, '.ts')));
  }

  sort(tests) {
    const rank = ({ path }) => (isProperty(path) ? 2 : 0) + (this.names.has(basename(path).split('.')[0]) ? 0 : 1);
    return tests
      .filter(({ path }) => this.folders.has(dirname(path)))
      .sort((one, other) => rank(one) - rank(other) || (one.path < other.path ? -1 : 1));
  }
};
