import { Dropdown, type DropdownProps } from 'antd';
import { useRef } from 'react';

/**
 * A menu below its button. The arrow keys go through it as soon as it is open, and when something is chosen the keyboard
 * is back at the button: antd takes the menu away with the keyboard in it.
 */
export function MenuBelow(props: Pick<DropdownProps, 'menu' | 'children'>) {
  const button = useRef<Element | null>(null);
  // A moment later: the key that has chosen would press the button as well.
  const giveBack = () =>
    setTimeout(() => {
      const at = document.activeElement;
      const isNowhere = at === null || at === document.body || at.closest('.ant-dropdown') !== null;
      if (isNowhere && button.current instanceof HTMLElement) button.current.focus();
    });
  return (
    <Dropdown
      trigger={['click']}
      autoFocus
      onOpenChange={(isOpen) => {
        if (isOpen) button.current = document.activeElement;
        else giveBack();
      }}
      {...props}
    />
  );
}
