import { expect, test } from 'vitest';
import { openApiDocument } from '../../../../scheduler/api/openapi.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post: Post }>>;
}
interface Post {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly required: boolean }[];
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Schema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

test('the document is plain JSON, and each verb has a body, an answer and a group', () => {
  // What a client reads: no function, no symbol, nothing that JSON loses.
  const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;
  expect(document.openapi).toBe('3.1.0');
  for (const [path, { post }] of Object.entries(document.paths)) {
    expect(path).toBe(`/api/${post.operationId}`);
    expect(Object.keys(post.responses)).toEqual(['200']);
    expect(post.parameters.map(({ name }) => name)).toEqual(['xxl-job-appname']);
  }
  const trigger = document.paths['/api/triggerJob']?.post;
  expect(trigger?.parameters[0]?.required).toBe(true);
  const { required, properties } = trigger?.requestBody.content['application/json'].schema ?? {};
  expect(required).toEqual(['id']);
  expect(Object.keys(properties ?? {})).toEqual(['id', 'executorParam', 'addressList', 'requestId', 'businessDate']);
});
