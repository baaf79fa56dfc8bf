/** Python as text. */
import type { ResolvedLayer } from '../../layers/resolve.ts';

export function pythonTuple(numbers: readonly number[]): string {
  return `(${numbers.map(String).join(', ')}${numbers.length === 1 ? ',' : ''})`;
}

/** A call with the settings that differ from the defaults. */
export function pythonCall(
  name: string,
  positional: readonly (string | number)[],
  settings: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const named = Object.entries(settings).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}`],
  );
  return `${name}(${[...positional.map(String), ...named].join(', ')})`;
}

/** JSON's strings are Python's. */
export const pythonString = (text: string): string => JSON.stringify(text);

/** What a module has anyway, and Python's own words: no layer may be called so. */
const TAKEN = new Set(
  (
    'add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval ' +
    'extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu ' +
    'load_state_dict modules mtia named_buffers named_children named_modules named_parameters ' +
    'parameters requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train ' +
    'training type xpu zero_grad self x ' +
    'and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Names of attributes for layers: their own, where Python and PyTorch take them. */
export function attributeNames(layers: readonly ResolvedLayer[]): ReadonlyMap<string, string> {
  const used = new Set<string>();
  const names = new Map<string, string>();
  for (const { name } of layers) {
    const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
    let attribute = /^[A-Za-z]/.test(plain) && !TAKEN.has(plain) ? plain : `layer_${plain}`;
    while (used.has(attribute)) attribute += '_';
    used.add(attribute);
    names.set(name, attribute);
  }
  return names;
}
