package ai.konko.chat;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The bounds of the log and of what may be under way. At each, a clear refusal, never a loss. */
@ConfigMapping(prefix = "konko.limits")
public interface ChatLimits {

    /**
     * @return how many chats may exist; at the limit a new one is refused with {@code capacity}. At
     *     least 1.
     */
    @Min(1)
    @WithDefault("100000")
    int chats();

    /**
     * @return how many messages a chat may have; at the limit a post is refused with {@code
     *     capacity}. At least 2.
     */
    @Min(2)
    @WithDefault("100000")
    int messagesPerChat();

    /**
     * @return how many attachments a chat may have, the same bytes counted once; at the limit a
     *     post with another is refused with {@code capacity}. At least 0.
     */
    @Min(0)
    @WithDefault("200")
    int attachmentsPerChat();

    /**
     * @return how many UTF-16 units of text the in-memory log may hold over all chats, those of
     *     messages that take three bytes in UTF-8, as in Chinese, counted one and a half times; at
     *     the limit chats and posts are refused with {@code capacity}, while replies under way are
     *     still kept. A chat counts 1000 more than its text and a turn 150, with options 300. What
     *     counts one takes at most two bytes of heap, in English text one, so the default wants
     *     some 500 MB of heap when it is reached. At least 1.
     */
    @Min(1)
    @WithDefault("200000000")
    long storedCharacters();

    /**
     * @return how many bytes of attachments the in-memory log may hold over all chats; at the limit
     *     posts with more are refused with {@code capacity}. Absent for an eighth of the heap. At
     *     least 1.
     */
    @Min(1)
    OptionalLong storedBytes();

    /**
     * @return how many turns may wait in one chat beside the running one; one more is {@code
     *     queue-full}. Zero for none.
     */
    @Min(0)
    @WithDefault("16")
    int waitingTurns();

    /**
     * @return how many turns may be unfinished in this process; then posts of owners who have an
     *     equal share of them, or more, are refused with {@code overloaded}, and at twice as many
     *     all. At least 1.
     */
    @Min(1)
    @WithDefault("20000")
    int turnsInFlight();

    /**
     * @return how many of these may be one owner's; one more is {@code rate-limited}. At least 1;
     *     absent for as many as there are.
     */
    @Min(1)
    OptionalInt turnsInFlightPerOwner();

    /**
     * @return how many turns in this process may wait for others of their chats; then posts of
     *     owners who have an equal share of them, or more, are refused with {@code overloaded}. At
     *     least 1, because a turn waits until it is started.
     */
    @Min(1)
    @WithDefault("10000")
    int queuedTurns();

    /**
     * @return the longest reply, in UTF-16 units; one that has more is stopped, also at the model,
     *     and ends as {@code incomplete} with {@code length}. At least 1.
     */
    @Min(1)
    @WithDefault("4194304")
    int replyCharacters();

    /**
     * @return how many UTF-16 units of text the replies under way in this process may have
     *     together; then those of owners who have more than an equal share end likewise, or,
     *     without any text, fail as {@code overloaded}. What a provider has sent of an answer that
     *     can't be read before its end counts too, in bytes. Absent for a sixteenth of the heap in
     *     bytes. At least 1.
     */
    @Min(1)
    OptionalLong charactersInFlight();

    /**
     * @return how many bytes of attachments there may be in requests to the model that are not sent
     *     yet, as they are read and as they are sent; then turns with more, of owners who have more
     *     than an equal share, fail as {@code overloaded}. What is alone is sent, however large it
     *     is. Absent for an eighth of the heap. At least 1.
     */
    @Min(1)
    OptionalLong bytesInFlight();

    /**
     * @return the longest message a user may post, in UTF-16 units; a longer one is {@code
     *     invalid}. At least 1.
     */
    @Min(1)
    @WithDefault("32768")
    int messageCharacters();

    /**
     * @return the longest output of a tool that a client may post, in UTF-16 units; a longer one is
     *     {@code invalid}. At least 1.
     */
    @Min(1)
    @WithDefault("262144")
    int outputCharacters();

    /**
     * @return the longest instructions of a chat, in UTF-16 units; longer ones are {@code invalid}.
     *     Zero for none.
     */
    @Min(0)
    @WithDefault("32768")
    int instructionsCharacters();
}
