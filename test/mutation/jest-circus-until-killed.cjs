const { createEmptyTestResult } = require('@jest/test-result');
const circus = require('jest-circus/runner');

const run = circus.default ?? circus;

/** The mutant that a file of tests has told apart: that is enough, so the files after it are not even loaded. */
let killed;

/** jest takes a file without any test for a broken one. */
function passedOver(testFilePath) {
  const title = 'passed over';
  const test = {
    ancestorTitles: [],
    title,
    fullName: title,
    status: 'pending',
    failureMessages: [],
    failureDetails: [],
  };
  return { ...createEmptyTestResult(), testFilePath, numPendingTests: 1, testResults: [test] };
}

/** Stryker asks for "jest-circus" in the name of a runner. */
module.exports = async (globalConfig, config, environment, runtime, testPath, ...rest) => {
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
  if (mutant !== undefined && mutant === killed) return passedOver(testPath);
  const result = await run(globalConfig, config, environment, runtime, testPath, ...rest);
  if (mutant !== undefined && (result.numFailingTests > 0 || result.testExecError)) killed = mutant;
  return result;
};
