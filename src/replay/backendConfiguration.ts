const OPERATIONS = 100;

/**
 * What a client of the backend reads before its first call: a model of a service, of the size (about 32 KB) and the
 * nesting of those that the SDKs of object stores parse for each new client.
 */
export function backendConfiguration(): string {
  const operations: Record<string, unknown> = {};
  for (let number = 0; number < OPERATIONS; number += 1) {
    operations[`Operation${number}`] = {
      http: { method: number % 3 === 0 ? 'PUT' : 'GET', requestUri: `/{Bucket}/{Key+}?operation=${number}` },
      input: { type: 'structure', required: ['Bucket', 'Key'], members: members(number) },
      errors: [{ shape: 'NoSuchBucket' }, { shape: 'NoSuchKey' }],
    };
  }
  return JSON.stringify({ version: '1.0', service: 'backend', region: 'local', operations });
}

function members(number: number): Record<string, unknown> {
  return {
    Bucket: { shape: 'BucketName', location: 'uri' },
    Key: { shape: 'ObjectKey', location: 'uri' },
    [`Option${number}`]: { shape: 'String', location: 'header' },
  };
}
