import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * The layers of docs/architecture.md as rules: arrows point one way.
 * Each entry: folder → import patterns that it may not use, with the reason that lint prints.
 */
const forbid = (files, patterns) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: patterns.map(([group, message]) => ({ group, message })) },
    ],
  },
});

const electron = [['electron', 'electron/*'], 'Only src/main/electron may import electron.'];
const node = [['node:*'], 'This layer runs in a browser too: no Node modules.'];
const main = [
  ['#core/*', '#main/*', '**/main/core/**', '**/main/server/**', '**/main/cli/**'],
  'The renderer and shared code reach the core through the contract only.',
];
const renderer = [['**/renderer/**'], 'Nothing imports the renderer.'];
const store = [
  ['**/store/**', '#core/store/*', 'better-sqlite3'],
  'The engine never touches the store.',
];
const shells = [
  ['#main/*', '../**/server/**', '../**/cli/**', '../**/electron/**'],
  'The core does not know who serves it.',
];
const sql = [['better-sqlite3'], 'SQL lives in src/main/core/store only.'];
const ort = [['onnxruntime-node'], 'ONNX Runtime is reached through engine/backends only.'];

export default ts.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'out/',
      '.cache/',
      'resources/',
      'test/fixtures/',
      'test-results/',
      'playwright-report/',
    ],
  },
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: {
        project: [
          'src/shared/tsconfig.json',
          'src/main/core/tsconfig.json',
          'src/main/server/tsconfig.json',
          'src/main/electron/tsconfig.json',
          'src/renderer/tsconfig.json',
          'src/page/tsconfig.json',
          'test/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Interfaces here are records of closures, made to be taken apart; classes keep to arrows.
      '@typescript-eslint/unbound-method': 'off',
      // A client's type is its only use of the parameter, and that is the point.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser },
      globals: { ...globals.browser },
    },
    rules: {
      'svelte/require-each-key': 'error',
      'svelte/no-at-html-tags': 'error',
      // Sets and maps are replaced whole ($state.raw) or private: fine-grained ones of 70,000 ids are slow.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    // The linter does not know the types of imported components and snippets; svelte-check does.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // `void count` is how an effect names what it depends on.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  forbid(['src/shared/**'], [electron, node, main, renderer]),
  forbid(['src/renderer/**'], [electron, node, main]),
  forbid(['src/page/**'], [electron, node, main, renderer]),
  forbid(['src/main/core/**'], [electron, renderer, shells, sql, ort]),
  forbid(['src/main/core/store/**'], [electron, renderer, shells, ort]),
  forbid(['src/main/core/engine/**'], [electron, renderer, shells, store, ort]),
  forbid(['src/main/core/engine/backends/**'], [electron, renderer, shells, store]),
  forbid(['src/main/{server,cli}/**'], [electron, renderer, sql, ort]),
  forbid(['src/main/electron/**'], [renderer, sql, ort]),
  { files: ['scripts/**', 'src/main/cli/**', 'test/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    ...ts.configs.disableTypeChecked,
  },
);
