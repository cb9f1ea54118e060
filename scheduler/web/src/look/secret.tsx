import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';

/** What is shown this once: to be copied, and never again. */
export function Secret({ text, help }: { readonly text: string; readonly help: string }) {
  const { t } = useTranslation();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <div className="stack tight">
      <div className="row secret">
        <code className="grow">{text}</code>
        <Button
          // What was pressed to make it is gone, and the keyboard would be nowhere.
          autoFocus
          icon={<Icon name="copy" size={15} />}
          onClick={() => {
            void navigator.clipboard.writeText(text).then(() => setIsCopied(true));
          }}
        >
          {isCopied ? t('common.copied') : t('common.copy')}
        </Button>
      </div>
      <span className="soft small">{help}</span>
    </div>
  );
}
