/**
 * The same service for OpenAI's clients: conversations, responses, chat completions and models
 * under {@code /v1}. A conversation is a chat, a response is a reply, an item is a message.
 */
@NullMarked
package ai.konko.openai;

import org.jspecify.annotations.NullMarked;
