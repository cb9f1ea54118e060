import { type Static, Type } from 'typebox';
import { GLUE_TYPES } from '../../../../shared/protocol/glue-types.ts';
import { SCRIPT_BYTES_MAX, SCRIPT_REMARK_MAX } from '../../../script/script-limits.ts';
import { route } from './route.ts';
import { Id, Instant, strict, words } from './shapes.ts';

/** A version of the script of a job, without its text. */
export const ScriptLine = Type.Object({
  version: Type.Integer(),
  glueType: words(GLUE_TYPES),
  /** Of the text in UTF-8. */
  bytes: Type.Integer(),
  /** Of the text, hex: what the owner of an executor lists who has read it. */
  sha256: Type.String(),
  remark: Type.String(),
  by: Type.String(),
  savedAtMs: Instant,
});
export type ScriptLine = Static<typeof ScriptLine>;

/** With the same text as the newest nothing is made, and `version` is that of the newest. */
const SavedScript = Type.Object({ version: Type.Integer(), created: Type.Boolean() });

const jobId = strict({ jobId: Id });
const version = strict({ jobId: Id, version: Type.Integer({ minimum: 1 }) });
const ofJob = { kind: 'job', in: 'params', field: 'jobId' } as const;
const remark = Type.String({ minLength: 1, maxLength: SCRIPT_REMARK_MAX });
/** The newest version that whoever saves has seen; 0: there was none. */
const basedOn = Type.Integer({ minimum: 0 });

/** In JSON a byte of the text is up to six. */
const BODY_BYTES_MAX = 6 * SCRIPT_BYTES_MAX + 8_192;

export const scriptRoutes = {
  'GET /jobs/:jobId/scripts': route({
    summary:
      'The versions of the script of a job, the newest first: as many as are kept. Of a job with a handler none.',
    permission: 'view',
    subject: ofJob,
    params: jobId,
    reply: Type.Object({ items: Type.Array(ScriptLine) }),
  }),
  'GET /jobs/:jobId/scripts/:version': route({
    summary: 'One version with its text.',
    permission: 'view',
    subject: ofJob,
    params: version,
    reply: Type.Object({ script: ScriptLine, source: Type.String() }),
  }),
  'POST /jobs/:jobId/scripts': route({
    summary:
      'Saves the next version. `basedOn` is the newest that one has seen, 0 for none: 409 when it is not the newest any more.',
    permission: 'edit',
    subject: ofJob,
    params: jobId,
    body: strict({ source: Type.String({ minLength: 1, maxLength: SCRIPT_BYTES_MAX }), remark, basedOn }),
    reply: SavedScript,
    audit: 'job.script.save',
    snapshot: 'script',
    hidesBody: true,
    bodyBytesMax: BODY_BYTES_MAX,
    heavy: true,
  }),
  'POST /jobs/:jobId/scripts/:version/restore': route({
    summary: 'Saves the text of an earlier version as the next one. `basedOn` as in saving.',
    permission: 'edit',
    subject: ofJob,
    params: version,
    body: strict({ remark, basedOn }),
    reply: SavedScript,
    audit: 'job.script.restore',
    snapshot: 'script',
  }),
} as const;
