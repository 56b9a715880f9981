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
  args: Arguments,
  selection = isObjectType(getNamedType(field.type)) ? '__typename' : '',
): Operation {
  return operationInto(operation, [{ field, args }], selection);
}

/** One operation that goes down through fields, each with its arguments, to a selection. */
export function operationInto(operation: RootField['operation'], steps: readonly Step[], selection: string): Operation {
  const variables: Record<string, unknown> = {};
  const definitions: string[] = [];
  const fields = steps.map(({ field, args }, depth) => {
    const given = field.args.filter(({ name }) => args[name] !== undefined);
    for (const { name, type } of given) {
      definitions.push(`$${name}${depth}: ${String(type)}`);
      variables[`${name}${depth}`] = args[name];
    }
    return `${field.name}${inParentheses(given.map(({ name }) => `${name}: $${name}${depth}`))}`;
  });
  const way = [...fields, ...(selection === '' ? [] : [selection])];
  const body = way.reduceRight((inside, field) => `${field} { ${inside} }`);
  return { query: `${operation} ${inParentheses(definitions)} { ${body} }`, variables };
}

export type Arguments = Readonly<Record<string, unknown>>;

/** A field on the way into an answer. */
export interface Step {
  readonly field: GraphQLField<unknown, unknown>;
  readonly args: Arguments;
}

function inParentheses(parts: readonly string[]): string {
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

/** Gives the id for a place, by the argument's name and those of the input fields on the way. */
export type IdAt = (path: readonly string[]) => string;

/** What stands where a client need not write anything: nothing, null, or a sample of everything but ids. */
export type Fill = 'nothing' | 'null' | 'everything';

/** A value for each required argument. Every id is new, unless it is given. */
export function sampleArguments(
  field: GraphQLField<unknown, unknown>,
  idAt: IdAt = () => randomUUID(),
  fill: Fill = 'nothing',
): Record<string, unknown> {
  return new Sampling(idAt, fill).values(field.args, isRequiredArgument, []);
}

const LOADED_AT = Date.now();

const SCALARS: Readonly<Record<string, () => unknown>> = {
  String: () => 'sample',
  Int: () => 1,
  Float: () => 1,
  Boolean: () => true,
  LocalDate: () => '2030-01-31',
  LocalTime: () => '09:00',
  PhoneNumber: () => '+5565981234567',
  TimeZone: () => 'America/Cuiaba',
  JSON: () => ({}),
};

class Sampling {
  private instants = 0;

  constructor(
    private readonly idAt: IdAt,
    private readonly fill: Fill,
  ) {}

  values<Place extends { readonly name: string; readonly type: GraphQLInputType }>(
    places: readonly Place[],
    isRequired: (place: Place) => boolean,
    path: readonly string[],
  ): Record<string, unknown> {
    const entries = places.map((place) => {
      const sample = (): unknown => this.value(place.type, [...path, place.name]);
      if (isRequired(place)) return [place.name, sample()];
      if (this.fill === 'null') return [place.name, isNonNullType(place.type) ? undefined : null];
      const isLeftOut = this.fill === 'nothing' || getNamedType(place.type).name === 'ID';
      return [place.name, isLeftOut ? undefined : sample()];
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, unknown>;
  }

  private value(type: GraphQLInputType, path: readonly string[]): unknown {
    if (isNonNullType(type)) return this.value(type.ofType, path);
    if (isListType(type)) return [this.value(type.ofType, path)];
    if (isEnumType(type)) return type.getValues()[0]?.name;
    if (isInputObjectType(type)) return this.values(Object.values(type.getFields()), isRequiredInputField, path);
    if (type.name === 'ID') return this.idAt(path);
    if (type.name === 'DateTime') return this.nextInstant();
    const sample = SCALARS[type.name];
    if (!sample) throw new Error(`There is no sample of the scalar ${type.name} yet.`);
    return sample();
  }

  /** Each a minute after the one before, so that "from" is before "to"; the same for the same arguments asked again. */
  private nextInstant(): string {
    this.instants += 1;
    return new Date(LOADED_AT + 3_600_000 + this.instants * 60_000).toISOString();
  }
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
