package ai.konko.http;

import ai.konko.Between;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The bounds of one request. */
@ConfigMapping(prefix = "konko.limits")
public interface HttpLimits {

    /**
     * @return the longest request body, in bytes ({@code 1M}, {@code 512K}); a longer one is {@code
     *     too-large}, but see {@link #attachmentSize}. From 1K to 64M.
     */
    @Between(least = "1K", most = "64M")
    @WithDefault("1M")
    MemorySize bodySize();

    /**
     * @return the largest image or file that a user may post, in bytes ({@code 10M}); a larger one
     *     is {@code invalid}. Where they can be posted, a body may be as much longer as the largest
     *     is in base64. From 1K to 32M.
     */
    @Between(least = "1K", most = "32M")
    @WithDefault("10M")
    MemorySize attachmentSize();

    /**
     * @return the most items that a client may ask for in one page. 1 to 1000.
     */
    @Min(1)
    @Max(1000)
    @WithDefault("100")
    int pageSize();

    /**
     * @return how many requests each caller may send to this process in a minute, as many at once;
     *     one more is {@code rate-limited}. At least 1; absent for any number.
     */
    @Min(1)
    OptionalInt requestsPerMinute();

    /**
     * @return how long a request's head may take to come, and then its body, unless 500 bytes a
     *     second of it come; one that takes longer is {@code request-timeout}, and its connection
     *     closed. From 1 s to 10 m.
     */
    @Between(least = "1s", most = "10m")
    @WithDefault("20s")
    Duration requestTime();

    /**
     * @return how long a connection may stay open between two requests. Longer than the minute for
     *     which proxies keep theirs, or they would send requests into closed ones. From 1 s to 1 h.
     */
    @Between(least = "1s", most = "1h")
    @WithDefault("75s")
    Duration idleTime();

    /**
     * @return how many connections clients may have open to this process; one more is closed at
     *     once. At least 1.
     */
    @Min(1)
    @WithDefault("30000")
    int connections();

    /**
     * @return how many WebSockets each caller may have open to this process; one more is {@code
     *     overloaded}. At least 1.
     */
    @Min(1)
    @WithDefault("1000")
    int webSockets();

    /**
     * @return how long a WebSocket may stay open; then it is closed, once a response under way is
     *     over. From 1 s to 24 h.
     */
    @Between(least = "1s", most = "24h")
    @WithDefault("60m")
    Duration webSocketLife();

    /**
     * @return how many bytes the bodies of requests that are still coming in may have, as far as
     *     they are longer than 1 kB; one that does not say how long it is counts as it comes. Then
     *     requests with more, of owners who have more than an equal share, are refused with {@code
     *     overloaded}. Absent for a sixteenth of the heap. At least 1.
     */
    @Min(1)
    OptionalLong incomingBytes();

    /**
     * @return how many UTF-16 units of text there may be in longer answers that their clients have
     *     not read yet; then requests for more, of owners who have more than an equal share, are
     *     refused with {@code overloaded}. Absent for a thirty-second of the heap in bytes. At
     *     least 1.
     */
    @Min(1)
    OptionalLong unreadCharacters();

    /**
     * @return how long a client may take nothing of a stream or a long answer that is there for it;
     *     then its connection is closed. In HTTP/2 ten times as long, and only the stream is
     *     closed: there it can't be seen what a client takes of an answer that is written. At least
     *     1 s.
     */
    @Between(least = "1s", most = "24h")
    @WithDefault("60s")
    Duration unread();
}
