import {
  getNamedType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { rootFieldsOf, type RootField } from './schema-operations.js';
import type { OwnedKind } from './whole-tenant.js';

/** One argument, or field of an input, that takes ids from a client. */
export interface IdPlace {
  /** "Mutation.updateSchedule: input.targetContactIds", "Schedule.deliveries: filter.runId". */
  readonly name: string;
  /** The field that has the argument. */
  readonly field: GraphQLField<unknown, unknown>;
  /** The root field by which it is reached: itself, or a query of one object of its type by id. */
  readonly root: RootField;
  readonly path: readonly string[];
  readonly isList: boolean;
  /** Whose ids it takes. */
  readonly kind: OwnedKind;
}

const BY_NAME: Readonly<Record<string, OwnedKind>> = {
  contactId: 'contact',
  contactIds: 'contact',
  targetContactIds: 'contact',
  groupId: 'group',
  groupIds: 'group',
  targetGroupIds: 'group',
  messageId: 'message',
  channelId: 'channel',
  scheduleId: 'sentSchedule',
  runId: 'run',
};
/** "id" means the thing that the field returns … */
const BY_TYPE: Readonly<Record<string, OwnedKind>> = {
  Contact: 'contact',
  ContactGroup: 'group',
  Message: 'message',
  Channel: 'channel',
  Schedule: 'schedule',
  Delivery: 'delivery',
  ApiKey: 'apiKey',
};
/** … or, when that is true or false, the thing in the field's name. */
const BY_FIELD: Readonly<Record<string, OwnedKind>> = {
  deleteContact: 'contact',
  deleteContactGroup: 'group',
  deleteChannel: 'channel',
};

/** Whose ids a place takes. Throws for one that nobody has said it of: then nobody has tried it with a foreign id either. */
export function kindOf(field: GraphQLField<unknown, unknown>, path: readonly string[]): OwnedKind {
  const last = path.at(-1) ?? '';
  const kind = last === 'id' ? (BY_TYPE[getNamedType(field.type).name] ?? BY_FIELD[field.name]) : BY_NAME[last];
  if (!kind) throw new Error(`Whose id is ${field.name}(${path.join('.')})? Add it to test/support/id-places.ts.`);
  return kind;
}

/** Every place in a schema that takes ids, in whatever input or field it lies. */
export function idPlacesOf(schema: GraphQLSchema): IdPlace[] {
  const roots = rootFieldsOf(schema);
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  return objects
    .filter((type) => !isIntrospectionType(type))
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) =>
        field.args
          .flatMap((argument) => pathsToIds(argument.type, [argument.name], new Set()))
          .map(({ path, isList }) => {
            const name = `${type.name}.${field.name}: ${path.join('.')}`;
            const root = roots.find(({ key }) => key === `${type.name}.${field.name}`) ?? queryById(roots, type.name);
            if (!root) throw new Error(`No query gives one ${type.name}, so nothing tries ${name}.`);
            return { name, field, root, path, isList, kind: kindOf(field, path) };
          }),
      ),
    );
}

function queryById(roots: readonly RootField[], typeName: string): RootField | undefined {
  return roots.find(
    ({ operation, field }) =>
      operation === 'query' &&
      getNamedType(field.type).name === typeName &&
      field.args.some(({ name }) => name === 'id'),
  );
}

interface IdPath {
  readonly path: readonly string[];
  readonly isList: boolean;
}

function pathsToIds(type: GraphQLInputType, path: readonly string[], inside: ReadonlySet<string>): IdPath[] {
  if (isNonNullType(type)) return pathsToIds(type.ofType, path, inside);
  if (isListType(type)) return pathsToIds(type.ofType, path, inside).map((found) => ({ ...found, isList: true }));
  if (!isInputObjectType(type)) return type.name === 'ID' ? [{ path, isList: false }] : [];
  if (inside.has(type.name)) return [];
  return Object.values(type.getFields()).flatMap((field) =>
    pathsToIds(field.type, [...path, field.name], new Set([...inside, type.name])),
  );
}
