// What the health check of a container runs: asks the process beside it, at DAYBREAK_HEALTH_PORT, else at DAYBREAK_PORT.
// Ends with 0 when it answers with a 2xx status, or with anything at all where `any` is the second word.
import { get } from 'node:http';

const [path = '/health/live', which = 'ok'] = process.argv.slice(2);
const port = process.env.DAYBREAK_HEALTH_PORT || process.env.DAYBREAK_PORT || '8080';

const request = get({ host: '127.0.0.1', port, path, timeout: 4_000 }, (response) => {
  response.resume();
  const isWell = which === 'any' || (response.statusCode >= 200 && response.statusCode < 300);
  end(isWell ? 0 : 1);
});
request.once('timeout', () => end(1));
request.once('error', () => end(1));

function end(code) {
  process.exitCode = code;
  request.destroy();
}
