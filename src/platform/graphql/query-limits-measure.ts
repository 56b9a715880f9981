import {
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { MAX_PAGE } from './pagination.js';

/** What a list without a `first` argument counts for. */
export const DEFAULT_LIST_LENGTH = 20;

/** How large an operation is at most. Each number is an upper bound: directives are taken as "included". */
export interface QueryMeasure {
  /** Fields on the longest way from the operation to a leaf; what lies inside __schema and __type does not count. */
  readonly depth: number;
  /** Renamed fields. A fragment counts wherever it is spread. */
  readonly aliases: number;
  /** Fields of the operation itself: each is a resolver that runs beside the others. */
  readonly rootFields: number;
  /** Objects that the answer can hold. Infinity for fragments that contain themselves. */
  readonly objects: number;
}

/** A selection set on its own. The objects of a connection's list depend on `first` of the field around it. */
interface Selected {
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
  readonly objects: number;
  /** Objects for each item of the lists that have the length which the field around the selection asked for. */
  readonly objectsPerItem: number;
}

const NOTHING: Selected = { depth: 0, aliases: 0, fields: 0, objects: 0, objectsPerItem: 0 };
/** A fragment inside itself. Validation refuses it; a measure that skipped it would call the endless small. */
const ENDLESS: Selected = {
  depth: Infinity,
  aliases: Infinity,
  fields: Infinity,
  objects: Infinity,
  objectsPerItem: 0,
};

/**
 * Measures one operation in a time that grows with the length of the document only: a fragment is measured once however
 * often it is spread. Fields that the schema does not know count nothing (validation refuses them).
 */
export function measureQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): QueryMeasure {
  const root = schema.getRootType(operation.operation);
  if (!root) return { depth: 0, aliases: 0, rootFields: 0, objects: 0 };
  const { depth, aliases, fields, objects, objectsPerItem } = new Measuring(
    schema,
    document,
    operation,
    variables,
  ).selectionSet(operation.selectionSet, root);
  return { depth, aliases, rootFields: fields, objects: objects + objectsPerItem * DEFAULT_LIST_LENGTH };
}

class Measuring {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly measured = new Map<string, Selected>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  selectionSet({ selections }: SelectionSetNode, parent: GraphQLCompositeType): Selected {
    const spread = new Set<string>();
    return selections.reduce((sum, selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return add(sum, this.field(selection, parent));
        case Kind.INLINE_FRAGMENT:
          return add(
            sum,
            this.selectionSet(selection.selectionSet, this.typeOf(selection.typeCondition?.name, parent)),
          );
        case Kind.FRAGMENT_SPREAD:
          // A second time in the same place it adds nothing to the answer.
          if (spread.has(selection.name.value)) return sum;
          spread.add(selection.name.value);
          return add(sum, this.fragment(selection.name.value));
      }
    }, NOTHING);
  }

  private fragment(name: string): Selected {
    const known = this.measured.get(name);
    if (known) return known;
    const fragment = this.fragments.get(name);
    const type = fragment && this.schema.getType(fragment.typeCondition.name.value);
    if (!fragment || !isCompositeType(type)) return NOTHING;
    this.measured.set(name, ENDLESS);
    const selected = this.selectionSet(fragment.selectionSet, type);
    this.measured.set(name, selected);
    return selected;
  }

  private field(node: FieldNode, parent: GraphQLCompositeType): Selected {
    const one = { ...NOTHING, depth: 1, fields: 1, aliases: node.alias ? 1 : 0 };
    const field = this.definitionOf(node, parent);
    const type = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(type)) return one;
    const inside = this.selectionSet(node.selectionSet, type);
    const first = this.firstOf(node, field);
    const levels = listLevels(field.type);
    const listLength = first !== undefined && levels === 0 ? first : DEFAULT_LIST_LENGTH;
    const within = inside.objects + inside.objectsPerItem * listLength;
    // ofType unwraps a type that is inside a list or not null; tools ask for it nine times over, types have it once or twice.
    const each = isIntrospectionType(parent) && field.name === 'ofType' ? within : 1 + within;
    const items = each * DEFAULT_LIST_LENGTH ** Math.max(levels - 1, 0);
    return {
      // Introspection describes types inside types, and graphql-js bounds how many lists of it lie in each other.
      depth: isIntrospectionType(type) ? 1 : 1 + inside.depth,
      aliases: one.aliases + inside.aliases,
      fields: 1,
      objects: levels === 0 ? items : first === undefined ? 0 : items * first,
      objectsPerItem: levels > 0 && first === undefined ? items : 0,
    };
  }

  private definitionOf(
    { name: { value: name } }: FieldNode,
    parent: GraphQLCompositeType,
  ): GraphQLField<unknown, unknown> | undefined {
    if (parent === this.schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  }

  private typeOf(
    condition: { readonly value: string } | undefined,
    parent: GraphQLCompositeType,
  ): GraphQLCompositeType {
    const type = condition && this.schema.getType(condition.value);
    return isCompositeType(type) ? type : parent;
  }

  /**
   * How long a list the field asks for; undefined when it has no `first`. null means the field's default. What is no page
   * size (text, more than a page holds) counts as a full page: its resolver refuses it and names the argument, which tells
   * more.
   */
  private firstOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number | undefined {
    const argument = field.args.find(({ name }) => name === 'first');
    if (!argument) return undefined;
    const given = node.arguments?.find(({ name }) => name.value === 'first')?.value;
    return pageLength((given && this.valueOf(given)) ?? argument.defaultValue);
  }

  private valueOf(node: ValueNode): unknown {
    if (node.kind === Kind.INT) return Number(node.value);
    if (node.kind === Kind.NULL) return null;
    if (node.kind !== Kind.VARIABLE) return NaN;
    const name = node.name.value;
    if (this.variables[name] !== undefined) return this.variables[name];
    const definition = this.operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
    return definition?.defaultValue && this.valueOf(definition.defaultValue);
  }
}

function pageLength(value: unknown): number {
  const isLength = typeof value === 'number' && value >= 1 && value <= MAX_PAGE;
  return isLength ? Math.ceil(value) : MAX_PAGE;
}

/** How many lists lie in each other: 0 for one object. */
function listLevels(type: GraphQLOutputType): number {
  if (isNonNullType(type)) return listLevels(type.ofType as GraphQLOutputType);
  return isListType(type) ? 1 + listLevels(type.ofType) : 0;
}

function add(a: Selected, b: Selected): Selected {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    fields: a.fields + b.fields,
    objects: a.objects + b.objects,
    objectsPerItem: a.objectsPerItem + b.objectsPerItem,
  };
}
