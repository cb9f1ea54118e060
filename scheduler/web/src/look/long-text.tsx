/** A text of any length in a box of its own. What scrolls has to be reached by the keyboard, and to say what it is. */
export const LongText = ({ label, text }: { readonly label: string; readonly text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is typed, a section would be a landmark more
  <pre className="param" role="group" aria-label={label} tabIndex={0}>
    {text}
  </pre>
);
