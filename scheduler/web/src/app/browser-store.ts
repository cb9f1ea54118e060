/** What this browser keeps for its person, as text by name. One that keeps nothing loses it with the page, and no more. */
export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(`daybreak.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, text: string): void {
  try {
    localStorage.setItem(`daybreak.${name}`, text);
  } catch {
    // Refused, or full: the page works all the same.
  }
}
