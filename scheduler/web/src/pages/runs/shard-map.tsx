import { useTranslation } from 'react-i18next';
import { toneOf } from '../../look/state.tsx';
import type { Shard } from './shards.tsx';

/** So many are drawn, and read for it. */
export const MAP_MAX = 2_000;
const CELL = 10;
const ACROSS = 80;

/** Every shard as a small square: where it burns is seen before anything is read. */
export function ShardMap({
  rows,
  onShow,
}: {
  readonly rows: readonly Shard[];
  readonly onShow: (index: number) => void;
}) {
  const { t } = useTranslation();
  const shown = rows.slice(0, MAP_MAX);
  return (
    <svg
      viewBox={`0 0 ${ACROSS * CELL} ${Math.ceil(shown.length / ACROSS) * CELL}`}
      width="100%"
      role="img"
      aria-label={t('run.map', { count: rows.length })}
      style={{ maxWidth: ACROSS * CELL }}
      onClick={({ currentTarget, clientX, clientY }) => {
        const box = currentTarget.getBoundingClientRect();
        const size = box.width / ACROSS;
        onShow(Math.floor((clientY - box.top) / size) * ACROSS + Math.floor((clientX - box.left) / size));
      }}
      onKeyDown={() => undefined}
    >
      {shown.map((shard, index) => (
        <rect
          key={`${shard.phase} ${shard.index}`}
          className={`tone-${toneOf(shard.state)}`}
          x={(index % ACROSS) * CELL + 0.5}
          y={Math.floor(index / ACROSS) * CELL + 0.5}
          width={CELL - 1.5}
          height={CELL - 1.5}
          rx={shard.state === 'failed' ? 0 : 2.5}
          fill="var(--tone)"
          opacity={shard.state === 'ready' ? 0.3 : shard.state === 'succeeded' ? 0.75 : 1}
        />
      ))}
    </svg>
  );
}
