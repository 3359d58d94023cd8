// What OpenAI refuses of a request for a chat completion, in its words.
export class Refusal extends Error {
  constructor(message, param, code = null) {
    super(message);
    this.param = param;
    this.code = code;
  }
}
const refuse = (message, param, code) => {
  throw new Refusal(message, param, code);
};
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const KNOWN = new Set(
  (
    'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities n ' +
    'parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream ' +
    'stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
);
export const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const USER_PARTS = new Set(['text', 'image_url', 'input_audio', 'file']);
const ASSISTANT_PARTS = new Set(['text', 'refusal']);

function content(m, at, role, kinds) {
  const c = m.content;
  if (typeof c === 'string') return;
  if (!Array.isArray(c))
    refuse(
      `Invalid type for '${at}.content': expected one of a string or array of objects, but got ${c === null ? 'null' : typeof c} instead.`,
      `${at}.content`,
      'invalid_type',
    );
  if (c.length === 0)
    refuse(
      `Invalid '${at}.content': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${at}.content`,
      'empty_array',
    );
  c.forEach((p, i) => {
    const pat = `${at}.content[${i}]`;
    if (!isObject(p)) refuse(`Invalid type for '${pat}'`, pat, 'invalid_type');
    if (!kinds.has(p.type))
      refuse(
        `Invalid value: '${p.type}'. Supported values are: ${[...kinds].map((k) => `'${k}'`).join(', ')}.`,
        `${pat}.type`,
        'invalid_value',
      );
    if (p.type === 'text' && typeof p.text !== 'string')
      refuse(`Missing required parameter: '${pat}.text'.`, `${pat}.text`, 'missing_required_parameter');
    if (p.type === 'image_url') {
      const u = p.image_url?.url;
      if (typeof u !== 'string')
        refuse(
          `Missing required parameter: '${pat}.image_url.url'.`,
          `${pat}.image_url.url`,
          'missing_required_parameter',
        );
      if (!/^https?:\/\//.test(u) && !/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(u))
        refuse(`Invalid image URL: '${u.slice(0, 40)}'.`, `${pat}.image_url.url`, 'invalid_image_url');
      if (p.image_url.detail !== undefined && !['auto', 'low', 'high', 'original'].includes(p.image_url.detail))
        refuse(`Invalid value: '${p.image_url.detail}'.`, `${pat}.image_url.detail`, 'invalid_value');
    }
    if (p.type === 'file') {
      const f = p.file;
      if (!isObject(f) || (f.file_id === undefined && f.file_data === undefined))
        refuse(`Missing required parameter: '${pat}.file.file_id'.`, `${pat}.file`, 'missing_required_parameter');
      if (f.file_data !== undefined && !/^data:[^;,]+;base64,[A-Za-z0-9+/]*=*$/.test(f.file_data))
        refuse(
          `Invalid file data: expected a base64-encoded data URL with a MIME type.`,
          `${pat}.file.file_data`,
          'invalid_value',
        );
      if (f.file_data !== undefined && typeof f.filename !== 'string')
        refuse(
          `Missing required parameter: '${pat}.file.filename'.`,
          `${pat}.file.filename`,
          'missing_required_parameter',
        );
    }
  });
}
function schema(s, at) {
  if (!isObject(s)) refuse(`Invalid type for '${at}': expected an object.`, at, 'invalid_type');
  if (s.type !== undefined && s.type !== 'object')
    refuse(
      `Invalid schema: schema must be a JSON Schema of 'type: "object"', got 'type: "${s.type}"'.`,
      at,
      'invalid_function_parameters',
    );
}
function strict(s, at) {
  if (!isObject(s)) return;
  if (s.type === 'object') {
    if (s.additionalProperties !== false)
      refuse(
        `Invalid schema: 'additionalProperties' is required to be supplied and to be false.`,
        at,
        'invalid_json_schema',
      );
    const ps = Object.keys(s.properties ?? {});
    for (const p of ps)
      if (!(s.required ?? []).includes(p))
        refuse(
          `Invalid schema: 'required' is required to be supplied and to be an array including every key in properties. Missing '${p}'.`,
          at,
          'invalid_json_schema',
        );
    ps.forEach((p) => strict(s.properties[p], at));
  }
  if (s.items) strict(s.items, at);
}
export function check(b) {
  if (!isObject(b)) refuse('We could not parse the JSON body of your request.', null);
  for (const k of Object.keys(b)) {
    if (!KNOWN.has(k)) refuse(`Unrecognized request argument supplied: ${k}`, null);
    if (
      b[k] === null &&
      ![
        'temperature',
        'top_p',
        'n',
        'stream',
        'stop',
        'stream_options',
        'max_completion_tokens',
        'max_tokens',
        'presence_penalty',
        'frequency_penalty',
        'logprobs',
        'top_logprobs',
        'metadata',
        'store',
        'seed',
        'service_tier',
        'reasoning_effort',
        'modalities',
        'audio',
        'prediction',
        'logit_bias',
        'verbosity',
        'prompt_cache_retention',
      ].includes(k)
    )
      refuse(`Invalid type for '${k}': got null instead.`, k, 'invalid_type');
  }
  if (typeof b.model !== 'string' || !b.model) refuse('you must provide a model parameter', 'model');
  if (!Array.isArray(b.messages))
    refuse("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  if (b.messages.length === 0)
    refuse(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  let open = null,
    openAt = -1;
  b.messages.forEach((m, i) => {
    const at = `messages[${i}]`;
    if (!isObject(m)) refuse(`Invalid type for '${at}'`, at, 'invalid_type');
    if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(m.role))
      refuse(
        `Invalid value: '${m.role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
        `${at}.role`,
        'invalid_value',
      );
    if (m.role !== 'tool' && open && open.size)
      refuse(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
        `messages.[${openAt}].role`,
      );
    if (m.name !== undefined && (typeof m.name !== 'string' || !NAME.test(m.name)))
      refuse(
        `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'.`,
        `${at}.name`,
        'invalid_value',
      );
    for (const k of Object.keys(m))
      if (
        ![
          'role',
          'content',
          'name',
          'tool_calls',
          'tool_call_id',
          'refusal',
          'audio',
          'function_call',
          'annotations',
          'reasoning_content',
          'parsed',
        ].includes(k)
      )
        refuse(`Unknown parameter: '${at}.${k}'.`, `${at}.${k}`, 'unknown_parameter');
    if (m.role === 'tool') {
      if (typeof m.tool_call_id !== 'string')
        refuse(`Missing required parameter: '${at}.tool_call_id'.`, `${at}.tool_call_id`, 'missing_required_parameter');
      if (!open)
        refuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${i}].role`,
        );
      if (!open.has(m.tool_call_id))
        refuse(
          `Invalid parameter: 'tool_call_id' of '${m.tool_call_id}' not found in 'tool_calls' of previous message.`,
          `messages.[${i}].tool_call_id`,
        );
      open.delete(m.tool_call_id);
      content(m, at, 'tool', new Set(['text']));
      return;
    }
    open = null;
    if (m.role === 'user') content(m, at, 'user', USER_PARTS);
    else if (m.role === 'assistant') {
      const calls = m.tool_calls;
      if (calls !== undefined) {
        if (!Array.isArray(calls))
          refuse(`Invalid type for '${at}.tool_calls': expected an array.`, `${at}.tool_calls`, 'invalid_type');
        if (!calls.length)
          refuse(
            `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
            `${at}.tool_calls`,
            'empty_array',
          );
        open = new Set();
        openAt = i;
        calls.forEach((c, j) => {
          const cat = `${at}.tool_calls[${j}]`;
          if (typeof c.id !== 'string' || !c.id)
            refuse(`Missing required parameter: '${cat}.id'.`, `${cat}.id`, 'missing_required_parameter');
          if (c.id.length > 40)
            refuse(
              `Invalid '${cat}.id': string too long. Expected a string with maximum length 40, but got a string with length ${c.id.length} instead.`,
              `${cat}.id`,
              'string_above_max_length',
            );
          if (open.has(c.id)) refuse(`Duplicate value for 'tool_call_id' of '${c.id}'`, `${cat}.id`);
          open.add(c.id);
          if (c.type !== 'function')
            refuse(`Missing required parameter: '${cat}.type'.`, `${cat}.type`, 'missing_required_parameter');
          if (typeof c.function?.name !== 'string' || !NAME.test(c.function.name))
            refuse(
              `Invalid '${cat}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
              `${cat}.function.name`,
              'invalid_value',
            );
          if (typeof c.function.arguments !== 'string')
            refuse(
              `Missing required parameter: '${cat}.function.arguments'.`,
              `${cat}.function.arguments`,
              'missing_required_parameter',
            );
          for (const k of Object.keys(c))
            if (!['id', 'type', 'function'].includes(k))
              refuse(`Unknown parameter: '${cat}.${k}'.`, `${cat}.${k}`, 'unknown_parameter');
        });
        if (m.content !== null && m.content !== undefined) content(m, at, 'assistant', ASSISTANT_PARTS);
      } else content(m, at, 'assistant', ASSISTANT_PARTS);
    } else content(m, at, m.role, new Set(['text']));
  });
  if (open && open.size)
    refuse(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
      `messages.[${openAt}].role`,
    );
  if (b.tools !== undefined) {
    if (!Array.isArray(b.tools)) refuse("Invalid type for 'tools'", 'tools', 'invalid_type');
    if (!b.tools.length)
      refuse(
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        'tools',
        'empty_array',
      );
    if (b.tools.length > 128)
      refuse(
        "Invalid 'tools': array too long. Expected an array with maximum length 128.",
        'tools',
        'array_above_max_length',
      );
    b.tools.forEach((t, i) => {
      if (t?.type !== 'function')
        refuse(
          `Invalid value: '${t?.type}'. Supported values are: 'function' and 'custom'.`,
          `tools[${i}].type`,
          'invalid_value',
        );
      if (!isObject(t.function))
        refuse(
          `Missing required parameter: 'tools[${i}].function'.`,
          `tools[${i}].function`,
          'missing_required_parameter',
        );
      if (!NAME.test(t.function.name ?? ''))
        refuse(
          `Invalid 'tools[${i}].function.name': string does not match pattern.`,
          `tools[${i}].function.name`,
          'invalid_value',
        );
      if (t.function.description === null || t.function.parameters === null)
        refuse(`Invalid type for 'tools[${i}].function': null`, `tools[${i}].function`, 'invalid_type');
      if (t.function.parameters !== undefined) schema(t.function.parameters, `tools[${i}].function.parameters`);
      if (t.function.strict === true) strict(t.function.parameters, `tools[${i}].function.parameters`);
      for (const k of Object.keys(t))
        if (!['type', 'function'].includes(k))
          refuse(`Unknown parameter: 'tools[${i}].${k}'.`, `tools[${i}].${k}`, 'unknown_parameter');
      for (const k of Object.keys(t.function))
        if (!['name', 'description', 'parameters', 'strict'].includes(k))
          refuse(`Unknown parameter: 'tools[${i}].function.${k}'.`, `tools[${i}].function.${k}`, 'unknown_parameter');
    });
  } else {
    if (b.tool_choice !== undefined)
      refuse(
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        'tool_choice',
      );
    if (b.parallel_tool_calls !== undefined)
      refuse(
        "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
        'parallel_tool_calls',
      );
  }
  const choice = b.tool_choice;
  if (choice !== undefined) {
    if (typeof choice === 'string') {
      if (!['none', 'auto', 'required'].includes(choice))
        refuse(`Invalid value: '${choice}'.`, 'tool_choice', 'invalid_value');
    } else if (choice?.type === 'function') {
      if (typeof choice.function?.name !== 'string')
        refuse(
          "Missing required parameter: 'tool_choice.function'.",
          'tool_choice.function',
          'missing_required_parameter',
        );
      if (!b.tools.some((t) => t.function.name === choice.function.name))
        refuse(
          `Invalid value for 'tool_choice': Tool choice '${choice.function.name}' not found in 'tools'.`,
          'tool_choice',
        );
    } else if (choice?.type === 'allowed_tools') {
      if (
        !isObject(choice.allowed_tools) ||
        !Array.isArray(choice.allowed_tools.tools) ||
        !['auto', 'required'].includes(choice.allowed_tools.mode)
      )
        refuse(
          "Missing required parameter: 'tool_choice.allowed_tools'.",
          'tool_choice.allowed_tools',
          'missing_required_parameter',
        );
      choice.allowed_tools.tools.forEach((t, i) => {
        if (t.type !== 'function' || typeof t.function?.name !== 'string')
          refuse(`Invalid 'tool_choice.allowed_tools.tools[${i}]'.`, `tool_choice.allowed_tools.tools[${i}]`);
      });
    } else refuse(`Invalid value: '${choice?.type}'.`, 'tool_choice.type', 'invalid_value');
  }
  const f = b.response_format;
  if (f !== undefined) {
    if (!['text', 'json_object', 'json_schema'].includes(f?.type))
      refuse(`Invalid value: '${f?.type}'.`, 'response_format.type', 'invalid_value');
    if (f.type === 'json_schema') {
      if (!NAME.test(f.json_schema?.name ?? ''))
        refuse(
          "Missing required parameter: 'response_format.json_schema.name'.",
          'response_format.json_schema.name',
          'missing_required_parameter',
        );
      if (f.json_schema.schema !== undefined) schema(f.json_schema.schema, 'response_format.json_schema.schema');
      if (f.json_schema.strict === true) strict(f.json_schema.schema, 'response_format');
      for (const k of Object.keys(f.json_schema))
        if (!['name', 'description', 'schema', 'strict'].includes(k))
          refuse(
            `Unknown parameter: 'response_format.json_schema.${k}'.`,
            `response_format.json_schema.${k}`,
            'unknown_parameter',
          );
    }
    if (f.type === 'json_object' && !JSON.stringify(b.messages).toLowerCase().includes('json'))
      refuse(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        'messages',
      );
  }
  if (b.stream_options && !b.stream)
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  const number = (k, lo, hi) => {
    if (b[k] !== undefined && b[k] !== null && (typeof b[k] !== 'number' || b[k] < lo || b[k] > hi))
      refuse(`Invalid '${k}': out of range.`, k, 'decimal_above_max_value');
  };
  number('temperature', 0, 2);
  number('top_p', 0, 1);
  number('presence_penalty', -2, 2);
  number('frequency_penalty', -2, 2);
  number('top_logprobs', 0, 20);
  if (b.top_logprobs != null && b.logprobs !== true)
    refuse("'logprobs' must be true if 'top_logprobs' is specified", 'top_logprobs');
  if (b.max_tokens != null && b.max_completion_tokens != null)
    refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens');
  if (b.reasoning_effort != null && !['none', 'minimal', 'low', 'medium', 'high', 'xhigh'].includes(b.reasoning_effort))
    refuse(`Invalid value: '${b.reasoning_effort}'.`, 'reasoning_effort', 'invalid_value');
  if (b.verbosity != null && !['low', 'medium', 'high'].includes(b.verbosity))
    refuse(`Invalid value: '${b.verbosity}'.`, 'verbosity', 'invalid_value');
  if (b.metadata != null && !b.store)
    refuse("The 'metadata' parameter is only allowed when 'store' is enabled.", 'metadata');
}
