import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Blocker } from 'react-router';

/** What was typed and not saved is not lost by a click beside it. */
export function Leaving({ blocker }: { readonly blocker: Blocker }) {
  const { t } = useTranslation();
  return (
    <Modal
      open={blocker.state === 'blocked'}
      title={t('edit.leaveTitle')}
      okText={t('edit.leave')}
      cancelText={t('edit.stay')}
      okButtonProps={{ danger: true }}
      onOk={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    >
      {t('edit.leaveHelp')}
    </Modal>
  );
}
