/** What everybody types first, in lower case and without digits and signs at its end. */
const COMMON: ReadonlySet<string> = new Set([
  'password',
  'passwort',
  'passw0rd',
  'p@ssword',
  'p@ssw0rd',
  'qwertyuiop',
  'qwerty',
  'asdfghjkl',
  'letmein',
  'welcome',
  'administrator',
  'admin',
  'changeme',
  'changeit',
  'default',
  'daybreak',
  'scheduler',
  'iloveyou',
  'secret',
  'monkey',
  'dragon',
  'football',
  'baseball',
  'sunshine',
  'princess',
  'superman',
  'trustno',
  'abcdefghijkl',
  'xxljob',
  'xxl-job',
]);
const DISTINCT_MIN = 5;

/** Why a password is not taken, or null. Length is the schema's business. */
export function passwordRefusal(password: string, name: string): string | null {
  const lower = password.toLowerCase();
  if (new Set(lower).size < DISTINCT_MIN) return `must have at least ${DISTINCT_MIN} different characters`;
  if (name.length >= 4 && lower.includes(name.toLowerCase())) return 'must not hold the name';
  const core = lower.replace(/[^a-z]+$/, '');
  if (COMMON.has(core) || COMMON.has(halved(core))) return 'is one of those that are tried first: take several words';
  if (isRow(lower)) return 'is a row of the keyboard or of digits: take several words';
  return null;
}

/** `passwordpassword` is no better than half of it. */
function halved(text: string): string {
  const half = text.slice(0, text.length / 2);
  return half + half === text ? half : text;
}

const ROWS = ['01234567890123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm'];
const isRow = (text: string): boolean =>
  ROWS.some((row) => row.includes(text) || [...row].reverse().join('').includes(text));
