import { Modal, type ModalProps } from 'antd';
import { useEffect, useState } from 'react';

/**
 * A dialog that is open as long as it is there. antd gives the keyboard back when a dialog is closed, but not when it is
 * taken away open: whoever has no mouse would begin anew at the top of the page.
 */
export function Dialog(props: Omit<ModalProps, 'open'>) {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    },
    [before],
  );
  return <Modal open {...props} />;
}
