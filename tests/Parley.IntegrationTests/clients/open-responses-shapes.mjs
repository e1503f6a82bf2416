// The objects of Open Responses (2026-04-24). A shape takes a value and where it stands, and gives what is wrong with it.
// As the specification wants it: fields that nobody knows are nobody's business, but events and items of other types are errors.

const brief = (value) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
const that = (name, test) => (value, at) => (test(value) ? [] : [`${at} is ${brief(value)}, not ${name}`]);

const text = that('a string', (value) => typeof value === 'string');
const id = that('an id', (value) => typeof value === 'string' && value !== '');
const number = that('a number', (value) => typeof value === 'number');
const integer = that('an integer', Number.isInteger);
const flag = that('true or false', (value) => typeof value === 'boolean');
const map = that('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const oneOf = (...values) => that(values.join(' or '), (value) => values.includes(value));
const nullOr = (shape) => (value, at) => (value === null ? [] : shape(value, at));
const listOf = (shape) => (value, at) => (Array.isArray(value) ? value.flatMap((entry, i) => shape(entry, `${at}[${i}]`)) : [`${at} is ${brief(value)}, not a list`]);

// A field that may be left out, but may not be null.
const maybe = (shape) => Object.assign((value, at) => shape(value, at), { isOptional: true });

const object = (fields) => (value, at) => {
  const wrong = map(value, at);
  if (wrong.length > 0) return wrong;
  return Object.entries(fields).flatMap(([name, shape]) => {
    if (name in value) return shape(value[name], `${at}.${name}`);
    return shape.isOptional ? [] : [`${at}.${name} is missing`];
  });
};

const byType = (shapes) => (value, at) => {
  const shape = shapes[value?.type];
  return shape === undefined ? [`${at} is of the type ${brief(value?.type)}, which is not defined`] : shape(value, at);
};

const either = (...shapes) => (value, at) => {
  const wrong = shapes.map((shape) => shape(value, at));
  return wrong.some((list) => list.length === 0) ? [] : wrong.sort((a, b) => a.length - b.length)[0];
};

const usage = object({
  input_tokens: integer,
  output_tokens: integer,
  total_tokens: integer,
  input_tokens_details: object({ cached_tokens: integer }),
  output_tokens_details: object({ reasoning_tokens: integer }),
});

const logprobs = listOf(object({ token: text, logprob: number, bytes: listOf(integer), top_logprobs: listOf(object({ token: text, logprob: number, bytes: listOf(integer) })) }));
const annotation = byType({ url_citation: object({ url: text, start_index: integer, end_index: integer, title: text }) });
const inputs = {
  input_text: object({ text }),
  input_image: object({ image_url: nullOr(text), detail: oneOf('low', 'high', 'auto') }),
  input_file: object({ filename: maybe(text), file_url: maybe(text) }),
};
const part = byType({
  ...inputs,
  output_text: object({ text, annotations: listOf(annotation), logprobs: maybe(logprobs) }),
  text: object({ text }),
  summary_text: object({ text }),
  reasoning_text: object({ text }),
  refusal: object({ refusal: text }),
});

const status = oneOf('in_progress', 'completed', 'incomplete');
const item = byType({
  message: object({ id, status, role: oneOf('user', 'assistant', 'system', 'developer'), content: listOf(part), phase: maybe(oneOf('commentary', 'final_answer')) }),
  function_call: object({ id, call_id: id, name: id, arguments: text, status }),
  function_call_output: object({ id, call_id: id, output: either(text, listOf(byType(inputs))), status }),
  reasoning: object({ id, summary: listOf(part), content: maybe(listOf(part)), encrypted_content: maybe(text) }),
  compaction: object({ id, encrypted_content: id, created_by: maybe(text) }),
});

const mode = oneOf('none', 'auto', 'required');
const namedTool = byType({ function: object({ name: maybe(text) }) });
const description = nullOr(text);

export const response = object({
  id,
  object: oneOf('response'),
  created_at: integer,
  completed_at: nullOr(integer),
  status: oneOf('queued', 'in_progress', 'completed', 'failed', 'cancelled', 'incomplete'),
  incomplete_details: nullOr(object({ reason: text })),
  model: text,
  previous_response_id: nullOr(id),
  instructions: nullOr(text),
  output: listOf(item),
  error: nullOr(object({ code: id, message: text })),
  tools: listOf(byType({ function: object({ name: id, description, parameters: nullOr(map), strict: nullOr(flag) }) })),
  tool_choice: either(mode, namedTool, byType({ allowed_tools: object({ tools: listOf(namedTool), mode }) })),
  truncation: oneOf('auto', 'disabled'),
  parallel_tool_calls: flag,
  text: object({
    format: byType({ text: map, json_object: map, json_schema: object({ name: text, description, schema: nullOr(map), strict: flag }) }),
    verbosity: maybe(oneOf('low', 'medium', 'high')),
  }),
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  top_logprobs: integer,
  temperature: number,
  reasoning: nullOr(object({ effort: nullOr(oneOf('none', 'low', 'medium', 'high', 'xhigh')), summary: nullOr(oneOf('concise', 'detailed', 'auto')) })),
  usage: nullOr(usage),
  max_output_tokens: nullOr(integer),
  max_tool_calls: nullOr(integer),
  store: flag,
  background: flag,
  service_tier: text,
  metadata: map,
  safety_identifier: nullOr(text),
  prompt_cache_key: nullOr(text),
});

export const compaction = object({ id, object: oneOf('response.compaction'), output: listOf(item), created_at: integer, usage });

// What a refused call is answered with, and what a socket says of a refused message.
export const refusal = object({ error: object({ message: id, type: id, code: nullOr(id), param: nullOr(id) }) });
export const socketError = object({ type: oneOf('error'), status: integer, error: object({ type: maybe(id), code: id, message: id, param: maybe(nullOr(id)) }) });

const event = (fields) => object({ sequence_number: integer, ...fields });
const ofItem = (fields) => event({ item_id: id, output_index: integer, ...fields });
const ofPart = (fields) => ofItem({ content_index: integer, ...fields });
const ofSummary = (fields) => ofItem({ summary_index: integer, ...fields });
const snapshot = event({ response });
const wholeItem = event({ output_index: integer, item: nullOr(item) });
const obfuscation = maybe(text);

export const streamEvent = byType({
  'response.created': snapshot,
  'response.queued': snapshot,
  'response.in_progress': snapshot,
  'response.completed': snapshot,
  'response.failed': snapshot,
  'response.incomplete': snapshot,
  'response.output_item.added': wholeItem,
  'response.output_item.done': wholeItem,
  'response.content_part.added': ofPart({ part }),
  'response.content_part.done': ofPart({ part }),
  'response.output_text.delta': ofPart({ delta: text, logprobs: maybe(logprobs), obfuscation }),
  'response.output_text.done': ofPart({ text, logprobs: maybe(logprobs) }),
  'response.output_text.annotation.added': ofPart({ annotation_index: integer, annotation: nullOr(annotation) }),
  'response.refusal.delta': ofPart({ delta: text }),
  'response.refusal.done': ofPart({ refusal: text }),
  // OpenAI's name for what the specification calls response.reasoning, as clients know it.
  'response.reasoning_text.delta': ofPart({ delta: text, obfuscation }),
  'response.reasoning_text.done': ofPart({ text }),
  'response.reasoning_summary_part.added': ofSummary({ part }),
  'response.reasoning_summary_part.done': ofSummary({ part }),
  'response.reasoning_summary_text.delta': ofSummary({ delta: text, obfuscation }),
  'response.reasoning_summary_text.done': ofSummary({ text }),
  'response.function_call_arguments.delta': ofItem({ delta: text, obfuscation }),
  'response.function_call_arguments.done': ofItem({ arguments: text }),
  error: event({ error: object({ type: text, code: nullOr(text), message: text, param: nullOr(text), headers: maybe(map) }) }),
});
