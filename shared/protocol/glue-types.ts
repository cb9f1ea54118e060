/**
 * What a run request may ask an executor to run: a handler of its own (BEAN), or code that comes with the request, which
 * xxl-job calls GLUE.
 */
export const GLUE_TYPES = [
  'BEAN',
  'GLUE_GROOVY',
  'GLUE_SHELL',
  'GLUE_PYTHON',
  'GLUE_PYTHON2',
  'GLUE_NODEJS',
  'GLUE_POWERSHELL',
  'GLUE_PHP',
] as const;
export type GlueType = (typeof GLUE_TYPES)[number];
