// Says for each test in one line of JSON how it ended; the .NET tests show each as one of theirs.
export default async function* reporter(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    const error = data.details?.error;
    yield JSON.stringify({
      name: data.name,
      passed: type === 'test:pass' && data.skip === undefined && data.todo === undefined,
      error: error === undefined ? null : brief(String(error.cause?.stack ?? error.stack ?? error)),
    }) + '\n';
  }
}

// Where in the SDK or in Node it happened tells nobody anything.
const brief = (stack) => stack.split('\n').filter((line) => !/^ +at .*(node_modules|node:internal|Promise\.all)/.test(line)).join('\n');
