// What a reader would stumble over; types are checked by tsc, and layout is left to people.
import js from '@eslint/js';
import globals from 'globals';

/** Modules of `core/` and `workspace/` never know the page. */
const pure = { document: 'off', window: 'off' };

export default [
  { ignores: ['busdemo/ui/web/vendor/**'] },
  js.configs.recommended,
  {
    files: ['busdemo/ui/web/**/*.js'],
    languageOptions: { globals: globals.browser },
    rules: {
      'no-eval': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['busdemo/ui/web/core/**/*.js', 'busdemo/ui/web/workspace/**/*.js'],
    languageOptions: { globals: { ...globals['shared-node-browser'], ...pure } },
  },
  { files: ['tests/web/**/*.js'], languageOptions: { globals: globals.node } },
];
