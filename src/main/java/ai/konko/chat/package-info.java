/**
 * The log of chats and its rules: what a chat, a message and a turn are, and how one may become
 * another. Plain Java.
 */
@NullMarked
package ai.konko.chat;

import org.jspecify.annotations.NullMarked;
