/** One field of a message: its type, its number, and whether it is a list. */
export type ProtoFields = Readonly<
  Record<string, readonly [type: string, id: number, rule?: 'repeated']>
>;

/** A message as protobufjs’ descriptors have it. */
export function message(fields: ProtoFields) {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id, rule]]) => [
        name,
        { type, id, ...(rule ? { rule } : {}) },
      ]),
    ),
  };
}
