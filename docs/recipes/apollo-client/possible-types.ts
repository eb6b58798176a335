/** What Apollo Client must know of the schema: which types stand behind an interface. */

import { buildSchema, isInterfaceType } from 'graphql';

/** Each interface of the schema, and the types that implement it. */
export function toPossibleTypes(schemaText: string): Record<string, string[]> {
  const schema = buildSchema(schemaText);
  const interfaces = Object.values(schema.getTypeMap()).filter(isInterfaceType);
  return Object.fromEntries(
    interfaces.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  );
}

/** The same of a running gateway. A build step of the front end writes the result into a file. */
export async function loadPossibleTypes(gatewayUrl: string): Promise<Record<string, string[]>> {
  const response = await fetch(`${gatewayUrl}/schema.graphql`);
  return toPossibleTypes(await response.text());
}
