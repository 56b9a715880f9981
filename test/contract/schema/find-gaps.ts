import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

/**
 * Everything that a client written for the contract would miss in the schema, one line each: the place, as GraphQL writes
 * schema coordinates, and what is wrong there. A type that is missing is told together with each of its parts, so that the
 * list only ever gets shorter while the type is built.
 *
 * What may differ, because no such client notices: new types, fields and enum values; new arguments and input fields that
 * may be left out; an answer that is never null although it might be; an input that may be left out although it had to be
 * given.
 */
export function findGaps(contract: GraphQLSchema, schema: GraphQLSchema): string[] {
  return Object.values(contract.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
    .flatMap((type) => gapsOfType(type, schema.getType(type.name)))
    .sort();
}

function gapsOfType(promised: GraphQLNamedType, given: GraphQLNamedType | undefined): string[] {
  const own = !given
    ? [`${promised.name} is missing`]
    : given.constructor === promised.constructor
      ? []
      : [`${promised.name} is of another kind`];
  if (isObjectType(promised)) return [...own, ...gapsOfObject(promised, isObjectType(given) ? given : undefined)];
  if (isInputObjectType(promised))
    return [...own, ...gapsOfInput(promised, isInputObjectType(given) ? given : undefined)];
  if (isEnumType(promised)) return [...own, ...gapsOfEnum(promised, isEnumType(given) ? given : undefined)];
  return own;
}

function gapsOfObject(promised: GraphQLObjectType, given: GraphQLObjectType | undefined): string[] {
  return Object.values(promised.getFields()).flatMap((field) => {
    const place = `${promised.name}.${field.name}`;
    const found = given?.getFields()[field.name];
    if (!found)
      return [`${place} is missing`, ...field.args.map((argument) => `${place}(${argument.name}:) is missing`)];
    return [
      ...(answers(found.type, field.type) ? [] : [`${place} is ${String(found.type)}, not ${String(field.type)}`]),
      ...gapsOfInputs(field.args, found.args, (name) => `${place}(${name}:)`, isRequiredArgument),
    ];
  });
}

function gapsOfInput(promised: GraphQLInputObjectType, given: GraphQLInputObjectType | undefined): string[] {
  return gapsOfInputs(
    Object.values(promised.getFields()),
    Object.values(given?.getFields() ?? {}),
    (name) => `${promised.name}.${name}`,
    isRequiredInputField,
  );
}

function gapsOfEnum(promised: GraphQLEnumType, given: GraphQLEnumType | undefined): string[] {
  return promised
    .getValues()
    .filter(({ name }) => !given?.getValue(name))
    .map(({ name }) => `${promised.name}.${name} is missing`);
}

function gapsOfInputs<Input extends GraphQLArgument | GraphQLInputField>(
  promised: readonly Input[],
  given: readonly Input[],
  placeOf: (name: string) => string,
  isRequired: (input: Input) => boolean,
): string[] {
  const byName = new Map(given.map((input) => [input.name, input]));
  const known = new Set(promised.map(({ name }) => name));
  return [
    ...promised.flatMap((input) => {
      const found = byName.get(input.name);
      if (!found) return [`${placeOf(input.name)} is missing`];
      const wrong = accepts(found.type, input.type)
        ? []
        : [`${placeOf(input.name)} is ${String(found.type)}, not ${String(input.type)}`];
      return sameDefault(input, found)
        ? wrong
        : [...wrong, `${placeOf(input.name)} has another default: ${show(found)}, not ${show(input)}`];
    }),
    ...given
      .filter((input) => !known.has(input.name) && isRequired(input))
      .map((input) => `${placeOf(input.name)} is required, and the contract does not know it`),
  ];
}

/** Whether every answer of the given type is one that the promised type allows. */
function answers(given: GraphQLOutputType, promised: GraphQLOutputType): boolean {
  if (isNonNullType(promised))
    return isNonNullType(given) && answers(given.ofType as GraphQLOutputType, promised.ofType as GraphQLOutputType);
  const present = isNonNullType(given) ? given.ofType : given;
  if (isListType(promised)) return isListType(present) && answers(present.ofType, promised.ofType);
  return String(present) === String(promised);
}

/** Whether the given type takes every value that the promised type allows. */
function accepts(given: GraphQLInputType, promised: GraphQLInputType): boolean {
  if (isNonNullType(given)) return isNonNullType(promised) && accepts(given.ofType, promised.ofType);
  const wanted = isNonNullType(promised) ? promised.ofType : promised;
  if (isListType(given)) return isListType(wanted) && accepts(given.ofType, wanted.ofType);
  return String(given) === String(wanted);
}

/** A default where the contract has none is for us to choose; one that it names is part of what it says. */
function sameDefault(
  promised: GraphQLArgument | GraphQLInputField,
  given: GraphQLArgument | GraphQLInputField,
): boolean {
  return promised.defaultValue === undefined || show(promised) === show(given);
}

function show({ defaultValue }: GraphQLArgument | GraphQLInputField): string {
  return defaultValue === undefined ? 'none' : JSON.stringify(defaultValue);
}
