// What the AWS SDK sees of one connection: post, get, delete, and that it is gone.

import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

const [endpoint, ConnectionId] = process.argv.slice(2);
const client = new ApiGatewayManagementApiClient({
  endpoint,
  region: "eu-west-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const post = new PostToConnectionCommand({ ConnectionId, Data: '{"type":"hello"}' });

const posted = await client.send(post);
const known = await client.send(new GetConnectionCommand({ ConnectionId }));
const deleted = await client.send(new DeleteConnectionCommand({ ConnectionId }));
const gone = await client.send(post).catch((error) => error);

console.log(
  JSON.stringify({
    posted: posted.$metadata.httpStatusCode,
    sourceIp: known.Identity.SourceIp,
    connectedAt: known.ConnectedAt,
    lastActiveAt: known.LastActiveAt,
    deleted: deleted.$metadata.httpStatusCode,
    gone: gone instanceof GoneException ? gone.$metadata.httpStatusCode : String(gone),
  }),
);
