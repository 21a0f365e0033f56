import { S3Client } from '@aws-sdk/client-s3';

/**
 * Makes an S3 client, or takes the one that the thread has for the same account. Calls nobody.
 * @param {{region?: string, accessKeyId?: string, secretAccessKey?: string, endpoint?: string}} event
 */
export default async function handler(event, { resources }) {
  const { region = 'eu-central-1', accessKeyId = 'none', secretAccessKey = 'none', endpoint } = event ?? {};
  let created = false;
  const client = await resources.get(JSON.stringify([region, accessKeyId, endpoint ?? null]), () => {
    created = true;
    return new S3Client({ region, endpoint, credentials: { accessKeyId, secretAccessKey } });
  });
  return { created, region: await client.config.region() };
}
