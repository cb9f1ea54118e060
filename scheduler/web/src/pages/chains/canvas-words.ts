import type { AriaLabelConfig } from '@xyflow/react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** What the drawing tells those who hear it; its library would tell it in English. */
export function useCanvasWords(): Partial<AriaLabelConfig> {
  const { t } = useTranslation();
  return useMemo(
    () => ({
      // Boxes have their places, so the words for those that are moved are never said.
      'node.a11yDescription.default': t('canvas.node'),
      'node.a11yDescription.keyboardDisabled': t('canvas.node'),
      'edge.a11yDescription.default': t('canvas.edge'),
      'controls.ariaLabel': t('canvas.controls'),
      'controls.zoomIn.ariaLabel': t('canvas.zoomIn'),
      'controls.zoomOut.ariaLabel': t('canvas.zoomOut'),
      'controls.fitView.ariaLabel': t('canvas.fit'),
      'minimap.ariaLabel': t('canvas.map'),
      'handle.ariaLabel': t('canvas.handle'),
    }),
    [t],
  );
}
