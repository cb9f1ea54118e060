/** What this browser keeps for its person, as text by name. One that keeps nothing loses it with the page, and no more. */
export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(`daybreak.${name}`);
  } catch {
    return null;
  }
}

/** False: refused, or full. The page works all the same. */
export function keep(name: string, text: string): boolean {
  try {
    localStorage.setItem(`daybreak.${name}`, text);
    return true;
  } catch {
    return false;
  }
}
