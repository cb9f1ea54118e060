/** So many versions of a job's script are kept, and older ones for as long as an open run has them. */
export const SCRIPT_VERSIONS_KEPT = 30;
/** Of the text in UTF-8. */
export const SCRIPT_BYTES_MAX = 512 * 1024;
/** What has changed, in one line of the history. */
export const SCRIPT_REMARK_MAX = 255;
