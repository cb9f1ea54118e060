import { Dropdown, type DropdownProps } from 'antd';
import { useRef } from 'react';

/**
 * A menu below its button. The arrow keys go through it as soon as it is open, and when something is chosen the keyboard
 * is back at the button: antd takes the menu away with the keyboard in it.
 */
export function MenuBelow(props: Pick<DropdownProps, 'menu' | 'children'>) {
  const button = useRef<Element | null>(null);
  const giveBack = () => {
    const isElsewhere = document.activeElement?.closest('.ant-dropdown') === null;
    if (!isElsewhere && button.current instanceof HTMLElement) button.current.focus();
  };
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
