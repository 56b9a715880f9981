import { randomUUID } from 'node:crypto';
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import type { TestApp } from './app.js';

/** A field of Query, Mutation or Subscription. */
export interface RootField {
  /** As in the permissions: "Mutation.sendMessage". */
  readonly key: string;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly field: GraphQLField<unknown, unknown>;
}

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The schema that a running server tells of itself. */
export async function servedSchema(app: TestApp): Promise<GraphQLSchema> {
  return buildClientSchema(await app.data<IntrospectionQuery>(getIntrospectionQuery()));
}

export function rootFieldsOf(schema: GraphQLSchema): RootField[] {
  const fieldsOf = (operation: RootField['operation'], type: GraphQLObjectType | null | undefined): RootField[] =>
    Object.values(type?.getFields() ?? {}).map((field) => ({ key: `${type?.name}.${field.name}`, operation, field }));
  return [
    ...fieldsOf('query', schema.getQueryType()),
    ...fieldsOf('mutation', schema.getMutationType()),
    ...fieldsOf('subscription', schema.getSubscriptionType()),
  ];
}

/** One operation with one root field. `selection` is what stands in its braces, nothing for a scalar. */
export function operationOf(
  { operation, field }: RootField,
  args: Readonly<Record<string, unknown>>,
  selection = isObjectType(getNamedType(field.type)) ? '__typename' : '',
): Operation {
  const given = field.args.filter(({ name }) => args[name] !== undefined);
  const definitions = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const inBraces = (text: string): string => (text === '' ? '' : `(${text})`);
  const inside = selection === '' ? '' : ` { ${selection} }`;
  return {
    query: `${operation} ${inBraces(definitions)} { ${field.name}${inBraces(passed)}${inside} }`,
    variables: args,
  };
}

/** A value for each required argument. */
export function sampleArguments(field: GraphQLField<unknown, unknown>): Record<string, unknown> {
  return Object.fromEntries(field.args.filter(isRequiredArgument).map(({ name, type }) => [name, sampleValue(type)]));
}

const SCALARS: Readonly<Record<string, () => unknown>> = {
  ID: randomUUID,
  String: () => 'sample',
  Int: () => 1,
  Float: () => 1,
  Boolean: () => true,
  DateTime: () => new Date(Date.now() + 3_600_000).toISOString(),
  LocalDate: () => '2030-01-31',
  LocalTime: () => '09:00',
  PhoneNumber: () => '+5565981234567',
  TimeZone: () => 'America/Cuiaba',
  JSON: () => ({}),
};

/** A value of the type's shape; of an input object what it requires. Every id is new. */
export function sampleValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleValue(type.ofType);
  if (isListType(type)) return [sampleValue(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map(({ name, type: inner }) => [name, sampleValue(inner)]));
  }
  const sample = SCALARS[type.name];
  if (!sample) throw new Error(`There is no sample of the scalar ${type.name} yet.`);
  return sample();
}

/**
 * Everything that a type tells without being asked by arguments, objects inside objects to the given depth; "" for a
 * scalar. Pages have two rows, so that the whole stays below the limits of a query.
 */
export function wholeSelection(type: GraphQLNamedOutputType, depth: number): string {
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));
  const texts = fields.map((field) => {
    const inner = getNamedType(field.type);
    const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
    if (!isObjectType(inner)) return `${field.name}${page}`;
    return depth === 0 ? '' : `${field.name}${page} { ${wholeSelection(inner, depth - 1)} }`;
  });
  return ['__typename', ...texts.filter((text) => text !== '')].join(' ');
}
