/** A script that came with a run request; xxl-job calls these jobs GLUE. */
export interface ScriptSource {
  readonly type: ScriptType;
  readonly text: string;
  /** When the script was last changed, epoch ms: its version. */
  readonly updatedAtMs: number;
}

/** How an executor's owner names an interpreter. */
export type InterpreterName = 'shell' | 'python' | 'python2' | 'nodejs' | 'php' | 'powershell';

export type ScriptType = keyof typeof SCRIPT_TYPES;

/** The script types of the protocol with the titles that its peers show, and the program that runs each. */
export const SCRIPT_TYPES = {
  GLUE_SHELL: { title: 'GLUE(Shell)', interpreter: 'shell', program: 'bash', suffix: '.sh' },
  GLUE_PYTHON: { title: 'GLUE(Python3)', interpreter: 'python', program: 'python3', suffix: '.py' },
  GLUE_PYTHON2: { title: 'GLUE(Python2)', interpreter: 'python2', program: 'python', suffix: '.py' },
  GLUE_NODEJS: { title: 'GLUE(Nodejs)', interpreter: 'nodejs', program: 'node', suffix: '.js' },
  GLUE_POWERSHELL: { title: 'GLUE(PowerShell)', interpreter: 'powershell', program: 'pwsh', suffix: '.ps1' },
  GLUE_PHP: { title: 'GLUE(PHP)', interpreter: 'php', program: 'php', suffix: '.php' },
} as const satisfies Record<
  string,
  { title: string; interpreter: InterpreterName; program: string; suffix: `.${string}` }
>;

export const isScriptType = (word: string): word is ScriptType => Object.hasOwn(SCRIPT_TYPES, word);

/**
 * Why a run request of this type is not taken, in the protocol's own words, or null.
 * @param enabled the script types that this executor runs
 */
export function refuseGlueType(glueType: string, enabled: readonly ScriptType[]): string | null {
  if (glueType === 'BEAN') return null;
  if (glueType === 'GLUE_GROOVY') {
    return 'fail, current glue type [GLUE(Java)] not supported. Groovy is compiled inside a Java executor: write a handler or a script';
  }
  if (!isScriptType(glueType)) return `glueType[${glueType.slice(0, 64)}] is not valid.`;
  return enabled.includes(glueType) ? null : `fail, current glue type [${SCRIPT_TYPES[glueType].title}] not supported.`;
}
