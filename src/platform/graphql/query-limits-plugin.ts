import type { ApolloServerPlugin } from '@apollo/server';
import { refuseExpensive } from './query-limits.js';

/**
 * Refuses operations over HTTP that ask for too much, before they run. Not a validation rule: Apollo remembers which
 * documents are valid and does not validate them again, while the lengths of lists come with each request's variables.
 */
export function queryLimitsPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ schema, document, operation, request }) => {
          const refusal = operation && refuseExpensive(schema, document, operation, request.variables ?? {});
          return refusal ? Promise.reject(refusal) : Promise.resolve();
        },
      }),
  };
}
