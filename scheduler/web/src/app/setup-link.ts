// The link that a first start prints is `/setup#TOKEN`: what stands behind a hash is sent to no server and kept in no log.
// It becomes an address of the page before the router reads any, and leaves the history with it.
if (window.location.pathname.endsWith('/setup') && window.location.hash.length > 1) {
  const token = window.location.hash.replace(/^#\/?/, '');
  window.history.replaceState(null, '', `./#/setup/${encodeURIComponent(token)}`);
}
